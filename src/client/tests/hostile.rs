//! The client against servers that are slow, broken, overloaded or lying, and against a thousand callers at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::support::{Server, answer, ok};
use assay_client::{Auth, Client, ClientConfig, ClientError, Normalize, Schema, Token, TokenError, blocking};
use assay_schema::{Context, SchemaType, Subject, VersionSpec};
use assay_wire::{Guid, SchemaId};

use crate::support;

const GUID: &str = "00000000-0000-0000-0000-000000000007";

fn config(urls: &[&str]) -> ClientConfig {
    ClientConfig { retry_wait: Duration::from_millis(1), ..ClientConfig::new(&urls.join(",")) }
}

/// No second try.
fn once(server: &Server) -> Client {
    Client::new(ClientConfig { retries_max: 0, ..config(&[&server.url]) }).unwrap()
}

fn id() -> SchemaId {
    SchemaId::new(5).unwrap()
}

/// Calls of the five kinds that are asked once by many.
async fn call(client: &Client, kind: usize) -> Result<(), ClientError> {
    let (subject, schema) = (Subject::parse("s"), Schema::new(SchemaType::Avro, "\"int\""));
    match kind {
        0 => client.schema_by_id(&Context::default(), id()).await.map(drop),
        1 => client.schema_by_guid(&GUID.parse::<Guid>().unwrap()).await.map(drop),
        2 => client.register(&subject, &schema, Normalize::Default).await.map(drop),
        3 => client.lookup(&subject, &schema, Normalize::Default).await.map(drop),
        _ => client.version(&subject, VersionSpec::Latest).await.map(drop),
    }
}

const SCHEMA: &str = r#"{"subject":"s","version":1,"id":5,"schema":"\"int\""}"#;

/// A thousand callers at once, and what they got.
async fn storm(client: &Client, kind: usize) -> Vec<Result<(), ClientError>> {
    let start = Arc::new(tokio::sync::Barrier::new(1000));
    let caller = |_| {
        let (client, start) = (client.clone(), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            call(&client, kind).await
        })
    };
    let callers: Vec<_> = (0..1000).map(caller).collect();
    let mut got = Vec::new();
    for caller in callers {
        got.push(caller.await.unwrap());
    }
    got
}

/// Holds the answer back until all have asked: the server cannot see who waits, so it waits for the test's word.
fn held(status: &'static str, body: &'static str) -> (Server, std::sync::mpsc::Sender<()>) {
    let (go, word) = std::sync::mpsc::channel();
    let word = std::sync::Mutex::new(word);
    let server = Server::answering(move |_, _| {
        let _ = word.lock().unwrap().recv();
        answer(status, &[], body)
    });
    (server, go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_callers_is_one_request() {
    for kind in 0..5 {
        let (server, go) = held("200 OK", SCHEMA);
        let client = once(&server);
        let storm = tokio::spawn({
            let client = client.clone();
            async move { storm(&client, kind).await }
        });
        until(|| server.requests() > 0).await;
        // `latest` is not remembered, so all must have joined before the answer goes out.
        tokio::time::sleep(Duration::from_millis(if kind == 4 { 200 } else { 0 })).await;
        drop(go);
        let got = storm.await.unwrap();
        assert!(got.iter().all(Result::is_ok), "{kind}: {:?}", got.iter().find(|got| got.is_err()));
        let requests = server.requests();
        assert!(requests == 1 || (kind == 4 && requests < 10), "{kind}: {requests} requests");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_for_an_unknown_schema_is_one_request_and_all_get_its_error() {
    for kind in 0..5 {
        let (server, go) = held("404 Not Found", r#"{"error_code":40403,"message":"no such"}"#);
        let client = once(&server);
        let storm = tokio::spawn({
            let client = client.clone();
            async move { storm(&client, kind).await }
        });
        until(|| server.requests() > 0).await;
        drop(go);
        let got = storm.await.unwrap();
        assert!(got.iter().all(|got| got.as_ref().unwrap_err().error_code() == Some(40403)));
        assert_eq!(server.requests(), 1, "{kind}");
    }
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_failed_fetch_is_not_remembered() {
    for kind in 0..5 {
        for broken in ["503 Unavailable", "500 Oops", "429 Slow down", "401 Who", "403 No"] {
            let server = Server::answering(
                move |number, _| {
                    if number == 0 { answer(broken, &[], "{}") } else { ok(SCHEMA) }
                },
            );
            let client = once(&server);
            call(&client, kind).await.unwrap_err();
            call(&client, kind).await.unwrap_or_else(|error| panic!("{kind}, {broken}: {error}"));
        }
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_asked_again_at_once() {
    for kind in 0..5 {
        for status in ["404 Not Found", "409 Conflict", "422 Unprocessable"] {
            let server = Server::answering(move |_, _| answer(status, &[], "{}"));
            let client =
                Client::new(ClientConfig { missing_ttl: Duration::from_secs(60), ..config(&[&server.url]) });
            let client = client.unwrap();
            let first = call(&client, kind).await.unwrap_err();
            assert_eq!(call(&client, kind).await.unwrap_err(), first);
            assert_eq!(server.requests(), 1, "{kind}, {status}");
        }
    }
}

#[tokio::test]
async fn a_caller_who_gives_up_does_not_hang_the_others() {
    let (server, go) = held("200 OK", SCHEMA);
    let client = once(&server);
    let start = |client: &Client| {
        let client = client.clone();
        tokio::spawn(async move { call(&client, 0).await })
    };
    let leader = start(&client);
    until(|| server.requests() > 0).await;
    let followers: Vec<_> = (0..10).map(|_| start(&client)).collect();
    tokio::task::yield_now().await;
    leader.abort();
    drop(go);
    for follower in followers {
        follower.await.unwrap().unwrap();
    }
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn broken_answers_are_transient_and_tried_again() {
    type Breaks = fn(&mut dyn support::Stream);
    let breaks: [(&str, Breaks); 5] = [
        ("closed at once", |_| ()),
        ("short body", |s| drop(s.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[\"a\""))),
        ("short head", |s| drop(s.write_all(b"HTTP/1.1 200 OK\r\nContent-Le"))),
        ("not HTTP", |s| drop(s.write_all(b"SSH-2.0-OpenSSH_9.9\r\n"))),
        ("broken chunk", |s| {
            drop(s.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"));
        }),
    ];
    for (name, broken) in breaks {
        let server = Server::start(move |number, _, stream| match number {
            0 => broken(stream),
            _ => drop(stream.write_all(ok(r#"["a"]"#).as_bytes())),
        });
        let error = once(&server).subjects().await.unwrap_err();
        assert!(error.is_transient() && error.to_string().contains(&server.url), "{name}: {error}");
        let server = Server::start(move |number, _, stream| match number {
            0 => broken(stream),
            _ => drop(stream.write_all(ok(r#"["a"]"#).as_bytes())),
        });
        let client = Client::new(config(&[&server.url])).unwrap();
        assert_eq!(client.subjects().await.unwrap().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn odd_bodies_are_errors_and_never_panics() {
    let deep = "[".repeat(200_000);
    let long = format!(r#"{{"error_code":40401,"message":"{}"}}"#, "x".repeat(1_000_000));
    let cases = [
        "<html>",
        "",
        "null",
        "[]",
        "{}",
        "[1,",
        "\u{0}",
        "{\"id\":-1}",
        "{\"id\":99999999999999}",
        "NaN",
        r#"{"schema":5}"#,
        r#"{"schema":"x","references":[{}]}"#,
        r#"{"schema":"x","ruleSet":[]}"#,
        r#"{"schema":"x","metadata":7}"#,
        deep.as_str(),
        long.as_str(),
    ];
    for body in cases {
        let body = body.to_owned();
        let start: String = body.chars().take(40).collect();
        for status in ["200 OK", "404 Not Found", "500 Oops"] {
            let body = body.clone();
            let server = Server::answering(move |_, _| answer(status, &[], &body));
            let client = once(&server);
            for kind in 0..5 {
                let error = call(&client, kind).await.unwrap_err();
                assert!(error.to_string().len() < 10_000, "{status} {start}");
                assert_eq!(error.is_transient(), status.starts_with('5'), "{status} {start}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn answers_without_end_are_cut_off() {
    let server = Server::start(|_, _, stream| {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        let mut next = stream.write_all(head);
        while next.is_ok() {
            next = stream.write_all(&chunk);
        }
    });
    let small = ClientConfig { answer_bytes_max: 1 << 20, ..config(&[&server.url]) };
    let error = Client::new(small).unwrap().subjects().await.unwrap_err();
    assert!(error.to_string().contains("longer than 1048576 bytes") && !error.is_transient(), "{error}");
}

#[tokio::test]
async fn slow_answers_end_in_time_and_are_transient() {
    let server = Server::start(|_, _, stream| {
        let mut next = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while next.is_ok() {
            std::thread::sleep(Duration::from_millis(20));
            next = stream.write_all(b" ");
        }
    });
    let short = ClientConfig {
        request_timeout: Duration::from_millis(200),
        retries_max: 1,
        ..config(&[&server.url])
    };
    let error = Client::new(short).unwrap().subjects().await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("timed out"), "{error}");
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn retry_after_is_honoured_up_to_the_bound() {
    // Seconds, and a date in the year 2100: both far beyond the bound of 10 ms, or this test would not end.
    for header in ["Retry-After: 3600", "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT"] {
        let server =
            Server::answering(
                move |number, _| {
                    if number == 0 { answer("429 Slow down", &[header], "{}") } else { ok("[]") }
                },
            );
        let bound = ClientConfig { retry_wait_max: Duration::from_millis(10), ..config(&[&server.url]) };
        assert!(Client::new(bound).unwrap().subjects().await.unwrap().is_empty());
    }
    let server = Server::answering(move |number, _| {
        if number == 0 { answer("503 Later", &["Retry-After: 1"], "{}") } else { ok("[]") }
    });
    let started = Instant::now();
    Client::new(config(&[&server.url])).unwrap().subjects().await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1), "asked again too early"); // its own wait is 1 ms
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Server::answering(|_, _| ok("[]"));
    let to = format!("Location: {}/subjects", elsewhere.url.replace("http://", "http://u:secret@"));
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let to = to.clone();
        let server = Server::answering(move |_, _| answer(status, &[&to], ""));
        let error = once(&server).subjects().await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("redirect") && text.contains(&elsewhere.url[7..]), "{text}");
        assert!(!text.contains("secret") && !error.is_transient(), "{text}");
    }
    assert_eq!(elsewhere.requests(), 0);
}

#[tokio::test]
async fn errors_name_what_was_asked_and_no_secrets() {
    let server =
        Server::answering(|_, _| answer("422 No", &[], r#"{"error_code":42201,"message":"Invalid schema"}"#));
    let client = Client::connect(&server.url.replace("http://", "http://me:secret@")).unwrap();
    let error = client.version(&Subject::parse("a/b"), VersionSpec::Latest).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}/subjects/a%2Fb/versions/latest answered 422, error 42201: Invalid schema", server.url)
    );
    let server = Server::answering(|_, _| answer("503 No", &[], r#"{"error_code":50301,"message":"busy"}"#));
    let text = once(&server).subjects().await.unwrap_err().to_string();
    assert!(text.ends_with("error 50301: busy (may pass: worth another try later)"), "{text}");
}

#[tokio::test]
async fn tokens_are_fetched_once_and_again_when_refused() {
    let server = Server::answering(|_, seen| {
        let good = seen.headers.contains("authorization: bearer token-2");
        if good { ok("[]") } else { answer("401 Who", &[], r#"{"error_code":401,"message":"who"}"#) }
    });
    let fetched = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&fetched);
    let auth = Auth::token(move || {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        async move { Ok(Token { value: format!("token-{number}"), ends: None }) }
    });
    let client = Client::new(ClientConfig { auth, ..config(&[&server.url]) }).unwrap();
    for _ in 0..3 {
        client.subjects().await.unwrap();
    }
    assert_eq!((fetched.load(Ordering::SeqCst), server.requests()), (2, 4));
    // A token that is always refused is fetched twice, not for ever.
    let auth = Auth::token(|| async { Ok(Token { value: "x".into(), ends: None }) });
    let client = Client::new(ClientConfig { auth, ..config(&[&server.url]) }).unwrap();
    assert_eq!(client.subjects().await.unwrap_err().error_code(), Some(401));
    assert_eq!(server.requests(), 6);
    // One that has ended is fetched again without being sent.
    let ended = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ended);
    let auth = Auth::token(move || {
        count.fetch_add(1, Ordering::SeqCst);
        async move { Ok(Token { value: "token-2".into(), ends: Some(Instant::now()) }) }
    });
    let client = Client::new(ClientConfig { auth, ..config(&[&server.url]) }).unwrap();
    client.subjects().await.unwrap();
    client.subjects().await.unwrap();
    assert_eq!((ended.load(Ordering::SeqCst), server.requests()), (2, 8));
}

#[tokio::test]
async fn tokens_that_cannot_be_had_or_sent() {
    let server = Server::answering(|_, _| ok("[]"));
    for transient in [true, false] {
        let auth =
            Auth::token(move || async move { Err(TokenError { reason: "no luck".into(), transient }) });
        let client = Client::new(ClientConfig { auth, ..config(&[&server.url]) }).unwrap();
        let error = client.subjects().await.unwrap_err();
        assert_eq!((error.is_transient(), error.to_string().contains("no luck")), (transient, true));
    }
    for bad in ["", "a\nb", "a\r\nX: y", "ü\u{7f}"] {
        let error = Client::new(ClientConfig { auth: Auth::Bearer(bad.into()), ..config(&[&server.url]) })
            .unwrap_err();
        assert!(matches!(error, ClientError::Setting { setting: "auth", .. }), "{bad:?}: {error}");
    }
    assert_eq!(server.requests(), 0);
    let auth = Auth::Bearer("abc".into());
    Client::new(ClientConfig { auth, ..config(&[&server.url]) }).unwrap().subjects().await.unwrap();
    let auth = Auth::Basic { user: "u".into(), password: "p".into() };
    let headers = vec![("Target-SR-Cluster".to_owned(), "lsrc-1".to_owned())];
    Client::new(ClientConfig { auth, headers, ..config(&[&server.url]) }).unwrap().subjects().await.unwrap();
    let seen = server.seen();
    assert!(seen[0].headers.contains("authorization: bearer abc"));
    assert!(seen[1].headers.contains("authorization: basic dtpw"), "{}", seen[1].headers);
    assert!(seen[1].headers.contains("target-sr-cluster: lsrc-1"));
    let headers = vec![("a".to_owned(), "b\r\nc: d".to_owned())];
    let error = Client::new(ClientConfig { headers, ..config(&[&server.url]) }).unwrap_err();
    assert!(matches!(error, ClientError::Setting { setting: "headers", .. }), "{error}");
}

#[tokio::test]
async fn a_proxy_is_used_when_it_is_set() {
    let proxy = Server::answering(|_, _| ok("[]"));
    let proxied =
        ClientConfig { proxy: Some(proxy.url.clone()), ..config(&["http://registry.invalid:8081"]) };
    Client::new(proxied).unwrap().subjects().await.unwrap();
    assert_eq!(proxy.seen()[0].line, "GET http://registry.invalid:8081/subjects");
    let error = Client::new(ClientConfig { proxy: Some("::".into()), ..config(&[&proxy.url]) }).unwrap_err();
    assert!(matches!(error, ClientError::Setting { setting: "proxy", .. }), "{error}");
}

/// A future of the blocking client's is waited for on a thread of its own: in no runtime, in one of either kind.
#[test]
fn blocking_works_everywhere() {
    let server = Server::answering(|_, _| ok(SCHEMA));
    let client = blocking::Client::connect(&server.url).unwrap();
    let use_it = |client: &blocking::Client| {
        client.schema_by_id(&Context::default(), id()).unwrap();
        client.version(&Subject::parse("s"), VersionSpec::Latest).unwrap();
    };
    use_it(&client);
    fn enter<F: Future<Output = ()>>(builder: &mut tokio::runtime::Builder, work: F) {
        builder.enable_all().build().unwrap().block_on(work);
    }
    enter(&mut tokio::runtime::Builder::new_current_thread(), async { use_it(&client) });
    enter(&mut tokio::runtime::Builder::new_multi_thread(), async { use_it(&client) });
    // The async client inside shares what is remembered.
    let inner = client.as_async().clone();
    enter(&mut tokio::runtime::Builder::new_current_thread(), async move {
        inner.schema_by_id(&Context::default(), id()).await.unwrap();
        drop(client);
    });
    assert_eq!(server.requests(), 4);
}
