//! Append-only log of one partition in Kafka's on-disk format: segments, indexes, recovery.
//!
//! [`PartitionLog`] is the writer (`&mut` to append, roll, truncate, delete). [`LogReader`] reads without its lock, and
//! [`Flusher`] makes what is written durable without it, so that one fsync can serve many appends. All calls block.
//!
//! Durability: an append is *written* when it returns, and *flushed* once [`Flusher::flush`] has returned an offset
//! above it. After any failed write or fsync the log is offline for good: what the kernel kept is not knowable.
//!
//! Not here: compaction, transactions, producer state (walk [`LogReader::batches`] to rebuild it), what records mean.

mod checkpoint;
mod config;
mod disk;
mod error;
mod flush;
mod index;
mod log;
mod names;
#[doc(hidden)]
pub mod properties;
mod reader;
mod recovery;
mod retention;
mod scan;
mod segment;
mod shared;
#[doc(hidden)]
pub mod sim;
mod times;

pub use checkpoint::EpochEnd;
pub use config::LogConfig;
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::LogError;
pub use flush::Flusher;
pub use log::{AppendInfo, PartitionLog};
pub use reader::{AtLeastOne, BatchHeaders, LogReader};
pub use recovery::{Loss, RecoveryReport};
pub use retention::Deleted;
pub use times::TimedOffset;
