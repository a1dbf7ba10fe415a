//! Dialects: which draft a schema is written in (contract 2.15), and the meta-schemas we bundle.

use jsonschema::Draft as Engine;

use crate::error::SchemaError;
use crate::json::Node;

/// A supported draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Draft {
    /// Draft 4.
    Draft4,
    /// Draft 6.
    Draft6,
    /// Draft 7; also what a schema without `$schema` is.
    Draft7,
    /// 2019-09.
    Draft201909,
    /// 2020-12.
    Draft202012,
}

/// Identifiers of the drafts, without scheme and empty fragment.
const IDENTIFIERS: &[(&str, Draft)] = &[
    ("json-schema.org/draft-04/schema", Draft::Draft4),
    ("json-schema.org/draft-06/schema", Draft::Draft6),
    ("json-schema.org/draft-07/schema", Draft::Draft7),
    ("json-schema.org/schema", Draft::Draft7),
    ("json-schema.org/draft/2019-09/schema", Draft::Draft201909),
    ("json-schema.org/draft/2020-12/schema", Draft::Draft202012),
];

impl Draft {
    /// The draft a schema declares.
    ///
    /// # Errors
    /// `Unsupported` for a dialect that is none of the five.
    pub(super) fn of(root: &Node) -> Result<Draft, SchemaError> {
        let Some(declared) = root.get("$schema").and_then(Node::as_str) else { return Ok(Draft::Draft7) };
        let name = declared.trim_end_matches('#').trim_end_matches('/');
        let name = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(name);
        match IDENTIFIERS.iter().find(|(identifier, _)| *identifier == name) {
            Some((_, draft)) => Ok(*draft),
            None => {
                let what =
                    format!("the dialect \"{declared}\" (use draft-04, -06, -07, 2019-09 or 2020-12); it");
                Err(SchemaError::Unsupported { what })
            }
        }
    }

    pub(super) fn engine(self) -> Engine {
        match self {
            Draft::Draft4 => Engine::Draft4,
            Draft::Draft6 => Engine::Draft6,
            Draft::Draft7 => Engine::Draft7,
            Draft::Draft201909 => Engine::Draft201909,
            Draft::Draft202012 => Engine::Draft202012,
        }
    }

    /// The keyword that names a schema.
    pub(super) fn id_keyword(self) -> &'static str {
        match self {
            Draft::Draft4 => "id",
            _ => "$id",
        }
    }

    /// Up to draft 7 `$ref` replaces everything beside it.
    pub(super) fn ref_stands_alone(self) -> bool {
        self <= Draft::Draft7
    }
}

macro_rules! meta {
    ($path:literal) => {
        include_str!(concat!("../../../../schemas/json-schema/", $path))
    };
}

/// The text of a bundled meta-schema by absolute URI (without fragment).
pub(super) fn bundled(uri: &str) -> Option<&'static str> {
    let name = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    Some(match name.strip_prefix("json-schema.org/")? {
        "draft-04/schema" => meta!("draft4.json"),
        "draft-06/schema" => meta!("draft6.json"),
        "draft-07/schema" => meta!("draft7.json"),
        "draft/2019-09/schema" => meta!("draft2019-09/schema.json"),
        "draft/2019-09/meta/applicator" => meta!("draft2019-09/meta/applicator.json"),
        "draft/2019-09/meta/content" => meta!("draft2019-09/meta/content.json"),
        "draft/2019-09/meta/core" => meta!("draft2019-09/meta/core.json"),
        "draft/2019-09/meta/format" => meta!("draft2019-09/meta/format.json"),
        "draft/2019-09/meta/meta-data" => meta!("draft2019-09/meta/meta-data.json"),
        "draft/2019-09/meta/validation" => meta!("draft2019-09/meta/validation.json"),
        "draft/2020-12/schema" => meta!("draft2020-12/schema.json"),
        "draft/2020-12/meta/applicator" => meta!("draft2020-12/meta/applicator.json"),
        "draft/2020-12/meta/content" => meta!("draft2020-12/meta/content.json"),
        "draft/2020-12/meta/core" => meta!("draft2020-12/meta/core.json"),
        "draft/2020-12/meta/format-annotation" => meta!("draft2020-12/meta/format-annotation.json"),
        "draft/2020-12/meta/format-assertion" => meta!("draft2020-12/meta/format-assertion.json"),
        "draft/2020-12/meta/meta-data" => meta!("draft2020-12/meta/meta-data.json"),
        "draft/2020-12/meta/unevaluated" => meta!("draft2020-12/meta/unevaluated.json"),
        "draft/2020-12/meta/validation" => meta!("draft2020-12/meta/validation.json"),
        _ => return None,
    })
}
