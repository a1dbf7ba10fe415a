//! Avro types of the standard library's types, but for maps.

use std::borrow::Cow;

use super::{AvroDecode, AvroEncode, AvroType, DecodeError, Shape, shape::FixedShape};
use crate::bytes::{
    LONG_BYTES_MAX, Reader, Writer, put_block, put_boolean, put_bytes, put_double, put_end, put_float,
    put_index, put_int, put_long, put_str,
};

/// Bytes that a collection may reserve before it has read so many items.
const RESERVED_BYTES_MAX: usize = 64 * 1024;

/// The same shape in every depth.
macro_rules! shape {
    ($shape:expr) => {
        const SHAPE_0: Shape = $shape;
        const SHAPE_1: Shape = $shape;
        const SHAPE_2: Shape = $shape;
        const SHAPE_3: Shape = $shape;
        const SHAPE_4: Shape = $shape;
        const SHAPE_5: Shape = $shape;
    };
}

/// The shape of `$inner` in every depth, inside another.
macro_rules! shape_around {
    ($inner:ty, $wrap:expr) => {
        const SHAPE_0: Shape = $wrap(&<$inner as AvroType>::SHAPE_0);
        const SHAPE_1: Shape = $wrap(&<$inner as AvroType>::SHAPE_1);
        const SHAPE_2: Shape = $wrap(&<$inner as AvroType>::SHAPE_2);
        const SHAPE_3: Shape = $wrap(&<$inner as AvroType>::SHAPE_3);
        const SHAPE_4: Shape = $wrap(&<$inner as AvroType>::SHAPE_4);
        const SHAPE_5: Shape = $wrap(&<$inner as AvroType>::SHAPE_5);
    };
}

pub(super) use {shape, shape_around};

/// What is written with `$put`, `$as` being what it is there.
macro_rules! number {
    ($type:ty, $shape:expr, $size:expr, $put:expr, $as:ty) => {
        impl AvroType for $type {
            shape!($shape);
        }

        impl AvroEncode for $type {
            #[inline]
            fn size(&self, _: u32) -> usize {
                $size
            }

            #[inline]
            fn encode(&self, out: &mut Writer) {
                $put(out, <$as>::from(*self));
            }
        }
    };
}

macro_rules! primitive {
    ($type:ty, $shape:expr, $size:expr, $put:expr, $get:expr) => {
        number!($type, $shape, $size, $put, $type);

        impl AvroDecode<'_> for $type {
            #[inline]
            fn decode(reader: &mut Reader<'_>) -> Result<$type, DecodeError> {
                Ok($get(reader)?)
            }
        }
    };
}

primitive!(bool, Shape::Boolean, 1, put_boolean, Reader::boolean);
primitive!(i32, Shape::Int, 5, put_int, Reader::int);
primitive!(i64, Shape::Long, LONG_BYTES_MAX, put_long, Reader::long);
primitive!(f32, Shape::Float, 4, put_float, Reader::float);
primitive!(f64, Shape::Double, 8, put_double, Reader::double);

/// Integers that are narrower than the Avro type they are written as.
macro_rules! narrow {
    ($type:ty, $wide:ty, $shape:expr, $put:expr, $get:expr) => {
        number!($type, $shape, 5, $put, $wide);

        impl AvroDecode<'_> for $type {
            #[inline]
            fn decode(reader: &mut Reader<'_>) -> Result<$type, DecodeError> {
                let wide = $get(reader)?;
                let narrow = <$type>::try_from(wide);
                narrow.map_err(|_| DecodeError::new(format!("{wide} does not fit {}", stringify!($type))))
            }
        }
    };
}

narrow!(i8, i32, Shape::Int, put_int, Reader::int);
narrow!(i16, i32, Shape::Int, put_int, Reader::int);
narrow!(u16, i32, Shape::Int, put_int, Reader::int);
narrow!(u32, i64, Shape::Long, put_long, Reader::long);

impl AvroType for () {
    shape!(Shape::Null);
}

impl AvroEncode for () {
    #[inline]
    fn size(&self, _: u32) -> usize {
        0
    }

    #[inline]
    fn encode(&self, _: &mut Writer) {}
}

impl AvroDecode<'_> for () {
    #[inline]
    fn decode(_: &mut Reader<'_>) -> Result<(), DecodeError> {
        Ok(())
    }
}

/// Text and bytes, owned and borrowed. `$get` reads what is borrowed from the bytes.
macro_rules! sized {
    ([$($life:lifetime)?] $type:ty, $shape:expr, $put:expr, $get:expr, $own:expr) => {
        impl$(<$life>)? AvroType for $type {
            shape!($shape);
        }

        impl$(<$life>)? AvroEncode for $type {
            #[inline]
            fn size(&self, _: u32) -> usize {
                self.len() + 5
            }

            #[inline]
            fn encode(&self, out: &mut Writer) {
                $put(out, self);
            }
        }

        impl<'a> AvroDecode<'a> for $type {
            #[inline]
            fn decode(reader: &mut Reader<'a>) -> Result<$type, DecodeError> {
                Ok($own($get(reader)?))
            }
        }
    };
}

sized!([] String, Shape::String, put_str, Reader::str, String::from);
sized!([] Box<str>, Shape::String, put_str, Reader::str, Box::from);
sized!(['a] &'a str, Shape::String, put_str, Reader::str, |text| text);
sized!(['a] Cow<'a, str>, Shape::String, put_str, Reader::str, Cow::Borrowed);
sized!([] Vec<u8>, Shape::Bytes, put_bytes, Reader::bytes, Vec::from);
sized!(['a] &'a [u8], Shape::Bytes, put_bytes, Reader::bytes, |bytes| bytes);
sized!(['a] Cow<'a, [u8]>, Shape::Bytes, put_bytes, Reader::bytes, Cow::Borrowed);

impl<const N: usize> AvroType for [u8; N] {
    shape!(Shape::Fixed(&FixedShape { name: "", size: N }));
}

impl<const N: usize> AvroEncode for [u8; N] {
    #[inline]
    fn size(&self, _: u32) -> usize {
        N
    }

    #[inline]
    fn encode(&self, out: &mut Writer) {
        out.extend_from_slice(self);
    }
}

impl<const N: usize> AvroDecode<'_> for [u8; N] {
    #[inline]
    fn decode(reader: &mut Reader<'_>) -> Result<[u8; N], DecodeError> {
        Ok(*reader.array()?)
    }
}

impl<T: AvroType> AvroType for Vec<T> {
    shape_around!(T, Shape::Array);
}

impl<T: AvroEncode> AvroEncode for Vec<T> {
    #[inline]
    fn size(&self, depth: u32) -> usize {
        let items = depth.checked_sub(1).map(|depth| self.iter().map(|item| item.size(depth)).sum());
        items.unwrap_or(0usize) + 6
    }

    #[inline]
    fn encode(&self, out: &mut Writer) {
        put_block(out, self.len());
        out.nested(|out| self.iter().for_each(|item| item.encode(out)));
        put_end(out);
    }
}

impl<'a, T: AvroDecode<'a>> AvroDecode<'a> for Vec<T> {
    fn decode(reader: &mut Reader<'a>) -> Result<Vec<T>, DecodeError> {
        let mut items = Vec::new();
        reader.items(|reader, more| {
            if items.len() == items.capacity() {
                items.reserve(reserved::<T>(more));
            }
            items.push(T::decode(reader).map_err(|error| error.at(items.len()))?);
            Ok::<_, DecodeError>(())
        })?;
        Ok(items)
    }
}

/// How many of so many items to reserve memory for.
pub(super) fn reserved<T>(more: usize) -> usize {
    more.min(RESERVED_BYTES_MAX / size_of::<T>().max(1)).max(1)
}

impl<T: AvroType> AvroType for Box<T> {
    shape_around!(T, same);
}

/// The shape of a box is that of what is in it.
const fn same(shape: &'static Shape) -> Shape {
    *shape
}

impl<T: AvroEncode> AvroEncode for Box<T> {
    #[inline]
    fn size(&self, depth: u32) -> usize {
        depth.checked_sub(1).map_or(0, |depth| (**self).size(depth))
    }

    fn encode(&self, out: &mut Writer) {
        out.nested(|out| (**self).encode(out));
    }

    fn encode_branch(&self, before: usize, out: &mut Writer) {
        out.nested(|out| (**self).encode_branch(before, out));
    }
}

/// A box is where a type contains itself: one level deeper.
impl<'a, T: AvroDecode<'a>> AvroDecode<'a> for Box<T> {
    fn decode(reader: &mut Reader<'a>) -> Result<Box<T>, DecodeError> {
        reader.nested(T::decode).map(Box::new)
    }

    fn decode_branch(index: usize, reader: &mut Reader<'a>) -> Result<Box<T>, DecodeError> {
        reader.nested(|reader| T::decode_branch(index, reader)).map(Box::new)
    }
}

impl<T: AvroType> AvroType for Option<T> {
    shape_around!(T, Shape::NullFirst);
}

/// That an option's inside is not itself null, and two nulls could not be told apart.
const fn assert_some<T: AvroType>() {
    let mut index = 0;
    while index < T::SHAPE_0.branches() {
        assert!(
            !matches!(T::SHAPE_0.branch(index), Shape::Null),
            "an Option of what can be null itself: Avro has only one null in a union"
        );
        index += 1;
    }
}

impl<T: AvroEncode> AvroEncode for Option<T> {
    #[inline]
    fn size(&self, depth: u32) -> usize {
        1 + self.as_ref().map_or(0, |value| value.size(depth))
    }

    #[inline]
    fn encode(&self, out: &mut Writer) {
        self.encode_branch(0, out);
    }

    #[inline]
    fn encode_branch(&self, before: usize, out: &mut Writer) {
        const { assert_some::<T>() };
        match self {
            None => put_index(out, before),
            Some(value) => value.encode_branch(before + 1, out),
        }
    }
}

impl<'a, T: AvroDecode<'a>> AvroDecode<'a> for Option<T> {
    #[inline]
    fn decode(reader: &mut Reader<'a>) -> Result<Option<T>, DecodeError> {
        let index = reader.index(const { 1 + T::SHAPE_0.branches() })?;
        Self::decode_branch(index, reader)
    }

    #[inline]
    fn decode_branch(index: usize, reader: &mut Reader<'a>) -> Result<Option<T>, DecodeError> {
        const { assert_some::<T>() };
        match index {
            0 => Ok(None),
            index => T::decode_branch(index - 1, reader).map(Some),
        }
    }
}

/// An `Option` whose null is the last branch, as a default other than null asks for. Only a field's shape and codec: the field is an `Option`.
#[derive(Debug)]
pub struct NullLast<T>(std::marker::PhantomData<T>);

impl<T: AvroType> AvroType for NullLast<T> {
    shape_around!(T, Shape::NullLast);
}

impl<T: AvroEncode> NullLast<T> {
    /// Appends the datum.
    #[inline]
    pub fn encode(value: &Option<T>, out: &mut Writer) {
        const { assert_some::<T>() };
        match value {
            None => put_index(out, const { T::SHAPE_0.branches() }),
            Some(value) => value.encode_branch(0, out),
        }
    }
}

impl<T> NullLast<T> {
    /// Reads a datum.
    /// # Errors
    /// The bytes are none.
    #[inline]
    pub fn decode<'a>(reader: &mut Reader<'a>) -> Result<Option<T>, DecodeError>
    where
        T: AvroDecode<'a>,
    {
        const { assert_some::<T>() };
        let last = const { T::SHAPE_0.branches() };
        match reader.index(last + 1)? {
            index if index == last => Ok(None),
            index => T::decode_branch(index, reader).map(Some),
        }
    }
}
