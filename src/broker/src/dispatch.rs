//! From a request to its handler: finds the API, decodes, runs, encodes.

use std::future::Future;
use std::sync::Arc;

use assay_net::{Answer, Reply, RequestContext};
use assay_protocol::{ApiKey, Request, encode_response};
use bytes::Bytes;
use futures::future::BoxFuture;

use crate::core::Core;
use crate::handlers;

/// What a handler knows of its request.
#[derive(Clone)]
pub(crate) struct Cx {
    pub(crate) core: Arc<Core>,
    pub(crate) request: RequestContext,
    pub(crate) version: i16,
}

/// One API this broker implements; the list of them feeds the dispatcher and the ApiVersions answer.
#[derive(Clone, Copy)]
pub(crate) struct Api {
    pub(crate) key: ApiKey,
    /// First version advertised.
    pub(crate) min: i16,
    /// Last version advertised.
    pub(crate) max: i16,
    pub(crate) run: fn(Cx, Bytes) -> BoxFuture<'static, Reply>,
}

/// Stage one of a handler: the answer, or what is still to be waited for.
pub(crate) enum Staged<R> {
    Now(R),
    /// The effect has happened; the answer comes when this resolves.
    Later(BoxFuture<'static, R>),
    /// No answer is due (acks=0).
    NoAnswer,
    /// No answer can be given; close the connection.
    Close,
}

/// Routes a request. Unknown keys and versions close the connection as Kafka does, since no answer to them would be
/// understood; ApiVersions is the exception (KIP-511).
pub(crate) async fn dispatch(core: Arc<Core>, request: RequestContext, body: Bytes) -> Reply {
    let header = &request.header;
    let version = header.api_version;
    let Some(api) = handlers::APIS.iter().find(|a| a.key.as_i16() == header.api_key) else {
        tracing::warn!(api_key = header.api_key, client_id = %request.client_id, "API not supported, connection closed");
        return Reply::Close;
    };
    if api.key == ApiKey::ApiVersions && !(api.min..=api.max).contains(&version) {
        return Reply::Now(handlers::k18_api_versions::unsupported(header.correlation_id));
    }
    if !(api.min..=api.max).contains(&version) {
        tracing::warn!(
            api = api.key.name(), version, supported = ?(api.min..=api.max), client_id = %request.client_id,
            "API version not supported, connection closed"
        );
        return Reply::Close;
    }
    let run = api.run;
    run(Cx { core, request, version }, body).await
}

/// Decodes the request, runs the handler to its end, encodes the answer.
pub(crate) fn answer<M, F>(
    cx: Cx,
    body: Bytes,
    handle: impl FnOnce(Cx, M) -> F + Send + 'static,
) -> BoxFuture<'static, Reply>
where
    M: Request,
    F: Future<Output = M::Response> + Send + 'static,
{
    staged(cx, body, |cx, request| async { Staged::Now(handle(cx, request).await) })
}

/// Decodes the request, runs stage one of the handler, and encodes the answer whenever it comes.
pub(crate) fn staged<M, F>(
    cx: Cx,
    body: Bytes,
    handle: impl FnOnce(Cx, M) -> F + Send + 'static,
) -> BoxFuture<'static, Reply>
where
    M: Request,
    F: Future<Output = Staged<M::Response>> + Send + 'static,
{
    Box::pin(async move {
        let version = cx.version;
        let correlation_id = cx.request.header.correlation_id;
        let Some(key) = M::SPEC.api_key() else { return Reply::Close };
        let request = match M::decode_body(version, body) {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(
                    api = key.name(), version, client_id = %cx.request.client_id, peer = %cx.request.peer, %error,
                    "malformed request, connection closed"
                );
                return Reply::Close;
            }
        };
        let encode = move |response: &M::Response| encode_response(key, version, correlation_id, response);
        match handle(cx, request).await {
            Staged::Now(response) => Reply::Now(encode(&response)),
            Staged::Later(response) => {
                Reply::Later(Box::pin(async move { Answer::Frame(encode(&response.await)) }))
            }
            Staged::NoAnswer => Reply::None,
            Staged::Close => Reply::Close,
        }
    })
}

/// Runs blocking work (files, fsync) away from the reactor. `None` if it panicked or the runtime is going down.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => Some(value),
        Err(error) => {
            tracing::error!(%error, "blocking work was lost");
            None
        }
    }
}
