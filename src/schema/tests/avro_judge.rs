//! Differential tests against Apache Avro for Java (tests/judges/avro). Skipped, and saying so, without it.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use crate::judge::Judge;
use assay_schema::json::{Value, decimal_text, double_text, parse_json};
use assay_schema::testing::{Rng, avro_schema, avro_schema_with_references};
use assay_schema::{Limits, ResolvedReference, SchemaType, Strictness, Subject, Version, parse};

/// How many schemas each test asks about; more with `ASSAY_TEST_MODE=full`.
fn rounds() -> usize {
    if std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full") { 50_000 } else { 5_000 }
}

/// Parts as the judge takes them: the schema, then its references, separated by tabs.
fn ours(question: &str, strictness: Strictness) -> Result<String, String> {
    let mut parts = question.split('\t');
    let text = parts.next().unwrap_or("");
    let references: Vec<_> = parts.map(reference).collect();
    parse(SchemaType::Avro, text, &references, strictness, &Limits::default())
        .map(|schema| schema.canonical().to_owned())
        .map_err(|error| error.to_string())
}

fn reference(text: &str) -> ResolvedReference {
    ResolvedReference {
        name: "r".to_owned(),
        subject: Subject::parse("r"),
        version: Version::FIRST,
        schema_type: SchemaType::Avro,
        text: text.into(),
        references: vec![],
    }
}

/// Where we accept more than the judge on purpose; see `README.md` of this crate.
fn known_difference(theirs: &str) -> bool {
    [
        "Can't set a property to null", // it cannot copy a whole number beyond 64 bits in an attribute of a container
        "\"datum\" is null",            // the same, deeper inside an attribute
        "Can't redefine",               // it takes an equal definition again, but not of a recursive type
    ]
    .iter()
    .any(|known| theirs.contains(known))
}

/// Java before 19 prints some doubles with a digit too many (JDK-4511638); we print what later ones do.
fn prints_long_doubles(judge: &Judge) -> bool {
    judge.ask("double", &["9.0757E20".to_owned()]).unwrap() != [Ok("9.0757E20".to_owned())]
}

/// Whether two texts are the same but for the digits of equal doubles.
fn same_but_for_doubles(ours: &str, theirs: &str) -> bool {
    fn same(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Number(a), Value::Number(b)) => {
                a == b || a.contains('.') && b.contains('.') && a.parse::<f64>() == b.parse::<f64>()
            }
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value))
            }
            (Value::Object(a), Value::Object(b)) => {
                a.iter().count() == b.iter().count()
                    && a.iter().zip(b.iter()).all(|((k, a), (l, b))| k == l && same(&a.value, &b.value))
            }
            _ => a == b,
        }
    }
    let tree = |text| parse_json(text, &Limits::default()).unwrap();
    same(&tree(ours).value, &tree(theirs).value)
}

fn compare(mode: &str, strictness: Strictness, texts: &[String]) {
    let Some(judge) = Judge::at_hand(mode) else { return };
    let long_doubles = prints_long_doubles(&judge);
    let answers = judge.ask(mode, texts).unwrap();
    let mut accepted = 0;
    let mut wrong = Vec::new();
    for (text, theirs) in texts.iter().zip(answers) {
        let ours = ours(text, strictness);
        accepted += usize::from(ours.is_ok());
        let agreed = match (&ours, &theirs) {
            (Ok(a), Ok(b)) => a == b || long_doubles && same_but_for_doubles(a, b),
            (Err(_), Err(_)) => true,
            // Referenced schemas are stored ones: their defaults are not checked again.
            (Ok(_), Err(theirs)) if text.contains('\t') && theirs.contains("Invalid default") => true,
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
fn canonical_text_with_references() {
    let mut rng = Rng::new(4);
    let question = |_| {
        let (text, references) = avro_schema_with_references(&mut rng);
        [vec![text], references].concat().join("\t")
    };
    let texts: Vec<String> = (0..rounds()).map(question).collect();
    compare("new", Strictness::New, &texts);
}

/// Shapes that the generator does not make, each settled by asking.
#[test]
fn odd_shapes() {
    let texts = [
        r#"{"type":"record","name":"a.R","fields":[{"name":"x","type":"R"},{"name":"y","type":"a.R"}]}"#,
        r#"[{"type":"record","name":"X","fields":[]},{"type":"record","name":"a.R","fields":[{"name":"x","type":"X"},{"name":"z","type":{"type":"record","name":"X","fields":[]}},{"name":"w","type":"X"}]}]"#,
        r#"[{"type":"record","name":"R","fields":[]},{"type":"record","name":"a.R","fields":[{"name":"x","type":["null","R"]}]}]"#,
        r#"{"type":"record","name":"a.R","fields":[{"name":"x","type":{"type":"array","items":"S"}},{"name":"y","type":{"type":"record","name":"S","fields":[{"name":"r","type":"R"}]}}]}"#,
        r#"{"type":"record","name":"A","fields":[{"name":"b","type":"B"},{"name":"c","type":{"type":"record","name":"B","fields":[{"name":"a","type":["null","A"],"default":null}]}}]}"#,
        r#"{"type":"record","name":".R","namespace":"n","fields":[]}"#,
        r#"{"type":"record","name":"n.m.R","aliases":["S","n.m.T","o.U",".V"],"fields":[]}"#,
        r#"{"type":"record","name":"R","aliases":["S","n.T"],"fields":[]}"#,
        r#"{"type":"record","name":"R","aliases":["9"],"fields":[]}"#,
        r#"{"type":"record","name":"n.enum","fields":[{"name":"a","type":["null","n.enum"]}]}"#,
        r#"{"type":"record","name":"R","namespace":7,"doc":7,"fields":[]}"#,
        r#"{"type":"record","name":"R","namespace":null,"fields":[]}"#,
        r#"{"type":"enum","name":"E","symbols":[]}"#,
        r#"{"type":"enum","name":"E","symbols":["A"],"default":7}"#,
        r#"{"type":"enum","name":"E","symbols":["A"],"default":null}"#,
        r#"{"type":"fixed","name":"F","size":0}"#,
        r#"{"type":"fixed","name":"F","size":2147483639}"#,
        r#"{"type":"fixed","name":"F","size":2147483640}"#,
        r#"{"type":"fixed","name":"F","size":"1"}"#,
        "[]",
        r#"["null"]"#,
        r#"{"type":["null","int"]}"#,
        r#"{"type":{"type":"array","items":"int"}}"#,
        r#"{"type":"record","name":"R","fields":{}}"#,
        r#"{"type":"record","name":"R","fields":[null]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":null}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":null}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"float","default":"1f"},{"name":"b","type":"double","default":" 2 "},{"name":"c","type":"double","default":"-Infinity"},{"name":"d","type":"double","default":1e400}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","order":"Descending"}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","aliases":[]}],"aliases":[]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","aliases":null}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","namespace":"x","size":3,"logicalType":"date"}],"size":3,"items":1,"default":0}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":1}},{"name":"b","type":{"type":"fixed","name":"F","size":1,"x":1}}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"enum","name":"F","symbols":["A"]}},{"name":"b","type":{"type":"enum","name":"F","symbols":["A"],"doc":"d"}}]}"#,
        r#"["int","R",{"type":"record","name":"R","fields":[]}]"#,
        r#"{"type":"map","values":"int","default":{},"items":"x"}"#,
        "\"int\" x",
        "\"int\" // c",
        "// c",
        "",
    ];
    let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
    compare("new", Strictness::New, &texts);
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
