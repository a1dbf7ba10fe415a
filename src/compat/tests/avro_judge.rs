//! Differential test against `SchemaCompatibility` of Apache Avro for Java (tests/judges/avro), and laws on the same
//! generated pairs. The differential part is skipped, and says so, without the judge.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use crate::judge::Judge;
use assay_compat::{Difference, Level, Old, check};
use assay_schema::testing::{Rng, avro_schema, next_version};
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};

fn rounds() -> usize {
    if std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full") { 200_000 } else { 20_000 }
}

/// The deliberate differences: what the judge throws, what we must say then (empty: anything), and why.
const EXCUSES: [(&str, &str, &str); 4] = [
    (
        "matches multiple fields",
        "AMBIGUOUS_FIELD_ALIAS",
        "Java throws where we report; a verdict is due either way",
    ),
    (
        "Can't set a property to null",
        "",
        "Java cannot read a schema with an attribute that is null; stored ones may have it",
    ),
    ("\"datum\" is null", "", "nor follow aliases in one with a null inside an attribute"),
    (
        "Can't redefine",
        "",
        "Java refuses a name that a null namespace makes equal to another; we tell them apart",
    ),
];

fn excuse(theirs: &str, ours: &str) -> Option<usize> {
    EXCUSES.iter().position(|(thrown, said, _)| theirs.contains(thrown) && ours.contains(said))
}

fn stored(text: &str) -> Option<ParsedSchema> {
    parse(SchemaType::Avro, text, &[], Strictness::Stored, &Limits::default()).ok()
}

struct Pair {
    old: (String, ParsedSchema),
    new: (String, ParsedSchema),
}

/// Pairs of an older text and an edited one, both valid.
fn pairs(seed: u64, count: usize) -> Vec<Pair> {
    let mut rng = Rng::new(seed);
    let mut pairs = Vec::new();
    while pairs.len() < count {
        let old = avro_schema(&mut rng);
        let new = if rng.chance(5) { avro_schema(&mut rng) } else { next_version(&old, &mut rng) };
        if let (Some(parsed_old), Some(parsed_new)) = (stored(&old), stored(&new)) {
            pairs.push(Pair { old: (old, parsed_old), new: (new, parsed_new) });
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
    // Both directions of every pair.
    let both = |p: &Pair| [format!("{}\t{}", p.new.0, p.old.0), format!("{}\t{}", p.old.0, p.new.0)];
    let questions: Vec<String> = pairs.iter().flat_map(both).collect();
    let answers = judge.ask("compat", &questions).unwrap();
    let (mut incompatible, mut excused) = (0, [0; EXCUSES.len()]);
    let mut wrong = Vec::new();
    for (pair, theirs) in pairs.iter().zip(answers.chunks(2)) {
        for (level, theirs) in [Level::Backward, Level::Forward].into_iter().zip(theirs) {
            let found = differences(level, &pair.new.1, &pair.old.1);
            incompatible += usize::from(!found.is_empty());
            let rows = found.iter().map(|d| format!("{} {} {}", d.rule.id(), d.path, d.additional));
            let ours = rows.collect::<Vec<_>>().join("\t");
            let agreed = match theirs {
                Ok(theirs) => *theirs == ours,
                Err(theirs) => match excuse(theirs, &ours) {
                    Some(i) => {
                        excused[i] += 1;
                        true
                    }
                    None => false,
                },
            };
            if !agreed {
                wrong.push(format!(
                    "{level} old {}\nnew {}\n  ours   {ours}\n  theirs {theirs:?}",
                    pair.old.0, pair.new.0
                ));
            }
        }
    }
    eprintln!(
        "compat: {} pairs, both directions, {incompatible} incompatible, {} differ, excused {excused:?}",
        pairs.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}

#[test]
fn laws_hold_on_generated_pairs() {
    for Pair { old: (old_text, old), new: (new_text, new) } in pairs(12, 2_000) {
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
