//! Keys of maps: text, or what has an obvious one.

use std::fmt::Display;

use serde::ser::{self, Serialize, Serializer};

use super::super::fail::Fail;
use super::scalar::one_scalar;

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
    one_scalar!(R, not_text);

    shown! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_char: char
    }

    fn serialize_str(self, value: &str) -> Result<R, Fail> {
        (self.0)(value)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<R, Fail> {
        (self.0)(variant)
    }
}
