//! `__consumer_offsets`: where groups are written and read back.

use std::sync::{Mutex, OnceLock, PoisonError, Weak};

use assay_log::AtLeastOne;
use assay_protocol::ErrorCode;
use assay_record::{BatchBuilder, Compression, split_batches};

use crate::clock;
use crate::core::Core;
use crate::groups::{Durable, GroupLoader, OffsetsLog, OffsetsRecord, partition_of};
use crate::partition::{Appended, Partition, PartitionError, inflate_limits};
use crate::topics::{CONSUMER_OFFSETS, NewTopic};

/// Bytes read at a time while groups are loaded.
const LOAD_BYTES: usize = 4 << 20;

/// The topic as the coordinator's log. It is made when the first group is written.
#[derive(Default)]
pub(crate) struct OffsetsTopic {
    core: OnceLock<Weak<Core>>,
    creating: Mutex<()>,
}

impl OffsetsTopic {
    /// Ties the knot: the core owns the coordinator, which owns this.
    pub(crate) fn bind(&self, core: Weak<Core>) {
        let _ = self.core.set(core);
    }
}

impl OffsetsLog for std::sync::Arc<OffsetsTopic> {
    fn append(&self, group: &str, records: Vec<OffsetsRecord>) -> Result<Durable, ErrorCode> {
        if records.is_empty() {
            return Ok(Box::pin(std::future::ready(Ok(()))));
        }
        let core = self.core.get().and_then(Weak::upgrade).ok_or(ErrorCode::NotCoordinator)?;
        let topic = match core.topics.get(CONSUMER_OFFSETS) {
            Some(topic) => topic,
            None => {
                let _turn = self.creating.lock().unwrap_or_else(PoisonError::into_inner);
                match core.topics.get(CONSUMER_OFFSETS) {
                    Some(topic) => topic,
                    None => core.create_topic(&NewTopic::by_default(CONSUMER_OFFSETS)).map_err(|e| e.code)?,
                }
            }
        };
        let partitions = i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX);
        let partition = topic.partition(partition_of(group, partitions)).ok_or(ErrorCode::NotCoordinator)?;
        let now = clock::wall_ms();
        let mut builder = BatchBuilder::new(Compression::None);
        for (key, value) in &records {
            builder.push(now, Some(key), value.as_deref(), &[]);
        }
        let batch = builder.build().map_err(|_| ErrorCode::InvalidCommitOffsetSize)?;
        match partition.append(&batch, None) {
            Ok(Appended::Now(info)) => {
                if topic.settings.load().flush_on_acks_all {
                    Ok(partition.durable(info.last_offset.saturating_add(1)))
                } else {
                    Ok(Box::pin(std::future::ready(Ok(()))))
                }
            }
            Ok(Appended::Before(_)) => Ok(Box::pin(std::future::ready(Ok(())))),
            Err(error) => {
                tracing::error!(%group, ?error, "group or offsets could not be written");
                Err(ErrorCode::CoordinatorNotAvailable)
            }
        }
    }
}

/// Reads one partition into the loader. Blocks.
pub(crate) fn load(
    partition: &Partition,
    loader: &mut GroupLoader,
    inflated_max: usize,
) -> Result<(), PartitionError> {
    if !partition.exists() {
        return Ok(());
    }
    let reader = partition.open()?;
    let mut at = reader.log_start_offset();
    while at < reader.log_end_offset() {
        let bytes = reader.read(at, LOAD_BYTES, AtLeastOne::Yes)?;
        let before = at;
        for batch in split_batches(bytes).map_while(Result::ok) {
            at = batch.header().next_offset();
            match batch.records(&inflate_limits(inflated_max)) {
                Ok(records) => {
                    records.iter().map_while(Result::ok).for_each(|r| loader.record(r.key, r.value));
                }
                Err(error) => {
                    tracing::warn!(%error, offset = batch.header().base_offset, "batch of __consumer_offsets skipped");
                    loader.skipped += 1;
                }
            }
        }
        if at == before {
            break; // nothing whole to read: damage, which recovery reports
        }
    }
    Ok(())
}
