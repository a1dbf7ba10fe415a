//! Straight-line Avro codecs for types that derive [`AssayAvro`]: no schema is looked at while a value is written or read.
//!
//! The derive implements [`AvroType`] (the schema), [`AvroEncode`] and [`AvroDecode`] (the bytes) and [`AvroSchemaOf`] (the
//! schema's text, parsed once). [`to_datum`], [`encode_into`] and [`from_datum`] are the bare bytes;
//! [`AvroSerializer::serialize_record`](crate::AvroSerializer::serialize_record) and
//! [`AvroDeserializer::deserialize_record`](crate::AvroDeserializer::deserialize_record) put a frame and a registry around them, and
//! resolve data that another version of the schema wrote.
//!
//! What has an Avro type: `bool`, `i8` to `i32`, `u8`-free `u16`, `i64` and `u32` (as long), floats, `String`, `&str`, `Cow`s, `Vec<u8>`
//! and `&[u8]` (bytes), `[u8; N]` (fixed), `Vec`, `HashMap` and `BTreeMap` with text keys, `Option` (null first), `Box`, the newtypes of
//! [`logical`], and every type that derives.

mod checks;
mod compare;
mod error;
mod impls;
mod layout;
pub mod logical;
mod maps;
mod print;
mod record;
#[doc(hidden)]
pub mod shape;

use std::sync::OnceLock;

#[doc(inline)]
pub use assay_serde_derive::AssayAvro;
pub use error::DecodeError;
pub use impls::NullLast;
pub use record::RecordPlans;
#[doc(hidden)]
pub use {
    checks::{Json, default_must_fit, names_must_be_unique},
    compare::{difference, must_be_union, must_fit},
    shape::Shape,
};

use crate::bytes::{DEPTH_MAX, Reader, Writer};
use crate::{AvroSchema, PayloadError, SerdeError};

/// A type that has an Avro type. [`AssayAvro`] implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no Avro type",
    label = "this type has no Avro type",
    note = "derive `AssayAvro` for a type of your own",
    note = "`u64`, `usize` and the like do not fit Avro's `long`: use `i64`; maps have text keys; bytes are `Vec<u8>` or `&[u8]`"
)]
pub trait AvroType {
    /// Its shape, records by their names only.
    #[doc(hidden)]
    const SHAPE_0: Shape;
    /// Its shape, with the fields of records one deep.
    #[doc(hidden)]
    const SHAPE_1: Shape;
    /// Two deep.
    #[doc(hidden)]
    const SHAPE_2: Shape;
    /// Three deep.
    #[doc(hidden)]
    const SHAPE_3: Shape;
    /// Four deep.
    #[doc(hidden)]
    const SHAPE_4: Shape;
    /// Five deep.
    #[doc(hidden)]
    const SHAPE_5: Shape;
}

/// A type that writes itself as an Avro datum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as Avro",
    note = "derive `AssayAvro` for a type of your own"
)]
pub trait AvroEncode: AvroType {
    /// About how many bytes it takes; better too many than too few. What nests more than `depth` deep need not be counted.
    fn size(&self, depth: u32) -> usize;

    /// Appends the datum. What can contain its own type writes that by [`Writer::nested`].
    fn encode(&self, out: &mut Writer);

    /// Appends the datum as a branch of a union that has so many branches before those of this type.
    #[inline]
    fn encode_branch(&self, before: usize, out: &mut Writer) {
        crate::bytes::put_index(out, before);
        self.encode(out);
    }
}

/// A type that reads itself from an Avro datum of its own schema, and may borrow from its bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from Avro",
    note = "derive `AssayAvro` for a type of your own"
)]
pub trait AvroDecode<'a>: AvroType + Sized {
    /// Reads a datum.
    /// # Errors
    /// The bytes are none; where and why.
    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;

    /// Reads this branch of the type's union. A type that is no union has the one branch 0.
    /// # Errors
    /// As [`AvroDecode::decode`].
    #[inline]
    fn decode_branch(index: usize, reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        debug_assert_eq!(index, 0, "asked for a branch of what is no union");
        Self::decode(reader)
    }
}

/// A type that owns all it reads.
pub trait AvroDecodeOwned: for<'a> AvroDecode<'a> {}

impl<T: for<'a> AvroDecode<'a>> AvroDecodeOwned for T {}

/// A type that can be registered: every one that derives [`AssayAvro`].
pub trait AvroSchemaOf: AvroType {
    /// Its schema: the text of the schema file if there is one, else made from the definition. Parsed once.
    /// # Errors
    /// `Schema` when different types in it have the same name.
    fn schema() -> Result<&'static AvroSchema, SerdeError>;
}

/// The datum of a value.
/// # Errors
/// The value nests more than [`DEPTH_MAX`](crate::bytes::DEPTH_MAX) deep.
pub fn to_datum<T: AvroEncode + ?Sized>(value: &T) -> Result<Vec<u8>, PayloadError> {
    let mut out = Vec::with_capacity(value.size(DEPTH_MAX));
    encode_into(value, &mut out).map(|()| out)
}

/// Appends the datum of a value.
/// # Errors
/// As [`to_datum`]; `out` is then as it was.
#[inline]
pub fn encode_into<T: AvroEncode + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), PayloadError> {
    let start = out.len();
    let mut writer = Writer::new(std::mem::take(out));
    value.encode(&mut writer);
    let (bytes, whole) = writer.finish();
    *out = bytes;
    whole.map_err(|error| {
        out.truncate(start);
        DecodeError::from(error).into()
    })
}

/// The value of a datum that was written with the type's own schema. Every byte must belong to it.
/// # Errors
/// The bytes are no such datum; where and why.
pub fn from_datum<'a, T: AvroDecode<'a>>(datum: &'a [u8]) -> Result<T, DecodeError> {
    let mut reader = Reader::new(datum);
    let value = T::decode(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// What the derived [`AvroSchemaOf::schema`] does.
#[doc(hidden)]
pub fn schema_once<T: AvroType>(
    once: &'static OnceLock<AvroSchema>,
    file: Option<&str>,
) -> Result<&'static AvroSchema, SerdeError> {
    if let Some(schema) = once.get() {
        return Ok(schema);
    }
    let schema = match file {
        Some(text) => AvroSchema::parse(text)?,
        None => AvroSchema::parse(&print::text(&T::SHAPE_0)?)?,
    };
    Ok(once.get_or_init(|| schema))
}

/// What derived code says of an index that its type does not have. The reader has refused it before.
#[doc(hidden)]
#[cold]
#[must_use]
pub fn no_branch(index: usize) -> DecodeError {
    DecodeError::new(format!("there is no branch or symbol {index}"))
}
