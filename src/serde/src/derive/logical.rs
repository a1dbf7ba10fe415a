//! Newtypes for Avro's logical types. They hold the number that is written, so that no calendar library is needed; `.0` is public.
//!
//! Source: Avro specification, "Logical Types".

use std::fmt;
use std::str::FromStr;

use super::impls::shape;
use super::{AvroDecode, AvroEncode, AvroType, DecodeError, Shape, shape::LogicalShape};
use crate::bytes::{LONG_BYTES_MAX, Reader, Writer, put_bytes, put_int, put_long, put_str};

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident($inner:ty) is $logical:literal, $base:path: $put:path, $get:path;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $inner);

        impl AvroType for $name {
            shape!(Shape::Logical(&LogicalShape { base: $base, name: $logical, decimal: None }));
        }

        impl AvroEncode for $name {
            #[inline]
            fn size(&self, _: u32) -> usize {
                LONG_BYTES_MAX
            }

            #[inline]
            fn encode(&self, out: &mut Writer) {
                $put(out, self.0);
            }
        }

        impl AvroDecode<'_> for $name {
            #[inline]
            fn decode(reader: &mut Reader<'_>) -> Result<$name, DecodeError> {
                Ok($name($get(reader)?))
            }
        }

        impl From<$inner> for $name {
            fn from(number: $inner) -> $name {
                $name(number)
            }
        }

        impl From<$name> for $inner {
            fn from(value: $name) -> $inner {
                value.0
            }
        }
    )*};
}

number! {
    /// `date`: days since 1970-01-01.
    Date(i32) is "date", Shape::Int: put_int, Reader::int;
    /// `time-millis`: milliseconds since midnight.
    TimeMillis(i32) is "time-millis", Shape::Int: put_int, Reader::int;
    /// `time-micros`: microseconds since midnight.
    TimeMicros(i64) is "time-micros", Shape::Long: put_long, Reader::long;
    /// `timestamp-millis`: milliseconds since 1970-01-01T00:00:00Z.
    TimestampMillis(i64) is "timestamp-millis", Shape::Long: put_long, Reader::long;
    /// `timestamp-micros`: microseconds since 1970-01-01T00:00:00Z.
    TimestampMicros(i64) is "timestamp-micros", Shape::Long: put_long, Reader::long;
    /// `timestamp-nanos`: nanoseconds since 1970-01-01T00:00:00Z.
    TimestampNanos(i64) is "timestamp-nanos", Shape::Long: put_long, Reader::long;
    /// `local-timestamp-millis`: milliseconds since 1970-01-01T00:00:00 wherever that is.
    LocalTimestampMillis(i64) is "local-timestamp-millis", Shape::Long: put_long, Reader::long;
    /// `local-timestamp-micros`: microseconds since 1970-01-01T00:00:00 wherever that is.
    LocalTimestampMicros(i64) is "local-timestamp-micros", Shape::Long: put_long, Reader::long;
    /// `local-timestamp-nanos`: nanoseconds since 1970-01-01T00:00:00 wherever that is.
    LocalTimestampNanos(i64) is "local-timestamp-nanos", Shape::Long: put_long, Reader::long;
}

/// `decimal` on `bytes`: `P` digits in all, `S` of them behind the point. At most 38 digits, which an `i128` holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal<const P: u32, const S: u32>(i128);

impl<const P: u32, const S: u32> Decimal<P, S> {
    /// One more than the largest unscaled number.
    const END: i128 = {
        assert!(P >= 1 && P <= 38, "a Decimal has 1 to 38 digits");
        assert!(S <= P, "a Decimal has no more digits behind the point than in all");
        10i128.pow(P)
    };

    /// From the number without its point: `12345` with two digits behind the point is 123.45. `None` for more than `P` digits.
    #[must_use]
    pub const fn new(unscaled: i128) -> Option<Decimal<P, S>> {
        if unscaled < Self::END && unscaled > -Self::END { Some(Decimal(unscaled)) } else { None }
    }

    /// The number without its point.
    #[must_use]
    pub const fn unscaled(self) -> i128 {
        self.0
    }
}

impl<const P: u32, const S: u32> fmt::Display for Decimal<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:0width$}", self.0.unsigned_abs(), width = S as usize + 1);
        let (whole, part) = digits.split_at(digits.len() - S as usize);
        let text = if S == 0 { whole.to_owned() } else { format!("{whole}.{part}") };
        f.pad_integral(self.0 >= 0, "", &text)
    }
}

impl<const P: u32, const S: u32> fmt::Debug for Decimal<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const P: u32, const S: u32> AvroType for Decimal<P, S> {
    shape!(Shape::Logical(&LogicalShape { base: Shape::Bytes, name: "decimal", decimal: Some((P, S)) }));
}

/// The shortest two's complement, big-endian, as Java's `BigInteger.toByteArray`.
impl<const P: u32, const S: u32> AvroEncode for Decimal<P, S> {
    #[inline]
    fn size(&self, _: u32) -> usize {
        17
    }

    fn encode(&self, out: &mut Writer) {
        let bytes = self.0.to_be_bytes();
        let spare_bits = if self.0 < 0 { self.0.leading_ones() } else { self.0.leading_zeros() } - 1;
        put_bytes(out, bytes.get(spare_bits as usize / 8..).unwrap_or(&bytes));
    }
}

impl<const P: u32, const S: u32> AvroDecode<'_> for Decimal<P, S> {
    fn decode(reader: &mut Reader<'_>) -> Result<Decimal<P, S>, DecodeError> {
        let bytes = reader.bytes()?;
        let first = bytes.first().ok_or_else(|| DecodeError::new("a decimal without a byte"))?;
        let sign = if first & 0x80 == 0 { 0 } else { 0xff };
        let spare = bytes.len().saturating_sub(size_of::<i128>());
        let (spare, digits) = bytes.split_at(spare);
        let mut wide = [sign; size_of::<i128>()];
        if let Some(end) = wide.len().checked_sub(digits.len()).and_then(|start| wide.get_mut(start..)) {
            end.copy_from_slice(digits);
        }
        let unscaled = i128::from_be_bytes(wide);
        let fits = spare.iter().all(|byte| *byte == sign) && (unscaled < 0) == (sign != 0);
        let decimal = if fits { Decimal::new(unscaled) } else { None };
        decimal.ok_or_else(|| DecodeError::new(format!("the decimal has more than {P} digits")))
    }
}

/// `uuid` on `string`: the sixteen bytes of what is written with hyphens.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uuid(pub [u8; 16]);

impl Uuid {
    /// The 36 characters.
    fn text(self) -> [u8; 36] {
        let mut text = [b'-'; 36];
        let mut places = (0..36).filter(|place| !matches!(place, 8 | 13 | 18 | 23));
        for half in self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            let digit = b"0123456789abcdef".get(usize::from(half)).copied().unwrap_or(b'0');
            if let Some(place) = places.next().and_then(|place| text.get_mut(place)) {
                *place = digit;
            }
        }
        text
    }

    fn parse(text: &[u8]) -> Option<Uuid> {
        let text: &[u8; 36] = text.try_into().ok()?;
        let mut halves = [0; 32];
        let mut places = halves.iter_mut();
        for (at, byte) in text.iter().enumerate() {
            if matches!(at, 8 | 13 | 18 | 23) {
                if *byte != b'-' {
                    return None;
                }
                continue;
            }
            *places.next()? = char::from(*byte).to_digit(16)? as u8; // below 16
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(halves.as_chunks::<2>().0) {
            *byte = pair[0] << 4 | pair[1];
        }
        Some(Uuid(bytes))
    }
}

/// Text that is no UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a UUID is 32 hexadecimal digits with hyphens, as 123e4567-e89b-12d3-a456-426614174000")]
pub struct InvalidUuid;

impl FromStr for Uuid {
    type Err = InvalidUuid;

    fn from_str(text: &str) -> Result<Uuid, InvalidUuid> {
        Uuid::parse(text.as_bytes()).ok_or(InvalidUuid)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl AvroType for Uuid {
    shape!(Shape::Logical(&LogicalShape { base: Shape::String, name: "uuid", decimal: None }));
}

impl AvroEncode for Uuid {
    #[inline]
    fn size(&self, _: u32) -> usize {
        37
    }

    fn encode(&self, out: &mut Writer) {
        put_str(out, std::str::from_utf8(&self.text()).unwrap_or_default());
    }
}

impl AvroDecode<'_> for Uuid {
    fn decode(reader: &mut Reader<'_>) -> Result<Uuid, DecodeError> {
        Uuid::parse(reader.bytes()?).ok_or_else(|| DecodeError::new(InvalidUuid.to_string()))
    }
}
