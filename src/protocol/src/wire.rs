//! The [`Wire`] trait: how one value is read and written, given the version.

use bytes::BytesMut;

use crate::error::DecodeError;
use crate::reader::Reader;
use crate::spec::Type;

/// What a value needs to know of the message it is in.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The message's version.
    pub(crate) version: i16,
    /// Compact lengths and tagged fields (KIP-482).
    pub(crate) flexible: bool,
    /// Whether this field may be null in this version.
    pub(crate) nullable: bool,
}

impl Form {
    pub(crate) fn with_nullable(self, nullable: bool) -> Form {
        Form { nullable, ..self }
    }
}

/// A value with a place in messages.
pub trait Wire: Sized {
    /// Its type, for the message's description.
    const TYPE: Type;

    /// The least number of bytes a value takes; bounds array counts.
    fn bytes_min(form: Form) -> usize;

    /// Reads a value.
    ///
    /// # Errors
    /// The bytes are not such a value.
    fn read(r: &mut Reader, form: Form) -> Result<Self, DecodeError>;

    /// Writes the value.
    fn write(&self, out: &mut BytesMut, form: Form);
}
