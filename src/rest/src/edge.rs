//! One request from raw path to HTTP answer: base path, context prefix, route, method, negotiation, body, handler,
//! compression, headers, log line. The web framework only moves bytes; it routes nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue,
    ORIGIN, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use assay_registry::{Caller, Registry};
use bytes::Bytes;

use crate::accept::{self, Produced};
use crate::alias;
use crate::body::{self, Budget, values};
use crate::config::{ExtraRequest, ExtraRoute, RestConfig};
use crate::cors::Cors;
use crate::error::{ApiError, ErrorJson, Refusal};
use crate::metrics::Metrics;
use crate::outcome::{Handler, Outcome, Request, Work};
use crate::path;
use crate::pool::{Pool, guarded};
use crate::query::Query;
use crate::reply::Reply;
use crate::request_id;
use crate::rewrite;
use crate::routes::{self, Params, Route, Verb};
use crate::watch::{Connection, PIECE_BYTES};

/// Answers smaller than this are compressed on the I/O thread.
const COMPRESS_INLINE_BYTES_MAX: usize = 32 << 10;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What all requests share.
pub(crate) struct Shared {
    pub(crate) registry: Arc<Registry>,
    pub(crate) settings: Arc<RestConfig>,
    pub(crate) pool: Pool,
    pub(crate) budget: Budget,
    pub(crate) cors: Cors,
    pub(crate) base: Vec<String>,
    pub(crate) metrics: Metrics,
}

/// What a request turns out to ask for.
enum Target {
    Route {
        work: Work,
        handler: Handler,
        params: Params,
        query: Query,
    },
    Extra(ExtraRoute, ExtraRequest),
    /// OPTIONS: the methods of the path.
    Options(String),
}

/// A target with what its answer needs.
struct Plan {
    id: &'static str,
    produced: Produced,
    verb: Verb,
    target: Target,
}

/// Serves one request. Whatever happens, there is an answer.
pub(crate) async fn serve(
    http: HttpRequest,
    mut payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResponse {
    let started = Instant::now();
    let connection = http.conn_data::<Arc<Connection>>();
    if let Some(connection) = connection {
        connection.working();
    }
    let headers = http.headers();
    let id = request_id::of(headers.get_all("x-request-id").map(|v| v.as_bytes()));
    let plan = plan(&http, &shared);
    let (route, produced) = match &plan {
        Ok(plan) => (plan.id, plan.produced),
        Err(_) => ("-", accept::negotiate(values(headers, ACCEPT)).unwrap_or_default()),
    };
    let mut allow = None;
    let result = match plan {
        Err(error) => {
            body::drain(&mut payload).await;
            Err(error)
        }
        Ok(Plan { target: Target::Options(methods), .. }) => {
            body::drain(&mut payload).await;
            allow = Some(methods);
            Ok(Reply { status: 200, body: Bytes::new(), content_type: None })
        }
        Ok(plan) => {
            let limit = Duration::from_millis(shared.settings.request_ms_max);
            match tokio::time::timeout(limit, answer(plan, &http, &mut payload, &shared, &id)).await {
                Ok(result) => result.map_err(|refusal| refusal.into_api(shared.settings.incompatible_code)),
                Err(_) => Err(ApiError::generic(504, "the request took longer than the server allows")),
            }
        }
    };
    let code = result.as_ref().err().map_or(0, ApiError::code);
    let (reply, error_allow) = match result {
        Ok(reply) => (reply, None),
        Err(error) => (error_reply(&error), error.allow),
    };
    let status = reply.status;
    let response = respond(&http, &shared, reply, produced, &id, allow.or(error_allow)).await;
    shared.metrics.answered(route, status, started.elapsed());
    log(&http, &id, route, status, code, started.elapsed());
    response
}

/// A line a request: successful reads at `debug`, the rest where a person looks.
fn log(http: &HttpRequest, id: &str, route: &str, status: u16, code: u32, took: Duration) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let method = http.method();
    if status >= 500 {
        tracing::warn!(request_id = %id, route, %method, status, code, micros, "request failed");
    } else if status >= 400 || !method.is_safe() {
        tracing::info!(request_id = %id, route, %method, status, code, micros, "request");
    } else {
        tracing::debug!(request_id = %id, route, %method, status, code, micros, "request");
    }
}

fn error_reply(error: &ApiError) -> Reply {
    let json = ErrorJson { error_code: error.code(), message: error.message() };
    Reply::json_with(error.status(), &json).unwrap_or(Reply {
        status: error.status(),
        body: Bytes::new(),
        content_type: None,
    })
}

/// Decides what the request asks for, from everything but its body.
fn plan(http: &HttpRequest, shared: &Shared) -> Result<Plan, ApiError> {
    let raw = http.uri().path();
    if raw == "*" && http.method() == Method::OPTIONS {
        let methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS".to_owned();
        return Ok(Plan {
            id: "options",
            produced: Produced::default(),
            verb: Verb::Get,
            target: Target::Options(methods),
        });
    }
    let undecodable =
        |what: &str, e: path::Undecodable| ApiError::generic(400, format!("the {what} is malformed: {e}"));
    let segments = path::split(raw).map_err(|e| undecodable("path", e))?;
    let mut query =
        Query::parse(http.uri().query().unwrap_or_default()).map_err(|e| undecodable("query", e))?;
    let mut segments = path::below(&shared.base, segments).ok_or_else(|| not_found(http))?;
    rewrite::contexts(&mut segments, &mut query).map_err(|e| ApiError::generic(400, e.to_string()))?;

    let verb = Verb::of(http.method().as_str());
    let extra: Vec<&ExtraRoute> = shared
        .settings
        .extra
        .iter()
        .filter(|route| route.path[1..].split('/').eq(segments.parts.iter().map(String::as_str)))
        .collect();
    let mut found = routes::matching(&segments.parts);
    // an empty last name looks like a trailing slash: it is one unless only the name makes the method fit
    if segments.trailing_slash && !found.iter().any(|(route, _)| Some(route.verb) == verb) {
        let mut longer = segments.parts.clone();
        longer.push(String::new());
        let named = routes::matching(&longer);
        if named.iter().any(|(route, _)| Some(route.verb) == verb) {
            found = named;
        }
    }
    if found.is_empty() && extra.is_empty() {
        return Err(not_found(http));
    }
    let verbs = found.iter().map(|(route, _)| route.verb).chain(extra.iter().map(|route| route.verb));
    let methods = allowed(verbs);
    if http.method() == Method::OPTIONS {
        return Ok(Plan {
            id: "options",
            produced: Produced::default(),
            verb: Verb::Get,
            target: Target::Options(methods),
        });
    }
    let wrong_method = || ApiError::method(http.method().as_str(), methods);
    let verb = verb.ok_or_else(wrong_method.clone())?;
    if let Some(route) = extra.into_iter().find(|route| route.verb == verb) {
        let target = Target::Extra(route.clone(), ExtraRequest(query));
        return Ok(Plan { id: route.id, produced: Produced::default(), verb, target });
    }
    let (route, mut params) =
        found.into_iter().find(|(route, _)| route.verb == verb).ok_or_else(wrong_method)?;
    let produced = produced(http, route)?;
    alias::apply(&shared.registry, route.path, &mut params, &mut query);
    let work = if route.work == Work::Quick && renders(&query) { Work::Pool } else { route.work };
    let target = Target::Route { work, handler: route.handler, params, query };
    Ok(Plan { id: route.id, produced, verb, target })
}

fn not_found(http: &HttpRequest) -> ApiError {
    ApiError::generic(404, format!("there is nothing at {}", http.uri().path()))
}

/// Whether the answer has to be rendered from a parsed schema, which is no quick look-up.
fn renders(query: &Query) -> bool {
    ["format", "findTags", "referenceFormat"]
        .iter()
        .any(|name| query.get(name).is_some_and(|v| !v.is_empty()))
}

/// 415 comes before 406, as in JAX-RS; probes of the server's health take any `Accept`.
fn produced(http: &HttpRequest, route: &Route) -> Result<Produced, ApiError> {
    if route.verb.has_body() && route.path != "/" {
        body::coding_of(http.headers())?;
    }
    match accept::negotiate(values(http.headers(), ACCEPT)) {
        Some(produced) => Ok(produced),
        None if route.path.starts_with("/health/") || route.path == "/metrics" => Ok(Produced::Json),
        None => Err(ApiError::generic(
            406,
            "the answer is JSON: accept application/vnd.schemaregistry.v1+json, \
             application/vnd.schemaregistry+json or application/json",
        )),
    }
}

/// The value of `Allow`.
fn allowed(verbs: impl Iterator<Item = Verb>) -> String {
    let mut verbs: Vec<Verb> = verbs.collect();
    verbs.sort_unstable();
    verbs.dedup();
    let mut names: Vec<&str> = Vec::new();
    for verb in verbs {
        names.push(verb.as_str());
        if verb == Verb::Get {
            names.push("HEAD");
        }
    }
    names.push("OPTIONS");
    names.join(", ")
}

async fn answer(
    plan: Plan,
    http: &HttpRequest,
    payload: &mut web::Payload,
    shared: &Shared,
    id: &Arc<str>,
) -> Result<Reply, Refusal> {
    let (work, handler, params, query) = match plan.target {
        Target::Route { work, handler, params, query } => (work, handler, params, query),
        Target::Extra(extra, asked) => {
            body::drain(payload).await;
            return Ok(shared.pool.run(move || (extra.handler)(&asked)).await?);
        }
        Target::Options(_) => return Ok(Reply::empty()),
    };
    let (body, share) = if plan.verb.has_body() {
        let coding = body::coding_of(http.headers())?;
        let (body, share) =
            body::read(http.headers(), payload, coding, &shared.settings, &shared.budget).await?;
        (body, Some(share))
    } else {
        body::drain(payload).await;
        (Bytes::new(), None)
    };
    let request = Request {
        registry: Arc::clone(&shared.registry),
        settings: Arc::clone(&shared.settings),
        caller: Caller { principal: "anonymous".into(), request_id: Arc::clone(id), peer: http.peer_addr() },
        params,
        query,
        body,
    };
    let outcome = match work {
        Work::Quick => guarded(|| handler(&request))??,
        Work::Pool => {
            let run = move || {
                let outcome = handler(&request);
                drop((request, share));
                outcome
            };
            shared.pool.run(run).await??
        }
    };
    match outcome {
        Outcome::Done(reply) => Ok(reply),
        Outcome::Later(reply) => reply.await,
    }
}

/// Writes the HTTP answer: status, the headers every answer has, and the body, compressed if that is worth it.
async fn respond(
    http: &HttpRequest,
    shared: &Shared,
    reply: Reply,
    produced: Produced,
    id: &str,
    allow: Option<String>,
) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .insert_header((X_REQUEST_ID, id))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((X_FRAME_OPTIONS, HeaderValue::from_static("DENY")))
        .insert_header((X_XSS_PROTECTION, HeaderValue::from_static("1; mode=block")))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate")));
    let preflight = allow.as_deref().filter(|_| http.headers().contains_key("access-control-request-method"));
    for header in shared.cors.headers(values(http.headers(), ORIGIN).next(), preflight) {
        response.append_header(header);
    }
    if let Some(methods) = &allow {
        response.insert_header((ALLOW, methods.as_str()));
    }
    if reply.status == 429 {
        response.insert_header((RETRY_AFTER, HeaderValue::from_static("1")));
    }
    if reply.status == 204 || (reply.body.is_empty() && reply.status == 200 && allow.is_some()) {
        return sent(http, response, Bytes::new());
    }
    response.insert_header((
        CONTENT_TYPE,
        HeaderValue::from_static(reply.content_type.unwrap_or(produced.as_str())),
    ));
    if reply.body.len() < shared.settings.compress_bytes_min {
        return sent(http, response, reply.body);
    }
    response.append_header((VARY, HeaderValue::from_static("Accept-Encoding")));
    if !accept::accepts_gzip(values(http.headers(), ACCEPT_ENCODING)) {
        return sent(http, response, reply.body);
    }
    match compressed(reply.body.clone()).await {
        Some(packed) => {
            response.insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
            sent(http, response, packed)
        }
        None => sent(http, response, reply.body),
    }
}

/// The finished answer, under the eyes of the connection's watch.
fn sent(http: &HttpRequest, mut response: HttpResponseBuilder, body: Bytes) -> HttpResponse {
    match http.conn_data::<Arc<Connection>>() {
        Some(connection) if body.len() > PIECE_BYTES => return response.body(connection.body(body)),
        Some(connection) => connection.answered(),
        None => {}
    }
    if body.is_empty() { response.finish() } else { response.body(body) }
}

async fn compressed(body: Bytes) -> Option<Bytes> {
    if body.len() <= COMPRESS_INLINE_BYTES_MAX {
        return crate::coding::gzip(&body);
    }
    tokio::task::spawn_blocking(move || crate::coding::gzip(&body)).await.ok().flatten()
}
