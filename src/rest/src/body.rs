//! Reads a request body: type and coding first, then the bytes under a cap, a time limit and a budget that all
//! requests share, then decompression under the same cap.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName};
use actix_web::web;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use crate::accept;
use crate::coding::{self, Coding, InflateError};
use crate::config::RestConfig;
use crate::error::ApiError;

/// Bytes of every body that count against no budget, so that large bodies leave room for the small ones that most are.
/// How many there can be is bounded by the connections.
const FREE_BYTES: usize = 32 << 10;

/// Bytes held for request bodies, over all requests.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    used: Arc<AtomicUsize>,
    max: usize,
}

/// A share of the budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Budget,
    bytes: usize,
    free: usize,
}

impl Budget {
    pub(crate) fn new(max: usize) -> Budget {
        Budget { used: Arc::default(), max }
    }

    fn share(&self) -> Share {
        Share { budget: self.clone(), bytes: 0, free: FREE_BYTES }
    }
}

impl Share {
    fn grow(&mut self, bytes: usize) -> Result<(), ApiError> {
        let free = bytes.min(self.free);
        self.free -= free;
        let bytes = bytes - free;
        if bytes == 0 {
            return Ok(());
        }
        let before = self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before.saturating_add(bytes) > self.budget.max {
            return Err(ApiError::generic(
                429,
                "request bodies take too much memory at the moment; try again later",
            ));
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The text values of a header; one that is not ASCII text counts as an unusable value, not as absent.
pub(crate) fn values(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).map(|value| value.to_str().unwrap_or("?"))
}

/// Checks `Content-Type` and `Content-Encoding` before any byte of the body is read.
///
/// # Errors
/// 415 for a type or coding that is not understood.
pub(crate) fn coding_of(headers: &HeaderMap) -> Result<Coding, ApiError> {
    let content_type = values(headers, CONTENT_TYPE).next();
    if !accept::understood(content_type) {
        return Err(ApiError::generic(
            415,
            format!("content type '{}' is not supported; send JSON", content_type.unwrap_or_default()),
        ));
    }
    Coding::of(values(headers, CONTENT_ENCODING))
        .ok_or_else(|| ApiError::generic(415, "this content encoding is not supported; gzip and deflate are"))
}

fn too_large(bytes_max: usize) -> ApiError {
    ApiError::generic(413, format!("the request body is larger than {bytes_max} bytes"))
}

/// Reads and inflates the body. The share lives as long as the body is needed.
///
/// # Errors
/// 413 above the cap, 408 when the client is too slow, 400 when the body breaks off or its coding is damaged, 429 when
/// the shared budget is used up.
pub(crate) async fn read(
    headers: &HeaderMap,
    payload: &mut web::Payload,
    coding: Coding,
    settings: &RestConfig,
    budget: &Budget,
) -> Result<(Bytes, Share), ApiError> {
    let bytes_max = settings.body_bytes_max;
    let announced = values(headers, CONTENT_LENGTH).next().and_then(|v| v.trim().parse::<u64>().ok());
    if announced.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large(bytes_max));
    }
    let mut share = budget.share();
    let limit = Duration::from_millis(settings.body_ms_max);
    let raw = tokio::time::timeout(limit, collect(payload, bytes_max, &mut share))
        .await
        .map_err(|_| ApiError::generic(408, "the request body did not arrive in time"))??;
    if coding == Coding::Identity || raw.is_empty() {
        return Ok((raw, share));
    }
    let inflated = tokio::task::spawn_blocking(move || coding::inflate(coding, raw, bytes_max))
        .await
        .map_err(|_| ApiError::internal())?
        .map_err(|error| match error {
            InflateError::TooLarge(_) => ApiError::generic(413, error.to_string()),
            InflateError::Damaged(_) => ApiError::generic(400, error.to_string()),
        })?;
    share.grow(inflated.len())?;
    Ok((inflated, share))
}

async fn collect(payload: &mut web::Payload, bytes_max: usize, share: &mut Share) -> Result<Bytes, ApiError> {
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ApiError::generic(400, "the request body broke off"))?;
        let so_far = rest.len() + first.as_ref().map_or(0, Bytes::len);
        if so_far + chunk.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        share.grow(chunk.len())?;
        match first.take() {
            // the common case is one chunk, which needs no copy
            None if rest.is_empty() => first = Some(chunk),
            None => rest.extend_from_slice(&chunk),
            Some(one) => {
                rest.extend_from_slice(&one);
                rest.extend_from_slice(&chunk);
            }
        }
    }
    Ok(first.unwrap_or_else(|| rest.freeze()))
}

/// Reads and drops what is left of a small body, so that the connection can serve the next request.
pub(crate) async fn drain(payload: &mut web::Payload) {
    const BYTES_MAX: usize = 256 << 10;
    let quick = async {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = payload.next().await {
            bytes += chunk.len();
            if bytes > BYTES_MAX {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(2), quick).await;
}
