//! The registry over sled: many writers, then a restart that gives the same state.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::path::Path;
use std::sync::Arc;

use assay_registry::{
    Caller, Deleted, Permanence, RegisterOptions, Registry, RegistryConfig, SchemaRequest, Subject,
};
use assay_store::SledStore;

fn open(dir: &Path) -> Registry {
    let store = Arc::new(SledStore::open(dir).unwrap());
    Registry::open(store, RegistryConfig::default(), Arc::new(|| 1)).unwrap()
}

fn register(registry: &Registry, subject: &str, name: &str) -> u32 {
    let request = SchemaRequest::avro(format!(r#"{{"type":"enum","name":"{name}","symbols":["A"]}}"#));
    let subject = Subject::parse(subject);
    let pending = registry.register(&Caller::internal(), &subject, &request, RegisterOptions::default());
    pending.unwrap().wait().unwrap().id.get()
}

#[test]
fn a_restart_gives_the_same_state_and_no_id_twice() {
    let dir = tempfile::tempdir().unwrap();
    let registry = open(dir.path());
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let registry = &registry;
            scope.spawn(move || {
                for step in 0..8 {
                    register(registry, &format!("s{writer}-{step}"), &format!("E{}", (writer + step) % 12));
                }
            });
        }
    });
    assert_eq!(registry.subjects("", Deleted::Hide).len(), 128);
    let last = register(&registry, "last", "Last");
    assert_eq!(last, 13);
    let subject = Subject::parse("last");
    for how in [Permanence::Soft, Permanence::Permanent] {
        registry.delete_subject(&Caller::internal(), &subject, how).unwrap().wait().unwrap();
    }
    let before = registry.snapshot();
    drop(registry);
    let registry = open(dir.path());
    assert!(
        *registry.snapshot() == *before,
        "revision {} or {}",
        registry.snapshot().revision(),
        before.revision()
    );
    assert!(registry.damaged().is_empty());
    assert_eq!(register(&registry, "last", "Last"), 14, "an id is never given out again");
}
