//! Content negotiation (contract 1.1, "Content types"): which of the three JSON types answers, which request types are
//! understood, and whether the answer may be compressed. Nothing here looks at bodies.

/// A type this server answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Produced {
    #[default]
    RegistryV1,
    Registry,
    Json,
}

impl Produced {
    /// In order of the server's preference.
    const ALL: [Produced; 3] = [Produced::RegistryV1, Produced::Registry, Produced::Json];

    /// The media type as written in `Content-Type`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Produced::RegistryV1 => "application/vnd.schemaregistry.v1+json",
            Produced::Registry => "application/vnd.schemaregistry+json",
            Produced::Json => "application/json",
        }
    }

    const fn subtype(self) -> &'static str {
        match self {
            Produced::RegistryV1 => "vnd.schemaregistry.v1+json",
            Produced::Registry => "vnd.schemaregistry+json",
            Produced::Json => "json",
        }
    }
}

/// Weights are thousandths, as RFC 9110 12.4.2 allows three digits.
fn weight(parameters: &str) -> u16 {
    for parameter in parameters.split(';') {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("q") {
            return match value.trim().parse::<f32>() {
                Ok(q) if q.is_finite() => (q.clamp(0.0, 1.0) * 1000.0).round() as u16,
                _ => 1000,
            };
        }
    }
    1000
}

/// Chooses the answer's type from the `Accept` header values; `None` means 406.
///
/// The most specific range that names a type decides its weight; the highest weight wins, then the server's order
/// (RFC 9110 12.5.1). No header, or an empty one, accepts everything.
pub(crate) fn negotiate<'a>(accept: impl Iterator<Item = &'a str>) -> Option<Produced> {
    let mut seen = false;
    let mut found: [Option<(u8, u16)>; 3] = [None; 3];
    for range in accept.flat_map(|v| v.split(',')).map(str::trim).filter(|r| !r.is_empty()) {
        seen = true;
        let (media, parameters) = range.split_once(';').unwrap_or((range, ""));
        // "*" alone is not a media range, but clients (and Java's URLConnection) send it
        let (main, sub) = media.trim().split_once('/').unwrap_or((media.trim(), "*"));
        for (slot, produced) in found.iter_mut().zip(Produced::ALL) {
            let specific = match (main, sub) {
                ("*", "*") => 0,
                (m, "*") if m.eq_ignore_ascii_case("application") => 1,
                (m, s)
                    if m.eq_ignore_ascii_case("application")
                        && s.eq_ignore_ascii_case(produced.subtype()) =>
                {
                    2
                }
                _ => continue,
            };
            let candidate = (specific, weight(parameters));
            if slot.is_none_or(|old| candidate.0 > old.0 || (candidate.0 == old.0 && candidate.1 > old.1)) {
                *slot = Some(candidate);
            }
        }
    }
    if !seen {
        return Some(Produced::default());
    }
    let mut best: Option<(u16, Produced)> = None;
    for (slot, produced) in found.iter().zip(Produced::ALL) {
        let Some((_, q)) = slot else { continue };
        if *q > 0 && best.is_none_or(|(old, _)| *q > old) {
            best = Some((*q, produced));
        }
    }
    best.map(|(_, produced)| produced)
}

/// Whether a request body of this `Content-Type` is read as JSON. Absent counts as `application/octet-stream`.
pub(crate) fn understood(content_type: Option<&str>) -> bool {
    let Some(text) = content_type else { return true };
    let media = text.split(';').next().unwrap_or_default().trim();
    media.is_empty()
        || media.eq_ignore_ascii_case("application/octet-stream")
        || Produced::ALL.iter().any(|p| media.eq_ignore_ascii_case(p.as_str()))
}

/// Whether `Accept-Encoding` allows gzip (RFC 9110 12.5.3: a named weight of 0 forbids, `*` stands for the rest).
pub(crate) fn accepts_gzip<'a>(accept_encoding: impl Iterator<Item = &'a str>) -> bool {
    let mut named = None;
    let mut any = None;
    for coding in accept_encoding.flat_map(|v| v.split(',')).map(str::trim) {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let name = name.trim();
        if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
            named = named.max(Some(weight(parameters)));
        } else if name == "*" {
            any = Some(weight(parameters));
        }
    }
    named.or(any).is_some_and(|q| q > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_type_is_negotiated() {
        let v1 = Some(Produced::RegistryV1);
        let plain = Some(Produced::Registry);
        let json = Some(Produced::Json);
        for (accept, expected) in [
            ("", v1),
            ("*/*", v1),
            ("*", v1),
            ("application/*", v1),
            ("application/json", json),
            ("APPLICATION/JSON", json),
            ("application/json; charset=utf-8", json),
            ("application/vnd.schemaregistry+json", plain),
            ("application/vnd.schemaregistry.v1+json", v1),
            (
                "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json",
                v1,
            ),
            ("application/json, */*;q=0.1", json),
            ("application/json;q=0.2, application/vnd.schemaregistry+json;q=0.7", plain),
            ("application/vnd.schemaregistry.v1+json;q=0, */*", plain),
            ("*/*;q=0.5, application/vnd.schemaregistry.v1+json;q=0.1", plain),
            ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", v1),
            ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", v1),
            ("text/html", None),
            ("text/*", None),
            ("application/xml", None),
            ("application/json;q=0", None),
            ("*/*;q=0", None),
            ("*/*;q=0.0, text/plain", None),
            ("garbage", None),
            (", ,", v1),
            ("application/json;q=nan", json),
            ("application/json;q=2", json),
        ] {
            assert_eq!(negotiate(std::iter::once(accept)), expected, "{accept}");
        }
        assert_eq!(negotiate(std::iter::empty()), v1);
        assert_eq!(negotiate(["text/html", "application/json"].into_iter()), json);
    }

    #[test]
    fn request_types() {
        for (content_type, expected) in [
            (None, true),
            (Some(""), true),
            (Some("application/json"), true),
            (Some("application/json; charset=UTF-8"), true),
            (Some("Application/Vnd.SchemaRegistry.V1+JSON"), true),
            (Some("application/vnd.schemaregistry+json"), true),
            (Some("application/octet-stream"), true),
            (Some("text/plain"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("application/jsonp"), false),
            (Some("json"), false),
        ] {
            assert_eq!(understood(content_type), expected, "{content_type:?}");
        }
    }

    #[test]
    fn response_codings() {
        for (header, expected) in [
            ("", false),
            ("gzip", true),
            ("GZIP", true),
            ("x-gzip", true),
            ("deflate, br", false),
            ("gzip, deflate, br, zstd", true),
            ("gzip;q=0", false),
            ("gzip;q=0.001", true),
            ("*", true),
            ("*;q=0", false),
            ("gzip;q=0, *", false),
            ("identity", false),
        ] {
            assert_eq!(accepts_gzip(std::iter::once(header)), expected, "{header}");
        }
        assert!(!accepts_gzip(std::iter::empty()));
    }
}
