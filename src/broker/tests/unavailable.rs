//! Schemas that do not arrive, and a registry that is down: which records that concerns, and what happens to them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::harness::*;
use assay_validate::{Action, FailureClass};

const TIMED_OUT: i16 = 7;
const INVALID: i16 = 87;
const OPEN: [(&str, &str); 2] = [("assay.schema.wait.ms", "1"), ("assay.registry.unavailable", "fail_open")];

/// Records that failed so far because the registry did not answer.
fn unanswered(broker: &TestBroker, action: Action) -> u64 {
    let rows = broker.broker.report();
    let class = Some(FailureClass::RegistryUnavailable);
    rows.iter()
        .filter(|(key, _)| key.action == action && key.class == class)
        .map(|(_, row)| row.records)
        .sum()
}

#[test]
fn what_is_late_is_refused_under_fail_open_too_and_what_is_bad_stays_bad() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &OPEN);
    let mut client = broker.client();
    client.create("checked", 1, &[]);
    client.create("late", 1, &[]);
    let late = values_batch(&[framed(7, "a"), framed(1, "good"), framed(7, "b")], None);
    let answer = client.produce("checked", -1, late.clone());
    assert_eq!(answer.error_code, TIMED_OUT, "to be tried again: {:?}", answer.error_message);
    assert_eq!(unanswered(&broker, Action::Reject), 2, "the records that it concerns");
    let bad = values_batch(&[framed(7, "a"), b"plain".to_vec()], None);
    assert_eq!(client.produce("checked", -1, bad.clone()).error_code, INVALID);
    let answer = client.produce("late", -1, late.clone());
    assert_eq!(answer.error_code, TIMED_OUT, "{:?}", answer.error_message);
    assert_eq!(unanswered(&broker, Action::Reject), 2 + 1 + 3);
    assert_eq!((client.values("checked").len(), client.values("late").len()), (0, 0));

    // Where everything is only audited, nothing is refused.
    client.create("checked-audit", 1, &[("assay.value.on.invalid", "audit")]);
    assert_eq!(client.produce("checked-audit", -1, bad).error_code, 0);
    assert_eq!(unanswered(&broker, Action::Audit), 1);
    broker.shutdown();
}

#[test]
fn a_registry_that_is_down_concerns_every_record_and_hides_no_missing_key() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &OPEN);
    let mut client = broker.client();
    client.create("down", 1, &[]);
    let three = batch(&["a", "b", "c"]);
    assert_eq!(client.produce("down", -1, three.clone()).error_code, 0);
    assert_eq!((unanswered(&broker, Action::Audit), client.values("down").len()), (3, 3));
    for name in ["down-compacted", "late-compacted"] {
        client.create(name, 1, &[("cleanup.policy", "compact")]);
        let answer = client.produce(name, -1, three.clone());
        assert_eq!((answer.error_code, answer.record_errors.len()), (INVALID, 3), "{name} without keys");
        assert!(client.values(name).is_empty());
    }
    assert_eq!(unanswered(&broker, Action::Audit), 3);
    broker.shutdown();
}
