//! Protobuf files with every kind of field, and payloads of their messages: valid ones, and ones that nearly are.

use assay_schema::testing::Rng;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Syntax};

const SCALARS: [&str; 15] = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool", "fixed32", "fixed64", "sfixed32",
    "sfixed64", "float", "double", "string", "bytes",
];

/// Fields beyond this depth are left out of generated messages.
const DEPTH_MAX: usize = 5;

/// A file of one to four messages `M0`, `M1` .. and the enum `E`.
pub(crate) fn file(rng: &mut Rng) -> String {
    let proto3 = rng.chance(50);
    let messages = 1 + rng.below(4);
    let mut out =
        format!("syntax = \"proto{}\";\nenum E {{ ZERO = 0; ONE = 1; }}\n", if proto3 { 3 } else { 2 });
    for message in 0..messages {
        out.push_str(&format!("message M{message} {{\n"));
        let mut number = 0;
        for at in 0..rng.below(9) {
            number += if rng.chance(80) { 1 } else { [14, 100, 3000, 100_000][rng.below(4)] };
            field(rng, proto3, messages, at, number, &mut out);
        }
        out.push_str("}\n");
    }
    out
}

fn field(rng: &mut Rng, proto3: bool, messages: usize, at: usize, number: u32, out: &mut String) {
    let scalar = SCALARS[rng.below(SCALARS.len())];
    let label = match (rng.below(5), proto3) {
        (0 | 1, _) => "repeated ",
        (2, false) => "required ",
        (_, false) => "optional ",
        (2, true) => "optional ",
        (_, true) => "",
    };
    let packed = match (label, scalar) {
        ("repeated ", "string" | "bytes") => "",
        ("repeated ", _) => ["", " [packed = true]", " [packed = false]"][rng.below(3)],
        _ => "",
    };
    let message = rng.below(messages);
    let single = if label == "required " { "optional " } else { label }; // a required message may contain itself
    let text = match rng.below(10) {
        0..5 => format!("{label}{scalar} f{at} = {number}{packed};"),
        5 => format!("{label}E f{at} = {number};"),
        6 => format!(
            "map<{}, {scalar}> f{at} = {number};",
            ["string", "int32", "sint64", "bool", "fixed32"][rng.below(5)]
        ),
        7 => format!("map<string, M{message}> f{at} = {number};"),
        8 if !proto3 => {
            format!("{single}group G{at} = {number} {{ {single}int32 a = 1; {single}string b = 2; }}")
        }
        _ => format!("{single}M{message} f{at} = {number};"),
    };
    out.push_str(&text);
    out.push('\n');
}

/// A message that nests in itself, directly and in groups.
pub(crate) const NESTED: &str = "syntax = \"proto2\"; message M0 { optional M0 m = 1; optional group G = 2 { optional M0 m = 1; optional group H = 2 {} } }";

/// Messages of [`NESTED`]: `depth` messages in each other, messages and groups by turns, unknown groups.
pub(crate) fn nested(depth: usize) -> [Vec<u8>; 3] {
    let mut rng = Rng::new(0);
    let (mut messages, mut both) = (Vec::new(), Vec::new());
    for level in 0..depth {
        let mut outer = vec![0x0a];
        sized(&messages, &mut rng, &mut outer);
        messages = outer;
        both = if level % 2 == 0 {
            [&[0x13], both.as_slice(), &[0x14]].concat()
        } else {
            let mut outer = vec![0x0a];
            sized(&both, &mut rng, &mut outer);
            outer
        };
    }
    [messages, both, [[0x1b].repeat(depth), [0x1c].repeat(depth)].concat()]
}

/// A message with its required fields, as writers of all kinds put it: fields in any order and more than once, unknown ones, packed or not,
/// longer varints than needed.
pub(crate) fn message(descriptor: &MessageDescriptor, rng: &mut Rng, depth: usize, out: &mut Vec<u8>) {
    let mut fields: Vec<FieldDescriptor> = descriptor.fields().collect();
    rng.shuffle(&mut fields);
    for field in fields {
        let deep = matches!(field.kind(), Kind::Message(_)) && depth >= DEPTH_MAX;
        if !(field.is_required() || rng.chance(70)) || deep {
            continue;
        }
        let values =
            if field.is_list() || field.is_map() { rng.below(4) } else { 1 + usize::from(rng.chance(5)) };
        if is_packable(&field) && rng.chance(60) {
            let mut inside = Vec::new();
            (0..values).for_each(|_| scalar(&field.kind(), rng, &mut inside));
            tag(field.number(), 2, rng, out);
            sized(&inside, rng, out);
        } else {
            (0..values).for_each(|_| value(&field, rng, depth, out));
        }
    }
    if rng.chance(15) {
        unknown(rng, 0, out);
    }
}

fn is_packable(field: &FieldDescriptor) -> bool {
    field.is_list() && !matches!(field.kind(), Kind::String | Kind::Bytes | Kind::Message(_))
}

fn varint(mut value: u64, rng: &mut Rng, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    if rng.chance(1) {
        out.extend([value as u8 | 0x80, 0]);
    } else {
        out.push(value as u8);
    }
}

fn tag(number: u32, wire: u32, rng: &mut Rng, out: &mut Vec<u8>) {
    varint(u64::from(number << 3 | wire), rng, out);
}

fn sized(bytes: &[u8], rng: &mut Rng, out: &mut Vec<u8>) {
    varint(bytes.len() as u64, rng, out);
    out.extend_from_slice(bytes);
}

fn unknown(rng: &mut Rng, depth: usize, out: &mut Vec<u8>) {
    let number = 5000 + rng.below(3) as u32;
    let wire = [0, 1, 2, 3, 5][rng.below(5)];
    tag(number, wire, rng, out);
    match wire {
        0 => varint(rng.next_u64(), rng, out),
        1 => out.extend_from_slice(&rng.next_u64().to_le_bytes()),
        2 => sized(b"any", rng, out),
        3 => {
            if depth < 3 {
                unknown(rng, depth + 1, out);
            }
            tag(number, 4, rng, out);
        }
        _ => out.extend_from_slice(&[1, 2, 3, 4]),
    }
}

fn value(field: &FieldDescriptor, rng: &mut Rng, depth: usize, out: &mut Vec<u8>) {
    match field.kind() {
        Kind::Message(inner) if field.is_group() => {
            tag(field.number(), 3, rng, out);
            message(&inner, rng, depth + 1, out);
            tag(field.number(), 4, rng, out);
        }
        Kind::Message(inner) => {
            let mut inside = Vec::new();
            message(&inner, rng, depth + 1, &mut inside);
            tag(field.number(), 2, rng, out);
            sized(&inside, rng, out);
        }
        Kind::String => {
            let texts: [&[u8]; 5] = [
                b"",
                b"plain",
                "Grüße, 世界".as_bytes(),
                b"a longer one, of more than sixteen bytes",
                b"\xff\xfe",
            ];
            let any = if field.parent_file().syntax() == Syntax::Proto2 || rng.chance(2) { 5 } else { 4 };
            tag(field.number(), 2, rng, out);
            sized(texts[rng.below(any)], rng, out);
        }
        Kind::Bytes => {
            tag(field.number(), 2, rng, out);
            sized(&rng.next_u64().to_le_bytes()[..rng.below(9)], rng, out);
        }
        kind => {
            let wire = match kind {
                Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 1,
                Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 5,
                _ => 0,
            };
            tag(field.number(), wire, rng, out);
            scalar(&kind, rng, out);
        }
    }
}

fn scalar(kind: &Kind, rng: &mut Rng, out: &mut Vec<u8>) {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => out.extend_from_slice(&rng.next_u64().to_le_bytes()),
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => {
            out.extend_from_slice(&rng.next_u64().to_le_bytes()[..4])
        }
        Kind::Bool => varint(rng.below(2) as u64, rng, out),
        Kind::Enum(_) => varint(rng.below(4) as u64, rng, out), // unknown numbers, too
        _ => varint(rng.next_u64() >> rng.below(64), rng, out),
    }
}
