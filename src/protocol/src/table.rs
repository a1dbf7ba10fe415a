//! The macro behind the message tables, and the traits a table implements.
//!
//! ```text
//! table! {
//!     request Produce [3-9], flexible [9+];
//!     /// What the struct is.
//!     ProduceRequest {
//!         /// What the field is.
//!         transactional_id: Option<Str> [3+] null [3+] = None;
//!         acks: i16 [0+];
//!     }
//!     /// Nested structs follow.
//!     TopicProduceData { .. }
//! }
//! ```
//!
//! A row is: name, Rust type, versions; then optionally `null [..]` versions that allow null, `tag N [..]` the tag and
//! the versions in which the field is tagged, and `= value` the default. The notation of versions is the official
//! definitions' (`3+`, `0-12`, `1`).

use bytes::{Bytes, BytesMut};

use crate::error::{DecodeCause, DecodeError};
use crate::reader::Reader;
use crate::spec::MessageSpec;
use crate::wire::{Form, Wire};

/// A message with a table: a request, a response, or a record of an internal topic.
pub trait Message: Wire + Default + Clone + PartialEq + std::fmt::Debug + Send + 'static {
    /// The table, as data.
    const SPEC: &'static MessageSpec;

    /// Reads the message in this version. Bytes after it are left in the reader.
    ///
    /// # Errors
    /// The version is not in the table, or the bytes are malformed.
    fn decode(version: i16, r: &mut Reader) -> Result<Self, DecodeError> {
        Self::read(r, form::<Self>(version, r)?)
    }

    /// Reads a body. Bytes after the message are ignored, as Kafka does, since clients have been seen to send them.
    ///
    /// # Errors
    /// As [`Message::decode`].
    fn decode_body(version: i16, body: Bytes) -> Result<Self, DecodeError> {
        Self::decode(version, &mut Reader::new(body))
    }

    /// Reads a body that must be nothing but the message.
    ///
    /// # Errors
    /// As [`Message::decode`]; `TrailingBytes` when bytes are left over.
    fn decode_exact(version: i16, body: Bytes) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let message = Self::decode(version, &mut r)?;
        match r.remaining() {
            0 => Ok(message),
            left => Err(r.error(DecodeCause::TrailingBytes(left))),
        }
    }

    /// Appends the message in this version, which must be in the table (checked in debug builds).
    ///
    /// Fields the version does not have are dropped. Null where the version has none is written as empty, and text
    /// too long for an old version's 16-bit length is cut at a character.
    fn encode(&self, version: i16, out: &mut BytesMut) {
        debug_assert!(Self::SPEC.versions.contains(version), "{} has no version {version}", Self::SPEC.name);
        let flexible = Self::SPEC.flexible.contains(version);
        self.write(out, Form { version, flexible, nullable: false });
    }
}

fn form<M: Message>(version: i16, r: &Reader) -> Result<Form, DecodeError> {
    if !M::SPEC.versions.contains(version) {
        return Err(r.error(DecodeCause::UnsupportedVersion(version)));
    }
    Ok(Form { version, flexible: M::SPEC.flexible.contains(version), nullable: false })
}

/// A request, and the response that answers it.
pub trait Request: Message {
    /// The response to this request.
    type Response: Message;
}

/// A message whose type is not known at compile time: for tests, fuzzing and dumps.
#[derive(Debug, Clone, Copy)]
pub struct AnyMessage {
    /// The message's table.
    pub spec: &'static MessageSpec,
    /// Decodes a body in a version, then encodes it again.
    pub recode: fn(i16, Bytes) -> Result<Bytes, DecodeError>,
}

impl AnyMessage {
    /// The entry of message `M`.
    #[must_use]
    pub const fn of<M: Message>() -> Self {
        AnyMessage { spec: M::SPEC, recode: recode::<M> }
    }
}

fn recode<M: Message>(version: i16, body: Bytes) -> Result<Bytes, DecodeError> {
    let message = M::decode_exact(version, body)?;
    let mut out = BytesMut::new();
    message.encode(version, &mut out);
    Ok(out.freeze())
}

/// Versions in the notation of the official definitions.
macro_rules! versions {
    () => {
        $crate::spec::Versions::NONE
    };
    (none) => {
        $crate::spec::Versions::NONE
    };
    ($min:literal +) => {
        $crate::spec::Versions { min: $min, max: i16::MAX }
    };
    ($min:literal - $max:literal) => {
        $crate::spec::Versions { min: $min, max: $max }
    };
    ($only:literal) => {
        $crate::spec::Versions { min: $only, max: $only }
    };
}

/// A field's default: the one given; else empty but not null for a nullable field; else the type's.
macro_rules! default_value {
    ([$default:expr] [$($nullable:tt)*]) => {
        $default
    };
    ([] [$($nullable:tt)+]) => {
        Some(Default::default())
    };
    ([] []) => {
        Default::default()
    };
}

/// A field's default as text.
macro_rules! default_text {
    () => {
        None
    };
    ($default:expr) => {
        Some(stringify!($default))
    };
}

/// See the module.
macro_rules! table {
    (
        $kind:ident $($key:ident)? [$($valid:tt)+], flexible [$($flexible:tt)+];
        $(#[$meta:meta])* $root:ident { $($rows:tt)* }
        $( $(#[$nested_meta:meta])* $nested:ident { $($nested_rows:tt)* } )*
    ) => {
        structure! { $(#[$meta])* $root { $($rows)* } }
        $( structure! { $(#[$nested_meta])* $nested { $($nested_rows)* } } )*

        impl $crate::table::Message for $root {
            const SPEC: &'static $crate::spec::MessageSpec = &$crate::spec::MessageSpec {
                name: stringify!($root),
                kind: message_kind!($kind $($key)?),
                versions: versions!($($valid)+),
                flexible: versions!($($flexible)+),
                fields: $root::FIELDS,
            };
        }
    };
}

macro_rules! message_kind {
    (request $key:ident) => {
        $crate::spec::MessageKind::Request($crate::ApiKey::$key)
    };
    (response $key:ident) => {
        $crate::spec::MessageKind::Response($crate::ApiKey::$key)
    };
    (data) => {
        $crate::spec::MessageKind::Data
    };
}

/// One struct of a table: the struct, its defaults, its description, and how it is read and written.
macro_rules! structure {
    (
        $(#[$meta:meta])*
        $name:ident { $(
            $(#[$doc:meta])*
            $field:ident : $ty:ty [$($v:tt)+]
                $( null [$($null:tt)+] )?
                $( tag $tag:literal [$($tagged:tt)+] )?
                $( = $default:expr )? ;
        )* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $( $(#[$doc])* pub $field: $ty, )* }

        impl Default for $name {
            fn default() -> Self {
                $name { $( $field: default_value!([$($default)?] [$($($null)+)?]), )* }
            }
        }

        impl $name {
            /// The rows of the table.
            pub const FIELDS: &'static [$crate::spec::FieldSpec] = &[ $(
                $crate::spec::FieldSpec {
                    name: stringify!($field),
                    ty: <$ty as $crate::wire::Wire>::TYPE,
                    versions: versions!($($v)+),
                    nullable: versions!($($($null)+)?),
                    tag: tag_spec!($($tag [$($tagged)+])?),
                    default: default_text!($($default)?),
                },
            )* ];
        }

        impl $crate::wire::Wire for $name {
            const TYPE: $crate::spec::Type = $crate::spec::Type::Struct(stringify!($name), $name::FIELDS);

            fn bytes_min(form: $crate::wire::Form) -> usize {
                let mut bytes = usize::from(form.flexible);
                $( if untagged!(form, [$($v)+] [$($($tagged)+)?]) {
                    bytes += <$ty as $crate::wire::Wire>::bytes_min(form);
                } )*
                bytes
            }

            fn read(
                r: &mut $crate::reader::Reader,
                form: $crate::wire::Form,
            ) -> Result<Self, $crate::error::DecodeError> {
                let mut value = $name::default();
                $( if untagged!(form, [$($v)+] [$($($tagged)+)?]) {
                    let form = form.with_nullable(versions!($($($null)+)?).contains(form.version));
                    value.$field = <$ty as $crate::wire::Wire>::read(r, form)
                        .map_err(|e| e.in_field(stringify!($field)))?;
                } )*
                if form.flexible {
                    r.tagged(|_r, _tag| {
                        $( read_tagged!(
                            value.$field, $ty, _r, _tag, form,
                            [$($tag [$($tagged)+])?] [$($($null)+)?]
                        ); )*
                        Ok(false)
                    })?;
                }
                Ok(value)
            }

            fn write(&self, out: &mut bytes::BytesMut, form: $crate::wire::Form) {
                $( if untagged!(form, [$($v)+] [$($($tagged)+)?]) {
                    let form = form.with_nullable(versions!($($($null)+)?).contains(form.version));
                    $crate::wire::Wire::write(&self.$field, out, form);
                } )*
                if form.flexible {
                    let mut _tagged = $crate::writer::Tagged::default();
                    $( write_tagged!(
                        self.$field, $ty, _tagged, form,
                        [$($tag [$($tagged)+])?] [$($($null)+)?] [$($default)?]
                    ); )*
                    _tagged.finish(out);
                }
            }
        }
    };
}

/// Whether the version has the field, and not as a tagged one.
macro_rules! untagged {
    ($form:ident, [$($v:tt)+] [$($tagged:tt)*]) => {
        versions!($($v)+).contains($form.version)
            && !($form.flexible && versions!($($tagged)*).contains($form.version))
    };
}

macro_rules! tag_spec {
    () => {
        None
    };
    ($tag:literal [$($tagged:tt)+]) => {
        Some(($tag, versions!($($tagged)+)))
    };
}

/// Reads a tagged field and returns, if the tag is this field's and the version has it.
macro_rules! read_tagged {
    ($value:ident.$field:ident, $ty:ty, $r:ident, $tag:ident, $form:ident, [] [$($null:tt)*]) => {};
    (
        $value:ident.$field:ident, $ty:ty, $r:ident, $tag:ident, $form:ident,
        [$number:literal [$($tagged:tt)+]] [$($null:tt)*]
    ) => {
        if $tag == $number && versions!($($tagged)+).contains($form.version) {
            let form = $form.with_nullable(versions!($($null)*).contains($form.version));
            $value.$field =
                <$ty as $crate::wire::Wire>::read($r, form).map_err(|e| e.in_field(stringify!($field)))?;
            return Ok(true);
        }
    };
}

/// Adds a tagged field, if the version has it and it is not the default.
macro_rules! write_tagged {
    ($self:ident.$field:ident, $ty:ty, $out:ident, $form:ident, [] [$($null:tt)*] [$($default:expr)?]) => {};
    (
        $self:ident.$field:ident, $ty:ty, $out:ident, $form:ident,
        [$number:literal [$($tagged:tt)+]] [$($null:tt)*] [$($default:expr)?]
    ) => {
        let default: $ty = default_value!([$($default)?] [$($null)*]);
        if versions!($($tagged)+).contains($form.version) && $self.$field != default {
            let form = $form.with_nullable(versions!($($null)*).contains($form.version));
            $out.add($number, |out| $crate::wire::Wire::write(&$self.$field, out, form));
        }
    };
}
