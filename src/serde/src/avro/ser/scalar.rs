//! What takes one scalar and nothing else: the key of a map, a byte of `bytes`.

/// The part of a `Serializer` that such ones share: options and newtypes are what is in them, everything else is refused with `$refusal`.
macro_rules! one_scalar {
    ($ok:ty, $refusal:ident) => {
        type Ok = $ok;
        type Error = Fail;
        type SerializeSeq = ser::Impossible<$ok, Fail>;
        type SerializeTuple = ser::Impossible<$ok, Fail>;
        type SerializeTupleStruct = ser::Impossible<$ok, Fail>;
        type SerializeTupleVariant = ser::Impossible<$ok, Fail>;
        type SerializeMap = ser::Impossible<$ok, Fail>;
        type SerializeStruct = ser::Impossible<$ok, Fail>;
        type SerializeStructVariant = ser::Impossible<$ok, Fail>;

        fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<$ok, Fail> {
            value.serialize(self)
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<$ok, Fail> {
            value.serialize(self)
        }

        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<$ok, Fail> {
            Err($refusal())
        }

        $crate::avro::ser::scalar::refused! { $ok, $refusal:
            serialize_none(), serialize_unit(), serialize_f32(f32), serialize_f64(f64), serialize_bytes(&[u8]),
            serialize_unit_struct(&'static str)
        }
        $crate::avro::ser::scalar::refused! { ser::Impossible<$ok, Fail>, $refusal:
            serialize_seq(Option<usize>), serialize_tuple(usize), serialize_tuple_struct(&'static str, usize),
            serialize_tuple_variant(&'static str, u32, &'static str, usize), serialize_map(Option<usize>),
            serialize_struct(&'static str, usize),
            serialize_struct_variant(&'static str, u32, &'static str, usize)
        }
    };
}

/// Methods that refuse.
macro_rules! refused {
    ($ok:ty, $refusal:ident: $($name:ident($($argument:ty),*)),*) => {
        $(fn $name(self, $(_: $argument),*) -> Result<$ok, Fail> {
            Err($refusal())
        })*
    };
}

pub(super) use {one_scalar, refused};
