//! IncrementalAlterConfigs, key 44, v0-v1. Sets, deletes, appends to or subtracts from single configurations. v1
//! flexible.

use crate::Str;

table! {
    request IncrementalAlterConfigs [0-1], flexible [1+];

    /// The body of a IncrementalAlterConfigs request.
    IncrementalAlterConfigsRequest {
        /// The incremental updates for each resource.
        resources: Vec<AlterConfigsResource> [0+];
        /// True if we should validate the request, but not change the configurations.
        validate_only: bool [0+];
    }

    /// An element of `resources`.
    AlterConfigsResource {
        /// The resource type.
        resource_type: i8 [0+];
        /// The resource name.
        resource_name: Str [0+];
        /// The configurations.
        configs: Vec<AlterableConfig> [0+];
    }

    /// An element of `configs`.
    AlterableConfig {
        /// The configuration key name.
        name: Str [0+];
        /// The type (Set, Delete, Append, Subtract) of operation.
        config_operation: i8 [0+];
        /// The value to set for the configuration key.
        value: Option<Str> [0+] null [0+];
    }
}

table! {
    response IncrementalAlterConfigs [0-1], flexible [1+];

    /// The body of a IncrementalAlterConfigs response.
    IncrementalAlterConfigsResponse {
        /// Duration in milliseconds for which the request was throttled due to a quota violation, or zero if the
        /// request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The responses for each resource.
        responses: Vec<AlterConfigsResourceResponse> [0+];
    }

    /// An element of `responses`.
    AlterConfigsResourceResponse {
        /// The resource error code.
        error_code: i16 [0+];
        /// The resource error message, or null if there was no error.
        error_message: Option<Str> [0+] null [0+];
        /// The resource type.
        resource_type: i8 [0+];
        /// The resource name.
        resource_name: Str [0+];
    }
}

impl crate::Request for IncrementalAlterConfigsRequest {
    type Response = IncrementalAlterConfigsResponse;
}
