//! What `assay check` costs on 1,000 files: read, parsed with their references, compared with 1,000 older ones. A third each
//! of Avro, Protobuf and JSON Schema, 20 fields a file; every file but each tenth refers to another one.
//!
//!     cargo bench -p assay-check
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench")]

use std::path::Path;
use std::process::Command;

use assay_check::check::{Baseline, Outcome, Request, Shown, check};
use assay_check::config::Config;
use assay_check::git;
use assay_check::tree::{Depth, Tree};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const FILES: usize = 1_000;
const FIELDS: usize = 20;

fn avro(i: usize, base: Option<usize>, fields: usize) -> (String, String) {
    let mut all: Vec<String> = (0..fields)
        .map(|f| format!("\n  {{\"name\":\"f{f}\",\"type\":[\"null\",\"string\"],\"default\":null}}"))
        .collect();
    all.extend(base.map(|base| format!("\n  {{\"name\":\"base\",\"type\":\"bench.R{base}\"}}")));
    let fields = all.join(",");
    (
        format!("avro/r{i}.avsc"),
        format!("{{\"type\":\"record\",\"name\":\"R{i}\",\"namespace\":\"bench\",\"fields\":[{fields}]}}"),
    )
}

fn protobuf(i: usize, base: Option<usize>, fields: usize) -> (String, String) {
    let import = base.map(|base| format!("import \"proto/m{base}.proto\";\n")).unwrap_or_default();
    let mut all: String = (0..fields).map(|f| format!("  string f{f} = {};\n", f + 1)).collect();
    all.extend(base.map(|base| format!("  bench.M{base} base = 1000;\n")));
    (
        format!("proto/m{i}.proto"),
        format!("syntax = \"proto3\";\npackage bench;\n{import}message M{i} {{\n{all}}}\n"),
    )
}

fn json(i: usize, base: Option<usize>, fields: usize) -> (String, String) {
    let mut all: Vec<String> = (0..fields).map(|f| format!("\n  \"f{f}\":{{\"type\":\"string\"}}")).collect();
    all.extend(base.map(|base| format!("\n  \"base\":{{\"$ref\":\"j{base}.json\"}}")));
    let all = all.join(",");
    (
        format!("json/j{i}.json"),
        format!("{{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{{{all}}}}}"),
    )
}

fn write(dir: &Path, fields: usize) {
    for i in 0..FILES {
        let make = [avro, protobuf, json][i % 3];
        let base = (i % 10 != 0 && i >= 30).then(|| i - i % 30 + i % 3);
        let (path, text) = make(i, base.filter(|base| *base != i), fields);
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn commit(dir: &Path) {
    for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "old"]] {
        let identity = ["-c", "user.name=b", "-c", "user.email=b@example.org", "-c", "commit.gpgsign=false"];
        let status = Command::new("git").arg("-C").arg(dir).args(identity).args(arguments).status();
        assert!(status.unwrap().success());
    }
}

fn run(new: &Path, old: Tree) -> usize {
    let (label, config) = ("old".to_owned(), Config::default());
    let baseline = Baseline { label, tree: old, only: None, config, own: None, shown: Shown::default() };
    let request = Request {
        root: new.to_path_buf(),
        shown: Shown::default(),
        tree: Tree::read(new, Depth::All).unwrap(),
        only: None,
        below: String::new(),
        hint: None,
        config: Config::default(),
        level: None,
        schema_type: None,
        subject: None,
        olds: vec![baseline],
        registry: None,
        today: "2026-01-01".to_owned(),
    };
    let checked = check(&request, &|_, _| {}).unwrap().checked;
    for one in &checked {
        assert_eq!(one.outcome, Outcome::Compatible, "{} {:?}", one.file, one.findings);
    }
    checked.len()
}

fn benches(c: &mut Criterion) {
    let (new, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(old.path(), FIELDS);
    write(new.path(), FIELDS + 1);
    let mut group = c.benchmark_group("check");
    group.throughput(Throughput::Elements(FILES as u64)).sample_size(10);
    group.bench_function("1000-files-of-20-fields/against-a-directory", |b| {
        b.iter(|| assert_eq!(run(new.path(), Tree::read(old.path(), Depth::All).unwrap()), FILES));
    });
    commit(old.path());
    group.bench_function("1000-files-of-20-fields/against-git", |b| {
        b.iter(|| assert_eq!(run(new.path(), git::read(old.path(), "HEAD").unwrap()), FILES));
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
