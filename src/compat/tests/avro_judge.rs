//! Differential test against `SchemaCompatibility` of Apache Avro for Java (tests/judges/avro), and laws on the same
//! generated pairs. The differential part is skipped, and says so, without the judge.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../../../tests/judges/avro/judge.rs"]
mod judge;

use assay_compat::{Difference, Level, Old, check};
use assay_schema::testing::{Rng, avro_schema, next_version};
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};
use judge::Judge;

fn rounds() -> usize {
    if std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full") { 50_000 } else { 4_000 }
}

fn stored(text: &str) -> Option<ParsedSchema> {
    parse(SchemaType::Avro, text, &[], Strictness::Stored, &Limits::default()).ok()
}

/// Pairs of an older text and an edited one, both valid.
fn pairs(seed: u64, count: usize) -> Vec<(String, String)> {
    let mut rng = Rng::new(seed);
    let mut pairs = Vec::new();
    while pairs.len() < count {
        let old = avro_schema(&mut rng);
        let new = if rng.chance(5) { avro_schema(&mut rng) } else { next_version(&old, &mut rng) };
        if stored(&old).is_some() && stored(&new).is_some() {
            pairs.push((old, new));
        }
    }
    pairs
}

fn differences(level: Level, new: &ParsedSchema, old: &ParsedSchema) -> Vec<Difference> {
    check(level, new, &[Old { version: Version::FIRST, schema: old }]).differences().to_vec()
}

#[test]
fn the_judge_agrees() {
    let Some(judge) = Judge::at_hand("compat") else { return };
    let pairs = pairs(11, rounds());
    let questions: Vec<String> = pairs.iter().map(|(old, new)| format!("{new}\t{old}")).collect();
    let answers = judge.ask("compat", &questions).unwrap();
    let mut incompatible = 0;
    let mut wrong = Vec::new();
    for ((old, new), theirs) in pairs.iter().zip(answers) {
        let found = differences(Level::Backward, &stored(new).unwrap(), &stored(old).unwrap());
        incompatible += usize::from(!found.is_empty());
        let rows = found.iter().map(|d| format!("{} {} {}", d.rule.id(), d.path, d.additional));
        let ours = rows.collect::<Vec<_>>().join("\t");
        let agreed = match &theirs {
            Ok(theirs) => *theirs == ours,
            // It throws where we report; and it cannot read a few schemas that we can (see avro_judge of assay-schema).
            Err(theirs) => {
                (theirs.contains("matches multiple fields") && ours.contains("AMBIGUOUS_FIELD_ALIAS"))
                    || theirs.contains("Can't set a property to null")
                    || theirs.contains("Can't redefine")
            }
        };
        if !agreed {
            wrong.push(format!("reader {new}\nwriter {old}\n  ours   {ours}\n  theirs {theirs:?}"));
        }
    }
    eprintln!("compat: {} pairs, {incompatible} incompatible, {} differ", pairs.len(), wrong.len());
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}

#[test]
fn laws_hold_on_generated_pairs() {
    for (old_text, new_text) in pairs(12, 3_000) {
        let (old, new) = (stored(&old_text).unwrap(), stored(&new_text).unwrap());
        let context = format!("old {old_text}\nnew {new_text}");
        let of = |level| differences(level, &new, &old);
        let ids = |list: Vec<Difference>| -> Vec<_> {
            list.into_iter().map(|d| (d.rule, d.path, d.additional)).collect()
        };
        assert!(of(Level::None).is_empty(), "{context}");
        for level in [Level::Backward, Level::Forward, Level::Full] {
            let ambiguous = |d: &Difference| d.rule.id() == "AMBIGUOUS_FIELD_ALIAS";
            assert!(differences(level, &new, &new).iter().all(ambiguous), "self at {level}\n{context}");
        }
        let full: Vec<_> = of(Level::Forward).into_iter().chain(of(Level::Backward)).collect();
        assert_eq!(of(Level::Full), full, "{context}");
        assert_eq!(ids(of(Level::Forward)), ids(differences(Level::Backward, &old, &new)), "{context}");
        for (plain, transitive) in [
            (Level::Backward, Level::BackwardTransitive),
            (Level::Forward, Level::ForwardTransitive),
            (Level::Full, Level::FullTransitive),
        ] {
            assert_eq!(of(plain), of(transitive), "{context}");
        }
        for level in Level::ALL {
            let report = check(level, &new, &[Old { version: Version::FIRST, schema: &old }]);
            let messages = report.messages();
            assert_eq!(messages.is_empty(), report.is_compatible(), "{context}");
            let last = format!("{{validateFields: 'false', compatibility: '{level}'}}");
            assert!(report.is_compatible() || messages.last() == Some(&last), "{context}");
        }
    }
}
