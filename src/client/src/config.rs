//! What a client is told: where the registry is, and its limits.

use std::{fmt, time::Duration};

use reqwest::Url;

use crate::{Auth, ClientError, TlsConfig};

/// Settings of a [`Client`](crate::Client).
#[derive(Clone)]
pub struct ClientConfig {
    /// Base URLs of the registry's nodes, tried in turn. User and password may stand in them: `http://user:pass@host:8081`.
    pub urls: Vec<String>,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for an answer, body included.
    pub request_timeout: Duration,
    /// How many more rounds over the URLs follow a round that failed for a transient reason.
    pub retries_max: u32,
    /// Wait before the first retry; it doubles with each.
    pub retry_wait: Duration,
    /// Longest wait between retries, also if the server asks for a longer one.
    pub retry_wait_max: Duration,
    /// Entries of each cache.
    pub cache_entries_max: usize,
    /// How long what the registry refused for good (no such id, an invalid schema) is not asked again.
    pub missing_ttl: Duration,
    /// Longest answer, in bytes.
    pub answer_bytes_max: usize,
    /// Who the client says it is, to URLs without a user of their own.
    pub auth: Auth,
    /// Whom to trust on `https` URLs, and the client's certificate.
    pub tls: TlsConfig,
    /// More headers for every request, such as `target-sr-cluster`.
    pub headers: Vec<(String, String)>,
    /// URL of an HTTP proxy. `None` is none: the environment is not asked.
    pub proxy: Option<String>,
}

/// Without passwords, tokens and the values of headers.
impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let urls: Vec<String> = self.urls.iter().map(|url| without_secrets(url)).collect();
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ClientConfig")
            .field("urls", &urls)
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("retries_max", &self.retries_max)
            .field("retry_wait", &self.retry_wait)
            .field("retry_wait_max", &self.retry_wait_max)
            .field("cache_entries_max", &self.cache_entries_max)
            .field("missing_ttl", &self.missing_ttl)
            .field("answer_bytes_max", &self.answer_bytes_max)
            .field("auth", &self.auth)
            .field("tls", &self.tls)
            .field("headers", &headers)
            .field("proxy", &self.proxy.as_deref().map(without_secrets))
            .finish()
    }
}

impl ClientConfig {
    /// Defaults with these base URLs, separated by commas.
    #[must_use]
    pub fn new(urls: &str) -> ClientConfig {
        let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned).collect();
        ClientConfig {
            urls,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            retries_max: 3,
            retry_wait: Duration::from_millis(100),
            retry_wait_max: Duration::from_secs(2),
            cache_entries_max: 1000,
            missing_ttl: Duration::from_secs(1),
            answer_bytes_max: 16 * 1024 * 1024,
            auth: Auth::default(),
            tls: TlsConfig::default(),
            headers: Vec::new(),
            proxy: None,
        }
    }
}

/// A base URL without its user and password, and those.
#[derive(Clone)]
pub(crate) struct Base {
    pub(crate) url: Url,
    pub(crate) auth: Option<(String, String)>,
}

impl Base {
    pub(crate) fn parse(text: &str) -> Result<Base, ClientError> {
        let invalid = |reason: String| ClientError::InvalidUrl { url: without_secrets(text), reason };
        let mut url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
        match url.scheme() {
            "http" => {}
            "https" if cfg!(feature = "tls") => {}
            "https" => return Err(ClientError::TlsUnsupported { url: without_secrets(text) }),
            other => return Err(invalid(format!("scheme \"{other}\", expected http or https"))),
        }
        if !url.has_host() {
            return Err(invalid("it has no host".into()));
        }
        let auth = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decoded(user), decoded(password.unwrap_or_default()))),
        };
        let stripped = url.set_username("").and_then(|()| url.set_password(None));
        stripped.map_err(|()| invalid("user and password cannot be read".into()))?;
        url.set_query(None);
        url.set_fragment(None);
        Ok(Base { url, auth })
    }

    /// The URL of a resource below this base; every segment is encoded, so that a `/` in a subject stays in it.
    pub(crate) fn resource(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// Percent-decoded; text that is not UTF-8 afterwards is repaired.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let pair = tail.first_chunk::<2>().and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(value) if byte == b'%' => {
                bytes.push(value);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A URL as errors may show it.
pub(crate) fn without_secrets(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        (None, Some((_, host))) => host.to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        let base = Base::parse("http://us%40er:p%3Ass@localhost:8081/registry/?x=1").unwrap();
        assert_eq!(base.auth, Some(("us@er".into(), "p:ss".into())));
        assert_eq!(
            base.resource(&["subjects", "a/b %ü?", "versions"], &[("normalize", "true")]).as_str(),
            "http://localhost:8081/registry/subjects/a%2Fb%20%25%C3%BC%3F/versions?normalize=true"
        );
        assert_eq!(
            Base::parse("http://h").unwrap().resource(&["subjects", ""], &[]).as_str(),
            "http://h/subjects/"
        );
        assert_eq!(ClientConfig::new("http://a, http://b,").urls, ["http://a", "http://b"]);
    }

    #[test]
    fn refused_urls_do_not_show_passwords() {
        for url in [
            "https://u:secret@",
            "ftp://u:secret@h",
            "u:secret@h",
            "http://u:secret@:x",
            "localhost:8081",
            "",
        ] {
            let error = Base::parse(url).map(|_| ()).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let https = Base::parse("https://u:secret@h:1").map(|base| base.url.to_string());
        if cfg!(feature = "tls") {
            assert_eq!(https.unwrap(), "https://h:1/");
        } else {
            assert!(matches!(https, Err(ClientError::TlsUnsupported { url }) if url == "https://h:1"));
        }
    }

    #[test]
    fn settings_do_not_show_secrets() {
        let config = ClientConfig {
            auth: Auth::Basic { user: "me".into(), password: "secret".into() },
            headers: vec![("x-key".into(), "secret".into())],
            proxy: Some("http://u:secret@proxy:1".into()),
            ..ClientConfig::new("http://u:secret@h:1")
        };
        let shown = format!("{config:?} {:?}", Auth::Bearer("secret".into()));
        assert!(
            !shown.contains("secret") && shown.contains("x-key") && shown.contains("http://h:1"),
            "{shown}"
        );
    }
}
