//! Protobuf schemas: a model of the syntax, the canonical and normal text, and the descriptors validation needs.
//!
//! The text is parsed by `protox-parse`, lowered back to what was written (the descriptor format turns maps and groups
//! into messages), printed in one layout, and compiled by `prost-reflect` as a strict second opinion. Imports resolve
//! to given references and bundled files only: nothing is read from disk or network.
//!
//! Not done: editions (refused); comments are not kept. A descriptor from a client has its map entries turned back
//! into `map<..>` in the canonical text too, where the reference does so in the normal text only: the text then stays
//! what `protoc` accepts.

mod bare;
mod builtin;
mod indexes;
mod literal;
mod lower;
pub mod model;
mod normalize;
mod options;
mod place;
mod pool;
mod print;
mod respell;
mod scan;
mod source;
mod tags;

use std::sync::Arc;

use prost_reflect::{DescriptorPool, DynamicMessage, FileDescriptor};
use prost_types::FileDescriptorProto;

pub use builtin::builtin_imports;
use pool::{Compiled, CustomOptions};
pub use prost_reflect; // its descriptors are part of this interface

use crate::{Limits, ResolvedReference, SchemaError, Strictness};
use model::{File, Syntax};

/// The name of the file itself in its pool, as the reference names it in serialised descriptors.
const ROOT: &str = "default";

/// A parsed Protobuf schema: one file, with everything it imports compiled.
#[derive(Clone, Debug)]
pub struct ProtoSchema {
    canonical: String,
    file: Arc<File>,
    compiled: Arc<Compiled>,
}

impl ProtoSchema {
    /// Parses a file, given as text or as a base64 `FileDescriptorProto`, and compiles it with its imports.
    ///
    /// # Errors
    /// Syntax, with line and column; an import that is no reference and not bundled; a name that resolves nowhere; a
    /// broken rule of the language; editions; depth and size limits.
    pub fn parse(
        text: &str,
        references: &[ResolvedReference],
        _strictness: Strictness,
        limits: &Limits,
    ) -> Result<ProtoSchema, SchemaError> {
        let root = root_name(references);
        let unit = source::read(&root, text, limits)?;
        if unit.bytes.is_some() {
            let compiled = pool::compile(unit.clone(), references, limits)?;
            let view = view(&compiled)?;
            let mut file = lower::from_descriptor(&unit.file, &view);
            file.imports.truncate(unit.file.dependency.len());
            return ProtoSchema::parse_text(&print::print(&file), &root, references, limits);
        }
        ProtoSchema::finish(text, unit, references, limits)
    }

    fn parse_text(
        text: &str,
        root: &str,
        references: &[ResolvedReference],
        limits: &Limits,
    ) -> Result<ProtoSchema, SchemaError> {
        let file = source::parse(root, text, limits)?;
        ProtoSchema::finish(text, pool::Unit { file, bytes: None }, references, limits)
    }

    fn finish(
        text: &str,
        unit: pool::Unit,
        references: &[ResolvedReference],
        limits: &Limits,
    ) -> Result<ProtoSchema, SchemaError> {
        let file = lower::from_syntax(&unit.file, written_syntax(&unit.file));
        let compiled = pool::compile(unit, references, limits)?;
        let canonical = print::print(&file);
        if canonical.len() > limits.schema_bytes.max(text.len()).saturating_mul(4) {
            return Err(SchemaError::TooLarge { bytes: canonical.len(), limit: limits.schema_bytes });
        }
        Ok(ProtoSchema { canonical, file: Arc::new(file), compiled: Arc::new(compiled) })
    }

    /// The canonical text (contract 2.11).
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The normal text (contract 2.12): names fully qualified, everything without meaning in its order sorted.
    pub fn normalized(&self) -> String {
        let resolved = match (self.compiled.options, view(&self.compiled)) {
            (CustomOptions::Interpreted, Ok(view)) => {
                let file =
                    self.file_descriptor().map(|f| f.file_descriptor_proto().clone()).unwrap_or_default();
                lower::from_descriptor(&file, &view)
            }
            _ => (*self.file).clone(), // options nobody defines cannot be resolved, and must not be lost
        };
        let mut file = File { imports: self.file.imports.clone(), syntax: self.file.syntax, ..resolved };
        normalize::normalize(&mut file);
        print::print(&file)
    }

    /// The full name of the first message.
    pub fn record_name(&self) -> Option<String> {
        let message = self.file.messages.first()?;
        Some(match &self.file.package {
            Some(package) => format!("{package}.{}", message.name),
            None => message.name.clone(),
        })
    }

    /// The syntax model, for rules that compare schemas.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The pool with the file and all it imports.
    pub fn descriptor_pool(&self) -> &DescriptorPool {
        &self.compiled.pool
    }

    /// The file in the pool; its names are resolved.
    pub fn file_descriptor(&self) -> Option<FileDescriptor> {
        self.compiled.pool.get_file_by_name(&self.compiled.root)
    }

    /// The serialised `FileDescriptorProto` of the file (`format=serialized`, before base64).
    pub fn serialized(&self) -> Vec<u8> {
        self.file_descriptor().map(|file| file.encode_to_vec()).unwrap_or_default()
    }

    /// What `validateFields` asks for: a complete descriptor from the imports alone (contract 2.9).
    ///
    /// # Errors
    /// What a strict compiler says.
    pub fn validate_fields(&self) -> Result<(), SchemaError> {
        match &self.compiled.complaint {
            None => Ok(()),
            Some(error) => Err(error.clone()),
        }
    }
}

/// The root's name must not be one of the references'.
fn root_name(references: &[ResolvedReference]) -> String {
    let mut name = ROOT.to_owned();
    while references.iter().any(|r| r.name == name) {
        name.push('_');
    }
    name
}

/// Whether the text has a `syntax` statement; a proto2 descriptor looks the same either way.
fn written_syntax(file: &FileDescriptorProto) -> Option<Syntax> {
    const SYNTAX: [i32; 1] = [12];
    let locations = file.source_code_info.as_ref().map(|info| info.location.as_slice()).unwrap_or_default();
    match (file.syntax(), locations.iter().any(|l| l.path == SYNTAX)) {
        ("proto3", _) => Some(Syntax::Proto3),
        (_, true) => Some(Syntax::Proto2),
        (_, false) => None,
    }
}

/// The root file as a dynamic message that knows the extensions of its pool.
fn view(compiled: &Compiled) -> Result<DynamicMessage, SchemaError> {
    const FILE: &str = "google.protobuf.FileDescriptorProto";
    let broken = || SchemaError::Unsupported { what: "a construct in this schema's options".to_owned() };
    let pool = &compiled.pool;
    let file = pool.get_file_by_name(&compiled.root).ok_or_else(broken)?;
    let descriptor =
        pool.get_message_by_name(FILE).or_else(|| DescriptorPool::global().get_message_by_name(FILE));
    DynamicMessage::decode(descriptor.ok_or_else(broken)?, file.encode_to_vec().as_slice())
        .map_err(|_| broken())
}
