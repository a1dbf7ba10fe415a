//! Protobuf: every row of `protobuf.json`, all kinds of difference in it, messages, levels and hostile shapes.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use assay_compat::{Difference, Level, Old, Policy, Report, Rule, changes, check};
use assay_schema::json::{Node, parse_json};
use assay_schema::{
    Limits, ParsedSchema, ResolvedReference, SchemaType, Strictness, Subject, Version, parse,
};

fn proto(text: &str, references: &[ResolvedReference]) -> ParsedSchema {
    let limits = Limits { schema_bytes: 16 << 20, names: 1_000_000, ..Limits::default() };
    parse(SchemaType::Protobuf, text, references, Strictness::New, &limits).unwrap()
}

fn old(schema: &ParsedSchema) -> Old<'_> {
    Old { version: Version::FIRST, schema }
}

fn report(level: Level, new: &ParsedSchema, before: &ParsedSchema) -> Report {
    check(level, new, &[old(before)])
}

fn text<'n>(row: &'n Node, key: &str) -> &'n str {
    row.get(key).and_then(Node::as_str).unwrap()
}

fn list(row: &Node, key: &str) -> Vec<String> {
    let items = row.get(key).and_then(Node::as_array).unwrap();
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn references(row: &Node, key: &str) -> Vec<ResolvedReference> {
    let given = row.get(key).and_then(Node::as_array).unwrap_or_default();
    let read = |node: &Node| ResolvedReference {
        name: text(node, "name").to_owned(),
        subject: Subject::parse(text(node, "subject")),
        version: Version::FIRST,
        schema_type: SchemaType::Protobuf,
        text: text(node, "text").into(),
        references: Vec::new(),
    };
    given.iter().map(read).collect()
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
    backward: Vec<String>,
    forward: Vec<String>,
}

fn table() -> Vec<Row> {
    let table = parse_json(include_str!("protobuf.json"), &Limits::default()).unwrap();
    let row = |row: &Node| Row {
        name: text(row, "name").to_owned(),
        old: proto(text(row, "old"), &references(row, "old_references")),
        new: proto(text(row, "new"), &references(row, "new_references")),
        compatible: list(row, "compatible"),
        backward: list(row, "backward"),
        forward: list(row, "forward"),
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
            let (compatible, report) =
                (row.compatible.contains(&direction), report(level, &row.new, &row.old));
            if report.is_compatible() != compatible {
                wrong.push(format!("{}, {direction}: compatible {}", row.name, report.is_compatible()));
            }
            let refused: BTreeSet<_> = rows_of(report.differences()).into_iter().collect();
            assert!(refused.iter().all(|row| want.contains(row)), "{refused:?} beyond {want:?}");
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
    let ids = Rule::all().filter(|rule| rule.row().format == Some(SchemaType::Protobuf)).map(Rule::id);
    let missing: Vec<_> = ids.filter(|id| *id != "TOO_COMPLEX" && !seen.contains(*id)).collect();
    assert!(missing.is_empty(), "no row has {missing:?}");
}

#[test]
fn laws_hold_for_every_pair_of_neighbours_in_the_table() {
    let table = table();
    let plain = |list: &[Difference]| -> Vec<_> {
        list.iter().map(|d| (d.rule, d.path.clone(), d.additional.clone())).collect()
    };
    // Each row's two schemas, and each with those of the next row: mostly unlike each other.
    let schemas: Vec<_> = table.iter().flat_map(|row| [&row.old, &row.new]).collect();
    for pair in schemas.windows(2) {
        let [before, new] = pair else { continue };
        let of = |level| report(level, new, before).differences().to_vec();
        let names = format!("{}\n{}", before.canonical(), new.canonical());
        assert!(of(Level::None).is_empty(), "{names}");
        assert!(changes(Policy::Strict, new, &old(new)).is_empty(), "{names}");
        assert_eq!(of(Level::Full), [of(Level::Forward), of(Level::Backward)].concat(), "{names}");
        let swapped = report(Level::Backward, before, new);
        assert_eq!(plain(&of(Level::Forward)), plain(swapped.differences()), "{names}");
        for (level, transitive) in [
            (Level::Backward, Level::BackwardTransitive),
            (Level::Forward, Level::ForwardTransitive),
            (Level::Full, Level::FullTransitive),
        ] {
            assert_eq!(of(level), of(transitive), "{names}");
        }
    }
}

#[test]
fn normalising_changes_no_verdict() {
    let file = parse_json(include_str!("protobuf.json"), &Limits::default()).unwrap();
    for (row, parsed) in file.as_array().unwrap().iter().zip(table()) {
        let normal = proto(&parsed.new.normalized(), &references(row, "new_references"));
        for level in Level::ALL {
            let (plain, other) =
                (report(level, &parsed.new, &parsed.old), report(level, &normal, &parsed.old));
            assert_eq!(rows_of(plain.differences()), rows_of(other.differences()), "{} {level}", parsed.name);
        }
        assert!(report(Level::Full, &normal, &parsed.new).is_compatible(), "{}", parsed.name);
    }
}

#[test]
fn messages_have_the_shape_of_the_contract() {
    let before = proto("syntax = \"proto3\"; message A { int32 a = 1; }", &[]);
    let new = proto("syntax = \"proto3\"; message A { string a = 1; }", &[]);
    let backward = report(Level::Backward, &new, &before);
    let shown = format!("{{oldSchema: '{}'}}", before.canonical());
    assert_eq!(
        backward.messages(),
        [
            "{errorType:\"FIELD_SCALAR_KIND_CHANGED\", description:\"The scalar type of the field at path '#/A/1' of the new schema does not fit the one of the old schema\"}",
            "{oldSchemaVersion: 1}",
            &shown,
            "{validateFields: 'false', compatibility: 'BACKWARD'}",
        ]
    );
    let [difference] = backward.differences() else { panic!("one difference") };
    assert_eq!(difference.new.as_ref().unwrap().text, "string a = 1");
    assert_eq!(difference.old.as_ref().unwrap().text, "int32 a = 1");
    assert_eq!(difference.new.as_ref().unwrap().place, "A.a");
    assert!(!difference.hint().is_empty() && difference.source().contains("3.5"));

    let forward = report(Level::Forward, &new, &before);
    assert!(forward.messages()[0].contains("of the old schema does not fit the one of the new schema"));
    assert_eq!(forward.differences()[0].new, difference.new);
    assert_eq!(report(Level::Full, &new, &before).messages().len(), 5);
}

#[test]
fn transitive_levels_name_the_version_that_fails() {
    let schemas = ["int32 a = 1;", "string b = 2;", "int32 b = 2;"]
        .map(|body| proto(&format!("syntax = \"proto3\"; message A {{ {body} }}"), &[]));
    let [first, second, new] = &schemas;
    let third = proto("syntax = \"proto3\"; message A { int32 b = 2; int32 c = 3; }", &[]);
    let version = |n| Version::new(n).unwrap();
    let olds = [
        Old { version: version(3), schema: &third },
        Old { version: version(2), schema: second },
        Old { version: version(1), schema: first },
    ];
    assert!(check(Level::Full, new, &olds).is_compatible());
    for level in [Level::BackwardTransitive, Level::ForwardTransitive, Level::FullTransitive] {
        let report = check(level, new, &olds);
        assert!(report.differences().iter().all(|d| d.against == version(2) && d.path == "#/A/2"), "{level}");
        assert!(!report.is_compatible(), "{level}");
    }
}

/// Hostile shapes end soon, and say "incompatible" when they were not looked at to the end.
#[test]
fn hostile_shapes_are_bounded() {
    // Everybody mentions everybody: the ways through them are more than can be counted, the pairs are not.
    let clique = |n: usize, ty: &str| {
        let mut text = "syntax = \"proto3\";\n".to_owned();
        for i in 0..n {
            let fields: String = (0..n).map(|j| format!(" M{j} f{j} = {};", j + 1)).collect();
            text += &format!("message M{i} {{{fields} {ty} z = {}; }}\n", n + 1);
        }
        proto(&text, &[])
    };
    let (numbers, texts) = (clique(60, "int32"), clique(60, "string"));
    assert!(report(Level::Full, &numbers, &numbers).is_compatible());
    let refused = report(Level::Backward, &texts, &numbers);
    assert_eq!(refused.differences().len(), 60 + 1_000);

    // A long chain: the message at its end breaks all of them.
    let chain = |n: usize, ty: &str| {
        let links: String = (1..n).map(|i| format!("message M{i} {{ M{} next = 1; }}\n", i + 1)).collect();
        proto(&format!("syntax = \"proto3\";\n{links}message M{n} {{ {ty} z = 1; }}"), &[])
    };
    let refused = report(Level::Backward, &chain(5_000, "string"), &chain(5_000, "int32"));
    assert_eq!(refused.differences().len(), 1 + 1_000);
    assert_eq!(refused.differences()[0].path, "#/M5000/1");

    // Many allowed differences do not hide one that is not.
    let wide = |n: usize, last: &str| {
        let fields: String = (1..n).map(|i| format!("int32 f{i} = {i};")).collect();
        proto(&format!("syntax = \"proto3\"; message A {{ {fields} {last} z = 50000; }}"), &[])
    };
    let refused = report(Level::Backward, &wide(1, "string"), &wide(18_000, "int32"));
    assert_eq!(rows_of(refused.differences()), ["FIELD_SCALAR_KIND_CHANGED #/A/50000"]);
}

/// Messages of one name in many packages make pairs beyond counting; the verdict then is not "compatible".
#[test]
fn too_many_pairs_are_refused() {
    let packages = 40;
    let reference = |i: usize| {
        let fields: String = (0..400).map(|f| format!("int32 f{f} = {};", f + 10)).collect();
        let import = if i + 1 < packages { format!("import \"p{}.proto\";", i + 1) } else { String::new() };
        let mention = if i + 1 < packages { format!("p{}.B b = 1;", i + 1) } else { "B b = 1;".to_owned() };
        ResolvedReference {
            name: format!("p{i}.proto"),
            subject: Subject::parse(&format!("p{i}")),
            version: Version::FIRST,
            schema_type: SchemaType::Protobuf,
            text: format!("syntax = \"proto3\"; package p{i}; {import} message B {{ {mention} {fields} }}")
                .as_str()
                .into(),
            references: Vec::new(),
        }
    };
    let references: Vec<_> = (0..packages).rev().map(reference).collect();
    let all = |order: &mut dyn Iterator<Item = usize>| {
        let imports: String = (0..packages).map(|i| format!("import \"p{i}.proto\";")).collect();
        let mut fields = String::new();
        for (n, i) in order.enumerate() {
            fields += &format!("p{i}.B m{n} = {};", n + 1);
        }
        proto(&format!("syntax = \"proto3\"; {imports} message A {{ {fields} }}"), &references)
    };
    // Field n has package n on one side and any other on the other side: packages squared pairs of 800 fields.
    let before = all(&mut (0..packages).flat_map(|i| std::iter::repeat_n(i, packages)));
    let new = all(&mut (0..packages * packages).map(|n| n % packages));
    let report = report(Level::Backward, &new, &before);
    assert_eq!(report.differences()[0].rule.id(), "TOO_COMPLEX");
    assert!(!report.is_compatible());
}
