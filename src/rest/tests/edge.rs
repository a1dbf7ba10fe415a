//! The HTTP edge over real sockets, raw bytes in and out: paths, methods, negotiation, codings, limits, connections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::io::Write;
use std::sync::Arc;

use crate::support::{Answer, Api};
use assay_rest::{ExtraRoute, Operation, Reply, Resource, RestConfig, Verb};
use flate2::Compression;
use flate2::write::GzEncoder;

const V1: &str = "application/vnd.schemaregistry.v1+json";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut out).unwrap();
    out
}

/// Registers `text` under a raw (already encoded) subject.
fn register(api: &Api, subject: &str, text: &str) -> Answer {
    let body = serde_json::json!({ "schema": text }).to_string();
    let answer = api.post(&format!("/subjects/{subject}/versions"), &body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// One request and what must come back: status and `error_code` (0 for none).
fn check(api: &Api, method: &str, target: &str, headers: &[&str], body: &[u8], expected: (u16, u64)) {
    let answer = api.call(method, target, headers, body);
    let code = if method == "HEAD" { expected.1 } else { answer.code() };
    assert_eq!((answer.status, code), expected, "{method} {target} {headers:?}: {:?}", answer.text());
    if expected.0 >= 400 {
        assert!(answer.header("content-type").is_some_and(|t| t.contains("json")), "{method} {target}");
    }
    assert!(answer.header("x-request-id").is_some(), "{method} {target}");
}

#[test]
fn paths_methods_and_queries() {
    let api = Api::new();
    register(&api, "a", "\"string\"");
    let json = "Content-Type: application/json";
    let body = br#"{"schema":"\"string\""}"#;
    for (method, target, expected) in [
        ("GET", "/", (200, 0)),
        ("POST", "/", (200, 0)),
        ("PUT", "/", (405, 405)),
        ("GET", "/subjects", (200, 0)),
        ("GET", "/subjects/", (200, 0)),
        ("GET", "/subjects//", (405, 405)),
        ("GET", "//subjects", (404, 404)),
        ("GET", "/Subjects", (404, 404)),
        ("GET", "/nope", (404, 404)),
        ("GET", "/exporters", (404, 404)),
        ("GET", "/leader", (404, 404)),
        ("GET", "/subjects/a", (405, 405)),
        ("PATCH", "/subjects", (405, 405)),
        ("TRACE", "/subjects", (405, 405)),
        ("BREW", "/subjects", (405, 405)),
        ("BREW", "/nope", (404, 404)),
        ("PUT", "/subjects/a/versions", (405, 405)),
        ("GET", "/subjects/a/versions/", (200, 0)),
        ("GET", "/subjects/a/versions//", (404, 404)),
        ("GET", "/subjects/a/versions/1", (200, 0)),
        ("GET", "/subjects/a/versions/1/", (200, 0)),
        ("GET", "/subjects/a/versions/latest", (200, 0)),
        ("GET", "/subjects/a/versions/LATEST", (200, 0)),
        ("GET", "/subjects/a/versions/-1", (200, 0)),
        ("GET", "/subjects/a/versions/%20latest%20", (200, 0)),
        ("GET", "/subjects/a/versions/0", (422, 42202)),
        ("GET", "/subjects/a/versions/-2", (422, 42202)),
        ("GET", "/subjects/a/versions/earliest", (422, 42202)),
        ("GET", "/subjects/a/versions/2147483648", (422, 42202)),
        ("GET", "/subjects/a/versions/2", (404, 40402)),
        ("GET", "/subjects/zzz/versions/1", (404, 40401)),
        ("GET", "/subjects/zzz/versions", (404, 40401)),
        ("GET", "/schemas/ids/1", (200, 0)),
        ("GET", "/schemas/ids/99", (404, 40403)),
        ("GET", "/schemas/ids/0", (404, 40403)),
        ("GET", "/schemas/ids/-1", (404, 40403)),
        ("GET", "/schemas/ids/x", (404, 404)),
        ("GET", "/schemas/ids/1.0", (404, 404)),
        ("GET", "/schemas/ids/2147483648", (404, 404)),
        ("GET", "/schemas/ids/99/schema", (404, 40403)),
        ("GET", "/schemas/ids/99/subjects", (404, 40403)),
        ("GET", "/schemas/ids/99/versions", (404, 40403)),
        ("GET", "/schemas/guids/zzz", (404, 40403)),
        ("GET", "/schemas/guids/zzz/ids", (200, 0)),
        ("GET", "/config/zzz", (404, 40408)),
        ("GET", "/mode/zzz", (404, 40409)),
        ("GET", "/config/", (200, 0)),
        ("GET", "/mode/", (200, 0)),
        ("GET", "/config/zzz?defaultToGlobal=True", (200, 0)),
        ("GET", "/config/zzz?defaultToGlobal=1", (404, 40408)),
        ("GET", "/subjects?%zz=1", (400, 400)),
        ("GET", "/subjects?a=%", (400, 400)),
        ("GET", "/subjects?a=%ff", (400, 400)),
        ("GET", "/subjects/%zz/versions", (400, 400)),
        ("GET", "/subjects/%2/versions", (400, 400)),
        ("GET", "/subjects/%ff/versions", (400, 400)),
        ("GET", "/subjects/%00/versions", (404, 40401)),
        ("POST", "/subjects/%00/versions", (422, 42208)),
        ("POST", "/subjects/__GLOBAL/versions", (422, 42208)),
        ("POST", "/subjects/__EMPTY/versions", (422, 42208)),
        ("GET", "/contexts/a:b/subjects", (400, 400)),
        ("GET", "/contexts/.c/subjects", (200, 0)),
        ("GET", "/contexts/.c/nope", (404, 404)),
        ("GET", "/associations/subjects/a", (200, 0)),
        ("GET", "/associations/resources/-/topic?resourceType=topic&associationType=value", (200, 0)),
        ("GET", "/associations/resources/id", (200, 0)),
        ("POST", "/associations", (422, 42205)),
        ("POST", "/associations:batchMutate", (422, 42205)),
        ("DELETE", "/associations/resources/id", (404, 40410)),
        ("GET", "/v1/metadata/id", (200, 0)),
        ("GET", "/v1/metadata/version", (200, 0)),
        ("GET", "/v1/metadata/deployment", (200, 0)),
        ("GET", "/health/live", (200, 0)),
        ("GET", "/health/ready", (200, 0)),
        ("GET", "/schemas/types", (200, 0)),
        ("GET", "/schemas", (200, 0)),
        ("GET", "http://127.0.0.1/subjects", (200, 0)),
        ("GET", "/%73ubjects", (200, 0)),
    ] {
        let with_body = matches!(method, "POST" | "PUT");
        let (headers, body): (&[&str], &[u8]) = if with_body { (&[json], body) } else { (&[], b"") };
        check(&api, method, target, headers, body, expected);
    }
}

#[test]
fn names_are_decoded_exactly_once() {
    let api = Api::new();
    for (index, (encoded, name)) in [
        ("a%2Fb", "a/b"),
        ("a%2fc", "a/c"),
        ("a%252Fb", "a%2Fb"),
        ("a%20b", "a b"),
        ("a+b", "a+b"),
        ("%C3%BC%E2%82%AC", "ü€"),
        ("%3Fq%23", "?q#"),
        (".", "."),
        ("..", ".."),
        ("*", "*"),
        ("", ""),
        ("%3A.c%3As", ":.c:s"),
        (":.c:t%2Fu", ":.c:t/u"),
        ("%3A.%3Aplain", "plain"),
        ("versions", "versions"),
        ("a;b=c", "a;b=c"),
    ]
    .into_iter()
    .enumerate()
    {
        register(&api, encoded, &format!(r#"{{"type":"enum","name":"E{index}","symbols":["A"]}}"#));
        let listed = api.get("/subjects").json();
        assert!(listed.as_array().unwrap().contains(&name.into()), "{encoded}: {listed}");
        let one = api.get(&format!("/subjects/{encoded}/versions/latest")).json();
        assert_eq!(one["subject"], name, "{encoded}");
        let text = api.get(&format!("/subjects/{encoded}/versions/1/schema"));
        assert!(text.text().contains(&format!("E{index}")), "{encoded}");
        let config = api.call("PUT", &format!("/config/{encoded}"), &[], br#"{"compatibility":"none"}"#);
        assert_eq!(config.text(), r#"{"compatibility":"NONE"}"#, "{encoded}");
    }
    // an empty name at the end is written by a slash, where the method only fits with a name
    let found =
        api.post("/subjects/", r#"{"schema":"{\"type\":\"enum\",\"name\":\"E10\",\"symbols\":[\"A\"]}"}"#);
    assert_eq!((found.status, &found.json()["subject"]), (200, &"".into()), "{}", found.text());
}

#[test]
fn boolean_parameters_take_any_case() {
    let api = Api::new();
    register(&api, "gone", "\"long\"");
    assert_eq!(api.call("DELETE", "/subjects/gone", &[], b"").text(), "[1]");
    for (value, shown) in [
        ("true", true),
        ("True", true),
        ("TRUE", true),
        ("false", false),
        ("1", false),
        ("yes", false),
        ("", false),
    ] {
        let listed = api.get(&format!("/subjects?deleted={value}"));
        assert_eq!(listed.text() == r#"["gone"]"#, shown, "{value}: {}", listed.text());
    }
}

#[test]
fn head_answers_like_get_without_the_body() {
    let api = Api::new();
    register(&api, "a", "\"string\"");
    let mut wire = api.connect();
    for target in
        ["/", "/subjects", "/subjects/a/versions/1", "/schemas/ids/1", "/config", "/schemas/ids/9", "/nope"]
    {
        let get = api.get(target);
        wire.request("HEAD", target, &[], b"");
        let head = wire.answer(true);
        assert_eq!(head.status, get.status, "{target}");
        for name in ["content-type", "content-length", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{target} {name}");
        }
    }
}

#[test]
fn options_and_allow() {
    let api = Api::new();
    for (target, status, allow) in [
        ("/subjects", 200, Some("GET, HEAD, OPTIONS")),
        ("/subjects/a/versions", 200, Some("GET, HEAD, POST, OPTIONS")),
        ("/config/a", 200, Some("GET, HEAD, PUT, DELETE, OPTIONS")),
        ("*", 200, Some("GET, HEAD, POST, PUT, DELETE, OPTIONS")),
        ("/nope", 404, None),
    ] {
        let answer = api.call("OPTIONS", target, &[], b"");
        assert_eq!((answer.status, answer.header("allow")), (status, allow), "{target}");
    }
    let refused = api.call("DELETE", "/subjects", &[], b"");
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
}

#[test]
fn content_negotiation() {
    let api = Api::new();
    for (accept, status, content_type) in [
        (None, 200, V1),
        (Some("*/*"), 200, V1),
        (Some("application/*"), 200, V1),
        (Some("application/json"), 200, "application/json"),
        (Some("application/vnd.schemaregistry+json"), 200, "application/vnd.schemaregistry+json"),
        (
            Some("application/vnd.schemaregistry.v1+json;q=0.1, application/json;q=0.9"),
            200,
            "application/json",
        ),
        (Some("text/html, */*;q=0.1"), 200, V1),
        (Some("text/html"), 406, V1),
        (Some("application/json;q=0"), 406, V1),
        (Some("application/avro"), 406, V1),
    ] {
        let line = accept.map(|a| format!("Accept: {a}"));
        let headers: Vec<&str> = line.iter().map(String::as_str).collect();
        let answer = api.call("GET", "/subjects", &headers, b"");
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, Some(content_type)),
            "{accept:?}"
        );
        assert_eq!(answer.code(), if status == 406 { 406 } else { 0 });
    }
    let error = api.call("GET", "/schemas/ids/9", &["Accept: application/json"], b"");
    assert_eq!((error.status, error.header("content-type")), (404, Some("application/json")));
    assert_eq!(api.call("GET", "/health/live", &["Accept: text/plain"], b"").status, 200);
}

#[test]
fn request_types_and_bodies() {
    let api = Api::new();
    let good = br#"{"schema":"\"string\""}"#;
    for (headers, body, expected) in [
        (&[][..], &good[..], (200, 0)),
        (&["Content-Type: application/json"], good, (200, 0)),
        (&["Content-Type: application/json; charset=utf-8"], good, (200, 0)),
        (&["Content-Type: application/vnd.schemaregistry.v1+json"], good, (200, 0)),
        (&["Content-Type: application/vnd.schemaregistry+json"], good, (200, 0)),
        (&["Content-Type: application/octet-stream"], good, (200, 0)),
        (&["Content-Type: text/plain"], good, (415, 415)),
        (&["Content-Type: application/x-www-form-urlencoded"], good, (415, 415)),
        (&["Content-Type: text/plain", "Accept: text/html"], good, (415, 415)),
        (&["Content-Encoding: br"], good, (415, 415)),
        (&["Content-Encoding: gzip, gzip"], good, (415, 415)),
        (&["Content-Encoding: identity"], good, (200, 0)),
        (&["Content-Encoding: gzip"], good, (400, 400)),
        (&[], b"", (422, 422)),
        (&[], b"   ", (422, 422)),
        (&[], b"null", (422, 422)),
        (&[], b"{", (400, 400)),
        (&[], b"{\"schema\":", (400, 400)),
        (&[], b"nonsense", (400, 400)),
        (&[], b"\xff\xfe", (400, 400)),
        (&[], b"[]", (400, 400)),
        (&[], b"\"text\"", (400, 400)),
        (&[], br#"{"schema":{"type":"string"}}"#, (400, 400)),
        (&[], br#"{"schema":"\"string\"","references":{}}"#, (400, 400)),
        (&[], br#"{"schema":"\"string\"","references":[{"name":[]}]}"#, (400, 400)),
        (&[], br#"{"schema":"\"string\"","id":"x"}"#, (400, 400)),
        (&[], br#"{"schema":"\"string\"","version":99999999999}"#, (400, 400)),
        (&[], br#"{"schema":"\"string\"","ruleSet":{"domainRules":[{"kind":"SOMETHING"}]}}"#, (400, 400)),
        (&[], br#"{"schema":"\"string\"","unknown":{"a":[1,{}]}}"#, (200, 0)),
        (&[], br#"{"schema":"\"string\"","version":"0","id":"-1"}"#, (200, 0)),
        (&[], br#"{"schema":"\"string\"","schemaType":""}"#, (200, 0)),
        (&[], br#"{"schema":"\"string\"","schemaType":null,"references":null,"metadata":null}"#, (200, 0)),
        (&[], br#"{"schema":"\"string\"","schemaType":"XML"}"#, (422, 42201)),
        (&[], br#"{"schema":"{\"type\":\"nope\"}"}"#, (422, 42201)),
        (&[], br#"{"schema":""}"#, (200, 0)),
        (&[], br#"{"schema":"\"string\"","schemaTagsToAdd":[{"tags":["a"]}]}"#, (422, 42201)),
    ] {
        check(&api, "POST", "/subjects/s/versions", headers, body, expected);
    }
    for (target, body, expected) in [
        ("/config", &b""[..], (422, 422)),
        ("/config", br#"{"compatibility":"SIDEWAYS"}"#, (422, 42203)),
        ("/config", br#"{"compatibility":"full_transitive"}"#, (200, 0)),
        ("/config", br#"{"compatibilityPolicy":"WHAT"}"#, (200, 0)),
        ("/config", br#"{"compatibility":null}"#, (200, 0)),
        ("/config", br#"{"normalize":"maybe"}"#, (400, 400)),
        ("/mode", b"", (422, 422)),
        ("/mode", b"{}", (422, 42204)),
        ("/mode", br#"{"mode":"LOUD"}"#, (422, 42204)),
        ("/mode/zzz", br#"{"mode":"readonly"}"#, (200, 0)),
    ] {
        check(&api, "PUT", target, &[], body, expected);
    }
}

#[test]
fn deep_and_large_bodies() {
    let api = Api::new();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    check(&api, "POST", "/subjects/s/versions", &[], deep.as_bytes(), (400, 400));
    let nested = format!(r#"{{"type":"array","items":{}"#, r#"{"type":"array","items":"#.repeat(10_000))
        + "\"string\""
        + &"}".repeat(10_001);
    let body = serde_json::json!({ "schema": nested }).to_string();
    check(&api, "POST", "/subjects/s/versions", &[], body.as_bytes(), (422, 42201));
    let large = serde_json::json!({ "schema": format!("\"{}\"", "x".repeat(2 << 20)) }).to_string();
    check(&api, "POST", "/subjects/s/versions", &[], large.as_bytes(), (422, 42209));
    let huge = vec![b' '; 20 << 20];
    check(&api, "POST", "/subjects/s/versions", &[], &huge, (413, 413));
    assert_eq!(api.get("/subjects").text(), "[]");
}

#[test]
fn compressed_requests() {
    let api = Api::with(RestConfig { body_bytes_max: 1 << 20, ..RestConfig::default() });
    let good = gzip(br#"{"schema":"\"string\""}"#);
    let mut two = gzip(br#"{"schema":"#);
    two.extend_from_slice(&gzip(br#""\"string\""}"#));
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    for (coding, body, expected) in [
        ("gzip", &good, (200, 0)),
        ("x-gzip", &good, (200, 0)),
        ("gzip", &two, (200, 0)),
        ("gzip", &good[..good.len() - 9].to_vec(), (400, 400)),
        ("deflate", &good, (400, 400)),
        ("gzip", &bomb, (413, 413)),
        ("gzip", &Vec::new(), (422, 422)),
    ] {
        let header = format!("Content-Encoding: {coding}");
        check(&api, "POST", "/subjects/s/versions", &[&header], body, expected);
    }
}

#[test]
fn compressed_answers() {
    let api = Api::new();
    let symbols: Vec<String> = (0..500).map(|i| format!("SYMBOL_{i}")).collect();
    let schema = serde_json::json!({"type": "enum", "name": "E", "symbols": symbols}).to_string();
    register(&api, "big", &schema);
    let plain = api.get("/schemas/ids/1");
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("Accept-Encoding")));
    for (accept, packed) in
        [("gzip", true), ("gzip, deflate, br", true), ("*", true), ("br", false), ("gzip;q=0", false)]
    {
        let answer = api.call("GET", "/schemas/ids/1", &[&format!("Accept-Encoding: {accept}")], b"");
        assert_eq!(answer.header("content-encoding"), packed.then_some("gzip"), "{accept}");
        let body = if packed { gunzip(&answer.body) } else { answer.body };
        assert_eq!(body, plain.body, "{accept}");
    }
    let small = api.call("GET", "/subjects", &["Accept-Encoding: gzip"], b"");
    assert_eq!(small.header("content-encoding"), None);
}

#[test]
fn connections() {
    let api = Api::new();
    let mut wire = api.connect();
    // many requests on one connection, bodies that nobody asked for included
    for (method, target, body, status) in [
        ("GET", "/subjects", &b""[..], 200),
        ("POST", "/nope", b"{\"a\":1}", 404),
        ("DELETE", "/subjects/none", b"{}", 404),
        ("GET", "/schemas/types", b"ignored", 200),
        ("POST", "/subjects/s/versions", b"{", 400),
        ("POST", "/subjects/s/versions", br#"{"schema":"\"int\""}"#, 200),
    ] {
        wire.request(method, target, &[], body);
        assert_eq!(wire.answer(false).status, status, "{method} {target}");
    }
    // pipelining: answers come in order
    wire.send(
        b"GET /schemas/types HTTP/1.1\r\nHost: t\r\n\r\nGET /nope HTTP/1.1\r\nHost: t\r\n\r\n\
          POST /subjects/s HTTP/1.1\r\nHost: t\r\nContent-Length: 20\r\n\r\n{\"schema\":\"\\\"int\\\"\"}\
          GET /subjects HTTP/1.1\r\nHost: t\r\n\r\n",
    );
    let statuses: Vec<u16> = (0..4).map(|_| wire.answer(false).status).collect();
    assert_eq!(statuses, [200, 404, 200, 200]);
    // a chunked body
    wire.request(
        "POST",
        "/subjects/s",
        &["Transfer-Encoding: chunked"],
        b"7\r\n{\"schem\r\nd\r\na\":\"\\\"int\\\"\"}\r\n0\r\n\r\n",
    );
    assert_eq!(wire.answer(false).status, 200);
    // 100-continue
    wire.send(b"POST /subjects/s HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 20\r\n\r\n");
    assert_eq!(wire.answer(true).status, 100);
    wire.send(br#"{"schema":"\"int\""}"#);
    assert_eq!(wire.answer(false).status, 200);
    // an HTTP/1.0 client, and one that says goodbye
    let mut old = api.connect();
    old.send(b"GET /subjects HTTP/1.0\r\n\r\n");
    assert_eq!(old.answer(false).status, 200);
    assert!(old.ends());
    wire.request("GET", "/subjects", &["Connection: close"], b"");
    assert_eq!(wire.answer(false).status, 200);
    assert!(wire.ends());
}

#[test]
fn hostile_bytes_are_answered_or_cut_off() {
    let api = Api::new();
    let long = format!("GET /{} HTTP/1.1\r\nHost: t\r\n\r\n", "x".repeat(200_000));
    for bytes in [
        &b"\r\n\r\n"[..],
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /subjects HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: t\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /subjects/s HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"CONNECT example:80 HTTP/1.1\r\nHost: t\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        long.as_bytes(),
    ] {
        let mut wire = api.connect();
        wire.send(bytes);
        let _ = wire.stream.shutdown(std::net::Shutdown::Write);
        while !wire.ends() {
            let answer = wire.answer(false);
            assert!(answer.status >= 400, "{:?}", String::from_utf8_lossy(bytes));
        }
    }
    assert_eq!(api.get("/subjects").text(), "[]");
}

#[test]
fn request_ids_and_hardening_headers() {
    let api = Api::new();
    for (headers, expected) in [
        (&["X-Request-ID: abc"][..], Some("abc")),
        (&["x-request-id:  padded  "], Some("padded")),
        (&["X-Request-ID: "], None),
        (&["X-Request-ID: a", "X-Request-ID: b"], None),
        (&[], None),
    ] {
        let answer = api.call("GET", "/nope", headers, b"");
        let id = answer.header("x-request-id").unwrap();
        match expected {
            Some(text) => assert_eq!(id, text),
            None => assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 4, "{headers:?}"),
        }
        assert_eq!(answer.header("x-xss-protection"), Some("1; mode=block"));
        assert_eq!(answer.header("cache-control"), Some("no-cache, no-store, must-revalidate"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn cors_is_optional() {
    let origin = "Origin: https://ui.example";
    let off = Api::new().call("GET", "/subjects", &[origin], b"");
    assert_eq!(off.header("access-control-allow-origin"), None);
    let api =
        Api::with(RestConfig { cors: Some(vec!["https://ui.example".to_owned()]), ..RestConfig::default() });
    let answer = api.call("GET", "/subjects", &[origin], b"");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://ui.example"));
    let foreign = api.call("GET", "/subjects", &["Origin: https://evil.example"], b"");
    assert_eq!(foreign.header("access-control-allow-origin"), None);
    let preflight =
        [origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"];
    let answer = api.call("OPTIONS", "/subjects/a/versions", &preflight, b"");
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, Some("https://ui.example"))
    );
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET, HEAD, POST, OPTIONS"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("Content-Type"));
}

#[test]
fn base_path_and_extra_routes() {
    let api = Api::with(RestConfig {
        base_path: Some("/registry/".to_owned()),
        extra: vec![ExtraRoute {
            path: "/metrics",
            verb: Verb::Get,
            id: "getMetrics",
            operation: Operation::Describe,
            resource: Resource::Server,
            handler: Arc::new(|asked| match asked.query("n") {
                None => Reply::text(200, "text/plain; version=0.0.4", "up 1\n"),
                Some(n) => Reply::error(400, &format!("{n}?")),
            }),
        }],
        ..RestConfig::default()
    });
    for (method, target, expected) in [
        ("GET", "/registry/subjects", (200, 0)),
        ("GET", "/registry/subjects/", (200, 0)),
        ("GET", "/registry", (200, 0)),
        ("GET", "/registry/", (200, 0)),
        ("GET", "/registry/contexts/.c/subjects", (200, 0)),
        ("GET", "/subjects", (404, 404)),
        ("GET", "/", (404, 404)),
        ("GET", "/registrysubjects", (404, 404)),
        ("POST", "/registry/metrics", (405, 405)),
    ] {
        check(&api, method, target, &[], b"", expected);
    }
    let metrics = api.call("GET", "/registry/metrics", &["Accept: text/plain"], b"");
    assert_eq!(
        (metrics.text(), metrics.header("content-type")),
        ("up 1\n", Some("text/plain; version=0.0.4"))
    );
    let refused = api.call("GET", "/registry/metrics?n=a%20b&n=c", &[], b"");
    assert_eq!((refused.status, refused.text()), (400, r#"{"error_code":400,"message":"a b?"}"#));
}

#[test]
fn a_slow_body_and_a_graceful_stop() {
    let api = Api::with(RestConfig { body_ms_max: 200, ..RestConfig::default() });
    let mut wire = api.connect();
    wire.send(b"POST /subjects/s HTTP/1.1\r\nHost: t\r\nContent-Length: 20\r\n\r\n{\"sch");
    let answer = wire.answer(false);
    assert_eq!((answer.status, answer.code()), (408, 408));
    let mut idle = api.connect();
    idle.request("GET", "/subjects", &[], b"");
    assert_eq!(idle.answer(false).status, 200);
    api.stop();
    assert!(idle.ends());
}
