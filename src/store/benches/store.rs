//! The store by itself: what a durable commit costs next to a plain append with `fdatasync`, and how long a big store takes to open.
//!
//! `cargo bench -p assay-store --bench store`; `-- commit` or `-- open` runs one part. Things that are compared take turns within one
//! run, on the disk below `--dir DIR` (the system's temporary directory if not given). Numbers are in `docs/PERFORMANCE.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a load program")]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_registry::store::contract::schema;
use assay_registry::{Event, Registry, RegistryConfig, Revision, SchemaId, SchemaVersion, Store, guid};
use assay_store::SledStore;

const ROUNDS: usize = 9;
const COMMITS: u32 = 300;
const SUBJECTS: u32 = 20_000;
const VERSIONS: u32 = 100_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let at = args.iter().position(|arg| arg == "--dir").and_then(|at| args.get(at + 1).cloned());
    let dir = at.map_or_else(std::env::temp_dir, Into::into);
    if let [child_of, place, ..] = args.as_slice()
        && child_of == "child"
    {
        return child(place);
    }
    let only = |part: &str| {
        !args.iter().any(|arg| arg == "commit" || arg == "open") || args.iter().any(|arg| arg == part)
    };
    if only("commit") {
        commit(&dir);
    }
    if only("open") {
        open(&dir);
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Commits and plain appends of the same bytes take turns, one by one; the medians of each round, and their ratio.
fn commit(dir: &Path) {
    let dir = tempfile::tempdir_in(dir).unwrap();
    let store = SledStore::open(&dir.path().join("registry")).unwrap();
    let mut plain = OpenOptions::new().append(true).create(true).open(dir.path().join("plain")).unwrap();
    let mut ratios = Vec::new();
    for round in 0..ROUNDS as u32 {
        let (mut commits, mut appends) = (Vec::new(), Vec::new());
        for step in 0..COMMITS {
            let event = schema("s", round * COMMITS + step + 1, 1000);
            let bytes = event.key().to_json() + &event.value_json().unwrap();
            let begun = Instant::now();
            store.append(store.head(), vec![event]).unwrap().wait().unwrap();
            commits.push(begun.elapsed());
            let begun = Instant::now();
            plain.write_all(bytes.as_bytes()).unwrap();
            plain.sync_data().unwrap();
            appends.push(begun.elapsed());
        }
        let (commit, append) = (median(&mut commits), median(&mut appends));
        let ratio = commit.as_secs_f64() / append.as_secs_f64();
        println!("commit/1KB p50 {commit:?}, append+fdatasync p50 {append:?}, ratio {ratio:.2}");
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "commit/1KB over append+fdatasync: median ratio {:.2} ({:.2} to {:.2}, n={ROUNDS})",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1]
    );
}

/// Opening a registry of 100,000 versions of 1 KB under 20,000 subjects, each time in a process of its own: how long until it can
/// answer, how much memory it then has, and how long a look-up by id takes.
fn open(dir: &Path) {
    let dir = tempfile::tempdir_in(dir).unwrap();
    let place = dir.path().join("registry");
    let store = SledStore::open(&place).unwrap();
    let begun = Instant::now();
    let mut head = Revision(0);
    let mut last = None;
    for number in 0..VERSIONS {
        last = Some(store.append(head, vec![version(number)]).unwrap());
        head = head.plus(1);
    }
    last.unwrap().wait().unwrap();
    println!("{VERSIONS} versions written in {:?}", begun.elapsed());
    drop(store);
    println!("{} MB on disk", walk(&place) >> 20);
    for _ in 0..7 {
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["child", place.to_str().unwrap()])
            .status();
        assert!(status.unwrap().success());
    }
}

/// An Avro record of about 1 KB, different from all others; ids count up.
fn version(number: u32) -> Event {
    let fields: Vec<String> =
        (0..20).map(|field| format!(r#"{{"name":"field_{field}_of_{number}","type":"string"}}"#)).collect();
    let text = format!(r#"{{"type":"record","name":"R{number}","fields":[{}]}}"#, fields.join(","));
    let subject = format!("subject-{}-value", number % SUBJECTS);
    let Event::Schema(row) = schema(&subject, number / SUBJECTS + 1, 0) else { unreachable!() };
    Event::Schema(Arc::new(SchemaVersion {
        guid: guid(&text, &[], None, None),
        id: SchemaId::new(number + 1).unwrap(),
        original: None,
        text: text.into(),
        ..(*row).clone()
    }))
}

fn child(place: &str) {
    let begun = Instant::now();
    let store = Arc::new(SledStore::open(Path::new(place)).unwrap());
    let opened = begun.elapsed();
    let registry = Registry::open(store, RegistryConfig::default(), Arc::new(|| 1)).unwrap();
    let ready = begun.elapsed();
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim().to_owned();
        line.trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    };
    let after = resident();
    let begun = Instant::now();
    for number in 0..200_000u32 {
        let id = number.wrapping_mul(7919) % VERSIONS + 1;
        assert_eq!(registry.schema_by_id(id, None).unwrap().id.get(), id);
    }
    let look_up = begun.elapsed() / 200_000;
    println!(
        "store open {opened:?}, ready {ready:?}, resident {after} MB, look-up by id {look_up:?}, then {} MB",
        resident()
    );
}

fn walk(dir: &Path) -> u64 {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let meta = entry.metadata().unwrap();
            if meta.is_dir() { walk(&entry.path()) } else { meta.len() }
        })
        .sum()
}
