//! Requests: over the base URLs in turn, with bounded retries and bounded answers.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use reqwest::{Method, Response, Url, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    ClientConfig, ClientError,
    auth::{Signature, Signer},
    config::Base,
    dto::ErrorAnswer,
};

const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";
const ACCEPT: &str = "application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json; q=0.9, application/json; q=0.5";

/// Longest message of the registry that an error repeats, in characters.
const MESSAGE_MAX: usize = 4096;

/// A request, without its base URL.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) body: Option<String>,
}

impl<'a> Request<'a> {
    pub(crate) fn get(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Request<'a> {
        Request { method: Method::GET, path, query, body: None }
    }

    pub(crate) fn delete(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Request<'a> {
        Request { method: Method::DELETE, path, query, body: None }
    }

    pub(crate) fn with_body(
        method: Method,
        path: &'a [&'a str],
        query: &'a [(&'a str, &'a str)],
        body: &impl Serialize,
    ) -> Result<Request<'a>, ClientError> {
        let body = serde_json::to_string(body)
            .map_err(|error| ClientError::Answer { url: path.join("/"), reason: error.to_string() })?;
        Ok(Request { method, path, query, body: Some(body) })
    }

    /// Whether asking twice is asking once. A deletion asked again answers that there is nothing to delete.
    fn repeatable(&self) -> bool {
        self.method != Method::DELETE
    }
}

/// Why one attempt failed, and how long the server wants to be left alone.
struct Attempt {
    error: ClientError,
    retry_after: Option<Duration>,
}

pub(crate) struct Http {
    client: reqwest::Client,
    bases: Vec<Base>,
    signer: Signer,
    /// Index of the base URL that answered last.
    preferred: AtomicUsize,
    config: ClientConfig,
}

impl Http {
    pub(crate) fn new(config: ClientConfig) -> Result<Http, ClientError> {
        let bases = config.urls.iter().map(|url| Base::parse(url)).collect::<Result<Vec<_>, _>>()?;
        if bases.is_empty() {
            return Err(ClientError::NoUrl);
        }
        let client = connector(&config, &bases)?;
        let signer = Signer::new(config.auth.clone())?;
        Ok(Http { client, bases, signer, preferred: AtomicUsize::new(0), config })
    }

    /// The base URL that answered last, for errors.
    pub(crate) fn base_url(&self) -> String {
        self.bases
            .get(self.preferred.load(Ordering::Relaxed))
            .map_or_else(String::new, |base| base.url.to_string())
    }

    /// Sends a request until it is answered or the retries are used up; the last error is returned.
    pub(crate) async fn send<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, ClientError> {
        let mut wait = self.config.retry_wait;
        let mut round = 0;
        loop {
            let failed = match self.round(&request).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            if round >= self.config.retries_max || !may_retry(&request, &failed.error) {
                return Err(failed.error);
            }
            round += 1;
            // Clients that failed together must not come back together.
            let pause = failed.retry_after.unwrap_or_else(|| wait.mul_f64(0.5 + 0.5 * fastrand::f64()));
            tokio::time::sleep(pause.min(self.config.retry_wait_max)).await;
            wait = wait.saturating_mul(2).min(self.config.retry_wait_max);
        }
    }

    /// Tries every base URL once, beginning with the one that answered last.
    async fn round<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, Attempt> {
        let start = self.preferred.load(Ordering::Relaxed);
        let mut last: Option<Attempt> = None;
        for (at, base) in self.bases.iter().enumerate().cycle().skip(start).take(self.bases.len()) {
            match self.attempt(base, request).await {
                Ok(answer) => {
                    self.preferred.store(at, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(failed) if may_go_on(request, &failed.error) => {
                    // One that may pass says more about what to do next than one that will not.
                    if last
                        .as_ref()
                        .is_none_or(|last| failed.error.is_transient() || !last.error.is_transient())
                    {
                        last = Some(failed);
                    }
                }
                Err(failed) => return Err(failed),
            }
        }
        Err(last.unwrap_or(Attempt { error: ClientError::NoUrl, retry_after: None }))
    }

    /// One base URL, with a token that is renewed once if it is refused.
    async fn attempt<T: DeserializeOwned>(&self, base: &Base, request: &Request<'_>) -> Result<T, Attempt> {
        let plain = |error| Attempt { error, retry_after: None };
        if let Some((user, password)) = &base.auth {
            let signature = Signature::Basic(user.clone(), password.clone());
            return self.exchange(base, request, &signature).await;
        }
        let signature = self.signer.signature(None).await.map_err(plain)?;
        match self.exchange(base, request, &signature).await {
            Err(Attempt { error: ClientError::Api { status: 401, .. }, .. }) if self.signer.renews() => {
                let renewed = self.signer.signature(Some(&signature)).await.map_err(plain)?;
                self.exchange(base, request, &renewed).await
            }
            answer => answer,
        }
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        base: &Base,
        request: &Request<'_>,
        signature: &Signature,
    ) -> Result<T, Attempt> {
        let url = base.resource(request.path, request.query);
        let mut builder =
            self.client.request(request.method.clone(), url.clone()).header(header::ACCEPT, ACCEPT);
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, MEDIA_TYPE).body(body.clone());
        }
        let plain = |error| Attempt { error, retry_after: None };
        let sent = signature.sign(builder).send().await;
        let mut response = sent.map_err(|error| plain(transport(&url, &error)))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(&response);
        if let 300..=399 = status {
            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            return Err(plain(redirected(&url, status, to)));
        }
        let body = read_body(&mut response, &url, self.config.answer_bytes_max).await.map_err(plain)?;
        if matches!(status, 200..=299) {
            let body = if body.is_empty() { b"null" } else { body.as_slice() };
            return serde_json::from_slice(body).map_err(|error| {
                plain(ClientError::Answer { url: url.to_string(), reason: error.to_string() })
            });
        }
        Err(Attempt { error: api_error(&url, status, &body), retry_after })
    }
}

/// Connections: bounded in time, no redirects, and no proxy but the one of the settings.
fn connector(config: &ClientConfig, bases: &[Base]) -> Result<reqwest::Client, ClientError> {
    let mut headers = header::HeaderMap::new();
    for (name, value) in &config.headers {
        let refuse = |reason: String| ClientError::Setting { setting: "headers", reason };
        let name = header::HeaderName::try_from(name.as_str())
            .map_err(|error| refuse(format!("\"{name}\": {error}")))?;
        let mut value = header::HeaderValue::from_str(value)
            .map_err(|_| refuse(format!("the value of {name} is not visible ASCII")))?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    let mut builder = reqwest::Client::builder()
        .connect_timeout(config.connect_timeout)
        .timeout(config.request_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .default_headers(headers)
        .user_agent(concat!("assay-client/", env!("CARGO_PKG_VERSION")));
    if let Some(proxy) = &config.proxy {
        let proxy = reqwest::Proxy::all(proxy)
            .map_err(|error| ClientError::Setting { setting: "proxy", reason: chain(&error) })?;
        builder = builder.proxy(proxy);
    }
    #[cfg(feature = "tls")]
    {
        let proxied = config.proxy.as_deref().is_some_and(|proxy| proxy.starts_with("https"));
        let tls = if proxied || bases.iter().any(|base| base.url.scheme() == "https") {
            crate::tls::rustls_config(&config.tls)?
        } else {
            crate::tls::no_config()?
        };
        builder = builder.tls_backend_preconfigured(tls);
    }
    #[cfg(not(feature = "tls"))]
    let _ = bases; // `https` was refused when they were read
    builder.build().map_err(|error| ClientError::Runtime(chain(&error)))
}

/// Whether another base URL may do better: what is transient, and a node that this client and it do not trust each other.
fn may_go_on(request: &Request<'_>, error: &ClientError) -> bool {
    may_retry(request, error) || matches!(error, ClientError::Tls { .. })
}

fn may_retry(request: &Request<'_>, error: &ClientError) -> bool {
    let unsent = matches!(error, ClientError::Transport { unsent: true, .. });
    error.is_transient() && (request.repeatable() || unsent)
}

fn transport(url: &Url, error: &reqwest::Error) -> ClientError {
    #[cfg(feature = "tls")]
    if let Some(reason) = crate::tls::distrust(error) {
        return ClientError::Tls { url: url.to_string(), reason };
    }
    let reason = if error.is_timeout() { "timed out".to_owned() } else { chain(error) };
    ClientError::Transport { url: url.to_string(), reason, unsent: error.is_connect() }
}

/// The innermost cause is the one that tells; `reqwest` shows only the outermost.
fn chain(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

/// A redirect is not followed: it would take a password elsewhere, or turn a POST into a GET.
fn redirected(url: &Url, status: u16, to: Option<&str>) -> ClientError {
    let to = to.map(|to| crate::config::without_secrets(to).chars().take(MESSAGE_MAX).collect::<String>());
    let to = to.map_or_else(String::new, |to| format!(" to {to}"));
    ClientError::Api {
        url: url.to_string(),
        status,
        error_code: u32::from(status),
        message: format!("a redirect{to}, which is not followed; give the registry's own URL"),
    }
}

async fn read_body(response: &mut Response, url: &Url, bytes_max: usize) -> Result<Vec<u8>, ClientError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport(url, &error))? {
        if body.len() + chunk.len() > bytes_max {
            let reason = format!("it is longer than {bytes_max} bytes (answer_bytes_max)");
            return Err(ClientError::Answer { url: url.to_string(), reason });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn api_error(url: &Url, status: u16, body: &[u8]) -> ClientError {
    let answer: Option<ErrorAnswer> = serde_json::from_slice(body).ok();
    let (error_code, message) = match answer {
        Some(answer) => (answer.error_code, answer.message),
        None => (None, Some(String::from_utf8_lossy(body).trim().to_owned())),
    };
    let message: String = message.unwrap_or_default().chars().take(MESSAGE_MAX).collect();
    let error_code = error_code.unwrap_or(u32::from(status));
    ClientError::Api { url: url.to_string(), status, error_code, message }
}
