//! ApiVersions, key 18, v0-v4. Which APIs and versions a broker has. v3 flexible, client software name, features.
//! The response header stays at version 0, and an unknown version is answered in v0.

use crate::Str;

table! {
    request ApiVersions [0-4], flexible [3+];

    /// The body of a ApiVersions request.
    ApiVersionsRequest {
        /// The name of the client.
        client_software_name: Str [3+];
        /// The version of the client.
        client_software_version: Str [3+];
    }
}

table! {
    response ApiVersions [0-4], flexible [3+];

    /// The body of a ApiVersions response.
    ApiVersionsResponse {
        /// The top-level error code.
        error_code: i16 [0+];
        /// The APIs supported by the broker.
        api_keys: Vec<ApiVersion> [0+];
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [1+];
        /// Features supported by the broker.
        supported_features: Vec<SupportedFeatureKey> [3+] tag 0 [3+];
        /// The monotonically increasing epoch for the finalized features information.
        finalized_features_epoch: i64 [3+] tag 1 [3+] = -1;
        /// List of cluster-wide finalized features.
        finalized_features: Vec<FinalizedFeatureKey> [3+] tag 2 [3+];
        /// Set by a KRaft controller if the required configurations for ZK migration are present.
        zk_migration_ready: bool [3+] tag 3 [3+];
    }

    /// An element of `api_keys`.
    ApiVersion {
        /// The API index.
        api_key: i16 [0+];
        /// The minimum supported version, inclusive.
        min_version: i16 [0+];
        /// The maximum supported version, inclusive.
        max_version: i16 [0+];
    }

    /// An element of `supported_features`.
    SupportedFeatureKey {
        /// The name of the feature.
        name: Str [3+];
        /// The minimum supported version for the feature.
        min_version: i16 [3+];
        /// The maximum supported version for the feature.
        max_version: i16 [3+];
    }

    /// An element of `finalized_features`.
    FinalizedFeatureKey {
        /// The name of the feature.
        name: Str [3+];
        /// The cluster-wide finalized max version level for the feature.
        max_version_level: i16 [3+];
        /// The cluster-wide finalized min version level for the feature.
        min_version_level: i16 [3+];
    }
}

impl crate::Request for ApiVersionsRequest {
    type Response = ApiVersionsResponse;
}
