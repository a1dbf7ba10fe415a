//! A struct against the record of a schema file.

use std::collections::HashMap;

use assay_schema::avro::AvroType;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Error, Result, spanned::Spanned};

use crate::expand::Target;
use crate::record::Field;
use crate::schema_file::SchemaFile;
use crate::types::{self, LEVELS};

/// The fields in the order of the file's: each of them has one in the struct, and the other way round.
pub(crate) fn in_order_of<'i>(
    file: &SchemaFile,
    target: &Target<'_>,
    fields: Vec<Field<'i>>,
) -> Result<Vec<Field<'i>>> {
    let AvroType::Record { name, fields: expected, .. } = file.root() else {
        return Err(file.is_other(target.ident.span(), "record"));
    };
    let mut here: HashMap<String, Field<'i>> =
        fields.into_iter().map(|field| (field.name.clone(), field)).collect();
    let mut ordered = Vec::new();
    for field in expected {
        let Some(mut found) = here.remove(&field.name) else {
            let text = format!(
                "{}: the record {name} has the field {:?}, the struct has none of that name",
                file.path(),
                field.name
            );
            return Err(Error::new(target.ident.span(), text));
        };
        refuse_metadata(file, &found)?;
        found.null_last = types::option(found.ty).is_some() && file.is_null_last(field.ty);
        ordered.push(found);
    }
    let surplus = here.into_values().min_by(|a, b| a.name.cmp(&b.name));
    if let Some(field) = surplus {
        let names: Vec<&str> = expected.iter().map(|field| field.name.as_str()).collect();
        let text = format!(
            "{}: the record {name} has no field {:?}; it has {}",
            file.path(),
            field.name,
            names.join(", ")
        );
        return Err(Error::new(field.ident.span(), text));
    }
    Ok(ordered)
}

fn refuse_metadata(file: &SchemaFile, field: &Field<'_>) -> Result<()> {
    let member = &field.member;
    let texts = member.doc.as_ref().or(member.aliases.first()).map(Spanned::span);
    match texts.or(member.default.as_ref().map(|(_, span)| *span)) {
        Some(span) => Err(Error::new(
            span,
            format!("doc, aliases and defaults come from the schema file {}", file.path()),
        )),
        None => Ok(()),
    }
}

/// Constants with the file's types and the comparisons with the struct's; the shapes; the text that is registered.
pub(crate) fn record(
    file: &SchemaFile,
    name: &str,
    fields: &[Field<'_>],
) -> Result<(TokenStream, Vec<TokenStream>, TokenStream)> {
    let AvroType::Record { fields: expected, .. } = file.root() else { return Ok(Default::default()) };
    let mut items = file.items()?;
    for (field, expected) in fields.iter().zip(expected) {
        let (path, label) = (file.path(), &field.name);
        let (expected, got) = (file.shape(expected.ty, LEVELS), field.shape(LEVELS)?);
        items.extend(quote_spanned!(field.ty.span()=>
            const _: () = ::assay_serde::derive::must_fit(#path, #name, #label, &#expected, &#got);
        ));
    }
    let shapes = (0..=LEVELS).map(|depth| file.root_shape(depth)).collect();
    Ok((items, shapes, file.text()))
}
