//! Reading one file: `.proto` text, or a serialised `FileDescriptorProto` in base64 (what the Python client sends).

use std::panic::catch_unwind;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use prost::Message as _;
use prost_types::{FileDescriptorProto, UninterpretedOption};
use protox_parse::ParseError;

use super::pool::Unit;
use super::{literal, place, print, respell, scan};
use crate::error::SchemaError;
use crate::limits::Limits;

/// Brackets of any kind inside one another. `protoc` allows messages 31 deep; the readers of option literals behind us
/// recurse with large frames.
const NESTING_MAX: usize = 64;

/// Reads a file and gives it the name `name`.
///
/// # Errors
/// Syntax, depth, or editions.
pub(super) fn read(name: &str, text: &str, limits: &Limits) -> Result<Unit, SchemaError> {
    match serialized(text) {
        Some((mut file, bytes)) => {
            refuse_editions(file.syntax() == "editions")?;
            file.name = Some(name.to_owned());
            Ok(Unit { file, bytes: Some(bytes) })
        }
        None => Ok(Unit { file: parse(name, text, limits)?, bytes: None }),
    }
}

/// Parses `.proto` text.
///
/// # Errors
/// Syntax, depth, or editions.
pub(super) fn parse(name: &str, text: &str, limits: &Limits) -> Result<FileDescriptorProto, SchemaError> {
    let scan = scan::scan(text, limits.depth.min(NESTING_MAX))?;
    refuse_editions(scan.edition)?;
    let mut file = match parsed(name, text)? {
        Ok(file) => file,
        Err(error) => {
            // What the parser does not know, in words that it does.
            let respelled = respell::respelled(text).map(|text| parsed(name, &text)).transpose()?;
            match respelled {
                Some(Ok(file)) => file,
                _ => return Err(syntax_error(&error, text)),
            }
        }
    };
    place::each_options(&mut file, &mut |options| options.iter_mut().for_each(plain_aggregate));
    Ok(file)
}

/// The parser, which is not trusted to be free of panics.
fn parsed(name: &str, text: &str) -> Result<Result<FileDescriptorProto, ParseError>, SchemaError> {
    let (name, text) = (name.to_owned(), text.to_owned());
    catch_unwind(move || protox_parse::parse(&name, &text))
        .map_err(|_| SchemaError::Unsupported { what: "a construct in this schema".to_owned() })
}

/// Literals in the one spelling that the interpreter of options knows: it has no `list [ {..} ]` without a colon.
fn plain_aggregate(option: &mut UninterpretedOption) {
    if let Some(entries) = option.aggregate_value.as_deref().and_then(literal::parse) {
        option.aggregate_value = Some(print::literal(&entries));
    }
}

/// The descriptor in a base64 text; `None` for anything else. No `.proto` text with a statement is base64: it has
/// spaces and semicolons.
fn serialized(text: &str) -> Option<(FileDescriptorProto, Vec<u8>)> {
    let text = text.trim();
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    if text.is_empty() || !text.as_bytes().iter().all(base64) {
        return None;
    }
    let bytes = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()?;
    let file = FileDescriptorProto::decode(bytes.as_slice()).ok()?;
    Some((file, bytes))
}

fn refuse_editions(editions: bool) -> Result<(), SchemaError> {
    match editions {
        true => Err(SchemaError::Unsupported {
            what: "Protobuf editions (use proto2 or proto3); an edition".to_owned(),
        }),
        false => Ok(()),
    }
}

fn syntax_error(error: &ParseError, text: &str) -> SchemaError {
    let offset = error.span().map_or(text.len(), |span| span.start);
    let position = scan::position(text, offset);
    SchemaError::Syntax { line: position.line, column: position.column, reason: error.to_string() }
}
