//! An Avro schema ready for use.

use std::sync::{Arc, Weak};

use apache_avro::types::Value;
use arc_swap::ArcSwap;
use assay_client::Schema;
use assay_schema::{
    Context, Limits, ResolvedReference, SchemaError, SchemaType, Strictness, Subject, Version,
    avro::AvroSchema as Model,
};
use serde::{Deserialize, Serialize};

use super::cursor::Cursor;
use super::fail::Fail;
use super::program::{Node, Program};
use super::{AvroResolution, compile, de, generic, ser, value};
use crate::{PayloadError, SerdeError, bytes::Reader};

/// Readers that a writer's schema remembers its resolution to.
const RESOLUTIONS_MAX: usize = 64;

/// An Avro schema: its text as it is registered, and the compiled form. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AvroSchema {
    pub(crate) schema: Schema,
    compiled: Arc<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    model: Model,
    program: Program,
    /// Resolutions to readers that are still in use.
    resolutions: ArcSwap<Vec<(Weak<Compiled>, Arc<AvroResolution>)>>,
}

impl AvroSchema {
    /// Parses a schema without references.
    /// # Errors
    /// `Schema` with the parser's reason.
    pub fn parse(text: &str) -> Result<AvroSchema, SerdeError> {
        AvroSchema::with_references(Schema::new(SchemaType::Avro, text), &[])
    }

    /// Parses a schema; `texts` are those of all schemas it refers to, directly or not, in any order.
    /// # Errors
    /// `Schema` with the parser's reason.
    pub fn with_references(schema: Schema, texts: &[String]) -> Result<AvroSchema, SerdeError> {
        let model = model(&schema.text, texts).map_err(|error| SerdeError::Schema(error.to_string()))?;
        let program = compile::program(&model);
        let compiled = Compiled { model, program, resolutions: ArcSwap::default() };
        Ok(AvroSchema { schema, compiled: Arc::new(compiled) })
    }

    /// The types.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.compiled.model
    }

    /// The text that is registered.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.schema.text
    }

    /// The full name of the schema, if it is a record, enum or fixed.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.compiled.model.record_name()
    }

    /// Appends the datum of a serde value. A top-level `bytes` is the bytes themselves, without a length (contract 5.4).
    /// # Errors
    /// The value does not fit the schema. `out` is then as it was.
    pub fn encode<T: Serialize + ?Sized>(&self, value: &T, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        self.append(out, |program, out| ser::encode(program, value, out))
    }

    /// Appends the datum of a generic value. It need not be of the very schema: a bare value takes the branch of a union that fits, a
    /// map may be a record, missing fields are filled in.
    /// # Errors
    /// As [`AvroSchema::encode`].
    pub fn encode_value(&self, value: &Value, out: &mut Vec<u8>) -> Result<(), PayloadError> {
        self.append(out, |program, out| generic::encode(program, value, out))
    }

    /// The serde value of a datum; text and bytes may be borrowed from it. Every byte must belong to it.
    /// # Errors
    /// The bytes are no datum of the schema, or the value does not fit the type.
    pub fn decode<'de, T: Deserialize<'de>>(&self, datum: &'de [u8]) -> Result<T, PayloadError> {
        Ok(de::decode(self.cursor(datum))?)
    }

    /// The generic value of a datum. Every byte must belong to it.
    /// # Errors
    /// The bytes are no datum of the schema.
    pub fn decode_value(&self, datum: &[u8]) -> Result<Value, PayloadError> {
        Ok(value::decode(self.cursor(datum))?)
    }

    /// The resolution from this writer's schema to a reader's, compiled once as long as both are in use.
    #[must_use]
    pub fn resolution(&self, reader: &AvroSchema) -> Arc<AvroResolution> {
        let known = self.compiled.resolutions.load();
        let is_reader = |weak: &Weak<Compiled>| std::ptr::eq(weak.as_ptr(), Arc::as_ptr(&reader.compiled));
        if let Some((_, resolution)) = known.iter().find(|(weak, _)| is_reader(weak)) {
            return Arc::clone(resolution); // the weak pointer keeps the address from being used again
        }
        let resolution = Arc::new(AvroResolution::new(self, reader));
        let entry = (Arc::downgrade(&reader.compiled), Arc::clone(&resolution));
        self.compiled.resolutions.rcu(|known| {
            let mut known: Vec<_> =
                known.iter().filter(|(weak, _)| weak.strong_count() > 0).cloned().collect();
            known.truncate(RESOLUTIONS_MAX - 1);
            known.push(entry.clone());
            known
        });
        resolution
    }

    pub(super) fn has_bare_bytes(&self) -> bool {
        matches!(self.compiled.program.root().node, Node::Bytes)
    }

    fn cursor<'p, 'de>(&'p self, datum: &'de [u8]) -> Cursor<'p, 'de> {
        Cursor::new(&self.compiled.program, &[], datum, self.has_bare_bytes())
    }

    /// Appends what `encode` writes, or nothing if that fails.
    fn append(
        &self,
        out: &mut Vec<u8>,
        encode: impl FnOnce(&Program, &mut Vec<u8>) -> Result<(), Fail>,
    ) -> Result<(), PayloadError> {
        let start = out.len();
        let encoded = encode(&self.compiled.program, out);
        match encoded {
            Ok(()) if self.has_bare_bytes() => unwrap_bytes(out, start),
            Ok(()) => {}
            Err(fail) => {
                out.truncate(start);
                return Err(fail.into());
            }
        }
        Ok(())
    }
}

/// Takes the length away that stands before the bytes.
pub(super) fn unwrap_bytes(out: &mut Vec<u8>, start: usize) {
    let mut reader = Reader::new(out.get(start..).unwrap_or_default());
    let all = reader.left();
    if reader.length().is_ok() {
        let length = all - reader.left();
        out.drain(start..start + length);
    }
}

/// The model of a schema with what it refers to. References come dependencies first, as [`crate::closure`] gives them; if these do
/// not, an order is looked for.
fn model(text: &str, texts: &[String]) -> Result<Model, SchemaError> {
    let limits = Limits::default();
    let parse = |text: &str, references: &[ResolvedReference]| {
        Model::parse(text, references, Strictness::Stored, &limits)
    };
    let too_large = |bytes, limit| SchemaError::TooLarge { bytes, limit };
    if text.len() > limits.schema_bytes {
        return Err(too_large(text.len(), limits.schema_bytes));
    }
    if texts.len() > limits.references {
        return Err(SchemaError::TooMany { what: "referenced schemas", limit: limits.references });
    }
    let closure = texts.iter().fold(0usize, |sum, text| sum.saturating_add(text.len()));
    if closure > limits.closure_bytes {
        return Err(too_large(closure, limits.closure_bytes));
    }
    let references: Vec<ResolvedReference> = texts.iter().map(|text| reference(text)).collect();
    let error = match parse(text, &references) {
        Err(error) if !references.is_empty() => error,
        parsed => return parsed,
    };
    let (mut open, mut ordered) = (references, Vec::new());
    while !open.is_empty() {
        let ready = open.iter().position(|reference| parse(&reference.text, &ordered).is_ok());
        match ready {
            Some(at) => ordered.push(open.remove(at)),
            None => return Err(error),
        }
    }
    parse(text, &ordered)
}

/// A reference of which only the text is known.
fn reference(text: &str) -> ResolvedReference {
    ResolvedReference {
        name: "a reference".into(),
        subject: Subject::parse_in("reference", &Context::default()),
        version: Version::FIRST,
        schema_type: SchemaType::Avro,
        text: text.into(),
        references: Vec::new(),
    }
}
