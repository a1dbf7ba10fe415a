//! Differential test against Python's `jsonschema` (tests/judges/payload). Skipped, and saying so, without it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::common;

use crate::judge::Judge;
use assay_schema::{Limits, SchemaType, Strictness, testing::Rng};
use assay_validate::compile;

/// What we refuse beyond Python, by a piece of the reason.
const CHOICES: [&str; 3] = [
    "surrogate",           // half a character, which its strings can hold
    "hex escape",          // the same, with nothing behind it
    "number out of range", // beyond a double
];

/// 50,000 payloads of generated schemas, a third of them mutated; a million in full. Formats are not looked at: they are optional there.
#[test]
fn accepts_nothing_that_python_refuses() {
    let Some(judge) = Judge::in_variable("ASSAY_PAYLOAD_JUDGE", "accepts_nothing_that_python_refuses") else {
        return;
    };
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let mut rng = Rng::new(13);
    let (mut accepted, mut refused, mut asked, mut endless) = (0, 0, 0, 0);
    let mut differences = Vec::new(); // all of a long run at once
    for _ in 0..if full { 20 } else { 1 } {
        let (mut cases, mut questions, mut payloads) = (Vec::new(), Vec::new(), 0);
        while payloads < 50_000 {
            let schema = common::json::schema(&mut rng);
            let text = schema.to_string();
            if text.contains("\"format\"") {
                continue;
            }
            let parsed =
                assay_schema::parse(SchemaType::Json, &text, &[], Strictness::New, &Limits::default());
            let Ok(parsed) = parsed else { continue }; // a `$ref` in a circle, say
            let validator = compile(&parsed).unwrap();
            if validator.slow_keywords().contains(&"$ref to itself".to_owned()) {
                continue; // says nothing, by the specification; Python runs in circles
            }
            questions.push(format!("schema\t{}", hex(text.as_bytes())));
            let payload = |round| {
                let mut payload = common::json::payload(&schema, &mut rng).into_bytes();
                if round % 3 == 0 {
                    common::avro::mutate(&mut payload, &mut rng);
                }
                payload
            };
            let asked: Vec<Vec<u8>> = (0..100).map(payload).collect();
            questions.extend(asked.iter().map(|payload| format!("payload\t{}", hex(payload))));
            payloads += asked.len();
            cases.push((validator, text, asked));
        }
        asked += payloads;
        let mut answers = judge.ask("json", &questions).unwrap().into_iter();
        for (validator, text, payloads) in &cases {
            assert_eq!(answers.next().unwrap().as_deref(), Ok(""), "Python cannot use {text}");
            for payload in payloads {
                let python = answers.next().unwrap();
                let verdict = validator.check(payload);
                let fast = validator.accepts(payload);
                let payload = String::from_utf8_lossy(payload);
                // In draft 4 the crate takes large doubles, 1e300 say, for integers, and -0 for a double; Python does not.
                let draft_4 = text.contains("draft-04") && payload.contains(['e', 'E']);
                let negative_zero = text.contains("draft-04") && payload.contains("-0");
                if draft_4 && verdict.is_ok() || negative_zero || beyond_doubles(&payload) {
                    continue;
                }
                assert!(fast.is_none_or(|fast| fast == verdict.is_ok()), "{verdict:?}: {text} {payload}");
                match (&verdict, &python) {
                    // A choice that is the schema itself, which says nothing: Python runs in circles, and has no verdict.
                    (_, Err(why)) if why.starts_with("RecursionError") => endless += 1,
                    (Ok(()), Ok(_)) => accepted += 1,
                    (Ok(()), Err(why)) => {
                        differences.push(format!("accepted, but Python says {why}: {text} {payload}"));
                    }
                    (Err(problem), Ok(_)) => {
                        // To Python `$` also stands before a last line feed; in ECMA-262, which JSON Schema names, only at the end.
                        let line_feed = problem.reason.contains("pattern") && payload.contains("\\n\"");
                        if !line_feed && !CHOICES.iter().any(|choice| problem.reason.contains(choice)) {
                            differences.push(format!("{problem}, but Python accepts: {text} {payload}"));
                        }
                    }
                    (Err(_), Err(_)) => refused += 1,
                }
            }
        }
    }
    println!("{accepted} of {asked} accepted, {refused} refused by both, {endless} without an answer");
    assert!(
        differences.is_empty(),
        "{} differences: {:#?}",
        differences.len(),
        differences.iter().take(10).collect::<Vec<_>>()
    );
    assert!(endless < asked / 500, "{endless} of {asked} without an answer");
    assert!(
        accepted > asked / 10 && refused > asked / 10,
        "{accepted} accepted, {refused} refused of {asked}"
    );
}

/// Whether a number has more digits than a double and is no 64-bit integer. We compare those as doubles (the documented limit of the slow way);
/// Python has them exact, and finds another remainder, say.
fn beyond_doubles(payload: &str) -> bool {
    let numbers = payload.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E')));
    let is_64_bit = |number: &str| number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
    numbers
        .into_iter()
        .any(|number| number.bytes().filter(u8::is_ascii_digit).count() > 15 && !is_64_bit(number))
}

fn hex(payload: &[u8]) -> String {
    payload.iter().map(|byte| format!("{byte:02x}")).collect()
}
