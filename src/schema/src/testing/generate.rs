//! Random Avro schemas as people and tools write them: mostly valid, in odd layouts, with every feature somewhere.

use super::rng::Rng;

/// One schema text on one line. Mostly valid; about one in ten is not.
pub fn avro_schema(rng: &mut Rng) -> String {
    let mut generator = Generator { rng, named: Vec::new(), count: 0, faults: 0 };
    if generator.rng.chance(15) {
        generator.faults = 3;
    }
    let depth = 1 + generator.rng.below(4);
    let top = if generator.rng.chance(75) { generator.record(depth, "") } else { generator.ty(depth, "") };
    top.text
}

/// A schema text and texts it refers to, dependencies first. Mostly valid.
pub fn avro_schema_with_references(rng: &mut Rng) -> (String, Vec<String>) {
    let mut generator = Generator { rng, named: Vec::new(), count: 0, faults: 0 };
    let references = (0..1 + generator.rng.below(3)).map(|_| generator.record(2, "").text).collect();
    let depth = 1 + generator.rng.below(3);
    (generator.record(depth, "").text, references)
}

/// Keys of map defaults.
const KEYS: [&str; 2] = [r#""k""#, r#""\u00e9\"""#];

/// A generated type: its text, and what a default for it looks like.
struct Ty {
    text: String,
    shape: Shape,
}

#[derive(Clone)]
enum Shape {
    Null,
    Boolean,
    Int,
    Long,
    Floating,
    Text,
    Array(Box<Shape>),
    Map(Box<Shape>),
    Union(Vec<Shape>),
    Record(Vec<(String, Shape)>),
}

struct Generator<'r> {
    rng: &'r mut Rng,
    /// Full name and shape of what has been defined.
    named: Vec<(String, Shape)>,
    count: usize,
    /// Percent of places where something goes wrong.
    faults: usize,
}

type Members = Vec<(&'static str, String)>;

impl Generator<'_> {
    fn ty(&mut self, depth: usize, space: &str) -> Ty {
        if depth == 0 {
            return if self.rng.chance(70) { self.primitive() } else { self.mention(space) };
        }
        match self.rng.below(20) {
            0..=5 => self.primitive(),
            6..=7 => self.mention(space),
            8..=9 => self.array(depth, space),
            10..=11 => self.map(depth, space),
            12..=14 => self.union(depth, space),
            15 => self.enumeration(space),
            16 => self.fixed(space),
            _ => self.record(depth, space),
        }
    }

    fn fault(&mut self) -> bool {
        self.rng.chance(self.faults)
    }

    fn primitive(&mut self) -> Ty {
        let rows: [(&str, Shape, &[&str]); 8] = [
            ("null", Shape::Null, &[]),
            ("boolean", Shape::Boolean, &[]),
            ("int", Shape::Int, &["date", "time-millis"]),
            ("long", Shape::Long, &["timestamp-millis", "timestamp-micros", "local-timestamp-millis"]),
            ("float", Shape::Floating, &[]),
            ("double", Shape::Floating, &[]),
            ("bytes", Shape::Text, &["decimal", "big-decimal"]),
            ("string", Shape::Text, &["uuid"]),
        ];
        let (kind, shape, logical) = rows[self.rng.below(rows.len())].clone();
        if self.rng.chance(70) {
            return Ty { text: format!("\"{kind}\""), shape };
        }
        let mut members = vec![("type", format!("\"{kind}\""))];
        if !logical.is_empty() && self.rng.chance(60) {
            let logical = self.rng.pick(logical);
            members.push(("logicalType", format!("\"{logical}\"")));
            if logical == "decimal" {
                members.push(("precision", "9".to_owned()));
                members.push(("scale", "2".to_owned()));
            }
        }
        self.attributes(&mut members);
        Ty { text: self.object(members), shape }
    }

    fn mention(&mut self, space: &str) -> Ty {
        if self.fault() {
            return Ty { text: "\"Nowhere\"".to_owned(), shape: Shape::Text };
        }
        if self.named.is_empty() {
            return self.primitive();
        }
        let (full, shape) = self.named[self.rng.below(self.named.len())].clone();
        let written = match full.rsplit_once('.') {
            Some((s, simple)) if s == space && self.rng.chance(70) => simple.to_owned(),
            _ => full,
        };
        let text = if self.rng.chance(10) {
            format!("{{\"type\":\"{written}\"}}")
        } else {
            format!("\"{written}\"")
        };
        Ty { text, shape }
    }

    fn array(&mut self, depth: usize, space: &str) -> Ty {
        let items = self.ty(depth.saturating_sub(1), space);
        let mut members = vec![("type", "\"array\"".to_owned()), ("items", items.text)];
        self.attributes(&mut members);
        Ty { text: self.object(members), shape: Shape::Array(items.shape.into()) }
    }

    fn map(&mut self, depth: usize, space: &str) -> Ty {
        let values = self.ty(depth.saturating_sub(1), space);
        let mut members = vec![("type", "\"map\"".to_owned()), ("values", values.text)];
        self.attributes(&mut members);
        Ty { text: self.object(members), shape: Shape::Map(values.shape.into()) }
    }

    fn union(&mut self, depth: usize, space: &str) -> Ty {
        let mut texts = Vec::new();
        let mut shapes = Vec::new();
        let mut simple = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"].to_vec();
        self.rng.shuffle(&mut simple);
        for kind in simple.into_iter().take(1 + self.rng.below(3)) {
            texts.push(format!("\"{kind}\""));
            shapes.push(match kind {
                "null" => Shape::Null,
                "boolean" => Shape::Boolean,
                "int" => Shape::Int,
                "long" => Shape::Long,
                "float" | "double" => Shape::Floating,
                _ => Shape::Text,
            });
        }
        let more = [
            (40, Self::record as fn(&mut Self, usize, &str) -> Ty),
            (20, Self::array),
            (20, Self::map),
            (10, |s: &mut Self, _: usize, space: &str| s.enumeration(space)),
        ];
        for (percent, make) in more {
            if self.rng.chance(percent) {
                let ty = make(self, depth.saturating_sub(1), space);
                texts.push(ty.text);
                shapes.push(ty.shape);
            }
        }
        if self.fault() {
            texts.push(texts[0].clone());
        }
        Ty { text: format!("[{}]", texts.join(",")), shape: Shape::Union(shapes) }
    }

    fn enumeration(&mut self, space: &str) -> Ty {
        let (mut members, full, _) = self.head("enum", space);
        let symbols: Vec<String> = (0..1 + self.rng.below(5)).map(|i| format!("\"S{i}\"")).collect();
        if self.rng.chance(25) {
            let default = if self.fault() { "\"S99\"".to_owned() } else { symbols[0].clone() };
            members.push(("default", default));
        }
        members.push(("symbols", format!("[{}]", symbols.join(","))));
        self.attributes(&mut members);
        self.named.push((full, Shape::Text));
        Ty { text: self.object(members), shape: Shape::Text }
    }

    fn fixed(&mut self, space: &str) -> Ty {
        let (mut members, full, _) = self.head("fixed", space);
        let size = if self.fault() { "-1".to_owned() } else { (self.rng.below(20)).to_string() };
        members.push(("size", size));
        if self.rng.chance(30) {
            members.push(("logicalType", "\"decimal\"".to_owned()));
            members.push(("precision", "4".to_owned()));
        }
        self.attributes(&mut members);
        self.named.push((full, Shape::Text));
        Ty { text: self.object(members), shape: Shape::Text }
    }

    fn record(&mut self, depth: usize, space: &str) -> Ty {
        let kind = if self.rng.chance(5) { "error" } else { "record" };
        let (mut members, full, inner_space) = self.head(kind, space);
        let mut fields = Vec::new();
        let mut shapes = Vec::new();
        if self.rng.chance(15) {
            fields.push(format!(r#"{{"name":"self","type":["null","{full}"],"default":null}}"#));
        }
        for i in 0..self.rng.below(5) {
            let name = if self.fault() { "f0".to_owned() } else { format!("f{i}") };
            let ty = self.ty(depth.saturating_sub(1), &inner_space);
            shapes.push((name.clone(), ty.shape.clone()));
            fields.push(self.field(&name, ty));
        }
        members.push(("fields", format!("[{}]", fields.join(","))));
        self.attributes(&mut members);
        let shape = Shape::Record(shapes);
        self.named.push((full, shape.clone()));
        Ty { text: self.object(members), shape }
    }

    fn field(&mut self, name: &str, ty: Ty) -> String {
        let name = if self.fault() { "not-a-name" } else { name };
        let mut members = vec![("name", format!("\"{name}\"")), ("type", ty.text)];
        if self.rng.chance(20) {
            members.push(("doc", self.doc()));
        }
        if self.rng.chance(35) {
            let default = if self.fault() { "[7]".to_owned() } else { self.default(&ty.shape, 4) };
            members.push(("default", default));
        }
        if self.rng.chance(10) {
            let order = self.rng.pick(&["\"ascending\"", "\"descending\"", "\"ignore\"", "\"DESCENDING\""]);
            members.push(("order", order.to_owned()));
        }
        if self.rng.chance(12) {
            members.push((
                "aliases",
                self.rng.pick(&["[]", "[\"old\"]", "[\"b\",\"a\",\"b\"]", "[\"x.y\"]"]).to_owned(),
            ));
        }
        self.attributes(&mut members);
        self.object(members)
    }

    /// Members common to named types, the full name, and the namespace inside.
    fn head(&mut self, kind: &str, space: &str) -> (Members, String, String) {
        self.count += 1;
        let simple = match self.rng.below(40) {
            0 => "record".to_owned(),
            _ => format!("N{}", self.count),
        };
        let mut members = vec![("type", format!("\"{kind}\""))];
        let full = match self.rng.below(10) {
            0..=2 => {
                let space = self.rng.pick(&["a", "a.b", "com.example.orders"]);
                members.push(("name", format!("\"{simple}\"")));
                members.push(("namespace", format!("\"{space}\"")));
                format!("{space}.{simple}")
            }
            3 => {
                let space = self.rng.pick(&["a", "x.y"]);
                members.push(("name", format!("\"{space}.{simple}\"")));
                if self.rng.chance(30) {
                    members.push(("namespace", "\"ignored\"".to_owned()));
                }
                format!("{space}.{simple}")
            }
            4 => {
                members.push(("name", format!("\"{simple}\"")));
                members.push(("namespace", "\"\"".to_owned()));
                simple
            }
            _ => {
                members.push(("name", format!("\"{simple}\"")));
                if space.is_empty() { simple } else { format!("{space}.{simple}") }
            }
        };
        if self.rng.chance(20) {
            members.push(("doc", self.doc()));
        }
        if self.rng.chance(15) {
            let aliases =
                ["[]", "[\"Old\"]", "[\"a.Old\",\"Old\"]", "[\"Old\",\"Old\",\"a.b.Older\"]", "[\"int\"]"];
            members.push(("aliases", self.rng.pick(&aliases).to_owned()));
        }
        let inner = full.rsplit_once('.').map_or(String::new(), |(space, _)| space.to_owned());
        (members, full, inner)
    }

    fn doc(&mut self) -> String {
        let docs = [
            r#""""#,
            r#""plain""#,
            r#""with \"quotes\", \\ and \/ and \u00e9""#,
            r#""\u0000\u001f\u007f\b\f\n\r\t""#,
            r#""\ud83d\ude00 😀 é""#,
            "7",
            "null",
        ];
        self.rng.pick(&docs).to_owned()
    }

    fn attributes(&mut self, members: &mut Members) {
        let keys = [
            "x",
            "connect.name",
            "logicalType",
            "default",
            "z-z",
            "order",
            "é",
            r#"q\"\\\/q"#,
            r"\u0001\t\u00e9\ud83d\ude00",
            "",
            "precision",
        ];
        while self.rng.chance(12) {
            let key = keys[self.rng.below(keys.len())];
            let taken = members.iter().any(|(k, _)| *k == key);
            if !taken || self.rng.chance(20) {
                let value = self.value(3);
                members.push((key, value));
            }
        }
    }

    /// Any JSON value.
    fn value(&mut self, depth: usize) -> String {
        match self.rng.below(if depth == 0 { 5 } else { 8 }) {
            0..=2 => self.number(),
            3 => self.rng.pick(&["true", "false", "null"]).to_owned(),
            4 => self.string(),
            5 => self.rng.pick(&["{}", "[]", "[1,2.0,{}]", r#"{"k":1,"j":[null],"k":2}"#]).to_owned(),
            6 => {
                let items: Vec<_> = (0..self.rng.below(4)).map(|_| self.value(depth - 1)).collect();
                format!("[{}]", items.join(" ,"))
            }
            _ => {
                let members: Vec<_> =
                    (0..self.rng.below(4)).map(|i| format!("\"k{i}\" : {}", self.value(depth - 1))).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    fn number(&mut self) -> String {
        let odd = [
            "-0",
            "-0.0",
            "0e0",
            "0.1",
            "1e3",
            "1E-7",
            "1.50",
            "1e400",
            "-1e400",
            "1e-400",
            "4.9e-324",
            "100.0",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "2147483648",
            "1.7976931348623157E308",
        ];
        if self.rng.chance(40) {
            return self.rng.pick(&odd).to_owned();
        }
        let sign = if self.rng.chance(30) { "-" } else { "" };
        let digits = 10u64.pow(self.rng.below(18) as u32);
        let whole = self.rng.next_u64() % digits.max(1);
        if self.rng.chance(30) {
            return format!("{sign}{whole}");
        }
        let fraction = if self.rng.chance(60) {
            let places = 1 + self.rng.below(17);
            format!(".{:0places$}", self.rng.next_u64() % 10u64.pow(places as u32))
        } else {
            String::new()
        };
        let marks = ["e", "E", "e+", "E-", "e-"];
        let exponent = if fraction.is_empty() || self.rng.chance(50) {
            format!("{}{}", self.rng.pick(&marks), self.rng.below(25))
        } else {
            String::new()
        };
        format!("{sign}{whole}{fraction}{exponent}")
    }

    /// A string of one to six pieces, each escaped in one of the ways JSON has.
    fn string(&mut self) -> String {
        let pieces = [
            "text",
            r#"\""#,
            r"\\",
            r"\/",
            "/",
            r"\u0000",
            r"\u001f",
            "\u{7f}",
            r"\u007F",
            r"\b\f\n\r\t",
            "é",
            r"\u00E9",
            "\u{2028}",
            r"\u2029",
            "😀",
            r"\ud83d\ude00",
            "<&>'",
            "\u{feff}",
            r"\uffff",
            " ",
        ];
        let text: String = (0..1 + self.rng.below(6)).map(|_| self.rng.pick(&pieces)).collect();
        format!("\"{text}\"")
    }

    fn default(&mut self, shape: &Shape, depth: usize) -> String {
        match shape {
            Shape::Null => "null".to_owned(),
            Shape::Boolean => self.rng.pick(&["true", "false"]).to_owned(),
            Shape::Int => self.rng.pick(&["0", "-1", "2147483647", "-0"]).to_owned(),
            Shape::Long => self.rng.pick(&["0", "9223372036854775807", "-5"]).to_owned(),
            Shape::Floating => {
                self.rng.pick(&["0", "1.5", "1e3", "-0.0", "1e-5", "\"2.5\"", "\"NaN\""]).to_owned()
            }
            Shape::Text => self.rng.pick(&["\"\"", "\"S0\"", "\"\\u00ff\""]).to_owned(),
            Shape::Array(items) => {
                let items: Vec<_> = (0..self.rng.below(if depth > 0 { 3 } else { 1 }))
                    .map(|_| self.bare(items, depth))
                    .collect();
                format!("[{}]", items.join(","))
            }
            Shape::Map(values) => {
                let members: Vec<_> = (0..self.rng.below(if depth > 0 { 3 } else { 1 }))
                    .map(|i| format!("{}:{}", self.rng.pick(&KEYS[i..=i]), self.bare(values, depth)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
            Shape::Union(shapes) if !shapes.is_empty() => {
                // A number in quotes is good only where the type is no union.
                let pick = self.rng.below(shapes.len());
                self.bare(&shapes[pick], depth)
            }
            Shape::Record(fields) if depth > 0 => {
                let members: Vec<String> = fields
                    .iter()
                    .map(|(name, shape)| format!("\"{name}\":{}", self.bare(shape, depth - 1)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
            _ => "null".to_owned(),
        }
    }

    /// A default below another one: a number in quotes is good only directly in a field.
    fn bare(&mut self, shape: &Shape, depth: usize) -> String {
        match shape {
            Shape::Floating => self.rng.pick(&["0.5", "1", "-2e10", "1.0E-5"]).to_owned(),
            shape => self.default(shape, depth.saturating_sub(1)),
        }
    }

    fn object(&mut self, mut members: Members) -> String {
        if self.rng.chance(15) {
            self.rng.shuffle(&mut members);
        }
        let (colon, comma) = match self.rng.below(10) {
            0 => (" : ", " , "),
            1 => (": ", ", "),
            2 => (":/* c */", ","),
            _ => (":", ","),
        };
        let members: Vec<String> = members.iter().map(|(k, v)| format!("\"{k}\"{colon}{v}")).collect();
        format!("{{{}}}", members.join(comma))
    }
}
