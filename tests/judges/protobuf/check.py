"""protoc as the judge of our Protobuf texts: what it accepts we accept, and the canonical and the normal text of a
schema compile to the descriptor of the original. Needs grpcio-tools and googleapis-common-protos.

    python tests/judges/protobuf/check.py [generated schemas, default 300]
"""
import base64
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import grpc_tools
from google.protobuf import descriptor_pb2
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[3]
WELL_KNOWN = pathlib.Path(grpc_tools.__file__).parent / "_proto"
ORIGINALS = WELL_KNOWN.parents[1]
SCALARS = ("double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes").split()
KEYS = [s for s in SCALARS if s not in ("double", "float", "bytes")]

HAND_WRITTEN = {
    "proto2": """
        package a.b; import "google/protobuf/descriptor.proto"; import "confluent/meta.proto";
        option java_package = "x\\ty\\"\\303\\274"; option optimize_for = CODE_SIZE; option (o) = {n: "q" 'r', deep <d: [1, 0x10, -3]>, [a.b.M.e]: 7};
        option (confluent.file_meta).doc = "d"; option (confluent.file_meta).tags = "t"; option (dbl) = 1e-7;
        extend google.protobuf.FileOptions { optional M o = 50000; optional double dbl = 50001; }
        enum E { option allow_alias = true; reserved -5 to -1, 9, 100 to max; reserved "OLD"; A = 0; B = 1 [deprecated = true]; C = 0x1; }
        message M { message Deep { repeated int32 d = 1; } optional string n = 1 [default = "a\\"b\\\\\\n\\001\\303\\251", json_name = "NAME"];
          optional Deep deep = 2; map<string, Deep> m = 3; oneof c { int32 x = 8; group Pick = 9 { optional int32 z = 1; } float y = 7; }
          repeated group Rows = 10 { optional bytes cell = 1 [default = "\\377\\000'"]; } optional float inf = 11 [default = -inf];
          optional double d = 12 [default = 1e300]; optional float f = 13 [default = 0.1]; optional E e = 14 [default = C];
          optional double nan = 15 [default = nan]; optional int64 i = 16 [default = -9223372036854775808]; optional bool t = 17 [default = true];
          extensions 100 to 199, 500; extensions 1000 to max; extend M { optional int32 e = 101; repeated group More = 102 {} }
          reserved 20, 30 to 40; reserved "foo", "bar"; enum Inner { Z = 0; } option deprecated = true; repeated int32 p = 18 [packed = true]; }
        service S { rpc Get(M) returns (stream .a.b.M); rpc Put(stream M) returns (M) { option deprecated = true; } }""",
    "proto3": """syntax = "proto3"; import public "google/protobuf/timestamp.proto"; import "google/type/money.proto";
        message A { optional int32 a = 1; google.protobuf.Timestamp t = 2; map<int64, google.type.Money> m = 3; repeated A kids = 4 [json_name = "k"];
          oneof o { string s = 5; A n = 6; } optional string z = 7; reserved 8; enum Q { Z = 0; N = -1; } Q q = 9; }""",
    "scopes": "syntax = \"proto3\"; package p.q; message p { message q {} q a = 1; .p.q.p.q b = 2; } message X { p.q a = 1; .p.q.X b = 2; q.X c = 3; }",
    "empty": "",
}


def generate(rng):
    """A random file; most are valid."""
    proto3 = rng.random() < 0.6
    names = [f"T{i}" for i in range(rng.randint(1, 4))]

    def field(number, label=True):
        kind = rng.random()
        ty = rng.choice(SCALARS) if kind < 0.6 else rng.choice(names + [".g." + n for n in names])
        name = rng.choice(["f", "some_name_", "camelCase", "F_"]) + str(number)
        options = []
        if rng.random() < 0.2:
            options.append("deprecated = true")
        if rng.random() < 0.2:
            options.append(f'json_name = "j{number}"')
        tail = f" [{', '.join(options)}]" if options else ""
        if label and rng.random() < 0.2:
            return f"map<{rng.choice(KEYS)}, {ty}> {name} = {number}{tail};"
        labels = (["", "optional ", "repeated "] if proto3 else ["optional ", "required ", "repeated "]) if label else [""]
        return f"{rng.choice(labels)}{ty} {name} = {number}{tail};"

    def message(name, depth):
        numbers = rng.sample(range(1, 60), rng.randint(0, 9))
        cut = rng.randint(0, len(numbers))
        parts = [field(n) for n in numbers[:cut]]
        if numbers[cut:]:
            parts.append(f"oneof choice{depth} {{ {' '.join(field(n, label=False) for n in numbers[cut:])} }}")
        if rng.random() < 0.3:
            parts.append("reserved 100, 70 to 80, 500 to max;")
        if rng.random() < 0.3:
            parts.append('reserved "old", "older";')
        if rng.random() < 0.3:
            parts.append(f"enum En{depth} {{ ZERO{depth} = 0; MINUS{depth} = -{rng.randint(1, 9)}; }}")
        if depth < 3:
            parts += [message(f"Sub{depth}{i}", depth + 1) for i in range(rng.choice([0, 0, 1, 2]))]
        rng.shuffle(parts)
        return f"message {name} {{ {' '.join(parts)} }}"

    head = f'syntax = "{"proto3" if proto3 else "proto2"}"; package g;'
    return head + "\n" + "\n".join(message(n, 0) for n in names)


def compile_text(text, path="judged.proto"):
    """The descriptor protoc makes of a text, or None."""
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        out = pathlib.Path(directory, "out.bin")
        includes = [f"-I{d}" for d in (directory, ROOT / "proto", WELL_KNOWN)]
        quiet, saved = os.open(os.devnull, os.O_WRONLY), os.dup(2)
        os.dup2(quiet, 2)
        try:
            code = protoc.main(["protoc", *includes, f"--descriptor_set_out={out}", str(file)])
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(quiet)
        if code != 0:
            return None
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file[0]


def ordered(file):
    """A descriptor with everything sorted whose order canonical or normal text may change."""
    if file.syntax == "proto2":
        file.ClearField("syntax")
    kept = [(d, i in file.public_dependency, i in file.weak_dependency) for i, d in enumerate(file.dependency)]
    for name in ("dependency", "public_dependency", "weak_dependency"):
        file.ClearField(name)
    for i, (dependency, public, weak) in enumerate(sorted(kept)):
        file.dependency.append(dependency)
        file.public_dependency.extend([i] if public else [])
        file.weak_dependency.extend([i] if weak else [])
    file.extension.sort(key=lambda f: (f.extendee, f.number))
    for message in file.message_type:
        sort_message(message)
    for enum in file.enum_type:
        sort_enum(enum)
    return file


def sort_message(message):
    # Oneofs change places in normal text: name them instead of numbering them.
    names = [o.name for o in message.oneof_decl]
    places = {name: i for i, name in enumerate(sorted(names))}
    for field in message.field:
        if field.HasField("oneof_index"):
            field.oneof_index = places[names[field.oneof_index]]
    message.oneof_decl.sort(key=lambda o: o.name)
    message.field.sort(key=lambda f: f.number)
    message.extension.sort(key=lambda f: (f.extendee, f.number))
    message.nested_type.sort(key=lambda m: m.name)
    message.reserved_range.sort(key=lambda r: r.start)
    message.reserved_name.sort()
    message.extension_range.sort(key=lambda r: r.start)
    for nested in message.nested_type:
        sort_message(nested)
    for enum in message.enum_type:
        sort_enum(enum)


def sort_enum(enum):
    enum.value.sort(key=lambda v: (v.number, v.name))
    enum.reserved_range.sort(key=lambda r: r.start)
    enum.reserved_name.sort()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    command = os.environ.get("ASSAY_CANONICAL", f"cargo run -q --manifest-path {ROOT}/Cargo.toml -p assay-schema --example canonical")
    ours = subprocess.Popen(command.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(text):
        ours.stdin.write(base64.b64encode(text.encode()).decode() + "\n")
        ours.stdin.flush()
        verdict, *rest = ours.stdout.readline().rstrip("\n").split("\t")
        return [base64.b64decode(r).decode() for r in rest] if verdict == "OK" else rest[0]

    rng = random.Random(20)
    cases = dict(HAND_WRITTEN)
    for path in sorted(WELL_KNOWN.rglob("*.proto")) + sorted((ORIGINALS / "google" / "type").glob("*.proto")):
        text = path.read_text(encoding="utf-8")
        if "edition =" not in text and not path.name.endswith("_features.proto"):
            cases[str(path.name)] = text
    cases.update({f"generated {i}": generate(rng) for i in range(count)})
    failures, compared, refused_by_both, lenient = [], 0, 0, 0
    for name, text in cases.items():
        theirs, answer = compile_text(text), ask(text)
        if theirs is None:
            refused_by_both, lenient = refused_by_both + isinstance(answer, str), lenient + (not isinstance(answer, str))
            continue
        if isinstance(answer, str):
            failures.append(f"{name}: protoc accepts, we say: {answer}\n{text}")
            continue
        wanted = ordered(theirs)
        for what, printed in zip(("canonical", "normal"), answer):
            got = compile_text(printed)
            if got is None:
                failures.append(f"{name}: protoc refuses the {what} text\n{printed}")
            elif ordered(got) != wanted:
                failures.append(f"{name}: the {what} text is another schema\n{text}\n--\n{printed}")
        # A client may send the descriptor instead of the text.
        serialized = ask(base64.b64encode(compile_text(text).SerializeToString()).decode() or text)
        if isinstance(serialized, str):
            failures.append(f"{name}: refused as a serialised descriptor: {serialized}")
        elif serialized[1] != answer[1]:
            failures.append(f"{name}: its descriptor has another normal text\n{answer[1]}\n--\n{serialized[1]}")
        compared += 1
    for original in sorted((ORIGINALS / "google" / "type").glob("*.proto")):
        bundled = ROOT / "proto" / "google" / "type" / original.name
        if bundled.exists():
            path = f"google/type/{original.name}"
            if compile_text(bundled.read_text(), path) != compile_text(original.read_text(), path):
                failures.append(f"{path}: the bundled file differs from the original")
    ours.stdin.close()
    for failure in failures[:10]:
        print(failure, "\n")
    print(f"{compared} schemas compared, {refused_by_both} refused by both, {lenient} refused by protoc only, {len(failures)} failures")
    sys.exit(1 if failures or compared < 50 else 0)


main()
