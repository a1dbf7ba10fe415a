//! Names of the record headers that tell where a quarantined record comes from and why it is there. Values are UTF-8 text.

/// Topic the record was produced to.
pub const TOPIC: &str = "assay.origin.topic";
/// Its partition; the same as in the quarantine.
pub const PARTITION: &str = "assay.origin.partition";
/// Timestamp the producer gave it, in Unix milliseconds. The record keeps it too.
pub const TIMESTAMP: &str = "assay.origin.timestamp";
/// What the producer calls itself.
pub const CLIENT_ID: &str = "assay.origin.client.id";
/// The authenticated principal.
pub const PRINCIPAL: &str = "assay.origin.principal";
/// `key` or `value`: the part that failed.
pub const PART: &str = "assay.failure.part";
/// The failure class, such as `undecodable`.
pub const CLASS: &str = "assay.failure.class";
/// The words: schema, subject, path, what was expected and what was there.
pub const REASON: &str = "assay.failure.reason";
/// Id of the schema, where the record names one.
pub const SCHEMA_ID: &str = "assay.failure.schema.id";
/// When it was put into the quarantine, in Unix milliseconds.
pub const TIME: &str = "assay.quarantined.timestamp";

/// On a record that is produced again: where it was, as `topic-partition@offset`. Such a record is refused when it fails
/// again, and not quarantined a second time.
pub const REPLAYED: &str = "assay.replayed.from";

/// Every header that the quarantine adds, and which a replay takes off.
pub const ALL: [&str; 10] =
    [TOPIC, PARTITION, TIMESTAMP, CLIENT_ID, PRINCIPAL, PART, CLASS, REASON, SCHEMA_ID, TIME];

/// The only header of a record that is in a quarantine without having been quarantined: which records have been produced again. Key
/// and value of such a record are null.
pub const REPLAY_MARK: &str = "assay.replay";
