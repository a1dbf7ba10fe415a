//! The registry's store on sled 0.34: one committer thread, group commit, `fdatasync`.
//!
//! Events are kept per event key, as a compacted topic keeps them: a newer event replaces an older one with the same
//! key, a tombstone removes it. Every entry carries its revision, and replay sorts by it, so that order survives
//! compaction. Why not a log with compaction on top: this needs one write per event and no index besides sled's.
//!
//! What binds us (DESIGN.md): `flush_async` can deadlock and `flush` ends in `sync_file_range`, so the committer calls
//! `flush` and then `fdatasync` on the `db` file itself; pages over a quarter of a segment go to `blobs/` files that
//! are never synced, so values are cut into chunks small enough that no page gets there.

mod committer;
mod entry;
mod sled_store;

pub use sled_store::{SledStore, SyncHook};
