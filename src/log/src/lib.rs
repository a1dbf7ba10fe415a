//! Append-only log of one partition in Kafka's on-disk format: segments, indexes, recovery.
