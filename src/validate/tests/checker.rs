//! Whole records against a policy and a source: every failure class, keys and headers, and what a batch asks the source.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use assay_schema::{Context, Limits, SchemaType, Strictness, Subject, Version};
use assay_validate::{
    BoxFuture, Checker, Compiled, Fact, FailureClass, Mode, Outcome, PartPolicy, RecordInput, RecordNames,
    Resolution, SchemaSource, SchemaUnusable, Subjects, TopicPolicy, Versions, compile,
};
use assay_wire::{Guid, SchemaId, frame, guid_header};

const GUID: Guid = Guid::from_bytes([7; 16]);

/// Id 7 is a string and `orders-value` v2; 8 a long and `orders-key` v1; 9 is on its way; 10 cannot be reached; 11 is `orders-value`
/// v3 and unusable; 12 belongs to another subject. GUID 7.. is id 7; GUID 13.. has the id 7 of another context.
#[derive(Default)]
struct Source {
    asked: AtomicUsize,
}

fn id(number: u32) -> SchemaId {
    SchemaId::new(number).unwrap()
}

fn compiled(context: Context, number: u32, text: &str) -> Resolution {
    let schema =
        assay_schema::parse(SchemaType::Avro, text, &[], Strictness::New, &Limits::default()).unwrap();
    let validator = match number {
        11 => Err(SchemaUnusable { reason: "too odd".into() }),
        _ => compile(&schema).map(Arc::new),
    };
    Resolution::Ready(Arc::new(Compiled {
        context,
        id: id(number),
        schema_type: SchemaType::Avro,
        record_names: RecordNames::of(&schema),
        validator,
    }))
}

/// Schema 15: two Protobuf messages, `shop.Order` and `shop.Line`.
fn messages() -> Resolution {
    let text =
        "syntax = \"proto3\"; package shop; message Order { int32 n = 1; } message Line { int32 n = 1; }";
    let schema =
        assay_schema::parse(SchemaType::Protobuf, text, &[], Strictness::New, &Limits::default()).unwrap();
    Resolution::Ready(Arc::new(Compiled {
        context: Context::default(),
        id: id(15),
        schema_type: SchemaType::Protobuf,
        record_names: RecordNames::of(&schema),
        validator: compile(&schema).map(Arc::new),
    }))
}

/// Schema 16, `orders-value` v4: a keyword that is checked on a tree.
fn no_number() -> Resolution {
    let text = r#"{"not": {"type": "number"}}"#;
    let schema =
        assay_schema::parse(SchemaType::Json, text, &[], Strictness::New, &Limits::default()).unwrap();
    Resolution::Ready(Arc::new(Compiled {
        context: Context::default(),
        id: id(16),
        schema_type: SchemaType::Json,
        record_names: RecordNames::of(&schema),
        validator: compile(&schema).map(Arc::new),
    }))
}

impl SchemaSource for Source {
    fn by_id(&self, context: &Context, id: SchemaId) -> Resolution {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match id.get() {
            8 => compiled(context.clone(), 8, "\"long\""),
            14 => compiled(
                context.clone(),
                14,
                r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"n","type":"int"}]}"#,
            ),
            15 => messages(),
            16 => no_number(),
            7 | 11 | 12 => compiled(context.clone(), id.get(), "\"string\""),
            9 => Resolution::Pending(Box::pin(async {}) as BoxFuture<()>),
            10 => Resolution::Unavailable("connection refused".into()),
            _ => Resolution::Unknown,
        }
    }

    fn by_guid(&self, guid: &Guid) -> Resolution {
        match guid.as_bytes() {
            [7, ..] => compiled(Context::default(), 7, "\"string\""),
            [13, ..] => compiled(Context::parse(".other").unwrap(), 7, "\"string\""),
            _ => Resolution::Unknown,
        }
    }

    fn subject_exists(&self, _subject: &Subject) -> Fact<bool> {
        Fact::Known(true)
    }

    fn version_in(&self, context: &Context, id: SchemaId, subject: &Subject) -> Fact<Option<Version>> {
        Fact::Known(match (context.is_default(), id.get(), subject.name()) {
            (true, 7, "orders-value") => Version::new(2),
            (true, 8, "orders-key") => Version::new(1),
            (true, 11, "orders-value") => Version::new(3),
            (true, 16, "orders-value") => Version::new(4),
            (true, 14, "shop.Order" | "orders-shop.Order") => Version::new(5),
            (true, 15, "shop.Line") => Version::new(6),
            (false, 7, "elsewhere") => Version::new(1),
            _ => None,
        })
    }

    fn latest_version(&self, subject: &Subject) -> Fact<Option<Version>> {
        match subject.name() {
            "orders-value" => Fact::Known(Version::new(3)),
            "shop.Order" => Fact::Unavailable("timed out".into()),
            _ => Fact::Known(Version::new(6)),
        }
    }
}

/// A value that is only audited does not hide a key that is refused.
#[test]
fn the_stricter_of_two_failures_is_told() {
    let audit = "audit".parse().unwrap();
    let mut both = policy(Mode::Payload, Mode::Payload);
    both.value.actions = audit;
    let (good_key, on_its_way) = (frame(id(8), b"\x02"), frame(id(9), b""));
    let bad = |key| RecordInput { key, value: Some(b"{}"), ..RecordInput::default() };
    let value_failed = "not_framed: not framed: 2 bytes is too short: a frame starts with 5 bytes, a magic byte and the schema's id or GUID";
    let key_failed = value_failed.replacen("not framed", "key: not framed", 1);
    check(&both, bad(Some(&good_key)), value_failed);
    check(&both, bad(Some(b"{}")), &key_failed);
    check(&both, bad(Some(&on_its_way)), "pending");
    both.key.actions = "quarantine".parse().unwrap();
    check(&both, bad(Some(b"{}")), &key_failed);
    both.key.actions = audit;
    check(&both, bad(Some(b"{}")), value_failed);
    check(&policy(Mode::Payload, Mode::Payload), bad(Some(b"{}")), value_failed);
}

/// What may take long is left to a thread that nobody waits for, whatever the record is.
#[test]
fn a_quick_checker_leaves_slow_keywords_alone() {
    let rows =
        [(16, "null", "slow", "valid"), (16, "1", "slow", "undecodable"), (7, "\x02a", "valid", "valid")];
    for (number, payload, quick, whole) in rows {
        let value = frame(id(number), payload.as_bytes());
        let record = RecordInput { value: Some(&value), ..RecordInput::default() };
        let mut quickly = Checker::quick(policy(Mode::Off, Mode::Payload));
        assert_eq!(text(quickly.check(&record, &Source::default())), quick);
        let mut wholly = Checker::new(policy(Mode::Off, Mode::Payload));
        assert!(text(wholly.check(&record, &Source::default())).starts_with(whole));
        let mut by_id = Checker::quick(policy(Mode::Off, Mode::Id));
        assert_eq!(text(by_id.check(&record, &Source::default())), "valid");
    }
}

fn policy(key: Mode, value: Mode) -> TopicPolicy {
    let off = TopicPolicy::off("orders");
    TopicPolicy { key: PartPolicy { mode: key, ..off.key }, value: PartPolicy { mode: value, ..off.value } }
}

fn text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Valid => "valid".into(),
        Outcome::Invalid(failure) => format!("{}: {failure}", failure.class),
        Outcome::Pending => "pending".into(),
        Outcome::Slow => "slow".into(),
    }
}

fn check(policy: &TopicPolicy, record: RecordInput<'_>, want: &str) {
    let outcome = Checker::new(policy.clone()).check(&record, &Source::default());
    assert_eq!(text(outcome), want, "{record:?}");
}

#[test]
fn values() {
    let rows: &[(Vec<u8>, &str, &str)] = &[
        // payload, under `payload`, under `id`
        (frame(id(7), b"\x02a"), "valid", "valid"),
        (
            frame(id(7), b"\x04a"),
            "undecodable: schema 7 (orders-value v2): length 2 runs past the end, 1 byte left",
            "valid",
        ),
        (
            b"{}".to_vec(),
            "not_framed: not framed: 2 bytes is too short: a frame starts with 5 bytes, a magic byte and the schema's id or GUID",
            "",
        ),
        (b"{\"a\":1}".to_vec(), "not_framed: not framed: magic byte is 0x7b, expected 0x00", ""),
        (
            b"\0\0\0\0\0".to_vec(),
            "not_framed: not framed: schema id 0 is out of range, ids are 1 to 2147483647",
            "",
        ),
        (frame(id(99), b""), "unknown_id: schema 99: no schema with this id is registered", ""),
        (frame(id(12), b""), "wrong_subject: schema 12: not registered under subject orders-value", ""),
        (frame(id(8), b"\0"), "wrong_subject: schema 8: not registered under subject orders-value", ""),
        (frame(id(9), b""), "pending", ""),
        (
            frame(id(10), b""),
            "registry_unavailable: schema 10: the schema registry did not answer: connection refused",
            "",
        ),
        (
            frame(id(11), b""),
            "schema_unusable: schema 11 (orders-value v3): payloads cannot be checked against the schema: too odd",
            "valid",
        ),
        ([guid_header(GUID).as_slice(), b"\x02a"].concat(), "valid", "valid"),
    ];
    for (value, payload, by_id) in rows {
        let record = RecordInput { value: Some(value), ..RecordInput::default() };
        check(&policy(Mode::Off, Mode::Payload), record, payload);
        check(&policy(Mode::Off, Mode::Id), record, if by_id.is_empty() { payload } else { by_id });
        check(&TopicPolicy::off("orders"), record, "valid");
    }
}

#[test]
fn nulls_pass_unless_required() {
    let null = RecordInput::default();
    check(&policy(Mode::Payload, Mode::Payload), null, "valid");
    let mut required = TopicPolicy::off("orders");
    required.value.required = true;
    check(&required, null, "not_framed: null, and assay.value.required is true");
    let mut required = TopicPolicy::off("orders");
    required.key.required = true;
    check(&required, null, "not_framed: key: null, and assay.key.required is true");
}

#[test]
fn keys_say_so() {
    let (key, value) = (frame(id(8), b"\x02"), frame(id(7), b"\x02a"));
    let both = policy(Mode::Payload, Mode::Payload);
    check(&both, RecordInput::new(Some(&key), Some(&value), []), "valid");
    let bad = frame(id(8), b"\x80");
    let want = "undecodable: key: schema 8 (orders-key v1): varint runs past the end";
    check(&both, RecordInput::new(Some(&bad), Some(&value), []), want);
    check(&policy(Mode::Off, Mode::Payload), RecordInput::new(Some(&bad), Some(&value), []), "valid");
    check(
        &both,
        RecordInput::new(Some(b"plain"), None, []),
        "not_framed: key: not framed: magic byte is 0x70, expected 0x00",
    );
}

#[test]
fn headers_name_the_schema_and_leave_the_payload_bare() {
    let header = guid_header(GUID);
    let other = guid_header(Guid::from_bytes([13; 16]));
    let unknown = guid_header(Guid::from_bytes([1; 16]));
    let name = b"__value_schema_id".as_slice();
    let both = policy(Mode::Off, Mode::Payload);
    let with = |headers: &[(&'static [u8], Option<&[u8]>)], want: &str| {
        check(&both, RecordInput::new(None, Some(b"\x02a"), headers.iter().copied()), want);
    };
    with(&[(b"trace", None), (name, Some(&header))], "valid");
    let mut longer = header.to_vec();
    longer.extend([0, 1]);
    let of_seven = "schema 7 (orders-value v2): record header __value_schema_id";
    let not_framed = format!("not_framed: {of_seven}: expected nothing behind the GUID, 2 bytes too many");
    let record = RecordInput::new(None, Some(b"\x02a"), [(name, Some(longer.as_slice()))]);
    for policy in [&both, &policy(Mode::Off, Mode::Id)] {
        check(policy, record, &not_framed);
    }
    with(&[(name, Some(&unknown)), (name, Some(&header))], "valid"); // the last one counts
    with(
        &[(b"__key_schema_id", Some(&header))],
        "not_framed: not framed: 2 bytes is too short: a frame starts with 5 bytes, a magic byte and the schema's id or GUID",
    );
    with(
        &[(name, Some(&unknown))],
        "unknown_id: no schema with GUID 01010101-0101-0101-0101-010101010101 is registered",
    );
    with(&[(name, Some(&other))], "wrong_subject: schema 7: not registered under subject orders-value");
    with(
        &[(name, None)],
        "not_framed: record header __value_schema_id: 0 bytes is too short: a frame starts with 17 bytes, a magic byte and the schema's id or GUID",
    );
    check(
        &both,
        RecordInput::new(None, Some(b"\x04a"), [(name, Some(header.as_slice()))]),
        "undecodable: schema 7 (orders-value v2): length 2 runs past the end, 1 byte left",
    );
}

#[test]
fn a_batch_asks_once_per_schema() {
    let source = Source::default();
    let mut checker = Checker::new(policy(Mode::Off, Mode::Payload));
    let value = frame(id(7), b"\x02a");
    for _ in 0..1000 {
        assert!(matches!(checker.check(&RecordInput::new(None, Some(&value), []), &source), Outcome::Valid));
    }
    assert_eq!(source.asked.load(Ordering::Relaxed), 1);
    let unknown = frame(id(99), b"");
    let outcome = checker.check(&RecordInput::new(None, Some(&unknown), []), &source);
    assert!(matches!(outcome, Outcome::Invalid(failure) if failure.class == FailureClass::UnknownId));
}

#[test]
fn what_is_on_its_way_is_awaited_once_for_all_records() {
    let source = Source::default();
    let mut checker = Checker::new(policy(Mode::Payload, Mode::Payload));
    let (nine, string) = (frame(id(9), b""), frame(id(7), b"\x02a"));
    let mut check = |key: &[u8], value: &[u8]| {
        text(checker.check(&RecordInput::new(Some(key), Some(value), []), &source))
    };
    for _ in 0..1000 {
        assert_eq!(check(&nine, &nine), "pending", "the value's schema, and the key's is asked for too");
        assert_eq!(check(&nine, &string), "pending");
    }
    assert!(check(b"{}", &string).starts_with("not_framed: key: "), "others are checked meanwhile");
    assert_eq!(checker.waits(), 2);
    // The string's once for each time it comes after another schema.
    assert_eq!(source.asked.load(Ordering::Relaxed), 3);
    assert_eq!(checker.arrivals().len(), 2);
}

#[test]
fn subjects_by_record_name() {
    let mut by_record = policy(Mode::Off, Mode::Payload);
    by_record.value.subjects = Subjects::Record;
    let value = |frame: &[u8], policy: &TopicPolicy, want: &str| {
        check(policy, RecordInput { value: Some(frame), ..RecordInput::default() }, want);
    };
    value(&frame(id(14), b"\x02"), &by_record, "valid");
    let no_name =
        "wrong_subject: schema 7: it has no record name, which the topic's subject strategy goes by";
    value(&frame(id(7), b"\x02a"), &by_record, no_name);
    // The Protobuf message decides, record by record.
    value(&frame(id(15), b"\x02\x02\x08\x01"), &by_record, "valid");
    let order = "wrong_subject: schema 15: not registered under subject shop.Order";
    value(&frame(id(15), b"\0\x08\x01"), &by_record, order);
    let mut checker = Checker::new(by_record.clone());
    for (frame, want) in
        [(b"\x02\x02\x08\x01".as_slice(), "valid"), (b"\0\x08\x01", order), (b"\x02\x02\x08\x01", "valid")]
    {
        let value = assay_wire::frame(id(15), frame);
        let outcome = checker.check(&RecordInput::new(None, Some(&value), []), &Source::default());
        assert_eq!(text(outcome), want);
    }
    let mut by_topic = by_record;
    by_topic.value.subjects = Subjects::TopicRecord("orders-".into());
    value(&frame(id(14), b"\x02"), &by_topic, "valid");
    value(
        &frame(id(15), b"\x02\x02\x08\x01"),
        &by_topic,
        "wrong_subject: schema 15: not registered under subject orders-shop.Line",
    );
}

#[test]
fn listed_subjects_and_versions() {
    let value = |number: u32, subjects: &str, versions: &str, want: &str| {
        let mut policy = policy(Mode::Off, Mode::Id);
        policy.value.subjects = Subjects::list(subjects).unwrap();
        policy.value.versions = versions.parse::<Versions>().unwrap();
        check(&policy, RecordInput { value: Some(&frame(id(number), b"")), ..RecordInput::default() }, want);
    };
    value(7, "payments, orders-value", "any", "valid");
    value(
        7,
        "payments,refunds",
        "any",
        "wrong_subject: schema 7: not registered under subject payments, or 1 others",
    );
    value(7, "orders-value", "1..2", "valid");
    value(7, "orders-value", "2..", "valid");
    let third = "wrong_subject: schema 7: version 2 of subject orders-value, but the topic takes 3..";
    value(7, "orders-value,refunds", "3..", third);
    let latest =
        "wrong_subject: schema 7: version 2 of subject orders-value, but the topic takes the latest, 3";
    value(7, "orders-value", "latest", latest);
    value(11, "orders-value", "latest", "valid");
    let unavailable = "registry_unavailable: schema 14: the schema registry did not answer: timed out";
    value(14, "shop.Order", "latest", unavailable);
    // Ids are counted per context: 7 of `.eu` is another schema than 7.
    value(7, ":.eu:elsewhere", "any", "valid");
    value(
        7,
        ":.eu:orders-value",
        "any",
        "wrong_subject: schema 7: not registered under subject :.eu:orders-value",
    );
}
