//! How deep a datum nests, found before it is decoded: `apache-avro` decodes by recursion, and a schema that contains itself
//! lets a few kilobytes use up any stack. Only such schemas are walked; what the walk does not understand it leaves to
//! the decoder.

use std::collections::HashMap;

use apache_avro::{Schema, schema::Name};

/// How deep records, arrays, maps and unions may nest.
pub(crate) const DEPTH_MAX: usize = 200;

/// Items of an array that take no bytes are not walked beyond this many.
const ITEMS_MAX: usize = 1 << 20;

type Names<'s> = HashMap<Name, &'s Schema>;

/// The datum nests deeper than [`DEPTH_MAX`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooDeep;

enum Stop {
    TooDeep,
    /// Not for this walk to say.
    Unclear,
}

/// Whether a schema contains itself, or names types that other texts define.
pub(crate) fn is_recursive(schema: &Schema) -> bool {
    match schema {
        Schema::Ref { .. } => true,
        Schema::Array(array) => is_recursive(&array.items),
        Schema::Map(map) => is_recursive(&map.types),
        Schema::Union(union) => union.variants().iter().any(is_recursive),
        Schema::Record(record) => record.fields.iter().any(|field| is_recursive(&field.schema)),
        _ => false,
    }
}

/// Checks the depth of a datum. `all` are the schemas that define names, `schema` among them or not.
pub(crate) fn check(schema: &Schema, all: &[Schema], bytes: &[u8]) -> Result<(), TooDeep> {
    let mut names = Names::new();
    for schema in all.iter().chain([schema]) {
        define(schema, &mut names);
    }
    let mut walk = Walk { names, rest: bytes, items: 0 };
    match walk.skip(schema, 0) {
        Err(Stop::TooDeep) => Err(TooDeep),
        Ok(()) | Err(Stop::Unclear) => Ok(()),
    }
}

fn define<'s>(schema: &'s Schema, names: &mut Names<'s>) {
    match schema {
        Schema::Array(array) => define(&array.items, names),
        Schema::Map(map) => define(&map.types, names),
        Schema::Union(union) => union.variants().iter().for_each(|branch| define(branch, names)),
        Schema::Record(record) => {
            names.insert(record.name.clone(), schema);
            record.fields.iter().for_each(|field| define(&field.schema, names));
        }
        Schema::Enum(named) => drop(names.insert(named.name.clone(), schema)),
        Schema::Fixed(named) => drop(names.insert(named.name.clone(), schema)),
        _ => {}
    }
}

struct Walk<'s, 'd> {
    names: Names<'s>,
    rest: &'d [u8],
    items: usize,
}

impl<'s> Walk<'s, '_> {
    fn skip(&mut self, schema: &'s Schema, depth: usize) -> Result<(), Stop> {
        if depth > DEPTH_MAX {
            return Err(Stop::TooDeep);
        }
        match schema {
            Schema::Null => Ok(()),
            Schema::Boolean => self.take(1),
            Schema::Float => self.take(4),
            Schema::Double => self.take(8),
            Schema::Bytes | Schema::String => self.sized(),
            Schema::Fixed(fixed) => self.take(fixed.size),
            Schema::Int | Schema::Long | Schema::Enum(_) => self.long().map(|_| ()),
            Schema::Date | Schema::TimeMillis | Schema::TimeMicros => self.long().map(|_| ()),
            Schema::TimestampMillis | Schema::TimestampMicros | Schema::TimestampNanos => {
                self.long().map(|_| ())
            }
            Schema::LocalTimestampMillis | Schema::LocalTimestampMicros | Schema::LocalTimestampNanos => {
                self.long().map(|_| ())
            }
            Schema::Decimal(decimal) => self.skip(&decimal.inner, depth),
            Schema::BigDecimal => self.sized(),
            Schema::Array(array) => self.blocks(|walk| walk.skip(&array.items, depth + 1)),
            Schema::Map(map) => self.blocks(|walk| {
                walk.sized()?;
                walk.skip(&map.types, depth + 1)
            }),
            Schema::Union(union) => {
                let index = usize::try_from(self.long()?).map_err(|_| Stop::Unclear)?;
                self.skip(union.variants().get(index).ok_or(Stop::Unclear)?, depth + 1)
            }
            Schema::Record(record) => {
                record.fields.iter().try_for_each(|field| self.skip(&field.schema, depth + 1))
            }
            Schema::Ref { name } => {
                let defined = self.names.get(name).copied().ok_or(Stop::Unclear)?;
                self.skip(defined, depth + 1)
            }
            _ => Err(Stop::Unclear),
        }
    }

    fn take(&mut self, length: usize) -> Result<(), Stop> {
        self.rest = self.rest.get(length..).ok_or(Stop::Unclear)?;
        Ok(())
    }

    fn sized(&mut self) -> Result<(), Stop> {
        let length = usize::try_from(self.long()?).map_err(|_| Stop::Unclear)?;
        self.take(length)
    }

    fn long(&mut self) -> Result<i64, Stop> {
        let mut raw = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or(Stop::Unclear)?;
            self.rest = rest;
            raw |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed());
            }
        }
        Err(Stop::Unclear)
    }

    fn blocks(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        loop {
            let mut count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                self.long()?;
                count = count.checked_neg().ok_or(Stop::Unclear)?;
            }
            for _ in 0..count {
                self.items += 1;
                if self.items > ITEMS_MAX + self.rest.len() {
                    return Err(Stop::Unclear);
                }
                item(self)?;
            }
        }
    }
}
