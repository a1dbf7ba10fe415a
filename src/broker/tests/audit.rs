//! `on.invalid=audit`: everything is stored, what would have been refused is counted and told, per failure class.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::harness::*;
use assay_record::{BatchBuilder, Compression};
use assay_validate::{Action, FailureClass};

/// Records that failed so far in this way.
fn count(broker: &TestBroker, action: Action, class: FailureClass) -> u64 {
    let rows = broker.broker.report();
    let rows = rows.iter().filter(|(key, _)| key.action == action && key.class == Some(class));
    rows.map(|(_, row)| row.records).sum()
}

#[test]
fn audit_stores_and_counts_and_is_changed_while_running() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    let mut told = broker.broker.refusals();
    client.create("checked", 1, &[("assay.value.on.invalid", "audit")]);
    let mixed = values_batch(&[framed(1, "good"), b"plain".to_vec(), framed(9, "x")], None);
    let answer = client.produce("checked", -1, mixed.clone());
    assert_eq!((answer.error_code, answer.base_offset, answer.record_errors.len()), (0, 0, 0));
    assert_eq!(client.values("checked").len(), 3, "everything is stored");
    let audited = told.try_recv().unwrap();
    assert_eq!((audited.action, audited.records, audited.first[0].index), (Action::Audit, 2, 1));
    let stats = broker.broker.stats().refusals;
    assert_eq!((stats.batches, stats.audited_batches), (0, 1));
    assert_eq!(count(&broker, Action::Audit, FailureClass::NotFramed), 1);
    assert_eq!(count(&broker, Action::Audit, FailureClass::UnknownId), 1);

    // One class is enforced: only the records of that class are why the batch is refused.
    let change = ("assay.value.on.invalid", 0, Some("audit,unknown_id:reject"));
    assert_eq!(alter(&mut client, 2, "checked", change), 0);
    let answer = client.produce("checked", -1, mixed.clone());
    assert_eq!(answer.error_code, 87);
    assert_eq!(answer.record_errors.iter().map(|e| e.batch_index).collect::<Vec<_>>(), [2]);
    assert!(answer.error_message.unwrap().starts_with("record 2: schema 9: "));
    assert_eq!((told.try_recv().unwrap().action, client.values("checked").len()), (Action::Reject, 3));
    let plain = values_batch(&[b"plain".to_vec()], None);
    assert_eq!(client.produce("checked", -1, plain.clone()).error_code, 0);
    let stats = broker.broker.stats().refusals;
    assert_eq!(
        (stats.batches, stats.audited_batches),
        (1, 2),
        "what was refused was not stored, so not audited"
    );

    assert_eq!(count(&broker, Action::Reject, FailureClass::UnknownId), 1);

    // Back to the default.
    assert_eq!(alter(&mut client, 2, "checked", ("assay.value.on.invalid", 1, None)), 0);
    assert_eq!(client.produce("checked", -1, plain).error_code, 87);
    broker.shutdown();
}

#[test]
fn a_compacted_topic_needs_keys_in_audit_too() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    let configs = [("cleanup.policy", "compact"), ("assay.value.on.invalid", "audit")];
    client.create("checked", 1, &configs);
    let mut builder = BatchBuilder::new(Compression::None);
    builder.push(0, Some(b"k"), Some(b"plain"), &[]).push(0, None, Some(&framed(1, "good")), &[]);
    let answer = client.produce("checked", -1, builder.build().unwrap().into_raw());
    assert_eq!(answer.error_code, 87);
    assert_eq!(answer.record_errors.iter().map(|e| e.batch_index).collect::<Vec<_>>(), [1]);
    broker.shutdown();
}

/// Every audited record but the first few is counted without words; the refused ones have theirs all the same.
#[test]
fn many_audited_records_take_no_words_from_the_refused() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    client.create("checked", 1, &[("assay.value.on.invalid", "audit,unknown_id:reject")]);
    let mut values = vec![b"plain".to_vec(); 30];
    values.push(framed(9, "x"));
    let answer = client.produce("checked", -1, values_batch(&values, None));
    assert_eq!(answer.record_errors.len(), 1);
    let text = answer.record_errors[0].batch_index_error_message.as_deref().unwrap();
    assert!(text.starts_with("record 30: schema 9: no schema with this id"), "{text}");
    broker.shutdown();
}

#[test]
fn wrong_actions_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let broker = TestBroker::start(dir.path(), &[]);
    let mut client = broker.client();
    for value in ["drop", "", "audit,nope:reject", "audit,unknown_id:reject,unknown_id:audit"] {
        let created = client.create("t", 1, &[("assay.key.on.invalid", value)]);
        assert_eq!(created.error_code, 40, "{value}: {:?}", created.error_message);
    }
    assert_eq!(client.create("t", 1, &[("assay.key.on.invalid", "audit")]).error_code, 0);
    broker.shutdown();
}
