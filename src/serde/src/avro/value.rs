//! Generic values, as `apache-avro` has them: for data whose type is not known.

use std::collections::HashMap;

use apache_avro::{Days, Decimal, Duration, Millis, Months, Uuid, types::Value};
use num_bigint::BigInt;

use super::cursor::Cursor;
use super::fail::Fail;
use super::program::{Logical, Node, Promotion, Record, Step, Type};
use crate::bytes::{BytesError, Reader};

/// Memory is reserved for no more items at a time.
const RESERVED_MAX: usize = 1024;

/// Most zeros that a big decimal's scale may add: its text is made on the way.
const SCALE_MAX: u64 = 4096;

/// The value of a datum, all of it.
pub(super) fn decode(mut cursor: Cursor<'_, '_>) -> Result<Value, Fail> {
    let ty = cursor.program.root();
    let value = read(&mut cursor, ty)?;
    cursor.end()?;
    Ok(value)
}

fn read<'p>(cursor: &mut Cursor<'p, '_>, ty: &'p Type) -> Result<Value, Fail> {
    Ok(match &ty.node {
        Node::Null => Value::Null,
        Node::Boolean => Value::Boolean(cursor.reader.boolean()?),
        Node::Int => int(cursor.reader.int()?, ty.logical),
        Node::Long => long(cursor.reader.long()?, ty.logical),
        Node::Float => Value::Float(cursor.reader.float()?),
        Node::Double => Value::Double(cursor.reader.double()?),
        Node::Bytes => bytes(cursor.bytes()?, ty.logical),
        Node::String => text(cursor.reader.str()?, ty.logical),
        Node::Fixed(size) => fixed(cursor.reader.take(*size)?, ty.logical),
        Node::Enum(symbols) => {
            let (at, symbol) = cursor.symbol(symbols)?;
            Value::Enum(u32::try_from(at).unwrap_or(u32::MAX), symbol.to_owned())
        }
        Node::Array(items) => {
            let items = cursor.get(*items);
            let mut values = Vec::new();
            cursor.nested(|cursor| {
                while let Some(block) = cursor.reader.block()? {
                    cursor.block(block, |cursor, more| {
                        if values.len() == values.capacity() {
                            values.reserve(more.clamp(1, RESERVED_MAX));
                        }
                        let value = read(cursor, items).map_err(|fail| fail.at_index(values.len()))?;
                        values.push(value);
                        Ok(())
                    })?;
                }
                Ok(())
            })?;
            Value::Array(values)
        }
        Node::Map(inner) => {
            let inner = cursor.get(*inner);
            let mut values = HashMap::new();
            cursor.nested(|cursor| {
                while let Some(block) = cursor.reader.block()? {
                    cursor.block(block, |cursor, _| {
                        let key = cursor.reader.str()?;
                        let value = read(cursor, inner).map_err(|fail| fail.at_key(key))?;
                        values.insert(key.to_owned(), value);
                        Ok(())
                    })?;
                }
                Ok(())
            })?;
            Value::Map(values)
        }
        Node::Union(union) => {
            let at = cursor.reader.index(union.branches.len())?;
            let branch = union.branches.get(at).ok_or(BytesError::BadIndex)?;
            let value = read(cursor, cursor.get(branch.ty))?;
            Value::Union(u32::try_from(at).unwrap_or(u32::MAX), Box::new(value))
        }
        Node::Wrap { branch, ty, .. } => {
            let value = read(cursor, cursor.get(*ty))?;
            Value::Union(u32::try_from(*branch).unwrap_or(u32::MAX), Box::new(value))
        }
        Node::Record(fields) => record(cursor, fields)?,
        Node::Promote(promotion) => promoted(cursor, *promotion, ty.logical)?,
        Node::Choice(_) | Node::Fail(_) => {
            let ty = cursor.settle(ty)?;
            read(cursor, ty)?
        }
    })
}

fn record<'p>(cursor: &mut Cursor<'p, '_>, record: &'p Record) -> Result<Value, Fail> {
    let mut fields: Vec<(usize, (String, Value))> = Vec::with_capacity(record.fields.len());
    cursor.nested(|cursor| {
        for step in &record.steps {
            let (name, field, value) = match step {
                Step::Read { name, field, ty } => (name, field, read(cursor, cursor.get(*ty))),
                Step::Default { name, field, ty, bytes } => {
                    (name, field, cursor.filled(*bytes, |cursor| read(cursor, cursor.get(*ty))))
                }
                Step::Skip(ty) => {
                    cursor.skip(cursor.get(*ty))?;
                    continue;
                }
            };
            fields.push((*field, (name.to_string(), value.map_err(|fail| fail.at_field(name))?)));
        }
        Ok(())
    })?;
    if !record.in_order {
        fields.sort_by_key(|(field, _)| *field);
    }
    Ok(Value::Record(fields.into_iter().map(|(_, field)| field).collect()))
}

fn int(value: i32, logical: Logical) -> Value {
    match logical {
        Logical::Date => Value::Date(value),
        Logical::TimeMillis => Value::TimeMillis(value),
        _ => Value::Int(value),
    }
}

fn long(value: i64, logical: Logical) -> Value {
    match logical {
        Logical::TimeMicros => Value::TimeMicros(value),
        Logical::TimestampMillis => Value::TimestampMillis(value),
        Logical::TimestampMicros => Value::TimestampMicros(value),
        Logical::TimestampNanos => Value::TimestampNanos(value),
        Logical::LocalTimestampMillis => Value::LocalTimestampMillis(value),
        Logical::LocalTimestampMicros => Value::LocalTimestampMicros(value),
        Logical::LocalTimestampNanos => Value::LocalTimestampNanos(value),
        _ => Value::Long(value),
    }
}

fn bytes(value: &[u8], logical: Logical) -> Value {
    match logical {
        Logical::Decimal { .. } => decimal(value),
        Logical::BigDecimal => big_decimal(value).unwrap_or_else(|| Value::Bytes(value.to_vec())),
        _ => Value::Bytes(value.to_vec()),
    }
}

/// No bytes are zero, but `apache-avro` does not write such a decimal.
fn decimal(value: &[u8]) -> Value {
    Value::Decimal(Decimal::from(if value.is_empty() { &[0] } else { value }))
}

fn text(value: &str, logical: Logical) -> Value {
    match logical {
        Logical::Uuid => match value.parse::<Uuid>() {
            Ok(uuid) => Value::Uuid(uuid),
            Err(_) => Value::String(value.to_owned()), // nobody who writes must check it
        },
        _ => Value::String(value.to_owned()),
    }
}

fn fixed(value: &[u8], logical: Logical) -> Value {
    match logical {
        Logical::Decimal { .. } => decimal(value),
        Logical::Uuid => match Uuid::from_slice(value) {
            Ok(uuid) => Value::Uuid(uuid),
            Err(_) => Value::Fixed(value.len(), value.to_vec()),
        },
        Logical::Duration => match value.as_chunks::<4>().0 {
            [months, days, millis] => {
                let word = |word: &[u8; 4]| u32::from_le_bytes(*word);
                let (months, days) = (Months::new(word(months)), Days::new(word(days)));
                Value::Duration(Duration::new(months, days, Millis::new(word(millis))))
            }
            _ => Value::Fixed(value.len(), value.to_vec()),
        },
        _ => Value::Fixed(value.len(), value.to_vec()),
    }
}

/// An unscaled number as bytes, then its scale as a long; `None` for other bytes and for what is far too big.
fn big_decimal(value: &[u8]) -> Option<Value> {
    let mut reader = Reader::new(value);
    let (unscaled, scale) = (reader.bytes().ok()?, reader.long().ok()?);
    reader.end().ok()?;
    if scale.unsigned_abs() > SCALE_MAX || unscaled.len() as u64 > SCALE_MAX {
        return None;
    }
    format!("{}e{}", BigInt::from_signed_bytes_be(unscaled), -scale).parse().map(Value::BigDecimal).ok()
}

fn promoted(cursor: &mut Cursor<'_, '_>, promotion: Promotion, logical: Logical) -> Result<Value, Fail> {
    // Rounding from integers to floats is what the specification asks for.
    Ok(match promotion {
        Promotion::IntToLong => long(cursor.reader.int()?.into(), logical),
        Promotion::IntToFloat => Value::Float(cursor.reader.int()? as f32),
        Promotion::IntToDouble => Value::Double(cursor.reader.int()?.into()),
        Promotion::LongToFloat => Value::Float(cursor.reader.long()? as f32),
        Promotion::LongToDouble => Value::Double(cursor.reader.long()? as f64),
        Promotion::FloatToDouble => Value::Double(cursor.reader.float()?.into()),
        Promotion::StringToBytes => bytes(cursor.reader.str()?.as_bytes(), logical),
        Promotion::BytesToString => text(cursor.bytes_as_text()?, logical),
    })
}
