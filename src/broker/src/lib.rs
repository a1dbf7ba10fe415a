//! The Kafka broker: one handler file per API key, topics, groups, producer state.
