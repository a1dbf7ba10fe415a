//! The registry's store on sled 0.34: one committer thread, group commit, `fdatasync`.
//!
//! Events are kept per event key, as a compacted topic keeps them: a newer event replaces an older one with the same
//! key, a tombstone removes it. Every entry carries its revision, and replay sorts by it, so that order survives
//! compaction. Why not a log with compaction on top: this needs one write per event and no index besides sled's.
//!
//! What binds us (DESIGN.md): `flush_async` can deadlock and `flush` ends in `sync_file_range`, so the committer calls
//! `flush` and then `fdatasync` on the `db` file itself; pages over a quarter of a segment go to `blobs/` files that
//! are never synced, so values are cut into chunks small enough that no page gets there.
//!
//! And what was found out: sled takes the first damaged byte for the end of its log, silently goes on without the rest and zeroes it.
//! So every entry says by itself what it is, `segments` proves the file before sled may open it, `witness` knows what was acknowledged,
//! and `salvage` writes a new store from what can be read.

mod catalog;
mod committer;
mod disk;
mod entry;
mod key;
mod load;
mod reserve;
mod salvage;
mod segments;
mod sled_store;
mod witness;

pub use disk::Disk;
pub use sled_store::SledStore;
