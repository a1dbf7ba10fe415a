//! [`NetConfig`]: the limits of the listener.

/// Limits of the Kafka listener. Where Kafka has a name for a limit, it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetConfig {
    /// Largest frame, in bytes (`socket.request.max.bytes`). A longer one closes the connection.
    pub frame_bytes_max: u32,
    /// Bytes of all frames together that have arrived and are not dispatched yet; small frames (16 KiB) do not count
    /// (`queued.max.request.bytes`). At the limit connections wait for each other.
    pub buffered_bytes_max: u32,
    /// Requests of one connection that may wait for their answers before the connection is no longer read.
    pub in_flight_max: u16,
    /// Answer bytes of one connection that may wait for the client to read before the connection is no longer read.
    pub unsent_bytes_max: u32,
    /// Connections at a time, over all listeners (`max.connections`). One more is closed at once.
    pub connections_max: u32,
    /// Milliseconds without a byte in either direction and without a request in flight (`connections.max.idle.ms`).
    pub idle_ms: u64,
    /// Milliseconds from accept to the first byte of the first request.
    pub first_request_ms: u64,
    /// Milliseconds from the first to the last byte of one frame.
    pub frame_ms: u64,
    /// Milliseconds that answers may take after the client has closed its sending side.
    pub half_closed_ms: u64,
    /// Milliseconds that requests in flight may take after shutdown was asked for.
    pub drain_ms: u64,
}

impl Default for NetConfig {
    fn default() -> Self {
        NetConfig {
            frame_bytes_max: 100 * 1024 * 1024,
            buffered_bytes_max: 1024 * 1024 * 1024,
            in_flight_max: 100,
            unsent_bytes_max: 1024 * 1024,
            connections_max: 10_000,
            idle_ms: 600_000,
            first_request_ms: 60_000,
            frame_ms: 300_000,
            half_closed_ms: 10_000,
            drain_ms: 10_000,
        }
    }
}
