//! Validation end to end: the release binary on one core, the load on the other, validation `off`, `id` and `payload` in turns within
//! one run, the server's data in memory.
//!
//!     cargo bench -p assay --bench endtoend -- [--quick] [--json] [--rounds N] [--only SECTION,..] [--formats F,..]
//!         [--codecs C,..] [--batch-records N] [--batch-bytes N]
//!
//! Sections: `throughput` (real producers that serialize), `latency` (the same at half of what `off` can do), `cost` (prebuilt batches
//! that fill the server's core: its processor time per record), `unchecked` (what a topic that is not checked pays). `--quick` is two
//! short rounds, to see that it works. Numbers and their command are kept in `docs/PERFORMANCE.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a load program")]

mod batches;
mod machine;
mod orders;
mod producers;
#[path = "../../tests/support/mod.rs"]
mod support;
mod table;

use assay_record::Compression;
use batches::Prebuilt;
use machine::Pinned;
use orders::{Format, Orders};
use producers::Load;
use table::{Goal, Table, median};

const MODES: [&str; 3] = ["off", "id", "payload"];

/// What is asked for.
struct Plan {
    rounds: usize,
    /// Records of one measurement, for producers and for prebuilt batches.
    produced: usize,
    prebuilt: usize,
    /// Seconds of one measurement of latency.
    latency_s: f64,
    only: Vec<String>,
    formats: Vec<Format>,
    codecs: Vec<String>,
    /// Records of a prebuilt batch.
    batch_records: usize,
    /// `batch.size` of the producers.
    batch_bytes: usize,
    json: bool,
}

impl Plan {
    fn from_args() -> Plan {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let flag = |name: &str| args.iter().any(|a| a == name);
        let option = |name: &str| args.iter().skip_while(|a| *a != name).nth(1);
        let list = |name: &str, default: &str| -> Vec<String> {
            option(name).map_or(default, String::as_str).split(',').map(str::to_owned).collect()
        };
        let quick = flag("--quick");
        let rounds = option("--rounds").map(|n| n.parse().expect("--rounds takes a number"));
        let formats = list("--formats", "avro,protobuf,json");
        let batch_records =
            option("--batch-records").map(|n| n.parse().expect("--batch-records takes a number"));
        let batch_bytes = option("--batch-bytes").map(|n| n.parse().expect("--batch-bytes takes a number"));
        Plan {
            batch_bytes: batch_bytes.unwrap_or(BATCH_BYTES),
            batch_records: batch_records.unwrap_or(BATCH_RECORDS),
            rounds: rounds.unwrap_or(if quick { 2 } else { 21 }),
            produced: if quick { 20_000 } else { 200_000 },
            prebuilt: if quick { 200_000 } else { 2_000_000 },
            latency_s: if quick { 0.3 } else { 1.5 },
            only: list("--only", "throughput,latency,cost,unchecked"),
            formats: Format::ALL.into_iter().filter(|f| formats.iter().any(|n| n == f.name())).collect(),
            codecs: list("--codecs", "none,lz4,zstd"),
            json: flag("--json"),
        }
    }

    fn wants(&self, section: &str) -> bool {
        self.only.iter().any(|s| s == section)
    }
}

fn main() {
    let plan = Plan::from_args();
    machine::pin_load();
    let mut table = Table::new(plan.json);
    if plan.wants("throughput") {
        throughput(&plan, &mut table);
    }
    if plan.wants("latency") {
        latency(&plan, &mut table);
    }
    if plan.wants("cost") {
        cost(&plan, &mut table);
    }
    if plan.wants("unchecked") {
        unchecked(&plan, &mut table);
    }
    table.finish();
}

/// A server with a topic per mode, all of one format.
fn modes(format: Format) -> (Pinned, Orders) {
    let pinned = Pinned::start(&[]);
    for mode in MODES {
        pinned.create_topic(mode, &[("assay.value.validation", mode)]);
        let (status, answer) =
            pinned.server.post(&format!("/subjects/{mode}-value/versions"), &format.registration());
        assert_eq!(status, 200, "{answer}");
    }
    let orders = Orders::new(&pinned.registry());
    (pinned, orders)
}

/// Measures each mode, a different one first each round.
fn in_turns(round: usize, values: &mut [Vec<f64>; 3], mut measure: impl FnMut(&'static str) -> f64) {
    for step in 0..MODES.len() {
        let at = (round + step) % MODES.len();
        values[at].push(measure(MODES[at]));
    }
}

fn ratios(over: &[f64], under: &[f64]) -> Vec<f64> {
    over.iter().zip(under).map(|(a, b)| a / b).collect()
}

fn throughput(plan: &Plan, table: &mut Table) {
    for &format in &plan.formats {
        let least = match format {
            Format::Avro => 0.95,
            Format::Protobuf => 0.90,
            Format::Json => 0.85,
        };
        for codec in &plan.codecs {
            let mut rates: [Vec<f64>; 3] = Default::default();
            for round in 0..plan.rounds {
                let (pinned, orders) = modes(format);
                let bootstrap = &pinned.bootstrap();
                let load = Load { bootstrap, orders: &orders, format, codec, batch_bytes: plan.batch_bytes };
                in_turns(round, &mut rates, |mode| load.throughput(mode, plan.produced));
            }
            let name = |what: &str| format!("throughput/{}/{codec}/{what}", format.name());
            let [off, id, payload] = rates;
            let goal = Some(Goal::AtLeast(least));
            table.add(name("payload over off"), "x", ratios(&payload, &off), goal);
            table.add(name("id over off"), "x", ratios(&id, &off), None);
            table.add(name("off"), "records/s", off, None);
            table.add(name("payload"), "records/s", payload, None);
        }
    }
}

fn latency(plan: &Plan, table: &mut Table) {
    for &format in &plan.formats {
        let half = {
            let (pinned, orders) = modes(format);
            let bootstrap = &pinned.bootstrap();
            let load =
                Load { bootstrap, orders: &orders, format, codec: "none", batch_bytes: plan.batch_bytes };
            let most: Vec<f64> = (0..5).map(|_| load.throughput("off", plan.produced)).collect();
            median(&most) / 2.0
        };
        let mut p99: [Vec<f64>; 3] = Default::default();
        for round in 0..plan.rounds {
            let (pinned, orders) = modes(format);
            let bootstrap = &pinned.bootstrap();
            let load =
                Load { bootstrap, orders: &orders, format, codec: "none", batch_bytes: plan.batch_bytes };
            let records = (half * plan.latency_s) as usize;
            in_turns(round, &mut p99, |mode| load.latency_p99(mode, half, records));
        }
        let name = |what: &str| format!("latency/{}/{what}", format.name());
        let [off, id, payload] = p99;
        let goal = (format != Format::Json).then_some(Goal::Under(1.1));
        table.add(name("p99, payload over off"), "x", ratios(&payload, &off), goal);
        table.add(name("p99, id over off"), "x", ratios(&id, &off), None);
        table.add(name("p99, off"), "ms", off, None);
        table.add(name("p99, payload"), "ms", payload, None);
        table.add(name("load"), "records/s", vec![half], None);
    }
}

/// Records of a prebuilt batch unless told otherwise: about 300 KB, well under the 1 MB that librdkafka fills under load.
const BATCH_RECORDS: usize = 1000;
/// `batch.size` of the producers unless told otherwise: librdkafka's own default.
const BATCH_BYTES: usize = 1_000_000;

fn compression(codec: &str) -> Compression {
    match codec {
        "none" => Compression::None,
        "gzip" => Compression::Gzip,
        "snappy" => Compression::Snappy,
        "lz4" => Compression::Lz4,
        "zstd" => Compression::Zstd,
        other => panic!("no codec {other}"),
    }
}

fn cost(plan: &Plan, table: &mut Table) {
    for &format in &plan.formats {
        let least = match format {
            Format::Avro => 0.30,
            Format::Protobuf => 0.22,
            Format::Json => 0.10,
        };
        for codec in &plan.codecs {
            let (mut nanos, mut rates): ([Vec<f64>; 3], [Vec<f64>; 3]) = Default::default();
            let mut value_bytes = 0;
            for round in 0..plan.rounds {
                let (pinned, orders) = modes(format);
                let codec = compression(codec);
                let built = MODES.map(|mode| Prebuilt::new(&orders, format, mode, codec, plan.batch_records));
                value_bytes = built[0].value_bytes;
                in_turns(round, &mut nanos, |mode| {
                    let at = MODES.iter().position(|m| *m == mode).unwrap();
                    let taken = built[at].run(&pinned, plan.prebuilt);
                    pinned.delete_topic(mode); // its memory is needed
                    rates[at].push(taken.records_per_s);
                    taken.nanos_per_record
                });
            }
            let name = |what: &str| format!("cost/{}/{codec}/{what}", format.name());
            let plain = codec == "none";
            let [off, id, payload] = nanos;
            let goal = plain.then_some(Goal::AtLeast(least));
            table.add(name("off over payload"), "x", ratios(&off, &payload), goal);
            let per_core = payload.iter().map(|nanos| 1e9 / nanos).collect();
            let goal = (plain && format == Format::Avro).then_some(Goal::AtLeast(3e6));
            table.add(name("payload, records/s per core"), "records/s", per_core, goal);
            table.add(name("off"), "ns/record", off, None);
            table.add(name("id"), "ns/record", id, None);
            table.add(name("payload"), "ns/record", payload, None);
            let [_, _, rate] = rates;
            table.add(name("payload, by the clock"), "records/s", rate, None);
            table.add(name("value"), "bytes", vec![value_bytes as f64], None);
        }
    }
}

/// A broker, a topic in it, and whether the topic has a subject.
struct Way {
    name: &'static str,
    flags: [&'static str; 2],
    configs: &'static [(&'static str, &'static str)],
    subject: bool,
}

const WAYS: [Way; 3] = [
    Way { name: "off", flags: ["--validate", "off"], configs: &[], subject: false },
    Way { name: "auto", flags: ["--validate", "auto"], configs: &[], subject: false },
    Way {
        name: "switched off",
        flags: ["--validate", "payload"],
        configs: &[("assay.value.validation", "off")],
        subject: true,
    },
];

/// Whether validation costs topics that are not checked anything: a broker with validation off, against one that checks other topics.
/// `auto` is a topic without a subject, `switched off` one whose subject exists in a broker that checks everything.
fn unchecked(plan: &Plan, table: &mut Table) {
    let format = Format::Avro;
    let mut nanos: [Vec<f64>; 3] = Default::default();
    for round in 0..plan.rounds {
        for step in 0..WAYS.len() {
            let at = (round + step) % WAYS.len();
            let Way { flags, configs, subject, .. } = WAYS[at];
            let pinned = Pinned::start(&flags);
            for (topic, configs) in [("t", configs), ("checked", &[("assay.value.validation", "payload")])] {
                pinned.create_topic(topic, configs);
            }
            for topic in ["t", "checked"].iter().skip(usize::from(!subject)) {
                let path = format!("/subjects/{topic}-value/versions");
                assert_eq!(pinned.server.post(&path, &format.registration()).0, 200);
            }
            // Framed values, though nobody looks at them; made for the other topic, so that no subject of this one appears.
            let orders = Orders::new(&pinned.registry());
            let built =
                Prebuilt::for_topic(&orders, format, ("t", "checked"), Compression::None, plan.batch_records);
            nanos[at].push(built.run(&pinned, plan.prebuilt).nanos_per_record);
        }
    }
    let goal = Some(Goal::AtLeast(0.97));
    table.add("unchecked/off over auto".into(), "x", ratios(&nanos[0], &nanos[1]), goal);
    table.add("unchecked/off over switched off".into(), "x", ratios(&nanos[0], &nanos[2]), goal);
    for (at, nanos) in nanos.into_iter().enumerate() {
        table.add(format!("unchecked/{}", WAYS[at].name), "ns/record", nanos, None);
    }
}
