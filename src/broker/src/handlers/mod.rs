//! One file per API. [`APIS`] is the only list: the dispatcher runs what is in it, ApiVersions advertises it.

use crate::dispatch::Api;

mod configs;
mod k00_produce;
mod k01_fetch;
mod k02_list_offsets;
mod k03_metadata;
mod k08_offset_commit;
mod k09_offset_fetch;
mod k10_find_coordinator;
mod k11_join_group;
mod k12_heartbeat;
mod k13_leave_group;
mod k14_sync_group;
mod k15_describe_groups;
mod k16_list_groups;
pub(crate) mod k18_api_versions;
mod k19_create_topics;
mod k20_delete_topics;
mod k21_delete_records;
mod k22_init_producer_id;
mod k23_offset_for_leader_epoch;
mod k32_describe_configs;
mod k33_alter_configs;
mod k35_describe_log_dirs;
mod k37_create_partitions;
mod k42_delete_groups;
mod k44_incremental_alter_configs;
mod k46_list_partition_reassignments;
mod k47_offset_delete;
mod k60_describe_cluster;

/// Everything this broker answers, by key.
pub(crate) const APIS: &[Api] = &[
    k00_produce::API,
    k01_fetch::API,
    k02_list_offsets::API,
    k03_metadata::API,
    k08_offset_commit::API,
    k09_offset_fetch::API,
    k10_find_coordinator::API,
    k11_join_group::API,
    k12_heartbeat::API,
    k13_leave_group::API,
    k14_sync_group::API,
    k15_describe_groups::API,
    k16_list_groups::API,
    k18_api_versions::API,
    k19_create_topics::API,
    k20_delete_topics::API,
    k21_delete_records::API,
    k22_init_producer_id::API,
    k23_offset_for_leader_epoch::API,
    k32_describe_configs::API,
    k33_alter_configs::API,
    k35_describe_log_dirs::API,
    k37_create_partitions::API,
    k42_delete_groups::API,
    k44_incremental_alter_configs::API,
    k46_list_partition_reassignments::API,
    k47_offset_delete::API,
    k60_describe_cluster::API,
];

/// `INT_MIN` in the authorized-operations fields: not asked for, or not known.
pub(crate) const OPERATIONS_UNKNOWN: i32 = i32::MIN;

/// A group id that may have members: not empty (KIP-394 and before).
pub(crate) fn is_group_id(id: &str) -> bool {
    !id.is_empty()
}

#[cfg(test)]
mod tests {
    use super::APIS;

    #[test]
    fn the_list_is_sorted_and_the_codec_has_every_version() {
        let keys: Vec<i16> = APIS.iter().map(|a| a.key.as_i16()).collect();
        assert!(keys.is_sorted_by(|a, b| a < b));
        for api in APIS {
            let specs: Vec<_> =
                assay_protocol::messages::ALL.iter().filter(|m| m.spec.api_key() == Some(api.key)).collect();
            assert_eq!(specs.len(), 2, "{:?}", api.key);
            for m in specs {
                assert!(m.spec.versions.min <= api.min && api.max <= m.spec.versions.max, "{}", m.spec.name);
            }
        }
    }
}
