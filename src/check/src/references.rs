//! What a file refers to inside its tree: Avro names, Protobuf imports, JSON `$ref`s; and a file parsed with all of it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use assay_schema::json::{Node, Numbers, Value, parse_json, write_compact};
use assay_schema::json_schema::percent_decoded;
use assay_schema::{
    Limits, ParsedSchema, Reference, ResolvedReference, SchemaError, SchemaType, Strictness, Subject,
    Version, parse,
};

use crate::locate;
use crate::tree::{Failure, Loaded, Tree, type_of};

/// What a file needs from others of its tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// What the file itself names, and the file that is meant; in the order of first need.
    pub own: Vec<(String, String)>,
    /// Everything reached: the name under which it was, and the file; dependencies first.
    pub closure: Vec<(String, String)>,
}

/// Results by file and format.
pub(crate) type Known = HashMap<(String, SchemaType), Arc<Result<Needs, Failure>>>;

/// What files define, by name: in the order of the paths.
pub(crate) type Named = BTreeMap<String, Vec<Definition>>;

/// One definition of a name.
#[derive(Debug)]
pub(crate) struct Definition {
    /// The file.
    pub(crate) file: String,
    /// Whether it is what the file is about, not something inside.
    root: bool,
    /// What it says, hashed with keys that nobody can know: the same for all of one name that say the same.
    says: u64,
}

/// [`Named`] in the making.
#[derive(Default)]
struct Index {
    names: Named,
    hasher: RandomState,
}

impl Index {
    /// Adds what a file says of a name. Only what it says first counts.
    fn add(&mut self, name: String, file: &str, root: bool, text: &str) {
        let of_name = self.names.entry(name).or_default();
        if of_name.last().is_none_or(|last| last.file != file) {
            of_name.push(Definition { file: file.to_owned(), root, says: self.hasher.hash_one(text) });
        }
    }
}

impl Tree {
    /// Parses a file with everything it refers to inside the tree.
    ///
    /// # Errors
    /// A name that no file of the tree defines, or that two files define differently; a cycle; a file that cannot be read.
    pub fn load(&self, path: &str, strictness: Strictness) -> Result<Loaded, Failure> {
        let ty = type_of(path).ok_or_else(|| Failure::of(path, "unknown extension; give --type"))?;
        self.load_as(path, ty, strictness)
    }

    /// [`Tree::load`] with the format given.
    ///
    /// # Errors
    /// As there.
    pub fn load_as(&self, path: &str, ty: SchemaType, strictness: Strictness) -> Result<Loaded, Failure> {
        let needs = self.needs(path, ty)?;
        let text = self.readable(path)?;
        let references = self.resolved(&needs, ty);
        let schema = parse(ty, text, &references, strictness, &Limits::default())
            .map_err(|error| Failure::parsing(path, &error))?;
        let (mut closure, mut documents): (Vec<String>, _) = (Vec::new(), BTreeMap::new());
        for (name, file) in needs.closure {
            documents.insert(hidden(&file), file.clone());
            if needs.own.iter().any(|own| (&own.0, &own.1) == (&name, &file)) {
                documents.insert(name, file.clone());
            }
            if !closure.contains(&file) {
                closure.push(file);
            }
        }
        Ok(Loaded { schema, closure, documents })
    }

    /// What a file needs.
    ///
    /// # Errors
    /// As [`Tree::load`].
    pub fn needs(&self, path: &str, ty: SchemaType) -> Result<Needs, Failure> {
        (*self.look(path, ty, &mut Vec::new())).clone()
    }

    /// [`Tree::needs`], remembered. `stack` holds the files on the way here.
    fn look(&self, path: &str, ty: SchemaType, stack: &mut Vec<String>) -> Arc<Result<Needs, Failure>> {
        let key = (path.to_owned(), ty);
        let known = |tree: &Tree| tree.known.lock().ok().and_then(|known| known.get(&key).cloned());
        if let Some(needs) = known(self) {
            return needs;
        }
        if stack.iter().any(|on_the_way| on_the_way == path) {
            let way = stack.join(" -> ");
            return Arc::new(Err(Failure::of(
                path,
                format!("the files refer to each other in a circle: {way} -> {path}"),
            )));
        }
        stack.push(path.to_owned());
        let needs = Arc::new(self.find(path, ty, stack));
        stack.pop();
        // What failed inside a circle is told from where the circle was entered, so only whole answers are kept.
        if (needs.is_ok() || stack.is_empty())
            && let Ok(mut known) = self.known.lock()
        {
            known.insert(key, Arc::clone(&needs));
        }
        needs
    }

    /// Parses again and again, each time with the reference that was missing: the parsers know best what a text needs.
    fn find(&self, path: &str, ty: SchemaType, stack: &mut Vec<String>) -> Result<Needs, Failure> {
        let limits = Limits::default();
        let text = self.readable(path)?;
        let mut needs = Needs::default();
        loop {
            let references = self.resolved(&needs, ty);
            let error = match parse(ty, text, &references, Strictness::Stored, &limits) {
                Ok(schema) => {
                    self.also_named(path, text, &schema, &mut needs)?;
                    self.check_documents(path, &schema, &needs)?;
                    return Ok(needs);
                }
                Err(error) => error,
            };
            let SchemaError::UnresolvedReference { name, path: place, .. } = &error else {
                return Err(Failure::parsing(path, &error));
            };
            let said = || Failure::parsing(path, &error);
            let name = name.split('#').next().unwrap_or(name);
            let target = self.provider(path, ty, name, place);
            let target =
                target.map_err(|reason| Failure { reason, unresolved: false, ..said() })?.ok_or_else(said)?;
            if needs.own.iter().any(|(own, _)| own == name) || stack.len() > limits.depth {
                return Err(said());
            }
            let below = self.look(&target, ty, stack);
            let below = (*below).as_ref().map_err(Clone::clone)?;
            for (name, file) in below.closure.iter().chain([&(name.to_owned(), target.clone())]) {
                take(&mut needs, ty, name, file).map_err(|reason| Failure::of(path, reason))?;
            }
            needs.own.push((name.to_owned(), target));
        }
    }

    /// The closure as the parsers take it. Names that only other files use are hidden from a JSON schema: there the same
    /// `$ref` may mean another file in each.
    fn resolved(&self, needs: &Needs, ty: SchemaType) -> Vec<ResolvedReference> {
        let mut out: Vec<ResolvedReference> = Vec::with_capacity(needs.closure.len());
        for (name, file) in &needs.closure {
            let own = needs.own.iter().any(|own| (&own.0, &own.1) == (name, file));
            let name = if ty == SchemaType::Json && !own { hidden(file) } else { name.clone() };
            if !out.iter().any(|r| r.name == name) {
                out.push(self.reference(name, file, ty));
            }
        }
        out
    }

    fn reference(&self, name: String, file: &str, ty: SchemaType) -> ResolvedReference {
        let below = match self.known.lock() {
            Ok(known) => known.get(&(file.to_owned(), ty)).cloned(),
            Err(_) => None,
        };
        let below = below.as_ref().and_then(|needs| (**needs).as_ref().ok());
        let references = below.into_iter().flat_map(|needs| &needs.own).map(|(name, file)| Reference {
            name: name.clone(),
            subject: subject(file),
            version: Version::FIRST.as_i32(),
        });
        ResolvedReference {
            name,
            subject: Subject::parse(&subject(file)),
            version: Version::FIRST,
            schema_type: ty,
            text: self.text(file).cloned().unwrap_or_else(|| Arc::from("")),
            references: references.collect(),
        }
    }

    /// What the file names, but a file it refers to brought in already.
    fn also_named(
        &self,
        path: &str,
        text: &str,
        schema: &ParsedSchema,
        needs: &mut Needs,
    ) -> Result<(), Failure> {
        let named: Vec<String> = match schema {
            ParsedSchema::Avro(_) => {
                locate::avro_text(text).map(|node| locate::avro_foreign(&node)).unwrap_or_default()
            }
            ParsedSchema::Protobuf(schema) => {
                schema.file().imports.iter().map(|import| import.path.to_string()).collect()
            }
            ParsedSchema::Json(_) => return Ok(()), // their names are hidden, so each was asked for
        };
        for name in named {
            let target = self.provider(path, schema.schema_type(), &name, "");
            let Some(target) = target.map_err(|reason| Failure::of(path, reason))? else { continue };
            let reached = needs.closure.iter().any(|(_, file)| *file == target);
            if reached && !needs.own.iter().any(|(_, file)| *file == target) {
                needs.own.push((name, target));
            }
        }
        Ok(())
    }

    /// Two files that a `$ref` would find under one URI: the parser took one of them, which may be the wrong one.
    fn check_documents(&self, path: &str, schema: &ParsedSchema, needs: &Needs) -> Result<(), Failure> {
        let ParsedSchema::Json(schema) = schema else { return Ok(()) };
        let resolution = schema.resolution();
        let file_of = |document: usize| -> Option<String> {
            let Some(name) = &resolution.documents.get(document)?.reference else {
                return (document == 0).then(|| path.to_owned());
            };
            let own = needs.own.iter().find(|(own, _)| own == name).map(|(_, file)| file.clone());
            own.or_else(|| needs.closure.iter().map(|(_, file)| file).find(|f| hidden(f) == *name).cloned())
        };
        for (from, to) in &resolution.references {
            let written = resolution.node(from).and_then(|node| node.get("$ref")).and_then(Node::as_str);
            let written = written.and_then(|text| text.split('#').next()).filter(|text| !text.is_empty());
            let (Some(written), Some(from), Some(found)) =
                (written, file_of(from.document), file_of(to.document))
            else {
                continue;
            };
            let own = if from == path { needs.own.clone() } else { self.needs(&from, SchemaType::Json)?.own };
            if let Some((_, meant)) = own.iter().find(|(name, _)| name == written)
                && *meant != found
            {
                let reason = format!(
                    "the $ref \"{written}\" in {from} means {meant}, but leads to the same URI as {found}; give the \
                     two files an $id each"
                );
                return Err(Failure::of(path, reason));
            }
        }
        Ok(())
    }

    /// The file that defines what `from` calls `name` at `place`.
    ///
    /// # Errors
    /// One sentence: two files define it, and not alike.
    fn provider(
        &self,
        from: &str,
        ty: SchemaType,
        name: &str,
        place: &str,
    ) -> Result<Option<String>, String> {
        if let Some(bound) = self.bindings.get(from).and_then(|names| names.get(name)) {
            return Ok(self.has(bound).then(|| bound.clone()));
        }
        let dir = from.rsplit_once('/').map_or("", |(dir, _)| dir);
        match ty {
            SchemaType::Avro => self.defined(from, self.avro_names(), name),
            SchemaType::Protobuf => {
                // Import roots: the top of the tree first, as protoc has it, then the directories above the file.
                let mut root = Some(dir);
                let mut found = self.has(name).then(|| name.to_owned());
                while let (None, Some(at)) = (&found, root) {
                    let path = if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") };
                    found = self.has(&path).then_some(path);
                    root =
                        if at.is_empty() { None } else { Some(at.rsplit_once('/').map_or("", |(up, _)| up)) };
                }
                Ok(found)
            }
            SchemaType::Json => {
                if let Some(uri) = self.absolute(from, name, place)
                    && let Some(file) = self.defined(from, self.json_ids(), &uri)?
                {
                    return Ok(Some(file));
                }
                // Beside the file, then from the top: as written, then without percent-encoding, for it is a URI.
                let places = [dir, ""].into_iter().filter_map(|dir| normal(dir, name));
                let mut paths = places.flat_map(|path| [percent_decoded(&path), path].into_iter().rev());
                Ok(paths.find(|path| self.has(path)).filter(|path| path != from))
            }
        }
    }

    /// The file that defines a name. Of equal definitions the one that is a file of its own counts, then the first path;
    /// older versions only where nothing else has the name.
    fn defined(&self, from: &str, names: &Named, name: &str) -> Result<Option<String>, String> {
        let all = names.get(name).map_or(&[][..], Vec::as_slice);
        let others = || all.iter().filter(|one| one.file != from);
        let current: Vec<&Definition> = others().filter(|one| !self.set_aside.contains(&one.file)).collect();
        let candidates = if current.is_empty() { others().collect() } else { current };
        let Some(first) = candidates.iter().find(|one| one.root).or(candidates.first()) else {
            return Ok(None);
        };
        match candidates.iter().find(|other| other.says != first.says) {
            None => Ok(Some(first.file.clone())),
            Some(other) => Err(format!(
                "\"{name}\" is defined in {} and, differently, in {}; which one {from} means cannot be told: keep one, \
                 rename one, or give the row of {from} in assay-check.toml its references",
                first.file.as_str().min(&other.file),
                first.file.as_str().max(&other.file),
            )),
        }
    }

    /// A `$ref` as an absolute URI, by the `$id`s around it; a text without one stays as it is.
    fn absolute(&self, from: &str, name: &str, place: &str) -> Option<String> {
        let root = parse_json(self.text(from)?, &Limits::default()).ok()?;
        let mut node = Some(&root);
        let mut base = String::new();
        for part in place.split('/') {
            let part = part.replace("~1", "/").replace("~0", "~");
            if !part.is_empty() {
                node = node.and_then(|node| match &node.value {
                    Value::Array(items) => items.get(part.parse::<usize>().ok()?),
                    _ => node.get(&part),
                });
            }
            let id = node.and_then(|node| node.get("$id").or_else(|| node.get("id")));
            if let Some(id) = id.and_then(Node::as_str) {
                base = join(&base, id.split('#').next().unwrap_or(id));
            }
        }
        Some(join(&base, name))
    }

    /// Types say the same when their JSON and the namespace around them are the same.
    fn avro_names(&self) -> &Named {
        self.avro.get_or_init(|| {
            let mut index = Index::default();
            for path in self.paths().filter(|path| path.ends_with(".avsc")) {
                let Some(text) = self.text(path) else { continue };
                let Some(node) = locate::avro_text(text) else { continue };
                locate::avro_definitions(&node, &mut |name, space, definition| {
                    let mut text = format!("{space}\n");
                    write_compact(definition, Numbers::AsWritten, &mut text);
                    index.add(name, path, definition.offset == node.offset, &text);
                });
            }
            index.names
        })
    }

    /// JSON schemas say the same when their files are the same.
    fn json_ids(&self) -> &Named {
        self.ids.get_or_init(|| {
            let mut index = Index::default();
            for path in self.paths().filter(|path| path.ends_with(".json")) {
                let Some(text) = self.text(path) else { continue };
                let Ok(node) = parse_json(text, &Limits::default()) else { continue };
                if let Some(id) = node.get("$id").or_else(|| node.get("id")).and_then(Node::as_str) {
                    index.add(id.trim_end_matches('#').to_owned(), path, true, text);
                }
            }
            index.names
        })
    }
}

/// Adds a file that was reached. An import path means one file in all files that are compiled together.
fn take(needs: &mut Needs, ty: SchemaType, name: &str, file: &str) -> Result<(), String> {
    let there = |(n, f): &&(String, String)| match ty {
        SchemaType::Avro => f == file,
        SchemaType::Protobuf => n == name,
        SchemaType::Json => n == name && f == file,
    };
    match needs.closure.iter().find(there) {
        Some((_, other)) if other != file => Err(format!(
            "the import \"{name}\" means {other} in one file and {file} in another; write the path from the top \
             of the directory"
        )),
        Some(_) => Ok(()),
        None => {
            needs.closure.push((name.to_owned(), file.to_owned()));
            Ok(())
        }
    }
}

/// A name that no `$ref` can have: brackets are no part of a relative reference.
fn hidden(file: &str) -> String {
    format!("[{file}]")
}

/// The subject that stands for a file.
fn subject(file: &str) -> String {
    format!("file/{file}")
}

/// A relative path from a directory, without `.` and `..`; `None` if it leaves the tree or is no relative path.
fn normal(dir: &str, name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A URI reference against a base, as far as identifiers of schemas go: absolute, or a path.
fn join(base: &str, reference: &str) -> String {
    let scheme = base.find("://").map(|at| at + 3);
    if reference.contains(':') || base.is_empty() || scheme.is_none() {
        return reference.to_owned();
    }
    let host = base.get(scheme.unwrap_or(0)..).and_then(|rest| rest.find('/'));
    let (host, path) = base.split_at(host.map_or(base.len(), |at| at + scheme.unwrap_or(0)));
    let dir = match reference.strip_prefix('/') {
        Some(_) => "",
        None => path.rsplit_once('/').map_or("", |(dir, _)| dir),
    };
    match normal(dir, reference.trim_start_matches('/')) {
        Some(path) => format!("{host}/{path}"),
        None => reference.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_joined() {
        for (base, reference, wanted) in [
            ("", "a.json", "a.json"),
            ("https://h/x/y.json", "z.json", "https://h/x/z.json"),
            ("https://h/x/y.json", "../z.json", "https://h/z.json"),
            ("https://h/x/y.json", "/z.json", "https://h/z.json"),
            ("https://h", "z.json", "https://h/z.json"),
            ("https://h/x", "urn:z", "urn:z"),
            ("urn:x", "z.json", "z.json"),
            ("https://h/x", "../../z", "../../z"),
        ] {
            assert_eq!(join(base, reference), wanted, "{base} {reference}");
        }
    }

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree::new(files.iter().map(|(path, text)| ((*path).to_owned(), Arc::from(*text))).collect())
    }

    #[test]
    fn the_same_ref_means_the_file_beside_it() {
        let refers =
            |to: &str| format!("{{\"type\":\"object\",\"properties\":{{\"i\":{{\"$ref\":\"{to}\"}}}}}}");
        let both = "{\"properties\":{\"a\":{\"$ref\":\"a/x.json\"},\"b\":{\"$ref\":\"b/y.json\"},\"c\":{\"$ref\":\"id.json\"}}}";
        let tree = tree(&[
            ("a/id.json", "{\"type\":\"string\"}"),
            ("b/id.json", "{\"type\":\"integer\"}"),
            ("id.json", "{\"type\":\"boolean\"}"),
            ("a/x.json", &refers("id.json")),
            ("b/y.json", &refers("id.json")),
            ("top.json", both),
        ]);
        let ParsedSchema::Json(schema) = tree.load("top.json", Strictness::New).unwrap().schema else {
            panic!("JSON")
        };
        let validator = schema.validator().unwrap();
        let fits = |text: &str| validator.is_valid(&serde_json::from_str(text).unwrap());
        assert!(fits(r#"{"a":{"i":"s"},"b":{"i":1},"c":true}"#));
        for wrong in [r#"{"a":{"i":1}}"#, r#"{"b":{"i":"s"}}"#, r#"{"c":1}"#] {
            assert!(!fits(wrong), "{wrong}");
        }
    }

    #[test]
    fn identifiers_count_before_paths() {
        let at = |host: &str| {
            format!("{{\"$id\":\"https://{host}/x.json\",\"properties\":{{\"i\":{{\"$ref\":\"id.json\"}}}}}}")
        };
        let tree = tree(&[
            ("one.json", "{\"$id\":\"https://a/id.json\",\"type\":\"string\"}"),
            ("two.json", "{\"$id\":\"https://b/id.json\",\"type\":\"integer\"}"),
            ("x.json", &at("a")),
            ("y.json", &at("b")),
        ]);
        assert_eq!(tree.needs("x.json", SchemaType::Json).unwrap().own[0].1, "one.json");
        assert_eq!(tree.needs("y.json", SchemaType::Json).unwrap().own[0].1, "two.json");
    }

    #[test]
    fn own_references_and_those_of_others() {
        let record = |name: &str, ty: &str| {
            format!("{{\"type\":\"record\",\"name\":\"{name}\",\"namespace\":\"n\",\"fields\":[{ty}]}}")
        };
        let field = |name: &str, ty: &str| format!("{{\"name\":\"{name}\",\"type\":\"{ty}\"}}");
        let tree = tree(&[
            ("base.avsc", &record("Base", "")),
            ("left.avsc", &record("Left", &field("b", "Base"))),
            ("top.avsc", &record("Top", &format!("{},{}", field("l", "n.Left"), field("b", "Base")))),
            ("far.avsc", &record("Far", &field("l", "Left"))),
            ("p/base.proto", "syntax = \"proto3\"; message B {}"),
            ("q/base.proto", "syntax = \"proto3\"; message C {}"),
            ("p/a.proto", "syntax = \"proto3\"; import \"base.proto\"; message A { B b = 1; }"),
            ("q/a.proto", "syntax = \"proto3\"; import \"base.proto\"; message D { C c = 1; }"),
            (
                "r.proto",
                "syntax = \"proto3\"; import \"p/a.proto\"; import \"q/a.proto\"; message R { A a = 1; D d = 2; }",
            ),
        ]);
        let own = |path: &str, ty| {
            let needs = tree.needs(path, ty).unwrap();
            needs.own.into_iter().map(|(name, file)| format!("{name}={file}")).collect::<Vec<_>>()
        };
        assert_eq!(own("top.avsc", SchemaType::Avro), ["n.Left=left.avsc", "n.Base=base.avsc"]);
        assert_eq!(own("far.avsc", SchemaType::Avro), ["n.Left=left.avsc"]);
        assert_eq!(own("p/a.proto", SchemaType::Protobuf), ["base.proto=p/base.proto"]);
        let said = tree.needs("r.proto", SchemaType::Protobuf).unwrap_err().to_string();
        assert!(said.contains("\"base.proto\" means p/base.proto in one file and q/base.proto"), "{said}");
    }
}
