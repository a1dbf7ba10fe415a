//! Payloads of any Avro schema: valid ones, and ones that nearly are.

use assay_schema::{
    Limits, ParsedSchema, SchemaType, Strictness,
    avro::{AvroSchema, AvroType, TypeId},
    testing::{Rng, avro_schema},
};

/// The next generated schema that may be registered; the generator also makes some that may not.
pub(crate) fn schema(rng: &mut Rng) -> (String, ParsedSchema) {
    loop {
        let text = avro_schema(rng);
        let parsed = assay_schema::parse(SchemaType::Avro, &text, &[], Strictness::New, &Limits::default());
        if let Ok(schema) = parsed {
            return (text, schema);
        }
    }
}

/// A datum of the schema; big arrays and deep nesting are rare.
pub(crate) fn datum(schema: &AvroSchema, rng: &mut Rng) -> Vec<u8> {
    let mut out = Vec::new();
    value(schema, schema.root(), rng, 0, &mut out);
    out
}

/// One to three changes, of the kinds that bugs and bad producers make.
pub(crate) fn mutate(payload: &mut Vec<u8>, rng: &mut Rng) {
    for _ in 0..=rng.below(3) {
        let at = rng.below(payload.len() + 1).min(payload.len().saturating_sub(1));
        let telling = [0, 1, 2, 3, 0x7f, 0x80, 0xff, rng.next_u64() as u8];
        let byte = telling[rng.below(telling.len())];
        match rng.below(6) {
            0 => payload.truncate(at),
            1 => payload.insert(at, byte),
            2 if at < payload.len() => drop(payload.remove(at)),
            3 if at < payload.len() => payload[at] ^= 1 << rng.below(8),
            4 => payload.push(byte),
            _ if at < payload.len() => payload[at] = byte,
            _ => {}
        }
    }
}

fn long(value: i64, out: &mut Vec<u8>) {
    let mut raw = ((value << 1) ^ (value >> 63)) as u64;
    while raw >= 0x80 {
        out.push(raw as u8 | 0x80);
        raw >>= 7;
    }
    out.push(raw as u8);
}

fn text(rng: &mut Rng, out: &mut Vec<u8>) {
    let letters = ["a", "B", "7", " ", "é", "語", "𝄞"];
    let kinds = if rng.chance(70) { 4 } else { letters.len() };
    let length = if rng.chance(90) { rng.below(12) } else { rng.below(100) };
    let text: String = (0..length).map(|_| letters[rng.below(kinds)]).collect();
    long(text.len() as i64, out);
    out.extend_from_slice(text.as_bytes());
}

fn number(rng: &mut Rng, bits: u32) -> i64 {
    let value = rng.next_u64().cast_signed() >> (64 - bits);
    value >> rng.below(bits as usize)
}

fn value(schema: &AvroSchema, id: TypeId, rng: &mut Rng, depth: usize, out: &mut Vec<u8>) {
    match schema.get(id) {
        AvroType::Null => {}
        AvroType::Boolean => out.push(rng.below(2) as u8),
        AvroType::Int => long(number(rng, 32), out),
        AvroType::Long => long(number(rng, 64), out),
        AvroType::Float => out.extend_from_slice(&rng.next_u64().to_le_bytes()[..4]),
        AvroType::Double => out.extend_from_slice(&rng.next_u64().to_le_bytes()),
        AvroType::Bytes => {
            let length = rng.below(9);
            long(length as i64, out);
            out.extend((0..length).map(|_| rng.next_u64() as u8));
        }
        AvroType::String => text(rng, out),
        AvroType::Fixed { size, .. } => out.extend((0..(*size).min(1000)).map(|_| rng.next_u64() as u8)),
        AvroType::Enum { symbols, .. } => long(rng.below(symbols.len()) as i64, out),
        AvroType::Union(branches) => {
            let null = branches.iter().position(|id| matches!(schema.get(*id), AvroType::Null));
            let at = null.filter(|_| depth > 6).unwrap_or_else(|| rng.below(branches.len()));
            long(at as i64, out);
            if let Some(branch) = branches.get(at) {
                value(schema, *branch, rng, depth + 1, out);
            }
        }
        AvroType::Array { items } => blocks(rng, depth, out, |rng, out| {
            value(schema, *items, rng, depth + 1, out);
        }),
        AvroType::Map { values } => blocks(rng, depth, out, |rng, out| {
            text(rng, out);
            value(schema, *values, rng, depth + 1, out);
        }),
        AvroType::Record { fields, .. } => {
            if depth < 40 {
                fields.iter().for_each(|field| value(schema, field.ty, rng, depth + 1, out));
            }
        }
    }
}

/// The blocks of an array or map, with and without sizes.
fn blocks(rng: &mut Rng, depth: usize, out: &mut Vec<u8>, mut item: impl FnMut(&mut Rng, &mut Vec<u8>)) {
    let count = if depth > 6 { 0 } else { rng.below(3) };
    for _ in 0..count {
        let items = 1 + rng.below(3) as i64;
        let mut inside = Vec::new();
        (0..items).for_each(|_| item(rng, &mut inside));
        if rng.chance(50) {
            long(items, out);
        } else {
            long(-items, out);
            long(inside.len() as i64, out);
        }
        out.append(&mut inside);
    }
    long(0, out);
}
