"""Random `.proto` files, most of them valid: every construct somewhere, in odd layouts and orders."""

SCALARS = ("double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes").split()
KEYS = [s for s in SCALARS if s not in ("double", "float", "bytes")]
IMPORTED = {
    "google/protobuf/timestamp.proto": "google.protobuf.Timestamp",
    "google/protobuf/any.proto": "google.protobuf.Any",
    "google/protobuf/struct.proto": "google.protobuf.Struct",
    "google/type/money.proto": "google.type.Money",
    "google/type/dayofweek.proto": "google.type.DayOfWeek",
    "confluent/type/decimal.proto": "confluent.type.Decimal",
}
STRINGS = ['"plain"', "'single'", r'"\"\\\n\x41\101"', r'"\303\251\u00e9"', '"\u00e9\U0001f600"', '""', '"two" " parts"', "'it\\'s'"]


class File:
    def __init__(self, rng):
        self.rng, self.proto3 = rng, rng.random() < 0.6
        self.names = [f"T{i}" for i in range(rng.randint(1, 4))]
        self.enums = [f"K{i}" for i in range(rng.randint(0, 2))]
        self.imports = rng.sample(sorted(IMPORTED), rng.randint(0, 3))
        self.custom = rng.random() < 0.4
        self.count = 0

    def fresh(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def type(self, message_only=False):
        kind = self.rng.random()
        names = self.names + ["g." + n for n in self.names] + [".g." + n for n in self.names]
        if message_only:
            return self.rng.choice(names)
        if kind < 0.5:
            return self.rng.choice(SCALARS)
        if kind < 0.65 and self.enums:
            return self.rng.choice(["", "g.", ".g."]) + self.rng.choice(self.enums)
        if kind < 0.8 and self.imports:
            return self.rng.choice(["", "."]) + IMPORTED[self.rng.choice(self.imports)]
        return self.rng.choice(names)

    def default(self, ty):
        pick = self.rng.choice
        if ty in ("float", "double"):
            return pick(["1", "0.1", "-1.5e-7", "1e20", "inf", "-inf", "nan", ".5", "3.", "1234567", "0x10"])
        if ty in ("bool",):
            return pick(["true", "false"])
        if ty in ("string", "bytes"):
            return pick(STRINGS)
        if ty in SCALARS:
            return pick(["0", "7", "0x7f", "0777", "2147483647"] + ([] if ty.startswith(("u", "fixed")) else ["-1", "-0x10"]))
        return None

    def options(self, ty=None, number=0, repeated=False, mapped=False):
        rng, found = self.rng, []
        if rng.random() < 0.2:
            found.append("deprecated = " + rng.choice(["true", "false"]))
        if rng.random() < 0.15:
            found.append(f'json_name = "j{number}"')
        if ty and not self.proto3 and not repeated and not mapped and rng.random() < 0.3 and self.default(ty):
            found.append("default = " + self.default(ty))
        if ty in SCALARS and ty not in ("string", "bytes") and repeated and rng.random() < 0.3:
            found.append("packed = " + rng.choice(["true", "false"]))
        if self.custom and rng.random() < 0.3:
            found += rng.sample([f"(note) = {rng.choice(STRINGS)}", f"(g.bag) = {self.aggregate(2)}", "(.g.list) = -1"], rng.randint(1, 3))
        rng.shuffle(found)
        return f" [{', '.join(found)}]" if found else ""

    def aggregate(self, depth):
        rng = self.rng
        entries = []
        for _ in range(rng.randint(0, 4)):
            entries.append(rng.choice([
                lambda: f"s: {rng.choice(STRINGS)}", lambda: f"n: {rng.choice(['1', '-0x2', '[3, 4]', '[]'])}", lambda: "d: " + rng.choice(["1", "-.5", "inf", "1e9", "nan"]),
                lambda: "b: " + rng.choice(["true", "false", "t", "0"]), lambda: (f"bag {self.aggregate(depth - 1)}" if depth else "k: ZERO"),
                lambda: f"m {{ key: {rng.choice(STRINGS)} value: {rng.randint(-9, 9)} }}", lambda: "k: " + rng.choice(["ZERO", "MINUS"]), lambda: "s: ''" if self.proto3 else "[g.extra]: 5"])())
        single = {}
        for entry in entries:  # a singular field may stand once only
            single.setdefault(entry.split()[0].split(":")[0] if not entry.startswith(("n:", "m ")) else entry, entry)
        opening, closing = rng.choice(["{}", "{}", "<>"]) if depth < 2 else "{}"
        return opening + rng.choice([" ", ", ", "; ", "\n"]).join(single.values()) + closing

    def field(self, number, label=True):
        rng = self.rng
        ty = self.type()
        name = rng.choice(["f", "some_name_", "camelCase", "F_", "x_1_"]) + str(number)
        if label and rng.random() < 0.15:
            return f"map<{rng.choice(KEYS)}, {ty}> {name} = {number}{self.options(number=number, mapped=True)};"
        if not self.proto3 and rng.random() < 0.08:
            label_text = rng.choice(["optional ", "repeated ", "required "]) if label else ""
            return f"{label_text}group Grp{number} = {number} {{ {self.field(1)} {self.field(2)} }}"
        labels = (["", "optional ", "repeated "] if self.proto3 else ["optional ", "required ", "repeated "]) if label else [""]
        label_text = rng.choice(labels)
        written = rng.choice([str(number)] * 4 + [hex(number), "0" + oct(number)[2:]])
        return f"{label_text}{ty} {name} = {written}{self.options(ty, number, 'repeated' in label_text)};"

    def message(self, name, depth):
        rng = self.rng
        numbers = rng.sample(range(1, 60), rng.randint(0, 9))
        cut = rng.randint(0, len(numbers))
        parts = [self.field(n) for n in numbers[:cut]]
        if numbers[cut:]:
            note = "option (tag) = 3; " if self.custom and rng.random() < 0.3 else ""
            parts.append(f"oneof choice{depth} {{ {note}{' '.join(self.field(n, label=False) for n in numbers[cut:])} }}")
        if rng.random() < 0.3:
            parts.append("reserved 100, 70 to 80, 500 to 600, 90;")
        if rng.random() < 0.3:
            parts.append('reserved "old", \'older\', "o" "ld2";')
        if rng.random() < 0.3:
            parts.append(self.enum(self.fresh("En")))
        if not self.proto3 and rng.random() < 0.3:
            parts.append(f"extensions {rng.choice(['1000 to 1999, 3000', '2000 to max', '1500'])};")
        if rng.random() < 0.2:
            parts.append(rng.choice([";", "option deprecated = true;", "// a comment\n", "/* {;} */"]))
        if self.custom and rng.random() < 0.3:
            parts.append(rng.choice([f"option (mark) = {self.aggregate(2)};", "option (mark).bag.s = 'x'; option (mark).n = 1; option (mark).n = 2;", "" if self.proto3 else "option (g.mark).(g.extra) = 1;"]))
        if depth < 3:
            parts += [self.message(self.fresh("Sub"), depth + 1) for _ in range(rng.choice([0, 0, 1, 2]))]
        rng.shuffle(parts)
        return f"message {name} {{ {' '.join(parts)} }}"

    def enum(self, name):
        rng = self.rng
        values = [f"ZERO_{name} = 0"] + [f"V{i}_{name} = {n}" for i, n in enumerate(rng.sample([-9, -1, 1, 2, 3, 77, 0x7FFFFFFF, -0x80000000], rng.randint(0, 4)))]
        values = [v + rng.choice(["", "", " [deprecated = true]"] + ([" [(word) = 'w']"] if self.custom else [])) + ";" for v in values]
        extra = []
        if rng.random() < 0.3:
            extra.append("option allow_alias = true;")
            values.append(f"ALIAS_{name} = 0x0;")
        if rng.random() < 0.3:
            extra.append(rng.choice(["reserved 10, 20 to 30, -5 to -3;", "reserved 1000 to 2000; reserved 'GONE', \"OLD\";", "reserved 100 to 200, 50;"]))
        first, rest = values[0], values[1:] + extra
        rng.shuffle(rest)
        if extra and rng.random() < 0.5:
            return f"enum {name} {{ {extra[0]} {first} {' '.join(v for v in rest if v != extra[0])} }}"
        return f"enum {name} {{ {first} {' '.join(rest)} }}"

    def service(self, name):
        rng = self.rng
        methods = []
        for i in range(rng.randint(0, 4)):
            inputs = [rng.choice(["", "stream "]) + self.type(message_only=True) for _ in range(2)]
            end = rng.choice([";", "{}", "{ option deprecated = true; }", "{ option idempotency_level = IDEMPOTENT; ; }"])
            methods.append(f"rpc M{i}({inputs[0]}) returns ({inputs[1]}) {end}")
        return f"service {name} {{ {' '.join(methods)} }}"

    def text(self):
        rng = self.rng
        quote = rng.choice("\"'")
        head = [f"syntax = {quote}{'proto3' if self.proto3 else 'proto2'}{quote};"] if self.proto3 or rng.random() < 0.5 else []
        parts = ["package g;"] + [f'import {rng.choice(["", "", "public "])}"{i}";' for i in self.imports]
        parts += rng.sample(['option java_package = "a.b";', "option java_multiple_files = true;", "option optimize_for = SPEED;", 'option go_package = "x/y;z";', "option cc_enable_arenas = false;", "option deprecated = false;"], rng.randint(0, 4))
        body = [self.message(n, 0) for n in self.names] + [self.enum(n) for n in self.enums] + [self.service(self.fresh("Svc")) for _ in range(rng.choice([0, 0, 1]))]
        if self.custom:
            parts.append('import "google/protobuf/descriptor.proto";')
            # proto3 may extend options only, so the bag's own extension is for proto2.
            label = rng.choice(["optional ", ""]) if self.proto3 else "optional "
            body.append(f"message Bag {{ {label}string s = 1; repeated int32 n = 2; {label}double d = 3; {label}bool b = 4; {label}Bag bag = 5; map<string, int32> m = 6; {label}Kn k = 7; {'' if self.proto3 else 'extensions 100 to max;'} }} enum Kn {{ ZERO = 0; MINUS = -1; }}")
            if not self.proto3:
                body.append("extend Bag { optional int32 extra = 100; }")
            body.append(f"extend google.protobuf.FieldOptions {{ {label}string note = 50000; {label}Bag bag = 50001; repeated int32 list = 50002; }}")
            body.append(f"extend google.protobuf.MessageOptions {{ {label}Bag mark = 50000; }} extend .google.protobuf.OneofOptions {{ {label}int32 tag = 50000; }} extend google.protobuf.EnumValueOptions {{ {label}string word = 50000; }}")
        elif not self.proto3 and rng.random() < 0.4:
            body.append("message Open { extensions 10 to 99; } extend Open { optional string e1 = 10; repeated " + self.type(message_only=True) + " e2 = 11; } message In { extend Open { optional group Eg = 12 { optional int32 q = 1; } } }")
        rng.shuffle(parts)
        rng.shuffle(body)
        text = "\n".join(head + parts + body)
        return text.replace(" = ", rng.choice([" = ", "=", " =\n  ", " /* = */ = "]))


def generate(rng):
    """A random file; most are valid."""
    return File(rng).text()
