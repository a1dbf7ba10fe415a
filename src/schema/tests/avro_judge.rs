//! Differential tests against Apache Avro for Java (tests/judges/avro). Skipped, and saying so, without it.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use assay_schema::json::{decimal_text, double_text};
use assay_schema::testing::{Judge, Rng, avro_schema};
use assay_schema::{Limits, SchemaType, Strictness, parse};

/// How many schemas each test asks about; more with `ASSAY_TEST_MODE=full`.
fn rounds() -> usize {
    if std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full") { 50_000 } else { 4_000 }
}

fn ours(text: &str, strictness: Strictness) -> Result<String, String> {
    parse(SchemaType::Avro, text, &[], strictness, &Limits::default())
        .map(|schema| schema.canonical().to_owned())
        .map_err(|error| error.to_string())
}

/// Where we accept more than the judge on purpose; see `README.md` of this crate.
fn known_difference(theirs: &str) -> bool {
    [
        "Can't set a property to null", // it cannot copy a whole number beyond 64 bits in an attribute of a container
        "Can't redefine",               // it takes an equal definition again, but not of a recursive type
    ]
    .iter()
    .any(|known| theirs.contains(known))
}

fn compare(mode: &str, strictness: Strictness, texts: &[String]) {
    let Some(judge) = Judge::at_hand(mode) else { return };
    let answers = judge.ask(mode, texts).unwrap();
    let mut accepted = 0;
    let mut wrong = Vec::new();
    for (text, theirs) in texts.iter().zip(answers) {
        let ours = ours(text, strictness);
        accepted += usize::from(ours.is_ok());
        let agreed = match (&ours, &theirs) {
            (Ok(a), Ok(b)) => a == b,
            (Err(_), Err(_)) => true,
            (Ok(_), Err(theirs)) => known_difference(theirs),
            (Err(_), Ok(_)) => false,
        };
        if !agreed {
            wrong.push(format!("schema {text}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    eprintln!("{mode}: {} schemas, {accepted} accepted, {} differ", texts.len(), wrong.len());
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}

#[test]
fn canonical_text_of_new_schemas() {
    let mut rng = Rng::new(1);
    let texts: Vec<_> = (0..rounds()).map(|_| avro_schema(&mut rng)).collect();
    compare("new", Strictness::New, &texts);
}

#[test]
fn canonical_text_of_stored_schemas() {
    let mut rng = Rng::new(2);
    let texts: Vec<_> = (0..rounds()).map(|_| avro_schema(&mut rng)).collect();
    compare("stored", Strictness::Stored, &texts);
}

#[test]
fn numbers_as_java_prints_them() {
    let mut rng = Rng::new(3);
    let mut texts = Vec::new();
    for _ in 0..rounds() {
        let digits = 1 + rng.below(17);
        let mantissa = rng.next_u64() % 10u64.pow(digits as u32);
        texts.push(format!("{mantissa}.{}e{}", rng.below(1000), rng.below(40) as i64 - 20));
    }
    if let Some(judge) = Judge::at_hand("decimal") {
        for (text, theirs) in texts.iter().zip(judge.ask("decimal", &texts).unwrap()) {
            // Leading zeros of the mantissa are not JSON, but harmless here.
            assert_eq!(Ok(decimal_text(text)), theirs, "{text}");
        }
    }
    if let Some(judge) = Judge::at_hand("double") {
        for (text, theirs) in texts.iter().zip(judge.ask("double", &texts).unwrap()) {
            let ours = double_text(text.parse().unwrap());
            // Java before 19 prints a longer text for a few doubles; it must still be the same number.
            let theirs = theirs.unwrap();
            assert!(ours == theirs || theirs.parse() == ours.parse::<f64>(), "{text}: {ours} {theirs}");
        }
    }
}
