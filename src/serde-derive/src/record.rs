//! Structs: records.

use std::collections::HashMap;

use assay_schema::{Limits, json};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, FieldsNamed, Ident, Result, Type};

use crate::attributes::{Member, Place};
use crate::checked;
use crate::expand::{Codec, Target, option, texts};
use crate::schema_file::SchemaFile;
use crate::types::{self, LEVELS, Leaf, shape, wrap};

/// A field that is in the schema.
pub(crate) struct Field<'i> {
    pub(crate) ident: &'i Ident,
    pub(crate) ty: &'i Type,
    pub(crate) name: String,
    pub(crate) member: Member,
    pub(crate) leaf: Leaf,
    /// An `Option` whose null is the last branch.
    pub(crate) null_last: bool,
}

/// Records of a file have their names, order, defaults and documentation from there.
pub(crate) fn codec(target: &Target<'_>, fields: &FieldsNamed) -> Result<Codec> {
    let (name, file) = match &target.container.schema {
        Some(path) => {
            let file = SchemaFile::open(path, &target.container)?;
            (file.name().unwrap_or_default(), Some(file))
        }
        None => (target.container.full_name(target.ident)?, None),
    };
    let (mut kept, skipped) = split(target, fields, &name)?;
    if let Some(file) = &file {
        kept = checked::in_order_of(file, target, kept)?;
    }
    let (items, shapes, schema) = match &file {
        Some(file) => checked::record(file, &name, &kept)?,
        None => own(target, &name, &kept)?,
    };
    let (size, encode) = (kept.iter().map(Field::size), kept.iter().map(Field::encode));
    let (idents, decodes) = (kept.iter().map(|field| field.ident), kept.iter().map(Field::decode));
    Ok(Codec {
        items,
        shapes,
        size: quote!(0usize #(+ #size)*),
        encode: quote!(#(#encode)*),
        decode: quote! {
            ::core::result::Result::Ok(Self {
                #(#idents: #decodes,)*
                #(#skipped: ::core::default::Default::default(),)*
            })
        },
        branch: None,
        schema: Some(schema),
    })
}

impl Field<'_> {
    fn size(&self) -> TokenStream {
        let ident = self.ident;
        quote!(::assay_serde::derive::AvroEncode::size(&self.#ident, depth))
    }

    fn encode(&self) -> TokenStream {
        let ident = self.ident;
        match (self.null_last, types::option(self.ty)) {
            (true, Some(inner)) => {
                quote!(::assay_serde::derive::NullLast::<#inner>::encode(&self.#ident, out);)
            }
            _ => quote!(::assay_serde::derive::AvroEncode::encode(&self.#ident, out);),
        }
    }

    fn decode(&self) -> TokenStream {
        let (ty, name) = (self.ty, &self.name);
        let read = match (self.null_last, types::option(self.ty)) {
            (true, Some(inner)) => quote!(::assay_serde::derive::NullLast::<#inner>::decode(reader)),
            _ => quote!(<#ty as ::assay_serde::derive::AvroDecode<'_>>::decode(reader)),
        };
        quote! {
            match #read {
                ::core::result::Result::Ok(value) => value,
                ::core::result::Result::Err(error) => return ::core::result::Result::Err(error.within(#name)),
            }
        }
    }

    /// Its shape in a depth.
    pub(crate) fn shape(&self, depth: usize) -> Result<TokenStream> {
        match (self.null_last, types::option(self.ty)) {
            (true, Some(inner)) => wrap("NullLast", shape(inner, depth, &self.leaf)?),
            _ => shape(self.ty, depth, &self.leaf),
        }
    }
}

/// The fields in the schema, and those that are not.
fn split<'i>(
    target: &Target<'_>,
    fields: &'i FieldsNamed,
    name: &str,
) -> Result<(Vec<Field<'i>>, Vec<&'i Ident>)> {
    let namespace = name.rsplit_once('.').map(|(namespace, _)| namespace);
    let (mut kept, mut skipped): (Vec<Field<'_>>, Vec<&Ident>) = (Vec::new(), Vec::new());
    let mut places = HashMap::new();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let member = Member::parse(&field.attrs, Place::Field)?;
        if member.skip.is_some() {
            skipped.push(ident);
            continue;
        }
        let avro_name = member.avro_name(ident, target.container.rename_all)?;
        if let Some(other) = places.insert(avro_name.clone(), ident) {
            return Err(Error::new(
                ident.span(),
                format!("the field `{other}` has the name {avro_name:?} in the schema, too"),
            ));
        }
        let leaf = Leaf::parse(&member, namespace)?;
        let null_last = types::option(&field.ty).is_some()
            && member.default.as_ref().is_some_and(|(default, _)| default.trim() != "null");
        kept.push(Field { ident, ty: &field.ty, name: avro_name, member, leaf, null_last });
    }
    Ok((kept, skipped))
}

/// The record as the struct defines it.
fn own(
    target: &Target<'_>,
    name: &str,
    fields: &[Field<'_>],
) -> Result<(TokenStream, Vec<TokenStream>, TokenStream)> {
    let mut defs = Vec::new();
    for field in fields {
        let (field_name, shape) = (&field.name, field.shape(0)?);
        let doc = option(field.member.doc.as_ref().map(syn::LitStr::value).as_deref());
        let aliases: Vec<String> = field.member.aliases.iter().map(syn::LitStr::value).collect();
        for alias in &field.member.aliases {
            crate::attributes::valid_name(&alias.value(), alias.span())?;
        }
        let aliases = texts(&aliases);
        let nullable = types::option(field.ty).map(|_| "null"); // what an option is when nothing is said
        let default = option(field.member.default.as_ref().map(|(text, _)| text.as_str()).or(nullable));
        defs.push(quote!(::assay_serde::derive::shape::FieldDef {
            name: #field_name, shape: #shape, doc: #doc, aliases: #aliases, default: #default,
        }));
    }
    let doc = option(target.container.doc.as_ref().map(syn::LitStr::value).as_deref());
    let aliases = texts(&target.container.full_aliases(name)?);
    let mut items = quote! {
        fn def() -> &'static ::assay_serde::derive::shape::RecordDef {
            static DEF: ::assay_serde::derive::shape::RecordDef = ::assay_serde::derive::shape::RecordDef {
                name: #name, doc: #doc, aliases: #aliases, fields: &[#(#defs),*],
            };
            &DEF
        }
    };
    let mut shapes = vec![record_shape(name, &quote!(::core::option::Option::None), 0, &quote!(def))];
    for depth in 0..LEVELS {
        let names = fields.iter().map(|field| &field.name);
        let inner = fields.iter().map(|field| field.shape(depth)).collect::<Result<Vec<_>>>()?;
        let fields = quote!(::core::option::Option::Some(
            &[#(::assay_serde::derive::shape::FieldShape { name: #names, shape: #inner }),*]
        ));
        shapes.push(record_shape(name, &fields, 0, &quote!(def)));
    }
    for field in fields {
        let Some((text, span)) = &field.member.default else { continue };
        let (label, shape, default) = (&field.name, field.shape(LEVELS)?, default_json(text, *span)?);
        items.extend(quote_spanned!(*span=>
            const _: () = ::assay_serde::derive::default_must_fit(#label, &#default, &#shape);
        ));
    }
    // Deep enough to tell records by their fields.
    let (shape, span) = (shapes.get(2), target.ident.span());
    items.extend(quote_spanned!(span=> const _: () = ::assay_serde::derive::names_must_be_unique(&#shape);));
    Ok((items, shapes, quote!(::core::option::Option::None)))
}

/// A default as a constant. Its text was read before.
fn default_json(text: &str, span: Span) -> Result<TokenStream> {
    let node =
        json::parse_json(text, &Limits::default()).map_err(|error| Error::new(span, error.to_string()))?;
    Ok(constant(&node))
}

/// As deep as the reader's limit.
fn constant(node: &json::Node) -> TokenStream {
    let json = quote!(::assay_serde::derive::Json);
    match &node.value {
        json::Value::Null => quote!(#json::Null),
        json::Value::Bool(_) => quote!(#json::Boolean),
        json::Value::Number(_) => match node.as_i64() {
            Some(whole) => quote!(#json::Number(::core::option::Option::Some(#whole))),
            None => quote!(#json::Number(::core::option::Option::None)),
        },
        json::Value::String(text) => quote!(#json::Text(#text)),
        json::Value::Array(items) => {
            let items = items.iter().map(constant);
            quote!(#json::Array(&[#(#items),*]))
        }
        json::Value::Object(object) => {
            let entries = object.iter().map(|(key, node)| {
                let value = constant(node);
                quote!((#key, #value))
            });
            quote!(#json::Object(&[#(#entries),*]))
        }
    }
}

/// The shape of a record whose fields are `Some(..)` or `None`.
pub(crate) fn record_shape(name: &str, fields: &TokenStream, origin: u64, def: &TokenStream) -> TokenStream {
    quote!(::assay_serde::derive::Shape::Record(&::assay_serde::derive::shape::RecordShape {
        name: #name, fields: #fields, origin: #origin, def: #def,
    }))
}
