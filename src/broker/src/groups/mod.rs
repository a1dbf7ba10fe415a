//! Consumer groups, the classic protocol (KIP-62, KIP-345, KIP-394, KIP-559), with any protocol type.
//!
//! `group` and its parts `join`, `rebalance` and `sync` are a pure state machine: calls carry the time, answers go into
//! one-shot channels. `coordinator` owns all groups, the timers and the way to `__consumer_offsets`.

mod coordinator;
mod group;
mod join;
mod load;
mod member;
mod offsets;
mod rebalance;
mod sync;
#[cfg(test)]
mod tests;

pub(crate) use coordinator::{Coordinator, CoordinatorLimits, Durable, OffsetsLog};
pub(crate) use group::{Group, GroupLimits, GroupState};
pub(crate) use join::JoinCall;
pub(crate) use load::GroupLoader;
pub(crate) use member::{JoinAnswer, Protocol, SyncAnswer};
pub(crate) use offsets::{CommittedOffset, OffsetCommitCall, OffsetsRecord, partition_of};
pub(crate) use sync::SyncCall;

/// Milliseconds on the broker's monotonic clock.
pub(crate) type Millis = u64;
