//! Serde values straight to the bytes of a datum.
//!
//! Numbers never wrap and are never rounded: one that the type does not hold exactly is an error. A value for a union picks the
//! branch by its type ([`union`]), an enum by the variant's name, else by its index. Text for a decimal, a uuid in a fixed
//! and the like is understood; serializers see `is_human_readable`, so that `Uuid` and its kin come as text.

mod block;
mod key;
mod map;
mod record;
mod scalar;
mod seq;
mod union;

use serde::{Serialize, Serializer};

pub(super) use self::block::Block;
use self::map::Map;
pub(super) use self::record::Fields;
use self::record::Struct;
use self::seq::Seq;
pub(super) use self::union::{Want, is_called, rank, symbol};
use super::decimal;
use super::fail::Fail;
use super::program::{Logical, Node, Program, Type, Union};
use crate::bytes;

/// How deep values may nest; what reads them allows as much.
const DEPTH_MAX: u32 = bytes::DEPTH_MAX;

/// Appends the datum of a value.
pub(super) fn encode<T: Serialize + ?Sized>(
    program: &Program,
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), Fail> {
    value.serialize(Ser { program, ty: program.root(), out, depth: 0, some: false })
}

/// Writes one value of a type.
pub(super) struct Ser<'p, 'o> {
    pub(super) program: &'p Program,
    pub(super) ty: &'p Type,
    pub(super) out: &'o mut Vec<u8>,
    pub(super) depth: u32,
    /// Whether we are inside of `Some`: indexes of variants then do not count null.
    pub(super) some: bool,
}

impl<'p, 'o> Ser<'p, 'o> {
    /// Why this value does not fit.
    #[cold]
    pub(super) fn mismatch(&self, got: impl std::fmt::Display) -> Fail {
        Fail::expected(self.ty.describe(), got)
    }

    /// One level deeper; what comes next is inside a record, array or map.
    pub(super) fn deeper(&self) -> Result<u32, Fail> {
        if self.depth < DEPTH_MAX {
            Ok(self.depth + 1)
        } else {
            Err(Fail::new(bytes::BytesError::TooDeep.to_string()))
        }
    }

    /// The same in a branch, whose index is written.
    #[inline]
    pub(super) fn branch(self, union: &'p Union, at: usize) -> Ser<'p, 'o> {
        bytes::put_index(self.out, at);
        let ty = union.branches.get(at).map_or(self.ty, |branch| self.program.get(branch.ty));
        Ser { ty, some: false, ..self }
    }

    /// Past a union, to the branch that takes the value.
    #[inline]
    pub(super) fn settle(self, want: Want<'_>) -> Result<Ser<'p, 'o>, Fail> {
        match &self.ty.node {
            Node::Union(union) => {
                let at = match union.only {
                    Some(only) if !matches!(want, Want::Null) => only,
                    _ => union::pick(self.program, union, want)?,
                };
                Ok(self.branch(union, at))
            }
            _ => Ok(self),
        }
    }

    fn integer(self, value: i64, narrow: bool) -> Result<(), Fail> {
        match &self.ty.node {
            Node::Long => {
                bytes::put_long(self.out, value);
                Ok(())
            }
            Node::Int => match i32::try_from(value) {
                Ok(value) => {
                    bytes::put_int(self.out, value);
                    Ok(())
                }
                Err(_) => Err(Fail::new(format!("{value} does not fit an int of 32 bits"))),
            },
            Node::Double if (value as f64) as i128 == i128::from(value) => {
                bytes::put_double(self.out, value as f64); // exact: just checked
                Ok(())
            }
            Node::Float if (value as f32) as i128 == i128::from(value) => {
                bytes::put_float(self.out, value as f32);
                Ok(())
            }
            Node::Float | Node::Double => {
                Err(Fail::new(format!("{} does not hold {value} exactly", self.ty.describe())))
            }
            Node::Union(_) => self.settle(Want::Integer(value, narrow))?.integer(value, narrow),
            Node::Bytes | Node::Fixed(_) if matches!(self.ty.logical, Logical::Decimal { .. }) => {
                self.decimal(&value.to_string())
            }
            _ => Err(self.mismatch(format_args!("the integer {value}"))),
        }
    }

    fn fraction(self, value: f64) -> Result<(), Fail> {
        match &self.ty.node {
            Node::Double => bytes::put_double(self.out, value),
            Node::Float if f64::from(value as f32) == value || value.is_nan() => {
                bytes::put_float(self.out, value as f32); // exact: just checked
            }
            Node::Float => return Err(Fail::new(format!("float does not hold {value} exactly"))),
            Node::Union(_) => return self.settle(Want::Double(value))?.fraction(value),
            Node::Bytes | Node::Fixed(_) if matches!(self.ty.logical, Logical::Decimal { .. }) => {
                return self.decimal(&value.to_string()); // the shortest text that reads as this number
            }
            _ => return Err(self.mismatch(format_args!("the number {value:?}"))),
        }
        Ok(())
    }

    /// A decimal from its text.
    fn decimal(self, text: &str) -> Result<(), Fail> {
        match (self.ty.logical, &self.ty.node) {
            (Logical::Decimal { precision, scale }, Node::Bytes) => {
                bytes::put_bytes(self.out, &decimal::bytes(text, precision, scale)?);
                Ok(())
            }
            (Logical::Decimal { precision, scale }, Node::Fixed(size)) => {
                let bytes = decimal::bytes(text, precision, scale)?;
                self.out.extend_from_slice(&decimal::extend(&bytes, *size)?);
                Ok(())
            }
            _ => Err(self.mismatch("text")),
        }
    }

    fn text(self, value: &str) -> Result<(), Fail> {
        match (&self.ty.node, self.ty.logical) {
            (Node::Enum(symbols), _) => match symbols.symbols.iter().position(|symbol| **symbol == *value) {
                Some(at) => {
                    bytes::put_index(self.out, at);
                    Ok(())
                }
                None => Err(Fail::new(format!("the enum {} has no symbol {value:?}", self.ty.describe()))),
            },
            (Node::Union(_), _) => self.settle(Want::Text(value))?.serialize_str(value),
            (Node::Fixed(16), Logical::Uuid) => match value.parse::<apache_avro::Uuid>() {
                Ok(uuid) => {
                    self.out.extend_from_slice(uuid.as_bytes());
                    Ok(())
                }
                Err(_) => Err(Fail::expected("a uuid", format_args!("{value:?}"))),
            },
            (Node::Bytes | Node::Fixed(_), Logical::Decimal { .. }) => self.decimal(value),
            _ => Err(self.mismatch(format_args!("the text {value:?}"))),
        }
    }

    /// The symbol of an enum, the branch of a union, or the name of this very type.
    fn variant(self, index: u32, variant: &'static str) -> Result<Ser<'p, 'o>, Fail> {
        match &self.ty.node {
            Node::Union(union) => {
                let at = union::called(union, index, variant, self.some)?;
                Ok(self.branch(union, at))
            }
            _ if union::is_called(self.ty, variant) => Ok(self),
            _ => Err(self.mismatch(format_args!("the variant {variant}"))),
        }
    }
}

impl<'p, 'o> Serializer for Ser<'p, 'o> {
    type Ok = ();
    type Error = Fail;
    type SerializeSeq = Seq<'p, 'o>;
    type SerializeTuple = Seq<'p, 'o>;
    type SerializeTupleStruct = Seq<'p, 'o>;
    type SerializeTupleVariant = Seq<'p, 'o>;
    type SerializeMap = Map<'p, 'o>;
    type SerializeStruct = Struct<'p, 'o>;
    type SerializeStructVariant = Struct<'p, 'o>;

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Fail> {
        match &self.ty.node {
            Node::Boolean => {
                bytes::put_boolean(self.out, value);
                Ok(())
            }
            Node::Union(_) => self.settle(Want::Boolean)?.serialize_bool(value),
            _ => Err(self.mismatch(format_args!("the boolean {value}"))),
        }
    }

    fn serialize_i8(self, value: i8) -> Result<(), Fail> {
        self.serialize_i32(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Fail> {
        self.serialize_i32(value.into())
    }

    #[inline]
    fn serialize_i32(self, value: i32) -> Result<(), Fail> {
        if let Node::Int = &self.ty.node {
            bytes::put_int(self.out, value);
            return Ok(());
        }
        self.integer(value.into(), true)
    }

    #[inline]
    fn serialize_i64(self, value: i64) -> Result<(), Fail> {
        if let Node::Long = &self.ty.node {
            bytes::put_long(self.out, value);
            return Ok(());
        }
        self.integer(value, false)
    }

    fn serialize_i128(self, value: i128) -> Result<(), Fail> {
        match i64::try_from(value) {
            Ok(value) => self.integer(value, false),
            Err(_) => self.big(value),
        }
    }

    fn serialize_u8(self, value: u8) -> Result<(), Fail> {
        self.integer(value.into(), true)
    }

    fn serialize_u16(self, value: u16) -> Result<(), Fail> {
        self.integer(value.into(), true)
    }

    fn serialize_u32(self, value: u32) -> Result<(), Fail> {
        self.integer(value.into(), false)
    }

    fn serialize_u64(self, value: u64) -> Result<(), Fail> {
        self.serialize_i128(value.into())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Fail> {
        match i128::try_from(value) {
            Ok(value) => self.serialize_i128(value),
            Err(_) => self.big(value),
        }
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<(), Fail> {
        match &self.ty.node {
            Node::Float => {
                bytes::put_float(self.out, value);
                Ok(())
            }
            Node::Union(_) => self.settle(Want::Float(value))?.serialize_f32(value),
            _ => self.fraction(value.into()),
        }
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<(), Fail> {
        if let Node::Double = &self.ty.node {
            bytes::put_double(self.out, value);
            return Ok(());
        }
        self.fraction(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Fail> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Fail> {
        if let Node::String = &self.ty.node {
            bytes::put_str(self.out, value);
            return Ok(());
        }
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Fail> {
        match (&self.ty.node, self.ty.logical) {
            (Node::Bytes, _) => bytes::put_bytes(self.out, value),
            (Node::Fixed(size), _) if *size == value.len() => self.out.extend_from_slice(value),
            (Node::Fixed(size), Logical::Decimal { .. }) => {
                self.out.extend_from_slice(&decimal::extend(value, *size)?);
            }
            (Node::Fixed(size), _) => {
                let name = self.ty.describe();
                return Err(Fail::new(format!("the fixed {name} has {size} bytes, not {}", value.len())));
            }
            (Node::String, Logical::Uuid) => match apache_avro::Uuid::from_slice(value) {
                Ok(uuid) => bytes::put_str(self.out, &uuid.to_string()),
                Err(_) => return Err(Fail::expected("a uuid", format_args!("{} bytes", value.len()))),
            },
            (Node::Union(_), _) => return self.settle(Want::Bytes(value.len()))?.serialize_bytes(value),
            _ => return Err(self.mismatch(format_args!("{} bytes", value.len()))),
        }
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Fail> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Fail> {
        match &self.ty.node {
            Node::Union(union) => match union.only {
                Some(only) => value.serialize(self.branch(union, only)),
                None => value.serialize(Ser { some: true, ..self }),
            },
            _ => value.serialize(self),
        }
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Fail> {
        match &self.ty.node {
            Node::Null => Ok(()),
            Node::Union(union) => match union.null {
                Some(null) => {
                    bytes::put_index(self.out, null);
                    Ok(())
                }
                None => Err(Fail::new("the union has no null")),
            },
            _ => Err(self.mismatch("nothing")),
        }
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Fail> {
        use serde::ser::SerializeStruct;
        match &self.ty.node {
            Node::Record(_) => self.serialize_struct(name, 0)?.end(),
            Node::Union(union) if union.null.is_none() => {
                self.settle(Want::Struct(name, 0))?.serialize_unit_struct(name)
            }
            _ => self.serialize_unit(),
        }
    }

    fn serialize_unit_variant(self, _: &'static str, index: u32, variant: &'static str) -> Result<(), Fail> {
        use serde::ser::SerializeStruct;
        match &self.ty.node {
            Node::Enum(symbols) => {
                let at = usize::try_from(index).unwrap_or(usize::MAX);
                if symbols.symbols.get(at).is_some_and(|symbol| **symbol == *variant) {
                    bytes::put_index(self.out, at);
                    return Ok(());
                }
                self.text(variant)
            }
            Node::String => self.serialize_str(variant),
            Node::Union(union) => {
                if let Some(at) = union::symbol(self.program, union, variant) {
                    return self.branch(union, at).text(variant);
                }
                let inner = self.variant(index, variant)?;
                match &inner.ty.node {
                    Node::Null => Ok(()),
                    Node::Record(_) => inner.serialize_struct(variant, 0)?.end(),
                    _ => Err(inner.mismatch(format_args!("the variant {variant} without a value"))),
                }
            }
            Node::Null => Ok(()),
            Node::Record(_) if union::is_called(self.ty, variant) => self.serialize_struct(variant, 0)?.end(),
            _ => Err(self.mismatch(format_args!("the variant {variant}"))),
        }
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Fail> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Fail> {
        value.serialize(self.variant(index, variant)?)
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Seq<'p, 'o>, Fail> {
        Seq::new(self.settle(Want::Seq)?, length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Seq<'p, 'o>, Fail> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Seq<'p, 'o>, Fail> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Seq<'p, 'o>, Fail> {
        Seq::new(self.variant(index, variant)?, Some(length))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Map<'p, 'o>, Fail> {
        Map::new(self.settle(Want::Map)?, length)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Struct<'p, 'o>, Fail> {
        Struct::new(self.settle(Want::Struct(name, length))?, length)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Struct<'p, 'o>, Fail> {
        Struct::new(self.variant(index, variant)?, length)
    }
}

impl Ser<'_, '_> {
    /// An integer of more than 64 bits: only a decimal holds it.
    fn big(self, value: impl std::fmt::Display) -> Result<(), Fail> {
        match (&self.ty.node, self.ty.logical) {
            (Node::Bytes | Node::Fixed(_), Logical::Decimal { .. }) => self.decimal(&value.to_string()),
            (Node::Union(_), _) => self.settle(Want::Big)?.big(value),
            (Node::Int, _) => Err(Fail::new(format!("{value} does not fit an int of 32 bits"))),
            (Node::Long, _) => Err(Fail::new(format!("{value} does not fit a long of 64 bits"))),
            _ => Err(self.mismatch(format_args!("the integer {value}"))),
        }
    }
}
