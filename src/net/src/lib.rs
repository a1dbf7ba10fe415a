//! The Kafka listener: accept, frame limits, per-connection order, request context, Dispatch and Authorizer.
