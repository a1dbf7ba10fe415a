//! Protobuf: the messages of a file as tables ([`plan`]), and two walks over raw wire bytes: one that explains ([`walk`]), and a fast one
//! by dense tables of fields ([`tables`], [`fast`]) that says yes or no, the same.
//!
//! Checked: tags, wire types against field types (packed or not, as every parser must accept), varints of at most ten
//! bytes, lengths within bounds, UTF-8 of strings where the syntax says so (proto3), nesting, groups, required fields. Unknown fields pass if they are well-formed;
//! unknown enum numbers pass, as closed enums too keep them (as unknown fields).
//!
//! Stricter than the reference by choice: a known field with another wire type is refused (Java keeps it as unknown),
//! so is a varint with excess bits, and a message whose required fields are only complete
//! after merging two occurrences of a field.

mod fast;
mod plan;
mod scan;
mod tables;
mod walk;

pub(crate) use plan::Plan;
