//! Avro, truth by data: a datum written with the old schema is read with a new one that we call BACKWARD-compatible, by
//! Java's `GenericDatumReader` (tests/judges/avro). Skipped, and saying so, without the judge.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use crate::avro;

use crate::judge::Judge;
use assay_compat::{Level, Old, check};
use assay_schema::testing::{Rng, next_version};
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};

/// What Java's reader throws though the schemas fit by the rules, its own included: what it says, and why. Each, and what
/// is read as another value, has a row in `exceptions.json`, and `assay lint` warns of it.
const EXCEPTIONS: [(&str, &str); 7] = [
    ("Can't set a property to null", "Java cannot read a schema with an attribute that is null"),
    ("\"datum\" is null", "nor follow aliases in one with a null inside an attribute"),
    ("is not in the enum symbol set", "the default of an enum is looked up only when it is used"),
    (
        "StackOverflowError",
        "a default that fits a later branch of its union is encoded as the first, without end where types are circular",
    ),
    ("Not an array: [", "the same: the default of an array, given to the union"),
    ("No default value for", "the same: the default of a map, taken for that of a record"),
    (
        "missing required field",
        "aliases of fields count only in a record of the same full name; the rules compare names without namespace",
    ),
];

/// An enum or fixed type of another namespace: the rules compare names without, Java finds the branch of a union by full name.
/// "Found n.E, expecting union[null, E]".
fn moved_in_union(reason: &str) -> bool {
    let Some((found, branches)) = reason.split_once(", expecting union[") else { return false };
    let simple = found.rsplit(['.', ' ']).next().unwrap_or(found);
    branches.trim_end_matches(']').split(", ").any(|branch| branch == simple)
}

#[test]
fn what_the_old_schema_wrote_is_read_with_a_compatible_one() {
    let Some(judge) = Judge::at_hand("what_the_old_schema_wrote_is_read_with_a_compatible_one") else {
        return;
    };
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let mut rng = Rng::new(41);
    let (mut pairs, mut questions) = (0, Vec::new());
    while questions.len() < if full { 200_000 } else { 10_000 } {
        let (old_text, old) = avro::schema(&mut rng);
        let new_text = next_version(&old_text, &mut rng);
        let new = parse(SchemaType::Avro, &new_text, &[], Strictness::New, &Limits::default());
        let (Ok(new), ParsedSchema::Avro(model)) = (new, &old) else { continue };
        let olds = [Old { version: Version::FIRST, schema: &old }];
        if old_text == new_text || !check(Level::Backward, &new, &olds).is_compatible() {
            continue;
        }
        pairs += 1;
        for _ in 0..3 {
            let datum: String =
                avro::datum(model, &mut rng).iter().map(|byte| format!("{byte:02x}")).collect();
            questions.push(format!("{}\t{}\t{datum}", old.canonical(), new.canonical()));
        }
    }
    let answers = judge.ask("resolve", &questions).unwrap();
    let (mut excused, mut moved) = ([0; EXCEPTIONS.len()], 0);
    let mut lost = Vec::new();
    for (question, answer) in questions.iter().zip(&answers) {
        let reason = match answer {
            Ok(read) if read.starts_with("0\t") => continue,
            Ok(read) => format!("left over: {read}"),
            Err(reason) => reason.clone(),
        };
        match EXCEPTIONS.iter().position(|(thrown, _)| reason.contains(thrown)) {
            Some(i) => excused[i] += 1,
            None if moved_in_union(&reason) => moved += 1,
            None => lost.push(format!("{reason}\n  {question}")),
        }
    }
    eprintln!(
        "avro data: {pairs} compatible pairs, {} records, excused {excused:?} and {moved} in unions",
        questions.len()
    );
    assert!(lost.is_empty(), "{} not read:\n{}", lost.len(), lost[..lost.len().min(5)].join("\n"));
}

#[test]
fn the_exceptions_are_called_compatible() {
    let rows: Vec<serde_json::Value> = serde_json::from_str(include_str!("exceptions.json")).unwrap();
    for row in rows.iter().filter(|row| row["type"] == "AVRO") {
        let parsed = |key: &str| {
            parse(SchemaType::Avro, &row[key].to_string(), &[], Strictness::Stored, &Limits::default())
                .unwrap()
        };
        let (old, new) = (parsed("old"), parsed("new"));
        let olds = [Old { version: Version::FIRST, schema: &old }];
        assert!(check(Level::Backward, &new, &olds).is_compatible(), "{}", row["name"]);
    }
}
