//! JSON Schema: every row of `json.json`, all kinds of difference in it, messages, laws and hostile shapes.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use assay_compat::{Difference, Level, Old, Policy, Report, Rule, changes, check, check_with};
use assay_schema::json::{Node, Numbers, parse_json, write_compact};
use assay_schema::{
    Limits, ParsedSchema, ResolvedReference, SchemaType, Strictness, Subject, Version, parse,
};

fn json(text: &str, references: &[ResolvedReference]) -> ParsedSchema {
    let limits = Limits { schema_bytes: 16 << 20, ..Limits::default() };
    parse(SchemaType::Json, text, references, Strictness::Stored, &limits)
        .unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn old(schema: &ParsedSchema) -> Old<'_> {
    Old { version: Version::FIRST, schema }
}

fn report(level: Level, new: &ParsedSchema, before: &ParsedSchema) -> Report {
    check(level, new, &[old(before)])
}

fn text_of(node: &Node) -> String {
    let mut out = String::new();
    write_compact(node, Numbers::AsWritten, &mut out);
    out
}

fn list(row: &Node, key: &str) -> Option<Vec<String>> {
    let items = row.get(key)?.as_array().unwrap();
    Some(items.iter().map(|item| item.as_str().unwrap().to_owned()).collect())
}

/// `{"name": schema, ..}`: every schema is a reference of that name.
fn references(row: &Node, key: &str) -> Vec<ResolvedReference> {
    let given = row.get(key).and_then(Node::as_object);
    let read = |(name, schema): (&str, &Node)| ResolvedReference {
        name: name.to_owned(),
        subject: Subject::parse(name),
        version: Version::FIRST,
        schema_type: SchemaType::Json,
        text: text_of(schema).as_str().into(),
        references: Vec::new(),
    };
    given.into_iter().flat_map(|given| given.iter()).map(read).collect()
}

fn rows_of(differences: &[Difference]) -> Vec<String> {
    let mut rows: Vec<_> = differences.iter().map(|d| format!("{} {}", d.rule.id(), d.path)).collect();
    rows.sort();
    rows
}

struct Row {
    name: String,
    old: ParsedSchema,
    new: ParsedSchema,
    compatible: Vec<String>,
    lenient: Vec<String>,
    backward: Vec<String>,
    forward: Vec<String>,
}

fn table() -> Vec<Row> {
    let table = parse_json(include_str!("json.json"), &Limits::default()).unwrap();
    let row = |row: &Node| {
        let compatible = list(row, "compatible").unwrap();
        Row {
            name: row.get("name").and_then(Node::as_str).unwrap().to_owned(),
            old: json(&text_of(row.get("old").unwrap()), &references(row, "old_references")),
            new: json(&text_of(row.get("new").unwrap()), &references(row, "new_references")),
            lenient: list(row, "lenient").unwrap_or_else(|| compatible.clone()),
            compatible,
            backward: list(row, "backward").unwrap(),
            forward: list(row, "forward").unwrap(),
        }
    };
    table.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn every_row_of_the_data_file() {
    let table = table();
    assert!(table.len() >= 120, "{} rows", table.len());
    let mut wrong = Vec::new();
    for row in &table {
        for (level, reader, writer, want) in [
            (Level::Backward, &row.new, &row.old, &row.backward),
            (Level::Forward, &row.old, &row.new, &row.forward),
        ] {
            let mut want = want.clone();
            want.sort();
            let direction = level.as_str().to_lowercase();
            let got = rows_of(&changes(Policy::Strict, reader, &old(writer)));
            if got != want {
                wrong.push(format!("{}, {direction}: got {got:?}, want {want:?}", row.name));
            }
            for (policy, compatible) in [(Policy::Strict, &row.compatible), (Policy::Lenient, &row.lenient)] {
                let report = check_with(level, policy, &row.new, &[old(&row.old)]);
                if report.is_compatible() != compatible.contains(&direction) {
                    let got = rows_of(report.differences());
                    wrong.push(format!("{}, {direction}, {policy:?}: refused for {got:?}", row.name));
                }
            }
            let refused: BTreeSet<_> =
                rows_of(report(level, &row.new, &row.old).differences()).into_iter().collect();
            if !refused.iter().all(|row| want.contains(row)) {
                wrong.push(format!("{}, {direction}: {refused:?} beyond {want:?}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_has_every_kind_of_difference() {
    let seen: BTreeSet<String> = table()
        .iter()
        .flat_map(|row| [row.backward.clone(), row.forward.clone()].concat())
        .filter_map(|row| row.split(' ').next().map(str::to_owned))
        .collect();
    let ids = Rule::all().filter(|rule| rule.row().format == Some(SchemaType::Json)).map(Rule::id);
    let missing: Vec<_> = ids.filter(|id| *id != "TOO_COMPLEX" && !seen.contains(*id)).collect();
    assert!(missing.is_empty(), "no row has {missing:?}");
}
