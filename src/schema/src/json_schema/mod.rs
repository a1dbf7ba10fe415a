//! JSON Schema: the tree as written, its draft, every `$ref` resolved, and a compiled validator.
//!
//! Drafts 4, 6, 7, 2019-09 and 2020-12. The text is read by our own JSON reader (key order and digits kept); the
//! `jsonschema` crate checks it against its meta-schema and compiles it. References resolve to the schema itself, to
//! given references and to bundled meta-schemas: nothing is ever fetched.
//!
//! Limits of the validator: numbers are compared as 64-bit integers or doubles; a pattern with look-around or
//! back-references gets a bounded number of steps per string.

mod cost;
mod depth;
mod dialect;
mod engine;
mod growth;
pub mod keywords;
mod pattern;
mod resolve;
mod walk;

use std::any::Any;
use std::sync::{Arc, OnceLock};

use jsonschema::Validator;

pub use dialect::Draft;
pub use growth::Growth;
pub use pattern::Pattern;
pub use resolve::{Document, Location, Resolution, percent_decoded};
pub use walk::{at_pointer, escape};

use crate::json::{Node, Numbers, Value, parse_json, position_at, write_compact};
use crate::{Limits, ResolvedReference, SchemaError, Strictness};

/// Stack of one schema applied to one place, measured unoptimised (about 1.3 KiB) and doubled.
const STACK_BYTES_PER_SCHEMA: usize = 3 * 1024;
const STACK_BYTES_BASE: usize = 128 * 1024;

/// A parsed JSON schema with everything it refers to.
#[derive(Clone, Debug)]
pub struct JsonSchema {
    canonical: String,
    root: Arc<Node>,
    draft: Draft,
    resolution: Arc<Resolution>,
    compiled: Arc<OnceLock<Compiled>>,
    derived: Derived,
}

/// What another crate made of a schema; clones share it.
#[derive(Clone, Default)]
struct Derived(Arc<OnceLock<Arc<dyn Any + Send + Sync>>>);

impl std::fmt::Debug for Derived {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.get().is_some() { "Derived" } else { "Derived(nothing yet)" })
    }
}

#[derive(Debug)]
struct Compiled {
    validator: Validator,
    settings: engine::Settings,
    depth: usize,
}

impl JsonSchema {
    /// Parses a schema and resolves its references. A new schema is compiled as well; a stored one when it is asked
    /// for its validator.
    ///
    /// # Errors
    /// Not JSON; a root that is neither object nor boolean; an unknown dialect; a `$ref` that leads nowhere; a schema
    /// its draft does not allow; limits.
    pub fn parse(
        text: &str,
        references: &[ResolvedReference],
        strictness: Strictness,
        limits: &Limits,
    ) -> Result<JsonSchema, SchemaError> {
        let root = Arc::new(parse_json(text, limits)?);
        if !matches!(root.value, Value::Object(_) | Value::Bool(_)) {
            return Err(SchemaError::Invalid {
                path: "/".to_owned(),
                position: Some(position_at(text, root.offset)),
                reason: format!("a JSON schema is an object or a boolean, not {}", root.kind()),
            });
        }
        let draft = Draft::of(&root)?;
        let resolution = Arc::new(resolve::resolve(Arc::clone(&root), text, draft, references, limits)?);
        let mut canonical = String::with_capacity(text.len());
        write_compact(&root, Numbers::AsWritten, &mut canonical);
        let schema = JsonSchema {
            canonical,
            root,
            draft,
            resolution,
            compiled: Arc::default(),
            derived: Derived::default(),
        };
        if strictness == Strictness::New {
            schema.compiled(text)?;
        }
        Ok(schema)
    }

    fn compiled(&self, text: &str) -> Result<&Compiled, SchemaError> {
        if let Some(compiled) = self.compiled.get() {
            return Ok(compiled);
        }
        let depth = check(&self.resolution)?;
        let (validator, settings) = engine::compile(&self.resolution, text)?;
        Ok(self.compiled.get_or_init(|| Compiled { validator, settings, depth }))
    }

    /// The canonical text (contract 2.11): compact, key order and digits kept.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The normal text (contract 2.12): keys sorted at every level.
    pub fn normalized(&self) -> String {
        let mut out = String::with_capacity(self.canonical.len());
        write_compact(&self.root.sorted(), Numbers::AsWritten, &mut out);
        out
    }

    /// The title, if it has one.
    pub fn record_name(&self) -> Option<String> {
        self.root.get("title")?.as_str().map(str::to_owned)
    }

    /// The schema as written.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The draft it is written in.
    pub fn draft(&self) -> Draft {
        self.draft
    }

    /// The documents it consists of and what each `$ref` means.
    pub fn resolution(&self) -> &Resolution {
        &self.resolution
    }

    /// What a caller makes of the schema, made once and shared by all clones: models that are costly to build, for crates
    /// that look at the same schema again and again. There is room for one type; another one is made anew each time.
    pub fn derived<T: Send + Sync + 'static>(&self, make: impl Fn(Arc<Resolution>) -> T) -> Arc<T> {
        let new = || Arc::new(make(Arc::clone(&self.resolution)));
        let kept = self.derived.0.get_or_init(|| new());
        Arc::clone(kept).downcast().unwrap_or_else(|_| new())
    }

    /// The compiled validator; compiled once, cheap to clone.
    ///
    /// # Errors
    /// The schema is stored, but cannot be compiled.
    pub fn validator(&self) -> Result<Validator, SchemaError> {
        self.compiled(&self.canonical).map(|compiled| compiled.validator.clone())
    }

    /// A validator of some keywords of the schema, without references, that judges as the whole does: same draft, same engine
    /// for patterns.
    ///
    /// # Errors
    /// As [`JsonSchema::validator`], and what the compiler objects to.
    pub fn part(&self, keywords: &Node) -> Result<Validator, SchemaError> {
        self.compiled(&self.canonical)?.settings.part(keywords)
    }

    /// Whether its patterns take time in proportion to the text. Those with look-around or back-references may take many steps for one string,
    /// up to a limit.
    pub fn patterns_are_linear(&self) -> bool {
        self.compiled(&self.canonical).is_ok_and(|compiled| compiled.settings.is_linear())
    }

    /// Bytes of stack the validator may need for a payload nested `payload_depth` deep; it recurses over the payload
    /// and, at every place of it, over the schemas that lead to one another.
    ///
    /// # Errors
    /// As [`JsonSchema::validator`].
    pub fn stack_bytes(&self, payload_depth: usize) -> Result<usize, SchemaError> {
        let compiled = self.compiled(&self.canonical)?;
        let frames = payload_depth.saturating_add(1).saturating_mul(compiled.depth + 2);
        Ok(frames.saturating_mul(STACK_BYTES_PER_SCHEMA).saturating_add(STACK_BYTES_BASE))
    }

    /// What `validateFields` asks for: no top-level property starts with `$$` (contract 2.9).
    ///
    /// # Errors
    /// Names the property.
    pub fn validate_fields(&self) -> Result<(), SchemaError> {
        let properties = self.root.get("properties").and_then(Node::as_object);
        let reserved = properties.and_then(|p| p.keys().find(|key| key.starts_with("$$")));
        match reserved {
            None => Ok(()),
            Some(name) => Err(SchemaError::Invalid {
                path: format!("/properties/{}", walk::escape(name)),
                position: None,
                reason: format!("the property name \"{name}\" starts with \"$$\", which is reserved"),
            }),
        }
    }
}

/// What compiling and running the schema may cost; gives its depth in place.
fn check(resolution: &Resolution) -> Result<usize, SchemaError> {
    let depth = depth::check(resolution)?;
    cost::check(resolution)?;
    Ok(depth)
}
