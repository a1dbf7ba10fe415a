//! From the places of fragments to files, lines and columns: in the file itself, in what it refers to, or at the parent.

use std::borrow::Cow;
use std::collections::HashMap;

use assay_schema::{Position, SchemaType};

use crate::locate::{self, Located};
use crate::tree::{Loaded, Tree};

/// The files of one tree that were looked into for places, each read once; `None`: it cannot be read.
#[derive(Default)]
pub(super) struct Looked<'t>(HashMap<String, Option<Located<'t>>>);

impl<'t> Looked<'t> {
    fn located(&mut self, tree: &'t Tree, ty: SchemaType, file: &str) -> Option<&Located<'t>> {
        if !self.0.contains_key(file) {
            let located = tree.text(file).and_then(|text| Located::new(ty, text));
            self.0.insert(file.to_owned(), located);
        }
        self.0.get(file).and_then(Option::as_ref)
    }

    /// The file and position of a place: in the file itself, in what it refers to, or else its parent.
    pub(super) fn place(
        &mut self,
        tree: &'t Tree,
        path: &str,
        loaded: &Loaded,
        wanted: &str,
    ) -> (String, Position) {
        let ty = loaded.schema.schema_type();
        // In a referenced JSON schema a pointer stands behind the reference's name.
        let document = wanted.split_once('#').filter(|_| ty == SchemaType::Json);
        let document =
            document.and_then(|(name, pointer)| Some((loaded.documents.get(name)?.as_str(), pointer)));
        let (wanted, files) = match document {
            Some((file, pointer)) => (pointer, vec![file]),
            None if ty == SchemaType::Json => (wanted, vec![path]),
            None => {
                (wanted, std::iter::once(path).chain(loaded.closure.iter().map(String::as_str)).collect())
            }
        };
        let mut at = Some(wanted);
        while let Some(place) = at {
            for file in &files {
                if let Some(position) = self.located(tree, ty, file).and_then(|l| l.position(place)) {
                    return ((*file).to_owned(), position);
                }
            }
            at = locate::parent(ty, place);
        }
        (path.to_owned(), Position { line: 1, column: 1 })
    }

    /// The package of a Protobuf file; of a file that is not there, none.
    pub(super) fn package(&mut self, tree: &'t Tree, file: &str) -> &str {
        self.located(tree, SchemaType::Protobuf, file).map_or("", Located::package)
    }
}

/// A Protobuf place of a file as it is called in another version of the file, which may have another package.
pub(super) fn repackaged<'p>(place: &'p str, was: &str, is: &str) -> Cow<'p, str> {
    let local = match was {
        _ if was == is => None,
        "" => Some(place),
        _ => place.strip_prefix(was).and_then(|rest| rest.strip_prefix('.')),
    };
    match local {
        None => Cow::Borrowed(place),
        Some(local) if is.is_empty() => Cow::Borrowed(local),
        Some(local) => Cow::Owned(format!("{is}.{local}")),
    }
}
