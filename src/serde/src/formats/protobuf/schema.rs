//! A `.proto` file ready for use: its messages, and the files it imports.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use assay_client::{Cache, Client, Normalize, Schema};
use assay_schema::protobuf::{ProtoSchema, builtin_imports};
use assay_schema::{Context, Limits, Reference, ResolvedReference, SchemaType, Strictness, Subject, Version};
use assay_wire::MessageIndexes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{FileDescriptor, MessageDescriptor};

use crate::config::KnownTypes;
use crate::source::{Parsed, closure};
use crate::{SerdeConfig, SerdeError, WriterSchema};

/// Most message paths that are remembered; a file has seldom more than a few that are written.
const PATHS_MAX: usize = 256;

/// A `.proto` file: its text as it is registered, and the compiled form. Cheap to clone.
#[derive(Clone)]
pub struct ProtobufSchema(Arc<Inner>);

struct Inner {
    schema: Schema,
    parsed: ProtoSchema,
    imports: Imports,
    messages: Cache<Box<[u32]>, MessageDescriptor>,
}

/// Where imports come from.
#[derive(Clone)]
enum Imports {
    /// The registry: the schema's references say from where.
    Registered(Vec<ResolvedReference>),
    /// The caller: to be registered with the file.
    Given(Vec<ResolvedReference>),
}

impl fmt::Debug for ProtobufSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtobufSchema").field("schema", &self.0.schema).finish_non_exhaustive()
    }
}

fn parsed(text: &str, references: &[ResolvedReference]) -> Result<ProtoSchema, SerdeError> {
    ProtoSchema::parse(text, references, Strictness::Stored, &Limits::default())
        .map_err(|error| SerdeError::Schema(error.to_string()))
}

impl Parsed for ProtobufSchema {
    const TYPE: SchemaType = SchemaType::Protobuf;

    fn parse(schema: &Schema, references: &[ResolvedReference]) -> Result<ProtobufSchema, SerdeError> {
        let compiled = parsed(&schema.text, references)?;
        Ok(ProtobufSchema::of(schema.clone(), compiled, Imports::Registered(references.to_vec())))
    }

    fn as_registered(&self) -> &Schema {
        &self.0.schema
    }

    fn record_name(&self) -> Option<String> {
        self.0.parsed.record_name()
    }

    fn suffix(&self, message: Option<&str>) -> Result<Vec<u8>, SerdeError> {
        let mut out = Vec::new();
        if let Some(name) = message {
            self.indexes(name)?.write(&mut out);
        }
        Ok(out)
    }

    fn imports(&self) -> Option<&[ResolvedReference]> {
        let (Imports::Registered(imports) | Imports::Given(imports)) = &self.0.imports;
        Some(imports)
    }

    async fn with_imports(
        &self,
        client: &Client,
        config: &SerdeConfig,
    ) -> Result<ProtobufSchema, SerdeError> {
        let Imports::Given(given) = &self.0.imports else { return Ok(self.clone()) };
        let files = self.imports_first();
        if files.is_empty() {
            return Ok(self.clone());
        }
        let known: HashSet<&str> = builtin_imports().collect();
        let mut placed: HashMap<String, Reference> = HashMap::new();
        for file in files {
            let text =
                given.iter().find(|import| import.name == file.name()).map(|import| import.text.to_string());
            if text.is_none() && known.contains(file.name()) && config.known_types == KnownTypes::Skip {
                continue;
            }
            let text = text.map_or_else(|| text_of(&file, given), Ok)?;
            let schema = Schema::new(SchemaType::Protobuf, &text).with_references(direct(&file, &placed));
            let subject = Subject::new(config.context.clone(), &config.reference_subject.name(file.name()));
            let version = place(client, config, &subject, &schema).await?;
            let reference = Reference {
                name: file.name().to_owned(),
                subject: subject.to_string(),
                version: version.as_i32(),
            };
            placed.insert(file.name().to_owned(), reference);
        }
        let references =
            self.0.parsed.file_descriptor().map(|file| direct(&file, &placed)).unwrap_or_default();
        let schema = self.0.schema.clone().with_references(references);
        Ok(ProtobufSchema::of(schema, self.0.parsed.clone(), Imports::Registered(given.clone())))
    }
}

/// The version of an imported file under its subject.
async fn place(
    client: &Client,
    config: &SerdeConfig,
    subject: &Subject,
    schema: &Schema,
) -> Result<Version, SerdeError> {
    let (registered, normalize) = match config.writer {
        WriterSchema::Register(normalize) => (client.register(subject, schema, normalize).await?, normalize),
        WriterSchema::Lookup(normalize) => (client.lookup(subject, schema, normalize).await?, normalize),
        _ => (client.lookup(subject, schema, Normalize::Default).await?, Normalize::Default),
    };
    let version = match registered.version {
        Some(version) => Some(version),
        None => client.lookup(subject, schema, normalize).await?.version, // before 8.0 registering tells the id alone
    };
    version
        .ok_or_else(|| SerdeError::Schema(format!("the registry tells no version of subject \"{subject}\"")))
}

/// References to what a file imports itself, in its order.
fn direct(file: &FileDescriptor, placed: &HashMap<String, Reference>) -> Vec<Reference> {
    file.dependencies().filter_map(|import| placed.get(import.name()).cloned()).collect()
}

/// The text of a file that is there as a descriptor only.
fn text_of(file: &FileDescriptor, references: &[ResolvedReference]) -> Result<String, SerdeError> {
    let encoded = STANDARD.encode(file.encode_to_vec());
    Ok(parsed(&encoded, references)?.canonical().to_owned())
}

/// An import that came with the file: it has no subject yet.
fn given(name: &str, text: &str) -> ResolvedReference {
    ResolvedReference {
        name: name.to_owned(),
        subject: Subject::new(Context::default(), name),
        version: Version::FIRST,
        schema_type: SchemaType::Protobuf,
        text: text.into(),
        references: Vec::new(),
    }
}

impl ProtobufSchema {
    fn of(schema: Schema, parsed: ProtoSchema, imports: Imports) -> ProtobufSchema {
        ProtobufSchema(Arc::new(Inner { schema, parsed, imports, messages: Cache::new(PATHS_MAX) }))
    }

    /// Parses a file that imports nothing but what is bundled (`google/protobuf`, `google/type`, `confluent`).
    /// # Errors
    /// `Schema` with line, column and reason.
    pub fn parse(text: &str) -> Result<ProtobufSchema, SerdeError> {
        ProtobufSchema::with_imports(text, &[])
    }

    /// Parses a file with the files it imports, directly or not: pairs of the path they are imported by and their text. A serializer
    /// registers them as references, each before what imports it, under the subject its settings name.
    /// # Errors
    /// `Schema` with line, column and reason.
    pub fn with_imports(text: &str, files: &[(&str, &str)]) -> Result<ProtobufSchema, SerdeError> {
        let imports: Vec<ResolvedReference> = files.iter().map(|(name, text)| given(name, text)).collect();
        let schema = Schema::new(SchemaType::Protobuf, text);
        Ok(ProtobufSchema::of(schema, parsed(text, &imports)?, Imports::Given(imports)))
    }

    /// The file a message was declared in, with all it imports, from a compiled descriptor.
    /// # Errors
    /// `Schema` for what a registry does not take, such as editions.
    pub fn from_descriptor(message: &MessageDescriptor) -> Result<ProtobufSchema, SerdeError> {
        let known: HashSet<&str> = builtin_imports().collect();
        let mut imports: Vec<ResolvedReference> = Vec::new();
        for file in dependencies_first(&message.parent_file()) {
            if !known.contains(file.name()) {
                let text = text_of(&file, &imports)?;
                imports.push(given(file.name(), &text));
            }
        }
        let text = text_of(&message.parent_file(), &imports)?;
        let schema = Schema::new(SchemaType::Protobuf, &text);
        Ok(ProtobufSchema::of(schema, parsed(&text, &imports)?, Imports::Given(imports)))
    }

    /// Parses a file whose imports are registered: each reference is named as the file imports it.
    /// # Errors
    /// `Schema`; `Registry` for a reference that is not there.
    pub async fn with_references(
        client: &Client,
        text: &str,
        references: &[Reference],
    ) -> Result<ProtobufSchema, SerdeError> {
        let resolved = closure(client, &Context::default(), references).await?;
        let schema = Schema::new(SchemaType::Protobuf, text).with_references(references);
        Parsed::parse(&schema, &resolved)
    }

    /// The schema as it is registered.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// A message of the file by its full name, `package.Outer.Inner`.
    #[must_use]
    pub fn message(&self, full_name: &str) -> Option<MessageDescriptor> {
        let message = self.0.parsed.descriptor_pool().get_message_by_name(full_name)?;
        (Some(message.parent_file()) == self.0.parsed.file_descriptor()).then_some(message)
    }

    /// Where a message stands in its file, as the frame says it (contract 5.3).
    /// # Errors
    /// `Schema` when the file has no such message.
    pub fn indexes(&self, full_name: &str) -> Result<MessageIndexes, SerdeError> {
        let missing = || SerdeError::Schema(format!("there is no message {full_name} in the file"));
        let mut message = self.message(full_name).ok_or_else(missing)?;
        let mut path = Vec::new();
        while let Some(outer) = message.parent_message() {
            path.push(outer.child_messages().position(|m| m == message));
            message = outer;
        }
        path.push(message.parent_file().messages().position(|m| m == message));
        let path: Option<Vec<u32>> = path.into_iter().rev().map(|at| u32::try_from(at?).ok()).collect();
        path.and_then(|path| MessageIndexes::new(&path)).ok_or_else(missing)
    }

    /// The message that indexes mean.
    pub(super) fn message_at(&self, indexes: &MessageIndexes) -> Option<MessageDescriptor> {
        if let Some(known) = self.0.messages.get(indexes.as_slice()) {
            return Some(known);
        }
        let path: Vec<i32> =
            indexes.as_slice().iter().map(|index| i32::try_from(*index).unwrap_or(i32::MAX)).collect();
        let found = self.0.parsed.message_by_indexes(&path)?;
        self.0.messages.insert(indexes.as_slice().into(), found.clone());
        Some(found)
    }

    fn imports_first(&self) -> Vec<FileDescriptor> {
        self.0.parsed.file_descriptor().map(|file| dependencies_first(&file)).unwrap_or_default()
    }
}

/// All a file imports, directly or not, each before what imports it; not the file itself.
fn dependencies_first(root: &FileDescriptor) -> Vec<FileDescriptor> {
    let (mut found, mut met) = (Vec::new(), HashSet::new());
    let mut open: Vec<(FileDescriptor, bool)> = vec![(root.clone(), false)];
    while let Some((file, entered)) = open.pop() {
        if entered {
            found.push(file);
        } else if met.insert(file.name().to_owned()) {
            let imports: Vec<FileDescriptor> = file.dependencies().collect();
            open.push((file, true));
            open.extend(imports.into_iter().rev().map(|import| (import, false)));
        }
    }
    found.pop(); // the root is last
    found
}
