//! Structs of one unnamed field: the type of the field. Over `[u8; N]`, a fixed of the struct's name.

use quote::quote;
use syn::{Error, FieldsUnnamed, Result};

use crate::attributes::{Member, Place};
use crate::expand::{Codec, Target};
use crate::types::{self, LEVELS, Leaf, shape};

pub(crate) fn codec(target: &Target<'_>, fields: &FieldsUnnamed) -> Result<Codec> {
    let Some(field) = fields.unnamed.first() else {
        return Err(Error::new(target.ident.span(), "no field"));
    };
    let container = &target.container;
    if let Some(path) = &container.schema {
        return Err(Error::new(path.span(), "a schema file is for structs with named fields and for enums"));
    }
    if let Some(text) = container.doc.as_ref().or(container.aliases.first()) {
        return Err(Error::new(
            text.span(),
            "a struct of one unnamed field is the type of that field, without doc or aliases",
        ));
    }
    let mut leaf = Leaf::parse(&Member::parse(&field.attrs, Place::Branch)?, None)?;
    match (types::array(&field.ty), &leaf, container.name.as_ref().or(container.namespace.as_ref())) {
        (Some(_), Leaf::Plain, _) => leaf = Leaf::Fixed(container.full_name(target.ident)?),
        (_, _, Some(name)) => {
            return Err(Error::new(
                name.span(),
                "only over [u8; N] does a struct of one unnamed field have a name",
            ));
        }
        _ => {}
    }
    let ty = &field.ty;
    Ok(Codec {
        items: quote!(),
        shapes: (0..=LEVELS).map(|depth| shape(ty, depth, &leaf)).collect::<Result<_>>()?,
        size: quote!(::assay_serde::derive::AvroEncode::size(&self.0, depth)),
        encode: quote!(::assay_serde::derive::AvroEncode::encode(&self.0, out);),
        decode: quote!(<#ty as ::assay_serde::derive::AvroDecode<'_>>::decode(reader).map(Self)),
        branch: Some((
            quote!(::assay_serde::derive::AvroEncode::encode_branch(&self.0, before, out);),
            quote!(<#ty as ::assay_serde::derive::AvroDecode<'_>>::decode_branch(index, reader).map(Self)),
        )),
        schema: None,
    })
}
