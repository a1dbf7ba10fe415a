//! Differential tests against Java's `GenericDatumReader` (tests/judges/avro). Skipped, and saying so, without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::common;

use crate::judge::Judge;
use assay_schema::{ParsedSchema, SchemaType, avro::AvroType, testing};
use assay_validate::{Validator, compile, properties::AVRO};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

/// Payloads per schema.
const ROUNDS: usize = 3000;

/// Where we refuse what Java reads, by choice; each is listed in the documentation of `avro/mod.rs`.
const CHOICES: [&str; 6] = [
    "varint is longer",
    "expected a boolean, 0 or 1",
    "UTF-8",
    "block states",
    "block size",
    "take no bytes",
];

/// What Java says of schemas that it cannot read: a property whose value is beyond a long, or a list with `null` inside.
const UNREADABLE: [&str; 2] = ["Can't set a property to null", "because \"datum\" is null"];

/// Payloads whose counts stay small: Java sizes collections by the count it reads.
fn harmless(payload: &[u8]) -> bool {
    !payload.windows(3).any(|bytes| bytes.iter().all(|byte| *byte >= 0x80))
}

/// An order with two items and an attribute, in which the bytes change what they point at.
fn nearly_an_order(bytes: &[u8]) -> Vec<u8> {
    let mut order = b"\x02\x02\x04hi\x04\x02a\x02\x02b\x04\x00\x02\x02k\0\0\0\0\0\0\xf0\x3f\x00\x01".to_vec();
    for change in bytes.chunks_exact(2).take(bytes.len() % 4) {
        let at = usize::from(change[0]) % order.len();
        order[at] = change[1] & 0x7f;
    }
    order
}

/// How many bytes a reason says are left over.
fn left_over(reason: &str) -> usize {
    let number = reason.split(' ').next().and_then(|word| word.parse().ok());
    number.filter(|_| reason.contains("left over")).unwrap_or(0)
}

#[test]
fn accepts_nothing_that_java_refuses_and_refuses_more_only_by_choice() {
    let Some(judge) = Judge::at_hand("accepts_nothing_that_java_refuses") else { return };
    let byte = prop_oneof![8 => 0u8..8, 4 => 0u8..0x80, 1 => any::<u8>()];
    let payloads = proptest::collection::vec(byte, 0..24).prop_filter("harmless", |bytes| harmless(bytes));
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for schema in AVRO {
        let validator = common::validator(SchemaType::Avro, schema);
        let mut payload = |round: usize| {
            let mut payload = payloads.new_tree(&mut runner).unwrap().current();
            if round.is_multiple_of(2) && schema == AVRO[0] {
                payload = nearly_an_order(&payload);
            }
            let left = validator.check(&payload).err().map_or(0, |problem| left_over(&problem.reason));
            payload.truncate(payload.len() - left); // so that more is accepted
            payload
        };
        let asked: Vec<Vec<u8>> = (0..ROUNDS).map(&mut payload).collect();
        let questions: Vec<String> = asked.iter().map(|payload| question(schema, payload)).collect();
        let answers = judge.ask("decode", &questions).unwrap();
        let accepted = asked
            .iter()
            .zip(answers)
            .filter(|(payload, java)| held(&validator, payload, java, schema).unwrap());
        println!("{} of {ROUNDS} accepted: {}", accepted.count(), schema.replace('\n', " "));
    }
}

/// 50,000 payloads of generated schemas, most of them mutated; a million in full.
#[test]
fn accepts_nothing_that_java_refuses_of_generated_schemas() {
    let Some(judge) = Judge::at_hand("accepts_nothing_that_java_refuses_of_generated_schemas") else {
        return;
    };
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let mut rng = testing::Rng::new(50_000);
    let (mut accepted, mut asked) = (0, 0);
    let mut differences = Vec::new(); // all of a long run at once
    for _ in 0..if full { 20 } else { 1 } {
        let (mut cases, mut questions) = (Vec::new(), Vec::new());
        while questions.len() < 50_000 {
            let (text, schema) = common::avro::schema(&mut rng);
            let ParsedSchema::Avro(model) = &schema else { panic!("an Avro schema") };
            if matches!(model.get(model.root()), AvroType::Bytes) {
                continue; // the payload is the bytes themselves, without a length (contract 5.4): not a datum to Java
            }
            let mut payloads = Vec::new();
            for round in 0..100 {
                let mut payload = common::avro::datum(model, &mut rng);
                if round % 8 != 0 {
                    common::avro::mutate(&mut payload, &mut rng);
                }
                if harmless(&payload) {
                    questions.push(question(&text, &payload));
                    payloads.push(payload);
                }
            }
            cases.push((compile(&schema).unwrap(), text, payloads));
        }
        let mut answers = judge.ask("decode", &questions).unwrap().into_iter();
        asked += questions.len();
        for (validator, text, payloads) in &cases {
            for (payload, java) in payloads.iter().zip(&mut answers) {
                if java.as_ref().is_err_and(|why| UNREADABLE.iter().any(|known| why.contains(known))) {
                    continue;
                }
                match held(validator, payload, &java, text) {
                    Ok(fits) => accepted += usize::from(fits),
                    Err(difference) => differences.push(difference),
                }
            }
        }
    }
    println!("{accepted} of {asked} accepted");
    let shown: Vec<_> = differences.iter().take(10).collect();
    assert!(differences.is_empty(), "{} differences: {shown:#?}", differences.len());
    assert!(accepted > asked / 10 && accepted < asked, "{accepted} of {asked} accepted");
}

fn hex(payload: &[u8]) -> String {
    payload.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn question(schema: &str, payload: &[u8]) -> String {
    format!("{}\t{}", schema.replace('\n', " "), hex(payload))
}

/// Our verdict, after it was held against Java's.
fn held(
    validator: &Validator,
    payload: &[u8],
    java: &Result<String, String>,
    schema: &str,
) -> Result<bool, String> {
    let whole = java.as_ref().is_ok_and(|answer| answer.starts_with("0\t"));
    let verdict = validator.check(payload);
    assert_eq!(validator.accepts(payload), Some(verdict.is_ok()), "{schema} {}", hex(payload));
    match &verdict {
        Err(problem) if whole && !CHOICES.iter().any(|choice| problem.reason.contains(choice)) => {
            Err(format!("{problem}, but Java says {java:?}: {schema} {}", hex(payload)))
        }
        Ok(()) if !whole => Err(format!("accepted, but Java says {java:?}: {schema} {}", hex(payload))),
        verdict => Ok(verdict.is_ok()),
    }
}
