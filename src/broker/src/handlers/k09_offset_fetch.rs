//! OffsetFetch, key 9, v1-v8.
//! v2 null topics = all, top-level error; v5 leader epoch; v7 require stable (always so: no transactions); v8 several
//! groups. Offset -1 means none committed.

use assay_protocol::messages::OffsetFetchRequest;
use assay_protocol::messages::offset_fetch::{
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions, OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use assay_protocol::{ApiKey, Str};

use crate::core::Core;
use crate::dispatch::{Api, Cx, answer};
use crate::groups::CommittedOffset;

pub(crate) const API: Api =
    Api { key: ApiKey::OffsetFetch, min: 1, max: 8, run: |cx, body| answer(cx, body, handle) };

async fn handle(cx: Cx, request: OffsetFetchRequest) -> OffsetFetchResponse {
    if cx.version < 8 {
        let wanted = request.topics.map(|t| t.into_iter().map(|t| (t.name, t.partition_indexes)).collect());
        let topics = offsets(&cx.core, &request.group_id, wanted).into_iter().map(|(name, partitions)| {
            let one = |p: OffsetFetchResponsePartitions| OffsetFetchResponsePartition {
                partition_index: p.partition_index,
                committed_offset: p.committed_offset,
                committed_leader_epoch: p.committed_leader_epoch,
                metadata: p.metadata,
                error_code: p.error_code,
            };
            OffsetFetchResponseTopic { name, partitions: partitions.into_iter().map(one).collect() }
        });
        return OffsetFetchResponse { topics: topics.collect(), ..Default::default() };
    }
    let group = |g: assay_protocol::messages::offset_fetch::OffsetFetchRequestGroup| {
        let wanted = g.topics.map(|t| t.into_iter().map(|t| (t.name, t.partition_indexes)).collect());
        let topics = offsets(&cx.core, &g.group_id, wanted)
            .into_iter()
            .map(|(name, partitions)| OffsetFetchResponseTopics { name, partitions });
        OffsetFetchResponseGroup { topics: topics.collect(), group_id: g.group_id, error_code: 0 }
    };
    OffsetFetchResponse { groups: request.groups.into_iter().map(group).collect(), ..Default::default() }
}

type Topics<P> = Vec<(Str, Vec<P>)>;

/// The committed offsets of the wanted partitions, or of all. An unknown group has none.
fn offsets(core: &Core, group: &str, wanted: Option<Topics<i32>>) -> Topics<OffsetFetchResponsePartitions> {
    if let Some(wanted) = wanted {
        let one = |name: &Str, index: i32| partition(index, core.groups.committed(group, name, index));
        return wanted
            .into_iter()
            .map(|(name, partitions)| {
                let found = partitions.into_iter().map(|p| one(&name, p)).collect();
                (name, found)
            })
            .collect();
    }
    let all = core.groups.read(group, |g| g.offsets.clone()).unwrap_or_default();
    let mut topics: Topics<OffsetFetchResponsePartitions> = Vec::new();
    for ((topic, index), committed) in all {
        let found = partition(index, Some(committed));
        match topics.last_mut() {
            Some((name, partitions)) if **name == *topic => partitions.push(found),
            _ => topics.push(((&*topic).into(), vec![found])),
        }
    }
    topics
}

fn partition(index: i32, committed: Option<CommittedOffset>) -> OffsetFetchResponsePartitions {
    let none = CommittedOffset { offset: -1, leader_epoch: -1, metadata: String::new(), committed_ms: -1 };
    let committed = committed.unwrap_or(none);
    OffsetFetchResponsePartitions {
        partition_index: index,
        committed_offset: committed.offset,
        committed_leader_epoch: committed.leader_epoch,
        metadata: Some(committed.metadata.into()),
        error_code: 0,
    }
}
