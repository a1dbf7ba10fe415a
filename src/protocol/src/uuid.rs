//! [`Uuid`]: 16 bytes, written as Kafka writes them (URL-safe base64, no padding).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A topic id, directory id or cluster id. All zeros means "none".
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; 16]);

/// Text that is not 22 characters of URL-safe base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a Kafka uuid is 22 characters of URL-safe base64")]
pub struct InvalidUuid;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Uuid {
    /// No id.
    pub const ZERO: Uuid = Uuid([0; 16]);

    /// The id with these bytes, most significant first.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Uuid(bytes)
    }

    /// The bytes, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether this is "none".
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 16]
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u128::from_be_bytes(self.0);
        let mut text = String::with_capacity(22);
        for digit in 0..22u32 {
            // 128 bits are 21 digits of six bits and one of two bits, which is padded on the right.
            let shifted = if digit < 21 { value >> (122 - 6 * digit) } else { value << 4 };
            text.push(char::from(ALPHABET[(shifted & 0x3f) as usize]));
        }
        f.pad(&text)
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = InvalidUuid;

    fn from_str(text: &str) -> Result<Self, InvalidUuid> {
        if text.len() != 22 {
            return Err(InvalidUuid);
        }
        let mut value = 0u128;
        for (digit, c) in text.bytes().enumerate() {
            let six = ALPHABET.iter().position(|a| *a == c).ok_or(InvalidUuid)? as u128;
            value = if digit < 21 { value << 6 | six } else { value << 2 | six >> 4 };
        }
        Ok(Uuid(value.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_kafkas() {
        // Made with org.apache.kafka.common.Uuid.
        assert_eq!(Uuid::ZERO.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
        let one = Uuid::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(one.to_string(), "AAECAwQFBgcICQoLDA0O_w");
        assert_eq!("AAECAwQFBgcICQoLDA0O_w".parse(), Ok(one));
        assert_eq!("AAECAwQFBgcICQoLDA0O_".parse::<Uuid>(), Err(InvalidUuid));
        assert_eq!("AAECAwQFBgcICQoLDA0O+w".parse::<Uuid>(), Err(InvalidUuid));
    }
}
