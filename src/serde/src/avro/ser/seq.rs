//! Sequences and tuples: as arrays, as the bytes of a `bytes` or `fixed`, or as the fields of a record in their order.

use serde::{Serialize, ser};

use super::super::fail::Fail;
use super::super::program::{Logical, Node, Program, Type};
use super::scalar::{one_scalar, refused};
use super::{Ser, block::Block, record::Fields};
use crate::bytes;

/// A sequence being written.
pub(in super::super) enum Seq<'p, 'o> {
    Items { program: &'p Program, items: &'p Type, out: &'o mut Vec<u8>, depth: u32, block: Block },
    Bytes { ty: &'p Type, out: &'o mut Vec<u8>, bytes: Vec<u8>, words: bool },
    Fields(Fields<'p, 'o>),
}

impl<'p, 'o> Seq<'p, 'o> {
    #[inline]
    pub(super) fn new(ser: Ser<'p, 'o>, length: Option<usize>) -> Result<Seq<'p, 'o>, Fail> {
        match &ser.ty.node {
            Node::Array(items) => {
                let (program, depth) = (ser.program, ser.deeper()?);
                let block = Block::begin(ser.out, length);
                Ok(Seq::Items { program, items: program.get(*items), out: ser.out, depth, block })
            }
            Node::Bytes | Node::Fixed(_) => {
                // A duration is months, days and milliseconds, or its twelve bytes.
                let words = ser.ty.logical == Logical::Duration && length == Some(3);
                Ok(Seq::Bytes { ty: ser.ty, out: ser.out, bytes: Vec::new(), words })
            }
            Node::Record(record) => Fields::new(ser, record).map(Seq::Fields),
            _ => Err(ser.mismatch("a sequence")),
        }
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fail> {
        match self {
            Seq::Items { program, items, out, depth, block } => {
                let ser = Ser { program, ty: items, out, depth: *depth, some: false };
                value.serialize(ser).map_err(|fail| fail.at_index(block.count))?;
                block.count += 1;
                Ok(())
            }
            Seq::Bytes { bytes, words, .. } => {
                let at = bytes.len();
                let number = value.serialize(Number).map_err(|fail| fail.at_index(at))?;
                if *words {
                    bytes.extend_from_slice(&number.to_le_bytes());
                    return Ok(());
                }
                let byte = u8::try_from(number);
                bytes.push(byte.map_err(|_| Fail::new(format!("{number} is no byte")).at_index(at))?);
                Ok(())
            }
            Seq::Fields(fields) => fields.following(value),
        }
    }

    #[inline]
    fn finish(self) -> Result<(), Fail> {
        match self {
            Seq::Items { out, block, .. } => {
                block.end(out);
                Ok(())
            }
            Seq::Bytes { ty, out, bytes, .. } => match &ty.node {
                Node::Fixed(size) if *size != bytes.len() => {
                    let (name, length) = (ty.describe(), bytes.len());
                    Err(Fail::new(format!("the fixed {name} has {size} bytes, not {length}")))
                }
                Node::Fixed(_) => {
                    out.extend_from_slice(&bytes);
                    Ok(())
                }
                _ => {
                    bytes::put_bytes(out, &bytes);
                    Ok(())
                }
            },
            Seq::Fields(fields) => fields.end(),
        }
    }
}

macro_rules! elements {
    ($($kind:ident $method:ident),*) => {
        $(impl ser::$kind for Seq<'_, '_> {
            type Ok = ();
            type Error = Fail;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fail> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Fail> {
                self.finish()
            }
        })*
    };
}

elements! {
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
}

/// Takes a number of 32 bits without sign, and nothing else.
struct Number;

fn no_number() -> Fail {
    Fail::new("expected a byte")
}

macro_rules! numbers {
    ($($name:ident: $ty:ty),*) => {
        $(fn $name(self, value: $ty) -> Result<u32, Fail> {
            u32::try_from(value).map_err(|_| Fail::new(format!("{value} is no byte")))
        })*
    };
}

impl ser::Serializer for Number {
    one_scalar!(u32, no_number);

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u16: u16,
        serialize_u64: u64
    }

    refused! { u32, no_number:
        serialize_bool(bool), serialize_char(char), serialize_str(&str),
        serialize_unit_variant(&'static str, u32, &'static str)
    }

    fn serialize_u8(self, value: u8) -> Result<u32, Fail> {
        Ok(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<u32, Fail> {
        Ok(value)
    }
}
