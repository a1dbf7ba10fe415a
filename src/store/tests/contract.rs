//! The contract every store keeps, on sled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::sync::Arc;

use assay_registry::Store;
use assay_registry::store::contract;
use assay_store::SledStore;

#[test]
fn sled_keeps_the_contract() {
    contract::check_all(&mut || {
        let dir = tempfile::tempdir().unwrap();
        Box::new(move || Arc::new(SledStore::open(dir.path()).unwrap()) as Arc<dyn Store>)
    });
}
