//! Compiling: the file, its imports from references and bundled files, nothing else, into one descriptor pool. This is
//! where names are resolved and the rules of the language are checked (duplicate names and numbers, reserved fields,
//! zero first in proto3 enums, options that exist).
//!
//! The registry is more lenient than `protoc` in two things (contract 2.9): a reference that is given but not imported
//! still resolves names, and custom options nobody defines are let through. `Compiled::complaint` says what a strict
//! compiler would have said.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use prost::Message as _;
use prost_reflect::{DescriptorError, DescriptorPool};
use prost_types::{DescriptorProto, FileDescriptorProto};

use super::{builtin, place, source};
use crate::contract::ResolvedReference;
use crate::error::SchemaError;
use crate::limits::Limits;

/// A file to compile: its descriptor and, if it did not come from text, its exact bytes (they may hold extensions).
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) file: FileDescriptorProto,
    pub(super) bytes: Option<Vec<u8>>,
}

/// The result.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) pool: DescriptorPool,
    /// Name of the root file in the pool.
    pub(super) root: String,
    /// Why a strict compiler refuses the file, if it does.
    pub(super) complaint: Option<SchemaError>,
    /// Whether custom options had to be left out.
    pub(super) options: CustomOptions,
}

/// What became of custom options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CustomOptions {
    Interpreted,
    LeftOut,
}

/// How hard to try.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Strict,
    MoreImports,
    NoCustomOptions,
}

/// Compiles `root` with everything it needs.
///
/// # Errors
/// An import that is neither a reference nor bundled, or a broken rule.
pub(super) fn compile(
    root: Unit,
    references: &[ResolvedReference],
    limits: &Limits,
) -> Result<Compiled, SchemaError> {
    let mut by_name = HashMap::new();
    for reference in references {
        by_name.entry(reference.name.as_str()).or_insert(reference); // the first definition of a name wins
    }
    let name = root.file.name().to_owned();
    let extras = references.iter().map(|r| r.name.clone()).collect();
    let mut compiler = Compiler { by_name, limits, pool: DescriptorPool::new(), names: 0 };
    let outcome = compiler.run(Frame::new(name.clone(), root, extras))?;
    Ok(Compiled { pool: compiler.pool, root: name, complaint: outcome.complaint, options: outcome.options })
}

/// Fields times ranges of one message; the check behind us compares each with each.
const RANGE_CHECKS_MAX: usize = 50_000_000;

/// The highest product of fields and ranges of any message.
fn widest(messages: &[DescriptorProto]) -> Option<usize> {
    let own =
        |m: &DescriptorProto| m.field.len().saturating_mul(m.reserved_range.len() + m.extension_range.len());
    messages.iter().map(|m| own(m).max(widest(&m.nested_type).unwrap_or(0))).max()
}

struct Compiler<'a> {
    by_name: HashMap<&'a str, &'a ResolvedReference>,
    limits: &'a Limits,
    pool: DescriptorPool,
    names: usize,
}

/// A file whose imports are being added.
struct Frame {
    name: String,
    unit: Unit,
    /// Imports still to add.
    pending: Vec<String>,
    /// References given with the file; tried as imports when it does not compile by itself.
    extras: Vec<String>,
    attempt: Attempt,
    complaint: Option<SchemaError>,
}

impl Frame {
    fn new(name: String, unit: Unit, extras: Vec<String>) -> Frame {
        let pending = unit.file.dependency.iter().rev().cloned().collect();
        Frame { name, unit, pending, extras, attempt: Attempt::Strict, complaint: None }
    }
}

struct Outcome {
    complaint: Option<SchemaError>,
    options: CustomOptions,
}

impl Compiler<'_> {
    /// Depth first over imports, with a stack of our own.
    fn run(&mut self, root: Frame) -> Result<Outcome, SchemaError> {
        self.count_names(&root.unit.file)?;
        let mut stack = vec![root];
        let mut active = HashSet::from([stack[0].name.clone()]);
        loop {
            let Some(frame) = stack.last_mut() else {
                return Ok(Outcome { complaint: None, options: CustomOptions::Interpreted });
            };
            if let Some(import) = frame.pending.pop() {
                if self.pool.get_file_by_name(&import).is_some() {
                    continue;
                }
                if active.contains(&import) {
                    if frame.attempt != Attempt::Strict {
                        frame.unit.file.dependency.retain(|d| *d != import); // an extra that needs this very file
                        continue;
                    }
                    return Err(wrap(&stack, cycle(&stack, &import)));
                }
                let next = self.open(&import, frame).map_err(|e| wrap(&stack, e))?;
                active.insert(import);
                stack.push(next);
                continue;
            }
            match self.add(&frame.unit) {
                Ok(()) => {
                    active.remove(&frame.name);
                    let done = stack.pop();
                    if let (Some(done), true) = (done, stack.is_empty()) {
                        let left_out = done.attempt == Attempt::NoCustomOptions;
                        let options =
                            if left_out { CustomOptions::LeftOut } else { CustomOptions::Interpreted };
                        return Ok(Outcome { complaint: done.complaint, options });
                    }
                }
                Err(error) => {
                    if let Err(error) = retry(frame, error) {
                        return Err(wrap(&stack, error));
                    }
                }
            }
        }
    }

    /// Reads an import of `importer`.
    fn open(&mut self, import: &str, importer: &Frame) -> Result<Frame, SchemaError> {
        let (unit, extras) = if let Some(reference) = self.by_name.get(import) {
            let unit = source::read(import, &reference.text, self.limits)
                .map_err(|cause| SchemaError::Reference { name: import.to_owned(), cause: cause.into() })?;
            let extras = reference.references.iter().map(|r| r.name.clone()).collect();
            (unit, extras)
        } else if let Some(file) = builtin::descriptor(import) {
            (Unit { file, bytes: None }, Vec::new())
        } else {
            return Err(unresolved(import, &importer.unit.file));
        };
        self.count_names(&unit.file)?;
        Ok(Frame::new(import.to_owned(), unit, extras))
    }

    fn count_names(&mut self, file: &FileDescriptorProto) -> Result<(), SchemaError> {
        fn count(messages: &[DescriptorProto]) -> usize {
            messages.iter().map(|m| 1 + m.enum_type.len() + count(&m.nested_type)).sum()
        }
        if let Some(product) = widest(&file.message_type).filter(|product| *product > RANGE_CHECKS_MAX) {
            return Err(SchemaError::TooMany {
                what: "fields times reserved ranges in one message",
                limit: product.min(RANGE_CHECKS_MAX),
            });
        }
        self.names += file.enum_type.len() + count(&file.message_type);
        match self.names > self.limits.names {
            true => Err(SchemaError::TooMany { what: "messages and enums", limit: self.limits.names }),
            false => Ok(()),
        }
    }

    /// Adds a file whose imports are all there. The pool gets no positions: they cost memory, and time for every error
    /// found; the place of the first error is looked up afterwards.
    fn add(&mut self, unit: &Unit) -> Result<(), SchemaError> {
        let mut pool = self.pool.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| match &unit.bytes {
            Some(bytes) => {
                // Later fields win and lists append, so this renames the file and adds to its imports.
                let known =
                    FileDescriptorProto::decode(bytes.as_slice()).unwrap_or_default().dependency.len();
                let extra = FileDescriptorProto {
                    name: unit.file.name.clone(),
                    dependency: unit.file.dependency.get(known..).unwrap_or_default().to_vec(),
                    ..FileDescriptorProto::default()
                };
                pool.decode_file_descriptor_proto(
                    [bytes.as_slice(), &extra.encode_to_vec()].concat().as_slice(),
                )
            }
            None => {
                let file = FileDescriptorProto { source_code_info: None, ..unit.file.clone() };
                pool.add_file_descriptor_proto(file)
            }
        }));
        match outcome {
            Ok(Ok(())) => {
                self.pool = pool;
                Ok(())
            }
            Ok(Err(error)) => Err(descriptor_error(&error, &unit.file)),
            Err(_) => Err(SchemaError::Unsupported { what: "a construct in this schema".to_owned() }),
        }
    }
}

/// Decides what to try after a failure: more imports, then no custom options, then the error stands.
fn retry(frame: &mut Frame, error: SchemaError) -> Result<(), SchemaError> {
    frame.complaint.get_or_insert_with(|| error.clone());
    let known: HashSet<_> = frame.unit.file.dependency.iter().cloned().chain([frame.name.clone()]).collect();
    let extras: Vec<_> = frame.extras.drain(..).filter(|name| !known.contains(name)).collect();
    if frame.attempt == Attempt::Strict && !extras.is_empty() {
        frame.attempt = Attempt::MoreImports;
        frame.unit.file.dependency.extend(extras.iter().cloned());
        frame.pending = extras;
        return Ok(());
    }
    if frame.attempt != Attempt::NoCustomOptions && strip_custom_options(&mut frame.unit.file) {
        frame.attempt = Attempt::NoCustomOptions;
        return Ok(());
    }
    Err(error)
}

/// Removes options with an extension in their name; says whether there were any.
fn strip_custom_options(file: &mut FileDescriptorProto) -> bool {
    let mut found = false;
    place::each_options(file, &mut |options| {
        let before = options.len();
        options.retain(|option| option.name.iter().all(|part| !part.is_extension));
        found |= options.len() < before;
    });
    found
}

fn unresolved(import: &str, importer: &FileDescriptorProto) -> SchemaError {
    let index = importer.dependency.iter().position(|d| d == import).and_then(|i| i32::try_from(i).ok());
    SchemaError::UnresolvedReference {
        name: import.to_owned(),
        path: "import".to_owned(),
        position: index.and_then(|i| place::position(importer, &[3, i])),
    }
}

fn cycle(stack: &[Frame], import: &str) -> SchemaError {
    let from = stack.iter().position(|f| f.name == import).unwrap_or(0);
    let mut names: Vec<_> = stack[from..].iter().map(|f| f.name.as_str()).collect();
    names.push(import);
    SchemaError::Invalid {
        path: "import".to_owned(),
        position: None,
        reason: format!("files import each other in a circle: {}", names.join(" -> ")),
    }
}

/// An error in an imported file is an error of that reference.
fn wrap(stack: &[Frame], error: SchemaError) -> SchemaError {
    match (stack, &error) {
        ([_root, .., top], SchemaError::Invalid { .. } | SchemaError::UnresolvedReference { .. }) => {
            SchemaError::Reference { name: top.name.clone(), cause: error.into() }
        }
        _ => error,
    }
}

fn descriptor_error(error: &DescriptorError, file: &FileDescriptorProto) -> SchemaError {
    let path = error.path().unwrap_or_default();
    let position = (1..=path.len()).rev().find_map(|length| place::position(file, &path[..length]));
    SchemaError::Invalid {
        path: place::element(file, path),
        position,
        reason: match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}
