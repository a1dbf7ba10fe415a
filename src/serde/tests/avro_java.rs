//! Resolution against Java's `GenericDatumReader(writer, reader)` (tests/judges/avro): generated pairs of schemas with data. Either
//! both refuse, or what we make of the datum is what Java makes of it, on all of our ways of reading. Skipped, and
//! saying so, without the judge.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use crate::data;
use crate::generated;

use crate::judge::Judge;
use assay_schema::{ParsedSchema, testing::Rng};
use assay_serde::{AvroResolution, AvroSchema};

struct Case {
    writer: String,
    reader: String,
    datum: Vec<u8>,
}

impl Case {
    fn question(&self) -> String {
        format!("{}\t{}\t{}", self.writer, self.reader, hex(&self.datum))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// A writer's schema, a reader's made from it by some edits or one that has nothing to do with it, and data.
fn case(seed: u64) -> Case {
    let mut rng = Rng::new(seed);
    let (writer, ParsedSchema::Avro(model)) = data::schema(&mut rng) else { panic!("an Avro schema") };
    let datum = data::datum(&model, &mut rng);
    let reader = generated::reader(&writer, &mut rng);
    Case { writer: writer.replace('\n', " "), reader: reader.replace('\n', " "), datum }
}

/// Where we refuse by choice what Java reads; the other way round there is one case, in [`held`].
const CHOICES: [&str; 4] = [
    "cannot be used", // a default out of range or not whole for an int or long, which Java cuts off
    "not UTF-8",      // bytes read as text, in which Java replaces what is none
    "nest more than", // Java nests as deep as its stack
    "take no bytes",  // Java counts no items without bytes
];

#[test]
fn resolution_is_that_of_java() {
    let Some(judge) = Judge::at_hand("resolution_is_that_of_java") else { return };
    let full = std::env::var("ASSAY_TEST_MODE").is_ok_and(|mode| mode == "full");
    let count = if full { 100_000 } else { 10_000 };
    let (mut read, mut refused, mut different) = (0, 0, 0);
    for from in (0..count).step_by(5_000) {
        let cases: Vec<Case> = (from..from + 5_000).map(case).collect();
        let questions: Vec<String> = cases.iter().map(Case::question).collect();
        let answers = judge.ask("rewrite", &questions).unwrap();
        for (case, java) in cases.iter().zip(answers) {
            if java.as_ref().is_err_and(|why| why.contains("unusable schema")) {
                continue; // such as one with a property beyond a long
            }
            let writer = AvroSchema::parse(&case.writer).unwrap();
            let Ok(reader) = AvroSchema::parse(&case.reader) else { continue };
            match held(case, &writer, &reader, &java) {
                Held::Same => read += 1,
                Held::BothRefuse => refused += 1,
                Held::Chosen => different += 1,
            }
        }
    }
    println!("{read} read alike, {refused} refused by both, {different} different by choice");
    assert!(
        read > count / 3 && refused > count / 20 && different < count / 50,
        "{read} {refused} {different}"
    );
}

enum Held {
    Same,
    BothRefuse,
    Chosen,
}

fn held(case: &Case, writer: &AvroSchema, reader: &AvroSchema, java: &Result<String, String>) -> Held {
    let resolution = AvroResolution::new(writer, reader);
    let told = || {
        format!("\nwriter {}\nreader {}\ndatum {}\njava {java:?}", case.writer, case.reader, hex(&case.datum))
    };
    let datum = bare(writer, &case.datum);
    let mut ours = Vec::new();
    let transcoded = resolution.transcode(&datum, &mut ours);
    let value = resolution.decode_value(&datum);
    let typed = resolution.decode::<generated::Any>(&datum);
    let (Ok(()), Ok(value), Ok(typed)) = (&transcoded, &value, &typed) else {
        let (Err(a), Err(b), Err(c)) = (&transcoded, &value, &typed) else {
            panic!("{transcoded:?} {value:?} {typed:?}{}", told());
        };
        assert!(a.reason == b.reason && b.reason == c.reason, "{a} / {b} / {c}{}", told());
        if java.is_err() {
            return Held::BothRefuse;
        }
        assert!(CHOICES.iter().any(|choice| a.reason.contains(choice)), "we refuse: {a}{}", told());
        return Held::Chosen;
    };
    let java = match java {
        Ok(java) => java,
        // Java makes such a schema anew for its aliases, and holds defaults to more then than when it parsed them: that of a union to
        // its first branch, that of a record to the names its fields have now.
        Err(why) if why.contains("Invalid default for field") => return Held::Chosen,
        Err(_) => panic!("we read {value:?}{}", told()),
    };
    let (left, java) = java.split_once('\t').unwrap();
    assert_eq!(left, "0", "{}", told());
    let java = bare(reader, &unhex(java));
    let expected = reader.decode_value(&java).unwrap_or_else(|error| panic!("{error}{}", told()));
    let expected = generated::shown(&expected);
    assert_eq!(generated::shown(value), expected, "the value{}", told());
    let ours = reader.decode_value(&ours).unwrap_or_else(|error| panic!("{error} {}{}", hex(&ours), told()));
    assert_eq!(generated::shown(&ours), expected, "the bytes{}", told());
    let java_typed: generated::Any = reader.decode(&java).unwrap();
    assert_eq!(typed.to_string(), java_typed.to_string(), "the typed value{}", told());
    Held::Same
}

/// A top-level `bytes` has no length with us.
fn bare(schema: &AvroSchema, datum: &[u8]) -> Vec<u8> {
    let has_length = matches!(schema.model().get(schema.model().root()), assay_schema::avro::AvroType::Bytes);
    let varint = 1 + datum.iter().take_while(|byte| **byte >= 0x80).count();
    datum[if has_length { varint } else { 0 }..].to_vec()
}
