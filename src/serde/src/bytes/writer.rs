//! Where derived codecs write.

use std::ops::{Deref, DerefMut};

use super::{BytesError, DEPTH_MAX};

/// The bytes of a datum while a derived codec appends to them, and how deep its values may still nest: a type that contains itself can
/// be deeper than the stack, and deeper than anything reads.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    depth_left: u32,
    is_too_deep: bool,
}

impl Writer {
    /// Behind these bytes.
    #[inline]
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Writer {
        Writer { bytes, depth_left: DEPTH_MAX, is_too_deep: false }
    }

    /// Writes one level deeper. Where that is too deep nothing is written, and [`Writer::finish`] says so.
    #[inline]
    pub fn nested(&mut self, inner: impl FnOnce(&mut Writer)) {
        match self.depth_left.checked_sub(1) {
            None => self.is_too_deep = true,
            Some(left) => {
                self.depth_left = left;
                inner(self);
                self.depth_left = left + 1;
            }
        }
    }

    /// The bytes, and whether they are whole.
    ///
    /// # Errors
    /// `TooDeep`: parts of the value were not written.
    #[inline]
    pub fn finish(self) -> (Vec<u8>, Result<(), BytesError>) {
        (self.bytes, if self.is_too_deep { Err(BytesError::TooDeep) } else { Ok(()) })
    }
}

impl Deref for Writer {
    type Target = Vec<u8>;

    #[inline]
    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Writer {
    #[inline]
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}
