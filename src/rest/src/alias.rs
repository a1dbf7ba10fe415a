//! Aliases on paths (contract 1.1): a subject whose own config names an alias stands for that one. Not followed twice,
//! never for `/config` and `/mode` (or an alias could not be removed), and a global alias has no effect. Nor with
//! `restore=true`: what is given back goes where it was.

use assay_registry::{Fallback, Registry, Scope};
use assay_schema::Subject;

use crate::query::Query;
use crate::routes::Params;

/// Replaces the names in a request that are aliased.
pub(crate) fn apply(registry: &Registry, path: &str, params: &mut Params, query: &mut Query) {
    if query.flag("restore") {
        return;
    }
    if path.starts_with("/subjects/{subject}") || path.starts_with("/compatibility/subjects/{subject}") {
        if let Some(target) = target(registry, params.get("subject")) {
            params.set("subject", target);
        }
    } else if path.starts_with("/schemas/ids/")
        && let Some(target) = query.get("subject").and_then(|subject| target(registry, subject))
    {
        query.set("subject", target);
    }
}

/// Where a subject's own config leads; an unqualified alias takes the subject's context.
fn target(registry: &Registry, name: &str) -> Option<String> {
    let subject = Subject::parse(name);
    let home = subject.context().clone();
    let scope = Scope::of(subject);
    let Scope::Subject(_) = &scope else { return None };
    let alias = registry.config(&scope, Fallback::None).ok()?.alias.filter(|alias| !alias.is_empty())?;
    Some(Subject::parse_in(&alias, &home).to_string())
}
