//! The bytes of generic values.

use apache_avro::types::Value;
use serde::Serializer;

use super::fail::Fail;
use super::program::{Node, Program, Union};
use super::ser::{Block, Fields, Ser, Want, rank, symbol};
use crate::bytes;

/// Appends the datum of a value.
pub(super) fn encode(program: &Program, value: &Value, out: &mut Vec<u8>) -> Result<(), Fail> {
    write(Ser { program, ty: program.root(), out, depth: 0, some: false }, value)
}

fn write(ser: Ser<'_, '_>, value: &Value) -> Result<(), Fail> {
    match value {
        Value::Null => ser.serialize_unit(),
        Value::Boolean(value) => ser.serialize_bool(*value),
        Value::Int(value) | Value::Date(value) | Value::TimeMillis(value) => ser.serialize_i32(*value),
        Value::Long(value)
        | Value::TimeMicros(value)
        | Value::TimestampMillis(value)
        | Value::TimestampMicros(value)
        | Value::TimestampNanos(value)
        | Value::LocalTimestampMillis(value)
        | Value::LocalTimestampMicros(value)
        | Value::LocalTimestampNanos(value) => ser.serialize_i64(*value),
        Value::Float(value) => ser.serialize_f32(*value),
        Value::Double(value) => ser.serialize_f64(*value),
        Value::Bytes(value) | Value::Fixed(_, value) => ser.serialize_bytes(value),
        Value::String(value) => ser.serialize_str(value),
        Value::Enum(_, name) => match &ser.ty.node {
            Node::Union(union) => match symbol(ser.program, union, name) {
                Some(at) => ser.branch(union, at).serialize_str(name),
                None => ser.serialize_str(name),
            },
            _ => ser.serialize_str(name),
        },
        Value::Union(at, inner) => match &ser.ty.node {
            Node::Union(union) => {
                let at = usize::try_from(*at).unwrap_or(usize::MAX);
                match union.branches.get(at) {
                    Some(branch) if rank(ser.program.get(branch.ty), want(inner)).is_some() => {
                        write(ser.branch(union, at), inner)
                    }
                    _ => write(ser, inner), // the index is another schema's
                }
            }
            _ => write(ser, inner),
        },
        Value::Array(items) => array(ser.settle(Want::Seq)?, items),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.as_str(), value));
            match &ser.ty.node {
                Node::Union(union) => {
                    let at = fields_fit(ser.program, union, entries.clone(), true)?;
                    members(ser.branch(union, at), entries)
                }
                _ => members(ser, entries),
            }
        }
        Value::Record(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.as_str(), value));
            match &ser.ty.node {
                Node::Union(union) => {
                    let at = fields_fit(ser.program, union, fields.clone(), false)?;
                    members(ser.branch(union, at), fields)
                }
                _ => members(ser, fields),
            }
        }
        Value::Decimal(value) => match Vec::<u8>::try_from(value) {
            Ok(bytes) => ser.serialize_bytes(&bytes),
            Err(error) => Err(Fail::new(error.to_string())),
        },
        Value::BigDecimal(value) => {
            let (unscaled, scale) = value.as_bigint_and_exponent();
            let mut inner = Vec::new();
            bytes::put_bytes(&mut inner, &unscaled.to_signed_bytes_be());
            bytes::put_long(&mut inner, scale);
            ser.serialize_bytes(&inner)
        }
        Value::Duration(value) => ser.serialize_bytes(&<[u8; 12]>::from(*value)),
        Value::Uuid(value) => match &ser.ty.node {
            Node::Fixed(16) => ser.serialize_bytes(value.as_bytes()),
            _ => ser.serialize_str(&value.to_string()),
        },
    }
}

fn array(ser: Ser<'_, '_>, items: &[Value]) -> Result<(), Fail> {
    let Node::Array(inner) = &ser.ty.node else { return Err(ser.mismatch("an array")) };
    let (program, depth, ty) = (ser.program, ser.deeper()?, ser.program.get(*inner));
    let out = ser.out;
    let mut block = Block::begin(out, Some(items.len()));
    for item in items {
        let ser = Ser { program, ty, out: &mut *out, depth, some: false };
        write(ser, item).map_err(|fail| fail.at_index(block.count))?;
        block.count += 1;
    }
    block.end(out);
    Ok(())
}

/// A map, or the fields of a record.
fn members<'v>(
    ser: Ser<'_, '_>,
    members: impl ExactSizeIterator<Item = (&'v str, &'v Value)>,
) -> Result<(), Fail> {
    match &ser.ty.node {
        Node::Record(record) => {
            let mut fields = Fields::new(ser, record)?;
            for (name, value) in members {
                fields.named(name, |ser| write(ser, value))?;
            }
            fields.end()
        }
        Node::Map(inner) => {
            let (program, depth, ty) = (ser.program, ser.deeper()?, ser.program.get(*inner));
            let out = ser.out;
            let mut block = Block::begin(out, Some(members.len()));
            for (key, value) in members {
                bytes::put_str(out, key);
                let ser = Ser { program, ty, out: &mut *out, depth, some: false };
                write(ser, value).map_err(|fail| fail.at_key(key))?;
                block.count += 1;
            }
            block.end(out);
            Ok(())
        }
        _ => Err(ser.mismatch("a record or map")),
    }
}

/// The branch for a record or map: the first record that has all its fields and needs no others, or the map.
fn fields_fit<'v>(
    program: &Program,
    union: &Union,
    members: impl Iterator<Item = (&'v str, &'v Value)> + Clone,
    map_first: bool,
) -> Result<usize, Fail> {
    let map = || union.branches.iter().position(|branch| matches!(program.get(branch.ty).node, Node::Map(_)));
    let record = || {
        union.branches.iter().position(|branch| {
            let Node::Record(record) = &program.get(branch.ty).node else { return false };
            let there = |name: &str| members.clone().any(|(member, _)| member == name);
            members.clone().all(|(member, _)| record.index(member).is_some())
                && record.fields.iter().all(|field| field.missing.is_ok() || there(&field.name))
        })
    };
    let found = if map_first { map().or_else(record) } else { record().or_else(map) };
    found.ok_or_else(|| Fail::new("no branch of the union is a record with the value's fields"))
}

/// What a union is told of a value.
fn want(value: &Value) -> Want<'_> {
    match value {
        Value::Null => Want::Null,
        Value::Boolean(_) => Want::Boolean,
        Value::Int(value) | Value::Date(value) | Value::TimeMillis(value) => {
            Want::Integer(i64::from(*value), true)
        }
        Value::Long(value)
        | Value::TimeMicros(value)
        | Value::TimestampMillis(value)
        | Value::TimestampMicros(value)
        | Value::TimestampNanos(value)
        | Value::LocalTimestampMillis(value)
        | Value::LocalTimestampMicros(value)
        | Value::LocalTimestampNanos(value) => Want::Integer(*value, false),
        Value::Float(value) => Want::Float(*value),
        Value::Double(value) => Want::Double(*value),
        Value::String(text) | Value::Enum(_, text) => Want::Text(text),
        Value::Bytes(value) | Value::Fixed(_, value) => Want::Bytes(value.len()),
        Value::Decimal(_) | Value::BigDecimal(_) => Want::Binary,
        Value::Uuid(_) => Want::Bytes(16),
        Value::Duration(_) => Want::Bytes(12),
        Value::Union(_, inner) => want(inner),
        Value::Array(_) => Want::Seq,
        Value::Map(_) | Value::Record(_) => Want::Map,
    }
}
