//! Records: fields by name, in the schema's order or not.
//!
//! Fields are written as they come. From the first one out of order on it is noted where each begins, and at the end they are
//! put in order and the missing ones filled in: a struct in the schema's order pays one comparison of names per field.

use std::ops::Range;

use serde::{Serialize, ser};

use super::super::fail::Fail;
use super::super::program::{Field, Node, Program, Record, Type};
use super::{Ser, map::Map};

/// The fields of a record being written.
pub(in super::super) struct Fields<'p, 'o> {
    program: &'p Program,
    ty: &'p Type,
    record: &'p Record,
    out: &'o mut Vec<u8>,
    depth: u32,
    /// The first field not written yet, as long as they come in order.
    next: usize,
    late: Option<Late>,
}

/// Fields out of order.
struct Late {
    /// Where they start in the bytes.
    start: usize,
    parts: Vec<(usize, Range<usize>)>,
}

impl<'p, 'o> Fields<'p, 'o> {
    #[inline]
    pub(in super::super) fn new(ser: Ser<'p, 'o>, record: &'p Record) -> Result<Fields<'p, 'o>, Fail> {
        let depth = ser.deeper()?;
        Ok(Fields { program: ser.program, ty: ser.ty, record, out: ser.out, depth, next: 0, late: None })
    }

    #[inline]
    fn write(
        &mut self,
        field: &'p Field,
        value: impl FnOnce(Ser<'p, '_>) -> Result<(), Fail>,
    ) -> Result<(), Fail> {
        let (program, ty) = (self.program, self.program.get(field.ty));
        let ser = Ser { program, ty, out: &mut *self.out, depth: self.depth, some: false };
        value(ser).map_err(|fail| fail.at_field(&field.name))
    }

    /// The field that a name stands for.
    fn index(&self, name: &str) -> Result<usize, Fail> {
        let unknown = || Fail::new(format!("the record {} has no field {name:?}", self.ty.describe()));
        self.record.index(name).ok_or_else(unknown)
    }

    #[inline]
    pub(in super::super) fn named(
        &mut self,
        name: &str,
        value: impl FnOnce(Ser<'p, '_>) -> Result<(), Fail>,
    ) -> Result<(), Fail> {
        match self.record.fields.get(self.next) {
            Some(field) if *field.name == *name && self.late.is_none() => {
                self.next += 1;
                self.write(field, value)
            }
            _ => {
                let at = self.index(name)?;
                self.at(at, value)
            }
        }
    }

    /// A field by its index.
    pub(super) fn at(
        &mut self,
        at: usize,
        value: impl FnOnce(Ser<'p, '_>) -> Result<(), Fail>,
    ) -> Result<(), Fail> {
        let Some(field) = self.record.fields.get(at) else {
            let (name, count) = (self.ty.describe(), self.record.fields.len());
            return Err(Fail::new(format!("the record {name} has only {count} fields")));
        };
        if self.late.is_none() && at == self.next {
            self.next += 1;
            return self.write(field, value);
        }
        let first = self.next;
        let late = self.late.get_or_insert_with(|| Late { start: self.out.len(), parts: Vec::new() });
        if at < first || late.parts.iter().any(|(known, _)| *known == at) {
            return Err(Fail::new("the field is there twice").at_field(&field.name));
        }
        let start = self.out.len();
        self.write(field, value)?;
        let end = self.out.len();
        if let Some(late) = &mut self.late {
            late.parts.push((at, start..end));
        }
        Ok(())
    }

    /// A field by its place, as tuples have them.
    pub(super) fn following<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fail> {
        self.at(self.next, |ser| value.serialize(ser))
    }

    /// A field that the value leaves out.
    fn skipped(&mut self, name: &str) -> Result<(), Fail> {
        let at = self.index(name)?;
        if self.late.is_none() && at == self.next {
            self.next += 1;
            return fill(self.record.fields.get(at), self.out);
        }
        Ok(()) // `end` finds it missing
    }

    /// The record is complete.
    #[inline]
    pub(in super::super) fn end(self) -> Result<(), Fail> {
        if self.next == self.record.fields.len() {
            return Ok(());
        }
        self.end_late()
    }

    fn end_late(self) -> Result<(), Fail> {
        let late = self.late.unwrap_or(Late { start: self.out.len(), parts: Vec::new() });
        let written = self.out.split_off(late.start);
        let mut parts: Vec<Option<&[u8]>> = vec![None; self.record.fields.len()];
        for (at, range) in late.parts {
            let part = written.get(range.start - late.start..range.end - late.start);
            if let Some(slot) = parts.get_mut(at) {
                *slot = part;
            }
        }
        for (field, part) in self.record.fields.iter().zip(parts).skip(self.next) {
            match part {
                Some(part) => self.out.extend_from_slice(part),
                None => fill(Some(field), self.out)?,
            }
        }
        Ok(())
    }
}

/// A field that is not there: its default, or null.
fn fill(field: Option<&Field>, out: &mut Vec<u8>) -> Result<(), Fail> {
    let Some(field) = field else { return Ok(()) };
    match &field.missing {
        Ok(default) => out.extend_from_slice(default),
        Err(why) => return Err(Fail::new(&**why).at_field(&field.name)),
    }
    Ok(())
}

/// A struct, as a record or a map.
pub(in super::super) enum Struct<'p, 'o> {
    Record(Fields<'p, 'o>),
    Map(Map<'p, 'o>),
}

impl<'p, 'o> Struct<'p, 'o> {
    #[inline]
    pub(super) fn new(ser: Ser<'p, 'o>, length: usize) -> Result<Struct<'p, 'o>, Fail> {
        match &ser.ty.node {
            Node::Record(record) => Fields::new(ser, record).map(Struct::Record),
            Node::Map(_) => Map::new(ser, Some(length)).map(Struct::Map),
            _ => Err(ser.mismatch("a struct")),
        }
    }
}

impl ser::SerializeStruct for Struct<'_, '_> {
    type Ok = ();
    type Error = Fail;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Fail> {
        match self {
            Struct::Record(fields) => fields.named(key, |ser| value.serialize(ser)),
            Struct::Map(map) => ser::SerializeMap::serialize_entry(map, key, value),
        }
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), Fail> {
        match self {
            Struct::Record(fields) => fields.skipped(key),
            Struct::Map(_) => Ok(()),
        }
    }

    #[inline]
    fn end(self) -> Result<(), Fail> {
        match self {
            Struct::Record(fields) => fields.end(),
            Struct::Map(map) => ser::SerializeMap::end(map),
        }
    }
}

impl ser::SerializeStructVariant for Struct<'_, '_> {
    type Ok = ();
    type Error = Fail;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Fail> {
        ser::SerializeStruct::serialize_field(self, key, value)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), Fail> {
        ser::SerializeStruct::skip_field(self, key)
    }

    fn end(self) -> Result<(), Fail> {
        ser::SerializeStruct::end(self)
    }
}
