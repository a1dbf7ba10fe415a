//! Avro: a schema's types as tables ([`plan`]), and two walks over the bytes of a datum: one that explains ([`walk`]), and a fast
//! one by a flat program ([`program`], [`fast`]) that says yes or no, the same.
//!
//! Checked: varints of at most five (`int`, union and enum indexes) or ten bytes, booleans that are 0 or 1, lengths, UTF-8
//! of strings and map keys, union and enum ranges, block counts with and without byte sizes, and that nothing is left over.
//! Logical types are not looked at: the reference's readers do not, unless told to.
//!
//! Stricter than the reference (Java's `GenericDatumReader`) by choice: it ignores bytes left over, excess bits of
//! a varint's last byte, booleans above 1, text that is not UTF-8 and the byte sizes of blocks.

mod fast;
mod plan;
mod program;
mod walk;

pub(crate) use plan::Plan;
