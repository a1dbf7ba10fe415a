//! What must hold for any bytes at the edge; run by proptest here and by the fuzz target in `fuzz/`.

use crate::accept;
use crate::coding::{self, Coding};
use crate::coerce;
use crate::dto::config::{ConfigBody, ModeBody};
use crate::dto::schema::SchemaBody;
use crate::path;
use crate::query::Query;
use crate::rewrite;
use crate::routes;

/// Any bytes, taken as a request target, as headers and as a body: nothing panics, what splits has no segment that
/// decodes twice, and inflating stops at its cap.
pub fn edge_properties(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        let (raw_path, raw_query) = text.split_once('?').unwrap_or((text, ""));
        if let (Ok(mut segments), Ok(mut query)) = (path::split(raw_path), Query::parse(raw_query)) {
            assert!(segments.parts.len() <= raw_path.len() + 1);
            if rewrite::contexts(&mut segments, &mut query).is_ok() {
                let paths: Vec<_> =
                    routes::matching(&segments.parts).into_iter().map(|(r, _)| r.path).collect();
                assert!(paths.windows(2).all(|two| two[0] == two[1]), "two paths match: {paths:?}");
            }
        }
        let _ = accept::negotiate(std::iter::once(text));
        let _ = accept::accepts_gzip(std::iter::once(text));
        let _ = Coding::of(std::iter::once(text));
    }
    let _ = coerce::body::<SchemaBody>(data);
    let _ = coerce::body::<ConfigBody>(data);
    let _ = coerce::body::<ModeBody>(data);
    for coding in [Coding::Gzip, Coding::Deflate] {
        if let Ok(out) = coding::inflate(coding, data.to_vec().into(), 4096) {
            assert!(out.len() <= 4096);
        }
    }
}

#[cfg(test)]
mod tests {
    proptest::proptest! {
        #[test]
        fn hold_for_any_bytes(data in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            super::edge_properties(&data);
        }

        #[test]
        fn hold_for_likely_targets(text in "(/(contexts|subjects|config|mode|schemas|ids|versions|:?\\.c:?|%2F|%25|7|)){0,6}(\\?[a-z=&%]{0,12})?") {
            super::edge_properties(text.as_bytes());
        }

        #[test]
        fn hold_for_likely_bodies(text in "[\\[{\":,}\\]0-9a-z]{0,60}|\\{\"(schema|references|metadata|id)\":[\\[{\":,}\\]0-9a-z]{0,40}\\}") {
            super::edge_properties(text.as_bytes());
        }
    }
}
