//! What failed, seen from outside: the HTTP endpoints, metrics, `assay tail`, and the way of a record through the quarantine and
//! back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use crate::support;

use std::time::Duration;

use crate::support::{PATIENCE, Server, assay};
use futures::executor::block_on;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::Value;

const ORDER: &str = r#"{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}"#;

fn register(server: &Server, subject: &str, schema: &str) -> u8 {
    let body = serde_json::json!({ "schema": schema }).to_string();
    let (status, answer) = server.post(&format!("/subjects/{subject}/versions"), &body);
    assert_eq!(status, 200, "{answer}");
    u8::try_from(answer["id"].as_u64().unwrap()).unwrap()
}

fn framed(id: u8, text: &str) -> Vec<u8> {
    let mut out = vec![0, 0, 0, 0, id, u8::try_from(text.len() * 2).unwrap()];
    out.extend(text.as_bytes());
    out
}

fn config(server: &Server) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", server.kafka.to_string()).set("client.id", "billing");
    config
}

fn create(server: &Server, topic: &str, configs: &[(&str, &str)]) {
    let admin: AdminClient<_> = config(server).create().unwrap();
    let mut new = NewTopic::new(topic, 1, TopicReplication::Fixed(1));
    for (name, value) in configs {
        new = new.set(name, value);
    }
    let made = block_on(admin.create_topics(&[new], &AdminOptions::new())).unwrap();
    made[0].as_ref().unwrap();
}

/// Produces each value by itself: the offset, or the error.
fn produce(server: &Server, topic: &str, values: &[Vec<u8>]) -> Vec<Result<i64, String>> {
    let producer: FutureProducer = config(server).set("acks", "all").create().unwrap();
    let send = |value: &Vec<u8>| {
        let headers = OwnedHeaders::new()
            .insert(Header { key: "trace", value: Some("1") })
            .insert(Header { key: "trace", value: None::<&[u8]> });
        let record = FutureRecord::<[u8], [u8]>::to(topic).payload(value).headers(headers);
        let sent = block_on(producer.send(record, Duration::from_secs(30)));
        sent.map(|at| at.offset).map_err(|(error, _)| error.to_string())
    };
    values.iter().map(send).collect()
}

/// Runs the binary: exit code, standard output, standard error.
fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let out = assay(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code(), text(out.stdout), text(out.stderr))
}

fn rejections(server: &Server, query: &str) -> Vec<Value> {
    let (status, answer) = server.get(&format!("/v1/validation/rejections{query}"));
    assert_eq!(status, 200, "{answer}");
    answer["rejections"].as_array().unwrap().clone()
}

/// Such a schema is not checked on the connection's own thread, however small the record.
#[test]
fn small_records_of_a_slow_keyword_are_judged() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--memory"]);
    let schema = r#"{"not": {"type": "number"}}"#;
    let body = serde_json::json!({ "schema": schema, "schemaType": "JSON" }).to_string();
    let (status, answer) = server.post("/subjects/notes-value/versions", &body);
    assert_eq!((status, answer["id"].as_u64()), (200, Some(1)), "{answer}");
    create(&server, "notes", &[]);
    let value = |text: &str| [b"\0\0\0\0\x01", text.as_bytes()].concat();
    let answers = produce(&server, "notes", &[value("null"), value("1"), value("\"a\"")]);
    assert!(answers[0] == Ok(0) && answers[1].is_err() && answers[2] == Ok(1), "{answers:?}");
}

#[test]
fn what_failed_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--memory"]);
    let id = register(&server, "orders-value", ORDER);
    create(&server, "orders", &[]);
    create(&server, "audited", &[("assay.value.validation", "payload"), ("assay.value.on.invalid", "audit")]);
    let answers = produce(&server, "orders", &[framed(id, "a"), b"secret".to_vec(), framed(99, "a")]);
    assert!(answers[0] == Ok(0) && answers[1].is_err() && answers[2].is_err(), "{answers:?}");
    assert_eq!(produce(&server, "audited", &[b"secret".to_vec(), b"again".to_vec()]), [Ok(0), Ok(1)]);

    let told = rejections(&server, "?topic=orders");
    assert_eq!(told.len(), 2);
    assert_eq!(
        (told[0]["action"].as_str(), told[0]["client_id"].as_str(), &told[0]["records"]),
        (Some("reject"), Some("billing"), &Value::from(1))
    );
    assert_eq!(told[0]["first"][0]["reason"], "record 0: not framed: magic byte is 0x73, expected 0x00");
    assert_eq!(
        (&told[1]["first"][0]["class"], &told[1]["first"][0]["schema_id"]),
        (&"unknown_id".into(), &99.into())
    );
    assert_eq!(told[1]["classes"], serde_json::json!({ "unknown_id": 1 }));
    assert_eq!(rejections(&server, "").len(), 4);
    assert_eq!(rejections(&server, "?limit=1")[0]["topic"], "audited");
    let after = told[1]["id"].as_u64().unwrap();
    assert_eq!(rejections(&server, &format!("?after={after}")).len(), 2);
    assert!(rejections(&server, "?topic=none").is_empty());
    for query in ["?limit=0", "?limit=1001", "?limit=x", "?after=-1"] {
        let (status, answer) = server.get(&format!("/v1/validation/rejections{query}"));
        assert_eq!((status, &answer["error_code"]), (400, &400.into()), "{query}");
    }

    let (_, report) = server.get("/v1/validation/report?topic=audited");
    let topic = &report["topics"][0];
    assert_eq!((&topic["topic"], &topic["records_checked"]), (&"audited".into(), &2.into()));
    let row = &topic["failures"][0];
    assert_eq!(
        (&row["class"], &row["action"], &row["client_id"], &row["records"]),
        (&"not_framed".into(), &"audit".into(), &"billing".into(), &2.into())
    );
    let (_, all) = server.get("/v1/validation/report");
    assert_eq!(all["topics"].as_array().unwrap().len(), 2);
    assert!(!all.to_string().contains("secret"), "no bytes of records");

    let head = b"GET /metrics HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";
    let metrics = String::from_utf8(support::exchange(server.http, head, b"").1).unwrap();
    for line in [
        "# TYPE assay_invalid_records_total counter",
        r#"assay_invalid_records_total{action="reject",class="unknown_id",topic="orders"} 1"#,
        r#"assay_invalid_records_total{action="audit",class="not_framed",topic="audited"} 2"#,
        r#"assay_checked_records_total{topic="orders"} 3"#,
        r#"assay_validation_seconds_total{topic="orders"} "#,
    ] {
        assert!(metrics.contains(line), "{line} in:\n{metrics}");
    }

    let url = format!("http://{}", server.http);
    let (code, text, error) = run(&["tail", "--rejections", "--no-follow", "--url", &url, "-n", "3"]);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(text.contains("orders-0 client billing User:ANONYMOUS: 1 record\n"), "{text}");
    assert!(text.contains("  unknown_id           record 0: schema 99: no schema with this id"), "{text}");
    assert_eq!(text.matches(" record\n").count(), 3, "{text}");
    let json = ["tail", "--rejections", "--no-follow", "--json", "--topic", "audited", "--url", &url];
    let (_, text, _) = run(&json);
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&first["topic"], text.lines().count()), (&"audited".into(), 2));
}

/// What the document says about the binary's own routes is served, and nothing else.
#[test]
fn the_documented_routes_are_served() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--memory"]);
    let document =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.yaml")).unwrap();
    let paths = document.lines().filter_map(|l| l.strip_prefix("  /v1/validation/")?.strip_suffix(':'));
    let paths: Vec<&str> = paths.collect();
    assert_eq!(paths, ["rejections", "report"]);
    for path in paths {
        assert_eq!(server.get(&format!("/v1/validation/{path}")).0, 200, "{path}");
        assert_eq!(server.request("DELETE", &format!("/v1/validation/{path}"), &[], b"").0, 405);
    }
    assert_eq!(server.get("/v1/validation/other").0, 404);
}

#[test]
fn tail_follows() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    create(&server, "strict", &[("assay.value.validation", "payload")]);
    let url = format!("http://{}", server.http);
    let mut child = assay(&["tail", "--rejections", "--json", "--url", &url])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    produce(&server, "strict", &[b"one".to_vec()]);
    assert_eq!(next()["id"], 1);
    produce(&server, "strict", &[b"two".to_vec()]);
    assert_eq!(next()["id"], 2);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn tail_tells_of_what_it_missed() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--memory", "--set", "assay.rejections.per.topic.max=0"]);
    create(&server, "strict", &[("assay.value.validation", "payload")]);
    let url = format!("http://{}", server.http);
    let mut child = assay(&["tail", "--rejections", "--json", "--url", &url, "--topic", "strict"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (tell, told) = std::sync::mpsc::channel();
    let reading =
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| tell.send(line)));
    let begun = std::time::Instant::now();
    let line = loop {
        produce(&server, "strict", &[b"bad".to_vec()]);
        assert!(begun.elapsed() < PATIENCE, "nothing is told");
        if let Ok(line) = told.recv_timeout(Duration::from_millis(100)) {
            break serde_json::from_str::<Value>(&line).unwrap();
        }
    };
    assert!(line["missed"].as_u64().is_some_and(|missed| missed > 0), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
    let _ = reading.join().unwrap();
    let (_, answer) = server.get("/v1/validation/rejections?topic=strict");
    assert!(answer["total"].as_u64().unwrap() >= line["missed"].as_u64().unwrap(), "{answer}");
}

/// The report says how much of the traffic it is about.
#[test]
fn what_is_left_out_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--memory"]);
    let audit = [("assay.value.validation", "payload"), ("assay.value.on.invalid", "audit")];
    create(&server, "all", &audit);
    create(&server, "none", &[&audit[..], &[("assay.audit.percent", "0")]].concat());
    let bad = [b"one".to_vec(), b"two".to_vec()];
    for (topic, [checked, left_out], share) in [("all", [2, 0], 1.0), ("none", [0, 2], 0.0)] {
        produce(&server, topic, &bad);
        let (_, report) = server.get(&format!("/v1/validation/report?topic={topic}"));
        let told = &report["topics"][0];
        assert_eq!(
            (&told["records_checked"], &told["records_left_out"]),
            (&checked.into(), &left_out.into())
        );
        assert_eq!(
            (&told["share_checked"], told["failures"] == serde_json::json!([])),
            (&share.into(), checked == 0)
        );
    }
}

#[test]
fn through_the_quarantine_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let orders = register(&server, "orders-value", ORDER);
    let refunds = register(
        &server,
        "refunds-value",
        r#"{"type":"record","name":"Refund","fields":[{"name":"id","type":"string"}]}"#,
    );
    create(&server, "orders", &[("assay.value.on.invalid", "quarantine")]);
    let values = [framed(orders, "a"), framed(refunds, "b"), b"plain".to_vec(), framed(orders, "c")];
    assert_eq!(produce(&server, "orders", &values), [Ok(0), Ok(1), Ok(2), Ok(3)]);

    let kafka = server.kafka.to_string();
    let quarantine = |args: &[&str]| run(&[&["quarantine"], args, &["--bootstrap", &kafka]].concat());
    let (code, text, error) = quarantine(&["list"]);
    assert_eq!(
        (code, text.as_str(), error.as_str()),
        (Some(0), "orders  1 partition, up to 2 records\n", "")
    );
    let (_, text, _) = quarantine(&["list", "orders"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("0@0 ") && lines[0].contains("wrong_subject"), "{text}");
    assert!(lines[1].contains("client billing: not framed: magic byte is 0x70"), "{text}");
    let (_, text, _) = quarantine(&["list", "orders", "--class", "not_framed", "--json"]);
    let row: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!((&row["offset"], &row["origin_topic"]), (&1.into(), &"orders".into()));

    let (_, text, _) = quarantine(&["show", "orders", "0@1"]);
    assert!(text.contains("  00000000  70 6c 61 69 6e"), "{text}");
    assert!(text.contains("assay.failure.class          not_framed"), "{text}");
    let (_, raw, _) = quarantine(&["show", "orders", "0@1", "--raw"]);
    assert_eq!(raw, "plain");
    let (code, _, error) = quarantine(&["show", "orders", "0@7"]);
    assert!(code == Some(1) && error.contains("has no record 0@7"), "{error}");
    let (code, _, error) = quarantine(&["list", "refunds"]);
    assert!(code == Some(1) && error.contains("nothing of refunds was set aside"), "{error}");

    // Still wrong: refused with the words, and not set aside once more.
    let (code, text, error) = quarantine(&["replay", "orders", "--all"]);
    assert_eq!(code, Some(1), "{text}{error}");
    assert!(text.contains("0@0  refused: schema 2: not registered under subject orders-value"), "{text}");
    assert!(text.contains("0 stored, 2 refused"), "{text}");
    assert_eq!(quarantine(&["list", "orders"]).1.lines().count(), 2);

    // Once the schema is allowed here, its record goes where it was meant for; the other stays.
    let level = server.request(
        "PUT",
        "/config/orders-value",
        &[("Content-Type", "application/json")],
        br#"{"compatibility":"NONE"}"#,
    );
    assert_eq!(level.0, 200);
    register(
        &server,
        "orders-value",
        r#"{"type":"record","name":"Refund","fields":[{"name":"id","type":"string"}]}"#,
    );
    let (_, text, _) = quarantine(&["replay", "orders", "--all", "--dry-run"]);
    assert!(text.contains("2 would be produced"), "{text}");
    let (code, text, _) = quarantine(&["replay", "orders", "--all"]);
    assert!(code == Some(1) && text.contains("0@0  stored as orders-0@4\n"), "{text}");
    assert!(text.contains("1 stored, 1 refused"), "{text}");
    // What is stored is not produced a second time, unless it is asked for.
    let (code, text, _) = quarantine(&["replay", "orders", "0@0"]);
    assert_eq!((code, text.as_str()), (Some(0), "0 stored, 0 refused, 1 replayed before\n"));
    let (_, text, _) = quarantine(&["replay", "orders", "--all"]);
    assert!(text.contains("0 stored, 1 refused, 1 replayed before"), "{text}");
    assert_eq!(quarantine(&["list", "orders"]).1.lines().count(), 1);
    let (_, text, _) = quarantine(&["list", "orders", "--replayed"]);
    assert!(text.lines().count() == 2 && text.contains("wrong_subject  replayed  client billing"), "{text}");
    let (code, text, _) = quarantine(&["replay", "orders", "0@0", "--again", "--json"]);
    assert_eq!(code, Some(0));
    assert!(text.contains(r#""stored_at":5"#), "{text}");

    let (values, headers) = last_record(&server, "orders");
    assert_eq!(values, framed(refunds, "b"));
    let text = |v: &Option<Vec<u8>>| v.as_ref().map(|v| String::from_utf8_lossy(v).into_owned());
    let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), text(v))).collect();
    let want = [
        ("trace", Some("1".to_owned())),
        ("trace", None),
        ("assay.replayed.from", Some("orders.quarantine-0@0".to_owned())),
    ];
    assert_eq!(headers, want);
}

type Headers = Vec<(String, Option<Vec<u8>>)>;

/// Reads a topic with an ordinary consumer: the last record's value and headers.
fn last_record(server: &Server, topic: &str) -> (Vec<u8>, Headers) {
    use rdkafka::consumer::{BaseConsumer, Consumer};
    use rdkafka::message::{Headers as _, Message};
    use rdkafka::{Offset, TopicPartitionList};
    let consumer: BaseConsumer = config(server).set("group.id", "g").create().unwrap();
    let (_, end) = consumer.fetch_watermarks(topic, 0, PATIENCE).unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&list).unwrap();
    loop {
        let message = consumer.poll(PATIENCE).expect("a record in time").unwrap();
        if message.offset() + 1 == end {
            let headers = message.headers().unwrap();
            let headers = headers.iter().map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec)));
            return (message.payload().unwrap().to_vec(), headers.collect());
        }
    }
}

/// A replay that was cut short between producing and saying so: the next one looks whether the records are there.
#[test]
fn a_replay_that_was_cut_short() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &["--memory"]);
    let orders = register(&server, "orders-value", ORDER);
    create(&server, "orders", &[("assay.value.on.invalid", "quarantine")]);
    assert_eq!(produce(&server, "orders", &[b"plain".to_vec(), framed(orders, "a")]), [Ok(0), Ok(1)]);
    let kafka = server.kafka.to_string();
    let replay = || run(&["quarantine", "replay", "orders", "--all", "--bootstrap", &kafka]);
    let write = |topic: &str, value: Option<&[u8]>, name: &str, header: &str| {
        let producer: FutureProducer = config(&server).create().unwrap();
        let headers = OwnedHeaders::new().insert(Header { key: name, value: Some(header) });
        let mut record = FutureRecord::<[u8], [u8]>::to(topic).headers(headers).partition(0);
        record.payload = value;
        block_on(producer.send(record, PATIENCE)).unwrap();
    };
    let begun = |at_ms: i64| format!(r#"{{"run":"other","at_ms":{at_ms},"begun":[[0,0]],"end":2}}"#);

    // It may still be under way.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    write("orders.quarantine", None, "assay.replay", &begun(i64::try_from(now).unwrap()));
    let (code, _, error) = replay();
    assert!(code == Some(1) && error.contains("another replay of orders.quarantine-0 began"), "{error}");
    // It was long ago, and nothing of it is there: as if it had not been.
    write("orders.quarantine", None, "assay.replay", &begun(1));
    let (_, text, _) = replay();
    assert!(text.contains("0@0  refused: not framed") && text.contains("0 stored, 1 refused\n"), "{text}");
    // The same, and its record is there.
    write("orders.quarantine", None, "assay.replay", &begun(1));
    let value = framed(orders, "b");
    write("orders", Some(&value), "assay.replayed.from", "orders.quarantine-0@0");
    let (code, text, _) = replay();
    assert_eq!((code, text.as_str()), (Some(0), "0 stored, 0 refused, 1 replayed before\n"));
    assert_eq!(replay().1, text, "found out once and for all");
}
