//! From the bytes of a writer's schema to those of a reader's.

use std::ops::Range;

use super::cursor::Cursor;
use super::fail::Fail;
use super::program::{Node, Promotion, Record, Step, Type};
use crate::bytes::{self, BytesError};

/// Appends a datum, all of it, as the reader's schema writes it.
pub(super) fn transcode(mut cursor: Cursor<'_, '_>, out: &mut Vec<u8>) -> Result<(), Fail> {
    let ty = cursor.program.root();
    copy(&mut cursor, ty, out)?;
    cursor.end()
}

fn copy<'p>(cursor: &mut Cursor<'p, '_>, ty: &'p Type, out: &mut Vec<u8>) -> Result<(), Fail> {
    match &ty.node {
        Node::Null => {}
        Node::Boolean => bytes::put_boolean(out, cursor.reader.boolean()?),
        Node::Int => bytes::put_int(out, cursor.reader.int()?),
        Node::Long => bytes::put_long(out, cursor.reader.long()?),
        Node::Float => out.extend_from_slice(cursor.reader.take(4)?),
        Node::Double => out.extend_from_slice(cursor.reader.take(8)?),
        Node::Bytes => bytes::put_bytes(out, cursor.bytes()?),
        Node::String => bytes::put_str(out, cursor.reader.str()?),
        Node::Fixed(size) => out.extend_from_slice(cursor.reader.take(*size)?),
        Node::Enum(symbols) => bytes::put_index(out, cursor.symbol(symbols)?.0),
        Node::Array(items) => {
            let items = cursor.get(*items);
            blocks(cursor, out, |cursor, out| copy(cursor, items, out))?;
        }
        Node::Map(values) => {
            let values = cursor.get(*values);
            blocks(cursor, out, |cursor, out| {
                let key = cursor.reader.str()?;
                bytes::put_str(out, key);
                copy(cursor, values, out).map_err(|fail| fail.at_key(key))
            })?;
        }
        Node::Union(union) => {
            let at = cursor.reader.index(union.branches.len())?;
            let branch = union.branches.get(at).ok_or(BytesError::BadIndex)?;
            bytes::put_index(out, at);
            copy(cursor, cursor.get(branch.ty), out)?;
        }
        Node::Wrap { branch, ty, .. } => {
            bytes::put_index(out, *branch);
            copy(cursor, cursor.get(*ty), out)?;
        }
        Node::Record(fields) => record(cursor, fields, out)?,
        Node::Promote(promotion) => promoted(cursor, *promotion, out)?,
        Node::Choice(_) | Node::Fail(_) => {
            let ty = cursor.settle(ty)?;
            copy(cursor, ty, out)?;
        }
    }
    Ok(())
}

fn blocks<'p, 'de>(
    cursor: &mut Cursor<'p, 'de>,
    out: &mut Vec<u8>,
    mut item: impl FnMut(&mut Cursor<'p, 'de>, &mut Vec<u8>) -> Result<(), Fail>,
) -> Result<(), Fail> {
    cursor.nested(|cursor| {
        let mut at = 0;
        while let Some(block) = cursor.reader.block()? {
            bytes::put_long(out, i64::try_from(block.items).unwrap_or(i64::MAX)); // more of them are an error below
            cursor.block(block, |cursor, _| {
                item(cursor, out).map_err(|fail| fail.at_index(at))?;
                at += 1;
                Ok(())
            })?;
        }
        bytes::put_end(out);
        Ok(())
    })
}

fn record<'p>(cursor: &mut Cursor<'p, '_>, record: &'p Record, out: &mut Vec<u8>) -> Result<(), Fail> {
    let start = out.len();
    let mut parts: Vec<(usize, Range<usize>)> = Vec::new();
    cursor.nested(|cursor| {
        for step in &record.steps {
            let from = out.len();
            let (name, field, written) = match step {
                Step::Read { name, field, ty } => (name, field, copy(cursor, cursor.get(*ty), out)),
                Step::Default { name, field, ty, bytes } => {
                    (name, field, cursor.filled(*bytes, |cursor| copy(cursor, cursor.get(*ty), out)))
                }
                Step::Skip(ty) => {
                    cursor.skip(cursor.get(*ty))?;
                    continue;
                }
            };
            written.map_err(|fail| fail.at_field(name))?;
            if !record.in_order {
                parts.push((*field, from - start..out.len() - start));
            }
        }
        Ok(())
    })?;
    if !record.in_order {
        parts.sort_by_key(|(field, _)| *field);
        let written = out.split_off(start);
        for part in parts.into_iter().filter_map(|(_, range)| written.get(range)) {
            out.extend_from_slice(part);
        }
    }
    Ok(())
}

fn promoted(cursor: &mut Cursor<'_, '_>, promotion: Promotion, out: &mut Vec<u8>) -> Result<(), Fail> {
    // Rounding from integers to floats is what the specification asks for.
    match promotion {
        Promotion::IntToLong => bytes::put_int(out, cursor.reader.int()?),
        Promotion::IntToFloat => bytes::put_float(out, cursor.reader.int()? as f32),
        Promotion::IntToDouble => bytes::put_double(out, cursor.reader.int()?.into()),
        Promotion::LongToFloat => bytes::put_float(out, cursor.reader.long()? as f32),
        Promotion::LongToDouble => bytes::put_double(out, cursor.reader.long()? as f64),
        Promotion::FloatToDouble => bytes::put_double(out, cursor.reader.float()?.into()),
        Promotion::StringToBytes => bytes::put_str(out, cursor.reader.str()?),
        Promotion::BytesToString => bytes::put_str(out, cursor.bytes_as_text()?),
    }
    Ok(())
}
