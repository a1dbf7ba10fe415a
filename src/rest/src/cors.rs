//! Cross-origin answers for browser pages (Fetch standard, "CORS protocol"). Off unless origins are configured; never
//! with credentials.

/// Request headers a page may send.
const HEADERS_ALLOWED: &str =
    "Accept, Authorization, Content-Type, X-Request-ID, Confluent-Accept-Unknown-Properties";

/// The configured origins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cors {
    origins: Vec<String>,
}

impl Cors {
    pub(crate) fn new(origins: Option<&[String]>) -> Cors {
        let origins = origins.unwrap_or_default();
        Cors { origins: origins.iter().map(|o| o.trim().trim_end_matches('/').to_owned()).collect() }
    }

    /// The value of `Access-Control-Allow-Origin` for a request from `origin`.
    fn allowed<'a>(&self, origin: &'a str) -> Option<&'a str> {
        if self.origins.iter().any(|o| o == "*") {
            return Some("*");
        }
        self.origins.iter().any(|o| o.eq_ignore_ascii_case(origin)).then_some(origin)
    }

    /// The headers to add to an answer. `preflight` holds the methods of the path when the request is a preflight.
    pub(crate) fn headers(
        &self,
        origin: Option<&str>,
        preflight: Option<&str>,
    ) -> Vec<(&'static str, String)> {
        if self.origins.is_empty() {
            return Vec::new();
        }
        let mut headers = vec![("vary", "Origin".to_owned())];
        let Some(allowed) = origin.and_then(|o| self.allowed(o)) else { return headers };
        headers.push(("access-control-allow-origin", allowed.to_owned()));
        match preflight {
            None => headers.push(("access-control-expose-headers", "X-Request-ID".to_owned())),
            Some(methods) => headers.extend([
                ("access-control-allow-methods", methods.to_owned()),
                ("access-control-allow-headers", HEADERS_ALLOWED.to_owned()),
                ("access-control-max-age", "3600".to_owned()),
            ]),
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        let off = Cors::new(None);
        let any = Cors::new(Some(&["*".to_owned()]));
        let one = Cors::new(Some(&["https://ui.example/".to_owned()]));
        let origin_of = |cors: &Cors, origin| {
            let headers = cors.headers(origin, None);
            headers.iter().find(|(n, _)| *n == "access-control-allow-origin").map(|(_, v)| v.clone())
        };
        assert!(off.headers(Some("https://ui.example"), None).is_empty());
        assert_eq!(origin_of(&any, Some("https://x")).as_deref(), Some("*"));
        assert_eq!(origin_of(&one, Some("https://ui.example")).as_deref(), Some("https://ui.example"));
        assert_eq!(origin_of(&one, Some("https://evil.example")), None);
        assert_eq!(origin_of(&one, None), None);
    }
}
