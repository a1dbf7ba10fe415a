//! References: every `$ref` of a schema and of what it reaches, resolved to a place in the schema, in a registered
//! reference or in a bundled meta-schema. Nothing is fetched.
//!
//! A registered reference is found by its name against the text of the `$ref` before `#`, as it stands or relative to
//! the base URI (contract 2.15), or by the identifier the referenced schema gives itself. What a referenced schema names is
//! looked for among its own references first, so two of them may write the same name and mean different schemas.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::dialect::{self, Draft};
use super::walk::{self, Site};
use crate::contract::ResolvedReference;
use crate::error::SchemaError;
use crate::json::{Node, parse_json, position_at};
use crate::limits::Limits;
use crate::names::Subject;

/// The base of a schema without an absolute identifier.
pub(super) const DEFAULT_BASE: &str = "json-schema:///";

/// One schema document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its tree.
    pub root: Arc<Node>,
    /// Its draft; a reference without `$schema` is read in the draft of the schema itself.
    pub draft: Draft,
    /// The URI it is known under, before its own identifier.
    pub uri: String,
    /// The name of the reference it came from; `None` for the schema itself and for meta-schemas.
    pub reference: Option<String>,
}

/// A schema in a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// Index into [`Resolution::documents`].
    pub document: usize,
    /// JSON pointer from the document's root.
    pub pointer: String,
}

/// A schema with all it refers to.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// The schema itself first.
    pub documents: Vec<Document>,
    /// From the schema that holds a `$ref` to the one it means.
    pub references: BTreeMap<Location, Location>,
}

impl Resolution {
    /// The node at a location.
    pub fn node(&self, location: &Location) -> Option<&Node> {
        walk::at_pointer(&self.documents.get(location.document)?.root, &location.pointer)
    }
}

/// Resolves everything reachable from `root`.
///
/// # Errors
/// A `$ref` that leads nowhere, named with its place; a reference that is not JSON.
pub(super) fn resolve(
    root: Arc<Node>,
    text: &str,
    draft: Draft,
    references: &[ResolvedReference],
    limits: &Limits,
) -> Result<Resolution, SchemaError> {
    let mut resolver = Resolver {
        text,
        limits,
        given: HashMap::new(),
        bound: HashMap::new(),
        sources: Vec::new(),
        identified: HashMap::new(),
        resources: HashMap::new(),
        out: Resolution::default(),
        seen: HashSet::new(),
        work: Vec::new(),
    };
    for reference in references {
        resolver.given.entry(&reference.name).or_insert(reference);
        resolver.bound.entry((&reference.subject, reference.version.as_i32())).or_insert(reference);
    }
    resolver.read_given(draft)?;
    resolver.add(Document { root, draft, uri: DEFAULT_BASE.to_owned(), reference: None }, None);
    while let Some(work) = resolver.work.pop() {
        resolver.follow(&work)?;
    }
    Ok(resolver.out)
}

struct Given<'a> {
    reference: &'a ResolvedReference,
    root: Arc<Node>,
    draft: Draft,
}

/// A `$ref` to resolve.
struct Work {
    from: Location,
    base: String,
    target: String,
    offset: usize,
}

struct Resolver<'a> {
    text: &'a str,
    limits: &'a Limits,
    given: HashMap<&'a str, &'a ResolvedReference>,
    /// References by subject and version.
    bound: HashMap<(&'a Subject, i32), &'a ResolvedReference>,
    /// Where each document came from.
    sources: Vec<Option<&'a ResolvedReference>>,
    /// References by the identifier they give themselves.
    identified: HashMap<String, Given<'a>>,
    /// Absolute URI (perhaps with a plain-name fragment) to schema.
    resources: HashMap<String, Location>,
    out: Resolution,
    seen: HashSet<(usize, usize)>,
    work: Vec<Work>,
}

impl<'a> Resolver<'a> {
    fn read(&self, reference: &'a ResolvedReference, fallback: Draft) -> Result<Given<'a>, SchemaError> {
        let wrap =
            |cause: SchemaError| SchemaError::Reference { name: reference.name.clone(), cause: cause.into() };
        let root = parse_json(&reference.text, self.limits).map_err(|e| wrap(e.into()))?;
        let draft = if root.get("$schema").is_some() { Draft::of(&root).map_err(wrap)? } else { fallback };
        Ok(Given { reference, root: Arc::new(root), draft })
    }

    fn read_given(&mut self, fallback: Draft) -> Result<(), SchemaError> {
        let references: Vec<_> = self.given.values().copied().collect();
        for reference in references {
            let given = self.read(reference, fallback)?;
            if let Some(uri) =
                walk::identifier(&given.root, given.draft).and_then(|id| join(DEFAULT_BASE, id))
            {
                self.identified.insert(without_fragment(&uri).to_owned(), given);
            }
        }
        Ok(())
    }

    /// Takes a document in: its identifiers, anchors and references.
    fn add(&mut self, document: Document, source: Option<&'a ResolvedReference>) -> usize {
        let index = self.out.documents.len();
        self.sources.push(source);
        let (root, uri) = (Arc::clone(&document.root), document.uri.clone());
        self.resources
            .insert(without_fragment(&uri).to_owned(), Location { document: index, pointer: String::new() });
        self.out.documents.push(document);
        self.scan(index, &root, String::new(), uri);
        index
    }

    fn scan(&mut self, document: usize, node: &Node, pointer: String, base: String) {
        let draft = self.out.documents[document].draft;
        for site in walk::schemas(node, pointer, base, draft, &|base, id| join(base, id)) {
            if self.seen.insert((document, site.node.offset)) {
                self.register(document, &site, draft);
            }
        }
    }

    fn register(&mut self, document: usize, site: &Site<'_>, draft: Draft) {
        let location = Location { document, pointer: site.pointer.clone() };
        let mut names = Vec::new();
        if let Some(id) = walk::identifier(site.node, draft) {
            let resource = without_fragment(&site.base).to_owned();
            match id.split_once('#') {
                Some(("", anchor)) if !anchor.is_empty() => names.push(format!("{resource}#{anchor}")),
                _ => names.push(resource),
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = site.node.get(keyword).and_then(Node::as_str) {
                names.push(format!("{}#{anchor}", without_fragment(&site.base)));
            }
        }
        for name in names {
            self.resources.entry(name).or_insert_with(|| location.clone());
        }
        for keyword in ["$ref", "$dynamicRef"] {
            if let Some(node) = site.node.get(keyword)
                && let Some(target) = node.as_str()
            {
                self.work.push(Work {
                    from: location.clone(),
                    base: site.base.clone(),
                    target: target.to_owned(),
                    offset: node.offset,
                });
            }
        }
    }

    fn follow(&mut self, work: &Work) -> Result<(), SchemaError> {
        let Some(target) = self.find(work)? else { return Err(self.unresolved(work)) };
        let Some(node) = self.out.node(&target) else { return Err(self.unresolved(work)) };
        if !self.seen.contains(&(target.document, node.offset)) {
            // A pointer into a part that is no schema by itself makes it one.
            let root = Arc::clone(&self.out.documents[target.document].root);
            let base = self.base_at(&target);
            if let Some(node) = walk::at_pointer(&root, &target.pointer) {
                self.scan(target.document, node, target.pointer.clone(), base);
            }
        }
        self.out.references.insert(work.from.clone(), target);
        Ok(())
    }

    /// The base URI around a location: that of the innermost identified schema on the way to it.
    fn base_at(&self, location: &Location) -> String {
        let document = &self.out.documents[location.document];
        let mut base = document.uri.clone();
        let ends = location.pointer.match_indices('/').map(|(i, _)| i);
        for end in ends {
            let node = walk::at_pointer(&document.root, &location.pointer[..end]);
            if let Some(joined) =
                node.and_then(|n| walk::identifier(n, document.draft)).and_then(|id| join(&base, id))
            {
                base = joined;
            }
        }
        base
    }

    fn find(&mut self, work: &Work) -> Result<Option<Location>, SchemaError> {
        let (written, fragment) = work.target.split_once('#').unwrap_or((&work.target, ""));
        let Some(absolute) = join(&work.base, written) else { return Ok(None) };
        let absolute = without_fragment(&absolute).to_owned();
        let resource = match self.resources.get(&absolute) {
            Some(location) => location.clone(),
            None => match self.document(written, &absolute, work)? {
                Some(index) => Location { document: index, pointer: String::new() },
                None => return Ok(None),
            },
        };
        if fragment.is_empty() {
            return Ok(Some(resource));
        }
        let fragment = percent_decoded(fragment);
        if fragment.starts_with('/') {
            return Ok(Some(Location { pointer: resource.pointer + &fragment, ..resource }));
        }
        // Anchors live below the resource's own base, which an identifier may have changed.
        let own = self.base_of(&resource);
        let names = [format!("{absolute}#{fragment}"), format!("{own}#{fragment}")];
        Ok(names.iter().find_map(|name| self.resources.get(name)).cloned())
    }

    fn base_of(&self, resource: &Location) -> String {
        let below = Location { pointer: format!("{}/", resource.pointer), ..resource.clone() };
        without_fragment(&self.base_at(&below)).to_owned()
    }

    /// Brings in the document a URI means: a reference by name, one by identifier, or a meta-schema.
    fn document(&mut self, written: &str, absolute: &str, work: &Work) -> Result<Option<usize>, SchemaError> {
        let document = &self.out.documents[work.from.document];
        let fallback = self.out.documents[0].draft;
        let own = self.own(work.from.document, written);
        let named = own.or_else(|| self.given.get(written).copied());
        let named = named.or_else(|| self.given.get(absolute).copied()).or_else(|| {
            let matches = |r: &&&ResolvedReference| {
                let bases = [DEFAULT_BASE, document.uri.as_str(), work.base.as_str()];
                bases
                    .iter()
                    .any(|base| join(base, &r.name).is_some_and(|uri| without_fragment(&uri) == absolute))
            };
            self.given.values().find(matches).copied()
        });
        let given = match named {
            Some(reference) => self.read(reference, fallback)?,
            None => match self.identified.remove(absolute) {
                Some(given) => given,
                None => {
                    let Some(text) = dialect::bundled(absolute) else { return Ok(None) };
                    let root = parse_json(text, &Limits::default())?;
                    let draft = Draft::of(&root)?;
                    let uri = absolute.to_owned();
                    let document = Document { root: Arc::new(root), draft, uri, reference: None };
                    return Ok(Some(self.add(document, None)));
                }
            },
        };
        let reference = Some(given.reference.name.clone());
        let (root, draft, uri) = (given.root, given.draft, absolute.to_owned());
        Ok(Some(self.add(Document { root, draft, uri, reference }, Some(given.reference))))
    }

    /// What a document that is itself a reference has bound a name to, if that is here.
    fn own(&self, document: usize, written: &str) -> Option<&'a ResolvedReference> {
        let source = (*self.sources.get(document)?)?;
        let bound = source.references.iter().find(|r| r.name == written)?;
        let subject = Subject::parse_in(&bound.subject, source.subject.context());
        self.bound.get(&(&subject, bound.version)).copied()
    }

    fn unresolved(&self, work: &Work) -> SchemaError {
        let own = SchemaError::UnresolvedReference {
            name: work.target.clone(),
            path: format!("{}/$ref", work.from.pointer),
            position: (work.from.document == 0).then(|| position_at(self.text, work.offset)),
        };
        match self.out.documents[work.from.document].reference.clone() {
            Some(name) => SchemaError::Reference { name, cause: own.into() },
            None => own,
        }
    }
}

/// Resolves a URI reference against a base; `None` when one of them is no URI.
pub(super) fn join(base: &str, reference: &str) -> Option<String> {
    let base = jsonschema::Uri::parse(base).ok()?;
    jsonschema::uri::resolve_against(&base, reference).ok().map(|uri| uri.as_str().to_owned())
}

pub(super) fn without_fragment(uri: &str) -> &str {
    uri.split('#').next().unwrap_or(uri)
}

/// A part of a URI without its percent-encoding; what is no UTF-8 then is replaced.
pub fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        let code = match bytes {
            [b'%', high, low, ..] => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        match code {
            Some((high, low)) => {
                out.push((high * 16 + low).to_le_bytes()[0]);
                bytes = &bytes[3..];
            }
            None => {
                out.push(*first);
                bytes = rest;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
