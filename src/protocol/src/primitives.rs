//! How numbers, text, bytes, arrays and their nullable forms are read and written.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::{DecodeCause, DecodeError};
use crate::reader::Reader;
use crate::spec::Type;
use crate::string::Str;
use crate::uuid::Uuid;
use crate::wire::{Form, Wire};
use crate::writer::{put_length, put_text};

/// Room made at once for an array's elements, whatever the count says.
const ELEMENTS_AT_ONCE: usize = 256;

macro_rules! numbers {
    ($($ty:ty = $spec:ident, $size:literal, $put:ident;)*) => { $(
        impl Wire for $ty {
            const TYPE: Type = Type::$spec;

            fn bytes_min(_: Form) -> usize {
                $size
            }

            fn read(r: &mut Reader, _: Form) -> Result<Self, DecodeError> {
                r.array::<$size>().map(<$ty>::from_be_bytes)
            }

            fn write(&self, out: &mut BytesMut, _: Form) {
                out.$put(*self);
            }
        }
    )* };
}

numbers! {
    i8  = Int8, 1, put_i8;
    i16 = Int16, 2, put_i16;
    u16 = Uint16, 2, put_u16;
    i32 = Int32, 4, put_i32;
    u32 = Uint32, 4, put_u32;
    i64 = Int64, 8, put_i64;
    f64 = Float64, 8, put_f64;
}

impl Wire for bool {
    const TYPE: Type = Type::Bool;

    fn bytes_min(_: Form) -> usize {
        1
    }

    /// Any byte but 0 is true, as in Kafka.
    fn read(r: &mut Reader, _: Form) -> Result<Self, DecodeError> {
        r.array::<1>().map(|[byte]| byte != 0)
    }

    fn write(&self, out: &mut BytesMut, _: Form) {
        out.put_u8(u8::from(*self));
    }
}

impl Wire for Uuid {
    const TYPE: Type = Type::Uuid;

    fn bytes_min(_: Form) -> usize {
        16
    }

    fn read(r: &mut Reader, _: Form) -> Result<Self, DecodeError> {
        r.array::<16>().map(Uuid::from_bytes)
    }

    fn write(&self, out: &mut BytesMut, _: Form) {
        out.put_slice(self.as_bytes());
    }
}

/// A value with a length in front, which may say "null". `Wire` for it and for `Option` of it follow.
trait Sized32: Default {
    const TYPE: Type;

    /// Bytes of the least length in old versions.
    const LENGTH_BYTES: usize;

    /// `None` is null.
    fn read_opt(r: &mut Reader, form: Form) -> Result<Option<Self>, DecodeError>;

    /// `None` is null.
    fn write_opt(value: Option<&Self>, out: &mut BytesMut, form: Form);
}

/// A length in the form of the version; `None` is null.
fn read_length(r: &mut Reader, flexible: bool) -> Result<Option<usize>, DecodeError> {
    if flexible {
        return Ok(r.uvarint()?.checked_sub(1).map(|n| n as usize));
    }
    signed_length(r, |r| r.array().map(i32::from_be_bytes))
}

fn signed_length(
    r: &mut Reader,
    read: impl FnOnce(&mut Reader) -> Result<i32, DecodeError>,
) -> Result<Option<usize>, DecodeError> {
    match read(r)? {
        -1 => Ok(None),
        n => usize::try_from(n).map(Some).map_err(|_| r.error(DecodeCause::NegativeLength(n))),
    }
}

impl Sized32 for Str {
    const TYPE: Type = Type::String;
    const LENGTH_BYTES: usize = 2;

    fn read_opt(r: &mut Reader, form: Form) -> Result<Option<Self>, DecodeError> {
        let length = if form.flexible {
            read_length(r, true)?
        } else {
            signed_length(r, |r| r.array().map(|b| i32::from(i16::from_be_bytes(b))))?
        };
        length.map(|n| r.text(n)).transpose()
    }

    fn write_opt(value: Option<&Self>, out: &mut BytesMut, form: Form) {
        put_text(out, form.flexible, value.map(Str::as_str));
    }
}

impl Sized32 for Bytes {
    const TYPE: Type = Type::Bytes;
    const LENGTH_BYTES: usize = 4;

    fn read_opt(r: &mut Reader, form: Form) -> Result<Option<Self>, DecodeError> {
        read_length(r, form.flexible)?.map(|n| r.slice(n)).transpose()
    }

    fn write_opt(value: Option<&Self>, out: &mut BytesMut, form: Form) {
        put_length(out, form.flexible, value.map(Bytes::len));
        if let Some(bytes) = value {
            out.put_slice(bytes);
        }
    }
}

impl<T: Wire> Sized32 for Vec<T> {
    const TYPE: Type = Type::Array(&T::TYPE);
    const LENGTH_BYTES: usize = 4;

    fn read_opt(r: &mut Reader, form: Form) -> Result<Option<Self>, DecodeError> {
        let Some(count) = read_length(r, form.flexible)? else { return Ok(None) };
        let element = form.with_nullable(false);
        if count > r.remaining() / T::bytes_min(element).max(1) {
            let cause = DecodeCause::TooManyElements { claimed: count, left: r.remaining() };
            return Err(r.error(cause));
        }
        r.charge(count, size_of::<T>())?;
        let mut items = Vec::with_capacity(count.min(ELEMENTS_AT_ONCE));
        for _ in 0..count {
            items.push(T::read(r, element)?);
        }
        Ok(Some(items))
    }

    fn write_opt(value: Option<&Self>, out: &mut BytesMut, form: Form) {
        put_length(out, form.flexible, value.map(Vec::len));
        for item in value.into_iter().flatten() {
            item.write(out, form.with_nullable(false));
        }
    }
}

macro_rules! sized {
    ($( ($($generics:tt)*) $ty:ty; )*) => { $(
        impl $($generics)* Wire for $ty {
            const TYPE: Type = <Self as Sized32>::TYPE;

            fn bytes_min(form: Form) -> usize {
                if form.flexible { 1 } else { <Self as Sized32>::LENGTH_BYTES }
            }

            fn read(r: &mut Reader, form: Form) -> Result<Self, DecodeError> {
                <Self as Sized32>::read_opt(r, form)?.ok_or_else(|| r.error(DecodeCause::UnexpectedNull))
            }

            fn write(&self, out: &mut BytesMut, form: Form) {
                <Self as Sized32>::write_opt(Some(self), out, form);
            }
        }

        impl $($generics)* Wire for Option<$ty> {
            const TYPE: Type = <$ty as Sized32>::TYPE;

            fn bytes_min(form: Form) -> usize {
                <$ty as Wire>::bytes_min(form)
            }

            fn read(r: &mut Reader, form: Form) -> Result<Self, DecodeError> {
                let value = <$ty as Sized32>::read_opt(r, form)?;
                if value.is_none() && !form.nullable {
                    return Err(r.error(DecodeCause::UnexpectedNull));
                }
                Ok(value)
            }

            /// Where the version has no null, `None` is written as empty.
            fn write(&self, out: &mut BytesMut, form: Form) {
                match self {
                    None if !form.nullable => <$ty as Sized32>::write_opt(Some(&<$ty>::default()), out, form),
                    value => <$ty as Sized32>::write_opt(value.as_ref(), out, form),
                }
            }
        }
    )* };
}

sized! {
    () Str;
    () Bytes;
    (<T: Wire>) Vec<T>;
}

/// Nullable text with an old-style (16-bit) length, whatever the version.
pub(crate) fn read_old_text(r: &mut Reader) -> Result<Option<Str>, DecodeError> {
    Str::read_opt(r, Form { version: 0, flexible: false, nullable: true })
}
