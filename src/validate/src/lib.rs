//! Payload bytes to verdict: the explaining walkers, topic policy, and the traits that feed them.
//!
//! The way of a record: [`TopicRules`] are a topic's configs, and give the [`TopicPolicy`] of a batch; a [`Checker`] splits the frame,
//! asks a [`SchemaSource`] for the compiled schema, checks that its id belongs to the topic's subject, and lets the
//! [`Validator`] walk the payload. A refusal is a [`Failure`]: its class, the schema, the path into the payload, and why,
//! in plain words. Everything is synchronous and pure: a schema that has to be fetched first surfaces as
//! [`Outcome::Pending`], which the caller awaits.
//!
//! Each format has two walks over the raw bytes: a fast one by a compiled program, which says yes or no and allocates nothing, and one
//! that explains a no. They accept nothing the reference decoders reject, and cost time in proportion to the payload. (A JSON schema may ask
//! for more than one pass over its payloads can check; those are read into a tree.) Where they reject more (bytes left over, also in a record header, text that is not UTF-8, varints with excess bits)
//! it is written where it happens.

mod action;
mod avro;
mod bytes;
mod check;
mod compile;
mod cursor;
mod glob;
mod json;
mod mode;
mod names;
mod policy;
#[doc(hidden)]
pub mod properties;
mod protobuf;
mod rules;
mod source;
mod subjects;
mod text;
mod verdict;

pub use action::{Action, Actions, InvalidActions};
/// The types that a [`SchemaSource`] speaks in, for crates that implement one without an edge to `assay-schema`.
pub use assay_schema as schema;
pub use check::{Checker, Outcome, RecordInput};
pub use compile::{SchemaUnusable, Validator, compile};
pub use glob::Patterns;
pub use mode::{DefaultMode, InvalidPolicy, Mode};
pub use names::RecordNames;
pub use policy::{PartPolicy, QUARANTINE_SUFFIX, TopicPolicy, is_internal_topic, key_subject, value_subject};
pub use rules::{Configs, Defaults, POLICY_CONFIGS, Settled, TopicRules};
pub use source::{BoxFuture, Compiled, Fact, Resolution, SchemaSource};
pub use subjects::{InvalidSubjects, Strategy, Subjects, Versions};
pub use verdict::{Failure, FailureClass, Part, Problem};
