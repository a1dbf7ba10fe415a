//! Keys of maps: text, or what has an obvious one.

use std::fmt::Display;

use serde::ser::{Impossible, Serialize, Serializer};

use super::super::fail::Fail;

/// Hands the text of a key on.
pub(super) struct Key<F>(pub(super) F);

impl<R, F: FnOnce(&str) -> Result<R, Fail>> Key<F> {
    fn shown(self, key: impl Display) -> Result<R, Fail> {
        (self.0)(&key.to_string())
    }
}

fn not_text() -> Fail {
    Fail::new("keys of maps are text")
}

macro_rules! shown {
    ($($name:ident: $ty:ty),*) => {
        $(fn $name(self, value: $ty) -> Result<R, Fail> {
            self.shown(value)
        })*
    };
}

impl<R, F: FnOnce(&str) -> Result<R, Fail>> Serializer for Key<F> {
    type Ok = R;
    type Error = Fail;
    type SerializeSeq = Impossible<R, Fail>;
    type SerializeTuple = Impossible<R, Fail>;
    type SerializeTupleStruct = Impossible<R, Fail>;
    type SerializeTupleVariant = Impossible<R, Fail>;
    type SerializeMap = Impossible<R, Fail>;
    type SerializeStruct = Impossible<R, Fail>;
    type SerializeStructVariant = Impossible<R, Fail>;

    shown! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_char: char
    }

    fn serialize_str(self, value: &str) -> Result<R, Fail> {
        (self.0)(value)
    }

    fn serialize_f32(self, _: f32) -> Result<R, Fail> {
        Err(not_text())
    }

    fn serialize_f64(self, _: f64) -> Result<R, Fail> {
        Err(not_text())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<R, Fail> {
        Err(not_text())
    }

    fn serialize_none(self) -> Result<R, Fail> {
        Err(not_text())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<R, Fail> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<R, Fail> {
        Err(not_text())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<R, Fail> {
        Err(not_text())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<R, Fail> {
        (self.0)(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<R, Fail> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<R, Fail> {
        Err(not_text())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Fail> {
        Err(not_text())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Fail> {
        Err(not_text())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Fail> {
        Err(not_text())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Fail> {
        Err(not_text())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Fail> {
        Err(not_text())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Fail> {
        Err(not_text())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Fail> {
        Err(not_text())
    }
}
