//! A verdict of ours beside one of Java's `SchemaCompatibility`, warm, in turns, in the same run; schemas parsed. Needs
//! the judge (tests/judges/avro) in `ASSAY_AVRO_JUDGE`.
//!
//!     cargo bench -p assay-compat --bench java
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assay_compat::{Level, Old, check};
use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, Version, parse};

/// Answers thrown away: they warm Java up. Then those that count.
const WARM_UP: usize = 10;
const ROUNDS: usize = 9;

/// A record of 50 fields; in version 1 half of them are wider.
fn text(version: usize, plain: bool) -> String {
    let field = |i: usize| {
        let ty = if (i + version).is_multiple_of(2) { "int" } else { ["int", "long"][version.min(1)] };
        match plain {
            true => format!(r#"{{"name":"f{i}","type":"{ty}"}}"#),
            false => format!(r#"{{"name":"f{i}","type":["null","{ty}"],"default":null}}"#),
        }
    };
    let fields: Vec<String> = (0..50).map(field).collect();
    format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(","))
}

fn schema(text: &str) -> ParsedSchema {
    parse(SchemaType::Avro, text, &[], Strictness::New, &Limits::default()).unwrap()
}

/// Nanoseconds of one check, over half a second.
fn ours(new: &ParsedSchema, olds: &[Old<'_>]) -> f64 {
    let (start, mut checks) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_millis(500) {
        for _ in 0..100 {
            assert!(check(Level::Backward, black_box(new), black_box(olds)).is_compatible());
        }
        checks += 100;
    }
    start.elapsed().as_nanos() as f64 / f64::from(checks)
}

fn median(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

fn main() {
    let Some(judge) = std::env::var_os("ASSAY_AVRO_JUDGE").filter(|judge| !judge.is_empty()) else {
        println!("skipped: set ASSAY_AVRO_JUDGE (see tests/judges/avro)");
        return;
    };
    for plain in [false, true] {
        let (old_text, new_text) = (text(0, plain), text(1, plain));
        let (old, new) = (schema(&old_text), schema(&new_text));
        let olds = [Old { version: Version::FIRST, schema: &old }];
        let mut java =
            Command::new(&judge).arg("bench").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = java.stdin.take().unwrap();
        let mut output = BufReader::new(java.stdout.take().unwrap());
        let mut theirs = || {
            writeln!(input, "{new_text}\t{old_text}").unwrap();
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            let nanoseconds = line.trim().strip_prefix("OK\t").unwrap_or_else(|| panic!("the judge: {line}"));
            nanoseconds.parse::<f64>().unwrap()
        };
        for _ in 0..WARM_UP {
            theirs();
        }
        let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (ours(&new, &olds), theirs())).collect();
        drop(input);
        java.wait().unwrap();
        let (mine, low, high) = median(rounds.iter().map(|(ours, _)| *ours).collect());
        let (other, their_low, their_high) = median(rounds.iter().map(|(_, theirs)| *theirs).collect());
        let (ratio, least, most) = median(rounds.iter().map(|(ours, theirs)| theirs / ours).collect());
        println!(
            "50 fields, {}: ours {mine:.0} ns ({low:.0} to {high:.0}), Java {other:.0} ns ({their_low:.0} to \
             {their_high:.0}), ratio {ratio:.1} ({least:.1} to {most:.1}), n={ROUNDS}",
            if plain { "int or long" } else { "unions with null" }
        );
    }
}
