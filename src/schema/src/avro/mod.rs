//! Avro schemas: the model, the parser in two strictnesses, the canonical and the normal text.
//!
//! The model is an arena: types are referred to by [`TypeId`], named types exist once, so recursion is an index and
//! nothing owns anything recursively. Types from references are in the arena too, expanded for readers of the model.
//! In the canonical text what a reference describes is printed by name (contract 2.11), and a type inside it in full where
//! the schema mentions it directly, as the reference registry does.
//!
//! Does not resolve logical types into Rust types, and holds no data.

mod defaults;
mod field;
mod model;
mod names;
mod normal;
mod out;
mod outline;
mod parse;
mod print;
mod same;

pub use model::{Attributes, AvroSchema, AvroType, Field, Name, Order, TypeId};
pub use outline::RecordOutline;
