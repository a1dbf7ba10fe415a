//! Kafka frames, API keys, versions, requests and responses in both directions, error codes.
