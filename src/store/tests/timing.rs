//! Prints how long opening and committing take; asserts nothing about time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::time::Instant;

use assay_registry::Store;
use assay_registry::store::contract::schema;
use assay_store::SledStore;

#[test]
fn opening_and_committing() {
    let dir = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let store = SledStore::open(&dir.path().join("registry")).unwrap();
    println!("open of an empty directory: {:?}", start.elapsed());
    let mut times: Vec<_> = (1..=100)
        .map(|version| {
            let start = Instant::now();
            store.append(store.head(), vec![schema("s", version, 1000)]).unwrap().wait().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("one commit of 1 KB: p50 {:?}, p99 {:?}", times[50], times[98]);
    let start = Instant::now();
    let tickets: Vec<_> = (101..=1100)
        .map(|version| store.append(store.head(), vec![schema("s", version, 1000)]).unwrap())
        .collect();
    tickets.iter().for_each(|ticket| ticket.wait().unwrap());
    println!("1000 commits at once: {:?}", start.elapsed());
    let file = std::fs::File::create(dir.path().join("plain")).unwrap();
    let mut times: Vec<_> = (0..100)
        .map(|_| {
            let start = Instant::now();
            std::io::Write::write_all(&mut &file, &[7; 1100]).unwrap();
            file.sync_data().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("plain append and fdatasync: p50 {:?}", times[50]);
}
