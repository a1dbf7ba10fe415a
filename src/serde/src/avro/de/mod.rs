//! The bytes of a datum straight to serde values.
//!
//! Text and bytes are lent from the datum (`&str`, `&[u8]`, `Cow` work), names come from the program without a copy, fields
//! that the type does not have are skipped unread. Numbers that the type does not hold are errors: the visitors of integers check
//! their range, and what would round is refused here. Decimals, and uuids in a fixed, are text to whom text is asked for, or no
//! type in particular; their bytes to whom bytes are.

mod access;
mod variant;

use serde::{Deserialize, Deserializer, de::Visitor};

use self::access::{Bytes, Entries, Fields, Items};
use self::variant::Variant;
use super::cursor::Cursor;
use super::decimal;
use super::fail::Fail;
use super::program::{Logical, Node, Promotion, Type, Union};
use crate::bytes::BytesError;

/// The value of a datum, all of it.
pub(super) fn decode<'de, T: Deserialize<'de>>(mut cursor: Cursor<'_, 'de>) -> Result<T, Fail> {
    let start = cursor.start();
    let value = decode_once(&mut cursor);
    if cursor.is_misread { decode_by_name(start) } else { value }
}

fn decode_once<'de, T: Deserialize<'de>>(cursor: &mut Cursor<'_, 'de>) -> Result<T, Fail> {
    let ty = cursor.program.root();
    let value = T::deserialize(De { cursor, ty, picked: None })?;
    cursor.end()?;
    Ok(value)
}

/// The same once more after a struct refused to be read by place, which its record now knows.
#[cold]
fn decode_by_name<'de, T: Deserialize<'de>>(start: Cursor<'_, 'de>) -> Result<T, Fail> {
    loop {
        let mut cursor = start.start();
        let value = decode_once(&mut cursor);
        if !cursor.is_misread {
            return value; // every round ends this for one more record
        }
    }
}

/// Reads one value of a type.
pub(super) struct De<'a, 'p, 'de> {
    pub(super) cursor: &'a mut Cursor<'p, 'de>,
    pub(super) ty: &'p Type,
    /// The branch of a union that the value is in, where its index has been read.
    pub(super) picked: Option<Picked<'p>>,
}

/// A branch of a union.
#[derive(Clone, Copy)]
pub(super) struct Picked<'p> {
    union: &'p Union,
    at: usize,
    /// Whether the value is inside of an option: indexes of variants then do not count null.
    some: bool,
}

impl<'a, 'p, 'de> De<'a, 'p, 'de> {
    #[inline]
    pub(super) fn new(cursor: &'a mut Cursor<'p, 'de>, ty: &'p Type) -> De<'a, 'p, 'de> {
        De { cursor, ty, picked: None }
    }

    /// Past unions: the type that stands here, and the branch it is, if it is one.
    #[inline]
    fn settle(self) -> Result<De<'a, 'p, 'de>, Fail> {
        match &self.ty.node {
            Node::Union(_) | Node::Choice(_) | Node::Wrap { .. } | Node::Fail(_) => self.settle_union(),
            _ => Ok(self),
        }
    }

    fn settle_union(mut self) -> Result<De<'a, 'p, 'de>, Fail> {
        loop {
            match &self.ty.node {
                Node::Union(union) => {
                    let at = self.cursor.reader.index(union.branches.len())?;
                    let branch = union.branches.get(at).ok_or(BytesError::BadIndex)?;
                    self.ty = self.cursor.get(branch.ty);
                    self.picked = Some(Picked { union, at, some: false });
                }
                Node::Wrap { union, branch, ty } => {
                    if let Node::Union(union) = &self.cursor.get(*union).node {
                        self.picked = Some(Picked { union, at: *branch, some: false });
                    }
                    self.ty = self.cursor.get(*ty);
                }
                Node::Choice(_) | Node::Fail(_) => self.ty = self.cursor.settle(self.ty)?,
                _ => return Ok(self),
            }
        }
    }

    /// What is there, as it is.
    fn any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let De { cursor, ty, .. } = self;
        match &ty.node {
            Node::Null => visitor.visit_unit(),
            Node::Boolean => visitor.visit_bool(cursor.reader.boolean()?),
            Node::Int => visitor.visit_i32(cursor.reader.int()?),
            Node::Long => visitor.visit_i64(cursor.reader.long()?),
            Node::Float => visitor.visit_f32(cursor.reader.float()?),
            Node::Double => visitor.visit_f64(cursor.reader.double()?),
            Node::String => visitor.visit_borrowed_str(cursor.reader.str()?),
            Node::Bytes => match ty.logical {
                Logical::Decimal { scale, .. } => {
                    visitor.visit_string(decimal::text(cursor.bytes()?, scale)?)
                }
                _ => visitor.visit_borrowed_bytes(cursor.bytes()?),
            },
            Node::Fixed(size) => {
                let bytes = cursor.reader.take(*size)?;
                match ty.logical {
                    Logical::Decimal { scale, .. } => visitor.visit_string(decimal::text(bytes, scale)?),
                    Logical::Uuid => match apache_avro::Uuid::from_slice(bytes) {
                        Ok(uuid) => visitor.visit_string(uuid.to_string()),
                        Err(_) => visitor.visit_borrowed_bytes(bytes),
                    },
                    _ => visitor.visit_borrowed_bytes(bytes),
                }
            }
            Node::Enum(symbols) => visitor.visit_str(cursor.symbol(symbols)?.1),
            Node::Array(items) => Items::visit(cursor, *items, visitor),
            Node::Map(values) => Entries::visit(cursor, *values, visitor),
            Node::Record(record) => Fields::visit(cursor, record, visitor),
            Node::Promote(promotion) => promoted(cursor, *promotion, ty.logical, visitor),
            Node::Union(_) | Node::Choice(_) | Node::Wrap { .. } | Node::Fail(_) => {
                De::new(cursor, ty).settle()?.any(visitor)
            }
        }
    }

    /// A number for one that may not hold it: text of a decimal for any, no rounding.
    fn number<V: Visitor<'de>>(self, visitor: V, float: bool) -> Result<V::Value, Fail> {
        let de = self.settle()?;
        let inexact =
            |value: &dyn std::fmt::Display| Err(Fail::new(format!("a float does not hold {value} exactly")));
        match &de.ty.node {
            Node::Double if float => {
                let value = de.cursor.reader.double()?;
                if f64::from(value as f32) == value || value.is_nan() {
                    return visitor.visit_f32(value as f32); // exact: just checked
                }
                inexact(&value)
            }
            Node::Int if float => {
                let value = de.cursor.reader.int()?;
                if (value as f32) as i64 == i64::from(value) {
                    visitor.visit_i32(value)
                } else {
                    inexact(&value)
                }
            }
            Node::Long => {
                let value = de.cursor.reader.long()?;
                let back = if float {
                    i128::from(value) == (value as f32) as i128
                } else {
                    i128::from(value) == (value as f64) as i128
                };
                if back { visitor.visit_i64(value) } else { inexact(&value) }
            }
            Node::Bytes | Node::Fixed(_) if matches!(de.ty.logical, Logical::Decimal { .. }) => {
                let text = de.decimal_text()?;
                let number = text.parse::<f64>();
                visitor.visit_f64(number.map_err(|_| Fail::expected("a number", &text))?)
            }
            _ => de.any(visitor),
        }
    }

    fn decimal_text(self) -> Result<String, Fail> {
        let bytes = match &self.ty.node {
            Node::Fixed(size) => self.cursor.reader.take(*size)?,
            _ => self.cursor.bytes()?,
        };
        let Logical::Decimal { scale, .. } = self.ty.logical else { return Err(Fail::new("no decimal")) };
        decimal::text(bytes, scale)
    }

    #[inline]
    fn integer<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match &self.ty.node {
            Node::Int => visitor.visit_i32(self.cursor.reader.int()?),
            Node::Long => visitor.visit_i64(self.cursor.reader.long()?),
            _ => {
                let de = self.settle()?;
                if !matches!(
                    (&de.ty.node, de.ty.logical),
                    (Node::Bytes | Node::Fixed(_), Logical::Decimal { .. })
                ) {
                    return de.any(visitor);
                }
                let text = de.decimal_text()?;
                let whole = match text.split_once('.') {
                    Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
                    Some(_) => return Err(Fail::expected("an integer", &text)),
                    None => &text,
                };
                match whole.parse::<i128>().map(i64::try_from) {
                    Ok(Ok(number)) => visitor.visit_i64(number),
                    Ok(Err(_)) => visitor.visit_i128(whole.parse().unwrap_or_default()),
                    Err(_) => Err(Fail::new(format!("{text} is out of range"))),
                }
            }
        }
    }

    /// The bytes themselves.
    fn raw<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let de = self.settle()?;
        match &de.ty.node {
            Node::Bytes => visitor.visit_borrowed_bytes(de.cursor.bytes()?),
            Node::Fixed(size) => visitor.visit_borrowed_bytes(de.cursor.reader.take(*size)?),
            _ => de.any(visitor),
        }
    }

    /// Items; the bytes of a `bytes` or `fixed` one by one; the fields of a record in their order.
    fn sequence<V: Visitor<'de>>(self, length: Option<usize>, visitor: V) -> Result<V::Value, Fail> {
        let de = self.settle()?;
        match &de.ty.node {
            Node::Bytes => Bytes::visit(de.cursor.bytes()?, visitor),
            Node::Promote(Promotion::StringToBytes) => Bytes::visit(de.cursor.reader.bytes()?, visitor),
            Node::Fixed(size) => {
                let bytes = de.cursor.reader.take(*size)?;
                if de.ty.logical == Logical::Duration && length == Some(3) {
                    return Bytes::visit_words(bytes, visitor);
                }
                Bytes::visit(bytes, visitor)
            }
            Node::Record(record) if length.is_some() => Fields::visit_seq(de.cursor, record, visitor),
            _ => de.any(visitor),
        }
    }
}

fn promoted<'de, V: Visitor<'de>>(
    cursor: &mut Cursor<'_, 'de>,
    promotion: Promotion,
    logical: Logical,
    visitor: V,
) -> Result<V::Value, Fail> {
    // Rounding from integers to floats is what the specification asks for.
    match promotion {
        Promotion::IntToLong => visitor.visit_i64(cursor.reader.int()?.into()),
        Promotion::IntToFloat => visitor.visit_f32(cursor.reader.int()? as f32),
        Promotion::IntToDouble => visitor.visit_f64(cursor.reader.int()?.into()),
        Promotion::LongToFloat => visitor.visit_f32(cursor.reader.long()? as f32),
        Promotion::LongToDouble => visitor.visit_f64(cursor.reader.long()? as f64),
        Promotion::FloatToDouble => visitor.visit_f64(cursor.reader.float()?.into()),
        Promotion::StringToBytes => {
            let bytes = cursor.reader.str()?.as_bytes();
            match logical {
                Logical::Decimal { scale, .. } => visitor.visit_string(decimal::text(bytes, scale)?),
                _ => visitor.visit_borrowed_bytes(bytes),
            }
        }
        Promotion::BytesToString => visitor.visit_borrowed_str(cursor.bytes_as_text()?),
    }
}

macro_rules! forward {
    ($to:ident: $($name:ident)*) => {
        $(#[inline] fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            self.$to(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for De<'_, '_, 'de> {
    type Error = Fail;

    forward! { any: deserialize_any deserialize_bool deserialize_char deserialize_map deserialize_identifier }
    forward! { integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 }
    forward! { integer: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 }
    forward! { raw: deserialize_bytes deserialize_byte_buf }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match &self.ty.node {
            Node::Float => visitor.visit_f32(self.cursor.reader.float()?),
            _ => self.number(visitor, true),
        }
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match &self.ty.node {
            Node::Double => visitor.visit_f64(self.cursor.reader.double()?),
            _ => self.number(visitor, false),
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match &self.ty.node {
            Node::String => visitor.visit_borrowed_str(self.cursor.reader.str()?),
            _ => self.any(visitor),
        }
    }

    #[inline]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let De { cursor, ty, picked } = self;
        match &ty.node {
            Node::Null => visitor.visit_none(),
            Node::Union(union) => {
                let at = cursor.reader.index(union.branches.len())?;
                if union.null == Some(at) {
                    return visitor.visit_none();
                }
                let branch = union.branches.get(at).ok_or(BytesError::BadIndex)?;
                let ty = cursor.get(branch.ty);
                // With one other branch the value is of its type; with several, an enum says which it is.
                let several = union.only.is_none();
                let picked = several.then_some(Picked { union, at, some: true });
                visitor.visit_some(De { cursor, ty, picked })
            }
            Node::Choice(_) | Node::Wrap { .. } | Node::Fail(_) => {
                let mut de = De { cursor, ty, picked }.settle()?;
                if matches!(de.ty.node, Node::Null) {
                    return visitor.visit_none();
                }
                let several = de.picked.filter(|picked| picked.union.only.is_none());
                de.picked = several.map(|picked| Picked { some: true, ..picked });
                visitor.visit_some(de)
            }
            _ => visitor.visit_some(De { cursor, ty, picked }),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        let de = self.settle()?;
        match &de.ty.node {
            Node::Record(record) if record.fields.is_empty() => {
                de.cursor.skip(de.ty)?;
                visitor.visit_unit()
            }
            _ => de.any(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match &self.ty.node {
            Node::Array(items) => Items::visit(self.cursor, *items, visitor),
            _ => self.sequence(None, visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fail> {
        self.sequence(Some(length), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.sequence(Some(length), visitor)
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        match &self.ty.node {
            Node::Record(record) if record.has_places_of(names) => {
                Fields::visit_places(self.cursor, record, visitor)
            }
            Node::Record(record) => Fields::visit(self.cursor, record, visitor),
            _ => self.any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        let de = if self.picked.is_some() { self } else { self.settle()? };
        visitor.visit_enum(Variant::new(de, variants)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.cursor.skip(self.ty)?;
        visitor.visit_unit()
    }
}
