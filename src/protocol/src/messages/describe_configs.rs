//! DescribeConfigs, key 32, v1-v4. Configurations of topics and brokers. v1 source and synonyms; v3 type and
//! documentation; v4 flexible.

use crate::Str;

table! {
    request DescribeConfigs [1-4], flexible [4+];

    /// The body of a DescribeConfigs request.
    DescribeConfigsRequest {
        /// The resources whose configurations we want to describe.
        resources: Vec<DescribeConfigsResource> [0+];
        /// True if we should include all synonyms.
        include_synonyms: bool [1+];
        /// True if we should include configuration documentation.
        include_documentation: bool [3+];
    }

    /// An element of `resources`.
    DescribeConfigsResource {
        /// The resource type.
        resource_type: i8 [0+];
        /// The resource name.
        resource_name: Str [0+];
        /// The configuration keys to list, or null to list all configuration keys.
        configuration_keys: Option<Vec<Str>> [0+] null [0+];
    }
}

table! {
    response DescribeConfigs [1-4], flexible [4+];

    /// The body of a DescribeConfigs response.
    DescribeConfigsResponse {
        /// The duration in milliseconds for which the request was throttled due to a quota violation, or zero if
        /// the request did not violate any quota.
        throttle_time_ms: i32 [0+];
        /// The results for each resource.
        results: Vec<DescribeConfigsResult> [0+];
    }

    /// An element of `results`.
    DescribeConfigsResult {
        /// The error code, or 0 if we were able to successfully describe the configurations.
        error_code: i16 [0+];
        /// The error message, or null if we were able to successfully describe the configurations.
        error_message: Option<Str> [0+] null [0+];
        /// The resource type.
        resource_type: i8 [0+];
        /// The resource name.
        resource_name: Str [0+];
        /// Each listed configuration.
        configs: Vec<DescribeConfigsResourceResult> [0+];
    }

    /// An element of `configs`.
    DescribeConfigsResourceResult {
        /// The configuration name.
        name: Str [0+];
        /// The configuration value.
        value: Option<Str> [0+] null [0+];
        /// True if the configuration is read-only.
        read_only: bool [0+];
        /// The configuration source.
        config_source: i8 [1+] = -1;
        /// True if this configuration is sensitive.
        is_sensitive: bool [0+];
        /// The synonyms for this configuration key.
        synonyms: Vec<DescribeConfigsSynonym> [1+];
        /// The configuration data type.
        config_type: i8 [3+];
        /// The configuration documentation.
        documentation: Option<Str> [3+] null [0+];
    }

    /// An element of `synonyms`.
    DescribeConfigsSynonym {
        /// The synonym name.
        name: Str [1+];
        /// The synonym value.
        value: Option<Str> [1+] null [0+];
        /// The synonym source.
        source: i8 [1+];
    }
}

impl crate::Request for DescribeConfigsRequest {
    type Response = DescribeConfigsResponse;
}
