//! Where a comparison is: what the report says of the two schemas at a difference.

use assay_schema::avro::{AvroSchema, AvroType, Field, TypeId};

use crate::report::Fragment;

/// Symbols and branches shown of a type.
const SHOWN: usize = 8;

/// What is being compared, from the outside in.
#[derive(Clone, Copy)]
pub(super) enum At<'s> {
    /// Two types.
    Types(&'s AvroType, &'s AvroType),
    /// A field of the reader and what it matches.
    Field(&'s Field, Option<&'s Field>),
}

/// A side of the comparison.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Reader,
    Writer,
}

/// What a side has at the innermost of `places`.
pub(super) fn fragment(schema: &AvroSchema, places: &[At<'_>], side: Side) -> Option<Fragment> {
    let (mut name, mut field) = (None, None);
    for at in places.iter().rev() {
        match (at.ty(side), at.field(side)) {
            (Some(ty), _) if ty.name().is_some() => {
                name = ty.name();
                break;
            }
            (_, Some(inner)) if field.is_none() => field = Some(inner),
            _ => {}
        }
    }
    let place = match (name, field) {
        (Some(name), Some(field)) => format!("{name}.{}", field.name),
        (Some(name), None) => name.to_string(),
        (None, _) => String::new(),
    };
    let text = match places.last()? {
        at @ At::Types(..) => shape(schema, at.ty(side)?),
        at @ At::Field(..) => {
            let field = at.field(side)?;
            format!("{}: {}", field.name, shape(schema, schema.get(field.ty)))
        }
    };
    Some(Fragment::new(text, place))
}

impl<'s> At<'s> {
    fn ty(self, side: Side) -> Option<&'s AvroType> {
        match (self, side) {
            (At::Types(reader, _), Side::Reader) => Some(reader),
            (At::Types(_, writer), Side::Writer) => Some(writer),
            (At::Field(..), _) => None,
        }
    }

    fn field(self, side: Side) -> Option<&'s Field> {
        match (self, side) {
            (At::Field(reader, _), Side::Reader) => Some(reader),
            (At::Field(_, writer), Side::Writer) => writer,
            (At::Types(..), _) => None,
        }
    }
}

/// A type in a few words.
fn shape(schema: &AvroSchema, ty: &AvroType) -> String {
    let list = |items: &mut dyn Iterator<Item = String>| {
        let mut shown: Vec<String> = items.take(SHOWN + 1).collect();
        if shown.len() > SHOWN {
            shown.truncate(SHOWN);
            shown.push("...".to_owned());
        }
        shown.join(", ")
    };
    let word = |id: TypeId| {
        let ty = schema.get(id);
        ty.name().map_or_else(|| ty.kind().to_owned(), ToString::to_string)
    };
    match ty {
        AvroType::Enum { name, symbols, .. } => {
            format!("enum {name} [{}]", list(&mut symbols.iter().cloned()))
        }
        AvroType::Fixed { name, size, .. } => format!("fixed {name} ({size})"),
        AvroType::Record { name, .. } => format!("record {name}"),
        AvroType::Union(branches) => format!("[{}]", list(&mut branches.iter().map(|b| word(*b)))),
        AvroType::Array { items } => format!("array of {}", word(*items)),
        AvroType::Map { values } => format!("map of {}", word(*values)),
        primitive => primitive.kind().to_owned(),
    }
}
