//! Requests: over the base URLs in turn, with bounded retries and bounded answers.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use reqwest::{Method, Response, Url, header};
use serde::{Serialize, de::DeserializeOwned};

use crate::{ClientConfig, ClientError, config::Base, dto::ErrorAnswer};

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
        let client = reqwest::Client::builder()
            .connect_timeout(config.connect_timeout)
            .timeout(config.request_timeout)
            .user_agent(concat!("assay-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ClientError::Runtime(chain(&error)))?;
        Ok(Http { client, bases, preferred: AtomicUsize::new(0), config })
    }

    pub(crate) fn config(&self) -> &ClientConfig {
        &self.config
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
            tokio::time::sleep(failed.retry_after.unwrap_or(wait).min(self.config.retry_wait_max)).await;
            wait = wait.saturating_mul(2).min(self.config.retry_wait_max);
        }
    }

    /// Tries every base URL once, beginning with the one that answered last.
    async fn round<T: DeserializeOwned>(&self, request: &Request<'_>) -> Result<T, Attempt> {
        let start = self.preferred.load(Ordering::Relaxed);
        let mut last = None;
        for (at, base) in self.bases.iter().enumerate().cycle().skip(start).take(self.bases.len()) {
            match self.attempt(base, request).await {
                Ok(answer) => {
                    self.preferred.store(at, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(failed) if may_retry(request, &failed.error) => last = Some(failed),
                Err(failed) => return Err(failed),
            }
        }
        Err(last.unwrap_or(Attempt { error: ClientError::NoUrl, retry_after: None }))
    }

    async fn attempt<T: DeserializeOwned>(&self, base: &Base, request: &Request<'_>) -> Result<T, Attempt> {
        let url = base.resource(request.path, request.query);
        let mut builder =
            self.client.request(request.method.clone(), url.clone()).header(header::ACCEPT, ACCEPT);
        if let Some((user, password)) = &base.auth {
            builder = builder.basic_auth(user, Some(password));
        }
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, MEDIA_TYPE).body(body.clone());
        }
        let plain = |error| Attempt { error, retry_after: None };
        let mut response = builder.send().await.map_err(|error| plain(transport(&url, &error)))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(&response);
        let body = read_body(&mut response, &url, self.config.answer_bytes_max).await.map_err(plain)?;
        if matches!(status, 200..=299) {
            let body = if body.is_empty() { b"null" } else { body.as_slice() };
            return serde_json::from_slice(body).map_err(|error| {
                plain(ClientError::Answer { url: url.to_string(), reason: error.to_string() })
            });
        }
        Err(Attempt { error: api_error(status, &body), retry_after })
    }
}

fn may_retry(request: &Request<'_>, error: &ClientError) -> bool {
    let unsent = matches!(error, ClientError::Transport { unsent: true, .. });
    error.is_transient() && (request.repeatable() || unsent)
}

fn transport(url: &Url, error: &reqwest::Error) -> ClientError {
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

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
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

fn api_error(status: u16, body: &[u8]) -> ClientError {
    let answer: Option<ErrorAnswer> = serde_json::from_slice(body).ok();
    let (error_code, message) = match answer {
        Some(answer) => (answer.error_code, answer.message),
        None => (None, Some(String::from_utf8_lossy(body).trim().to_owned())),
    };
    let message: String = message.unwrap_or_default().chars().take(MESSAGE_MAX).collect();
    ClientError::Api { status, error_code: error_code.unwrap_or(u32::from(status)), message }
}
