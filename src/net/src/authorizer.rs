//! [`Authorizer`]: the one place that may say no to a principal. For now everything is allowed.

/// What a request does, as Kafka's access control lists name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Read records or a group's offsets.
    Read,
    /// Append records.
    Write,
    /// Create a topic.
    Create,
    /// Delete a topic, records or a group.
    Delete,
    /// Change partitions.
    Alter,
    /// See that it exists, and its metadata.
    Describe,
    /// See its configuration.
    DescribeConfigs,
    /// Change its configuration.
    AlterConfigs,
    /// Obtain a producer id.
    IdempotentWrite,
}

/// What the operation is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource<'a> {
    /// A topic by name.
    Topic(&'a str),
    /// A consumer group by id.
    Group(&'a str),
    /// A transactional id.
    TransactionalId(&'a str),
    /// The cluster as a whole.
    Cluster,
}

/// An authorizer's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Answer with the resource's authorization error; leave it out of listings.
    Deny,
}

/// Decides who may do what. Called for every request and for every entry of a listing, so it must be quick.
pub trait Authorizer: Send + Sync + 'static {
    /// May `principal` do this?
    fn decide(&self, principal: &str, operation: Operation, resource: Resource<'_>) -> Decision;
}

/// Allows everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllowAll;

impl Authorizer for AllowAll {
    fn decide(&self, _: &str, _: Operation, _: Resource<'_>) -> Decision {
        Decision::Allow
    }
}
