//! Rewrites `/contexts/{ctx}/…` into the plain path with qualified names (contract 1.1, "Context prefix on paths").
//!
//! Works on decoded segments, before routing. Aliases are another step (`alias.rs`), because they need the registry.

use thiserror::Error;

use crate::path::Segments;
use crate::query::Query;

/// A `{ctx}` with a colon where none may be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("context '{0}' must not contain a colon")]
pub(crate) struct BadContext(String);

/// Applies the context prefix, if the path has one.
///
/// # Errors
/// [`BadContext`], which is HTTP 400.
pub(crate) fn contexts(segments: &mut Segments, query: &mut Query) -> Result<(), BadContext> {
    let prefixed = segments.parts.first().is_some_and(|s| s == "contexts") && segments.parts.len() > 2;
    let bare_listing = segments.parts.len() == 3 && segments.parts[2] == "contexts";
    if !prefixed {
        return Ok(());
    }
    let context = normal(&segments.parts[1])?;
    segments.parts.drain(..2);
    if bare_listing || context == "." {
        return Ok(());
    }
    let prefix = format!(":{context}:");
    qualify_names(&mut segments.parts, &prefix);
    let parts: Vec<&str> = segments.parts.iter().map(String::as_str).collect();
    match parts[..] {
        ["config" | "mode"] => segments.parts.push(prefix),
        ["schemas", "ids", ..] => prepend(query, "subject", &prefix),
        ["schemas" | "subjects"] | ["dek-registry", "v1", "keks"] => prepend(query, "subjectPrefix", &prefix),
        [first, ..] if first.starts_with("associations") => query.set("context", prefix),
        _ => {}
    }
    Ok(())
}

/// `.ctx` from `ctx`, `.ctx` or `:.ctx:`.
pub(crate) fn normal(text: &str) -> Result<String, BadContext> {
    let inner = text.strip_prefix(':').and_then(|t| t.strip_suffix(':')).unwrap_or(text);
    if inner.contains(':') {
        return Err(BadContext(text.to_owned()));
    }
    Ok(if inner.starts_with('.') { inner.to_owned() } else { format!(".{inner}") })
}

/// Qualifies the segment behind `subjects` or `deks`, wherever they occur, and behind a leading `config` or `mode`.
fn qualify_names(parts: &mut [String], prefix: &str) {
    let mut at = 0;
    while at + 1 < parts.len() {
        let names_follow = matches!(parts[at].as_str(), "subjects" | "deks")
            || (at == 0 && matches!(parts[at].as_str(), "config" | "mode"));
        if !names_follow {
            at += 1;
            continue;
        }
        if !is_qualified(&parts[at + 1]) {
            parts[at + 1].insert_str(0, prefix);
        }
        at += 2;
    }
}

fn is_qualified(text: &str) -> bool {
    text.starts_with(":.") || text.starts_with(":*:")
}

fn prepend(query: &mut Query, name: &str, prefix: &str) {
    let value = query.get(name).unwrap_or_default();
    if !is_qualified(value) {
        let value = format!("{prefix}{value}");
        query.set(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::split;

    fn check(raw: &str, query: &str, expected: &str) {
        let mut segments = split(raw).unwrap();
        let mut pairs = Query::parse(query).unwrap();
        let got = match contexts(&mut segments, &mut pairs) {
            Err(_) => "400".to_owned(),
            Ok(()) => {
                let mut text = segments.parts.join("|");
                for name in ["subject", "subjectPrefix", "context"] {
                    if let Some(value) = pairs.get(name) {
                        text.push_str(&format!(" {name}={value}"));
                    }
                }
                text
            }
        };
        assert_eq!(got, expected, "{raw}?{query}");
    }

    #[test]
    fn every_rule_of_the_contract() {
        for (raw, query, expected) in [
            ("/subjects/a/versions", "", "subjects|a|versions"),
            ("/contexts", "", "contexts"),
            ("/contexts/.c", "", "contexts|.c"),
            ("/contexts/.c/", "", "contexts|.c"),
            ("/contexts/.c/contexts", "", "contexts"),
            ("/contexts/.c/subjects", "", "subjects subjectPrefix=:.c:"),
            ("/contexts/.c/subjects/", "", "subjects subjectPrefix=:.c:"),
            ("/contexts/c/subjects/a/versions", "", "subjects|:.c:a|versions"),
            ("/contexts/:.c:/subjects/a", "", "subjects|:.c:a"),
            ("/contexts/%3A.c%3A/subjects/a", "", "subjects|:.c:a"),
            ("/contexts/.c/subjects/:.d:a", "", "subjects|:.d:a"),
            ("/contexts/.c/subjects/%3A.d%3Aa", "", "subjects|:.d:a"),
            ("/contexts/.c/subjects//versions", "", "subjects|:.c:|versions"),
            ("/contexts/.c/subjects/subjects/versions", "", "subjects|:.c:subjects|versions"),
            (
                "/contexts/.c/compatibility/subjects/a/versions/1",
                "",
                "compatibility|subjects|:.c:a|versions|1",
            ),
            ("/contexts/.c/config", "", "config|:.c:"),
            ("/contexts/.c/config/", "", "config|:.c:"),
            ("/contexts/.c/mode", "", "mode|:.c:"),
            ("/contexts/.c/config/a", "", "config|:.c:a"),
            ("/contexts/.c/mode/a", "", "mode|:.c:a"),
            ("/contexts/.c/schemas/ids/7", "", "schemas|ids|7 subject=:.c:"),
            ("/contexts/.c/schemas/ids/7", "subject=a", "schemas|ids|7 subject=:.c:a"),
            ("/contexts/.c/schemas/ids/7/subjects", "", "schemas|ids|7|subjects subject=:.c:"),
            ("/contexts/.c/schemas/ids/7", "subject=:.d:a", "schemas|ids|7 subject=:.d:a"),
            ("/contexts/.c/schemas", "", "schemas subjectPrefix=:.c:"),
            ("/contexts/.c/schemas", "subjectPrefix=a", "schemas subjectPrefix=:.c:a"),
            ("/contexts/.c/schemas", "subjectPrefix=:*:", "schemas subjectPrefix=:*:"),
            ("/contexts/.c/schemas/types", "", "schemas|types"),
            ("/contexts/.c/schemas/guids/x", "", "schemas|guids|x"),
            ("/contexts/.c/associations", "", "associations context=:.c:"),
            ("/contexts/.c/associations:batchMutate", "", "associations:batchMutate context=:.c:"),
            ("/contexts/./subjects/a", "", "subjects|a"),
            ("/contexts/:.:/subjects/a", "", "subjects|a"),
            ("/contexts//subjects/a", "", "subjects|a"),
            ("/contexts/:.:/config", "", "config"),
            ("/contexts/a:b/subjects", "", "400"),
            ("/contexts/:.c/subjects", "", "400"),
            ("/contexts/.c/dek-registry/v1/keks/k/deks/s", "", "dek-registry|v1|keks|k|deks|:.c:s"),
            ("/contexts/.c/dek-registry/v1/keks", "", "dek-registry|v1|keks subjectPrefix=:.c:"),
        ] {
            check(raw, query, expected);
        }
    }
}
