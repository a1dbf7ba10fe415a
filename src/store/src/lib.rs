//! The sled store: one committer thread, group commit, fdatasync.
