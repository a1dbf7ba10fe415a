//! Enums of unit variants: Avro enums.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, Error, Ident, Result};

use assay_schema::avro::AvroType;

use crate::attributes::{Member, Place};
use crate::expand::{Codec, Target, option, texts};
use crate::schema_file::SchemaFile;
use crate::types::LEVELS;

/// Variants, in the order of the schema's symbols.
struct Symbols<'i> {
    idents: Vec<&'i Ident>,
    names: Vec<String>,
    default: Option<String>,
}

pub(crate) fn codec(target: &Target<'_>, data: &DataEnum) -> Result<Codec> {
    let symbols = parse(target, data)?;
    let (items, symbols, shape, schema) = match &target.container.schema {
        Some(path) => {
            let file = SchemaFile::open(path, &target.container)?;
            let symbols = in_order_of(&file, target, symbols)?;
            let (items, shape) = (file.items()?, file.root_shape(0));
            (items, symbols, shape, file.text())
        }
        None => {
            let shape = own(target, &symbols)?;
            (TokenStream::new(), symbols, shape, option(None))
        }
    };
    let (idents, indexes, count) = (&symbols.idents, 0..symbols.idents.len(), symbols.idents.len());
    let numbers = indexes.clone();
    Ok(Codec {
        items,
        shapes: vec![shape; LEVELS + 1],
        size: quote!(3),
        encode: quote!(::assay_serde::bytes::put_index(out, match self { #(Self::#idents => #indexes,)* });),
        decode: quote! {
            ::core::result::Result::Ok(match reader.index(#count)? {
                #(#numbers => Self::#idents,)*
                index => return ::core::result::Result::Err(::assay_serde::derive::no_branch(index)),
            })
        },
        branch: None,
        schema: Some(schema),
    })
}

fn parse<'i>(target: &Target<'_>, data: &'i DataEnum) -> Result<Symbols<'i>> {
    let mut symbols = Symbols { idents: Vec::new(), names: Vec::new(), default: None };
    let mut places = HashMap::new();
    for variant in &data.variants {
        let member = Member::parse(&variant.attrs, Place::Symbol)?;
        let name = member.avro_name(&variant.ident, target.container.rename_all)?;
        if let Some(other) = places.insert(name.clone(), &variant.ident) {
            return Err(Error::new(variant.ident.span(), format!("`{other}` is the symbol {name:?}, too")));
        }
        if let Some(span) = member.is_default
            && symbols.default.replace(name.clone()).is_some()
        {
            return Err(Error::new(span, "only one symbol can be the default"));
        }
        symbols.idents.push(&variant.ident);
        symbols.names.push(name);
    }
    Ok(symbols)
}

fn own(target: &Target<'_>, symbols: &Symbols<'_>) -> Result<TokenStream> {
    let name = target.container.full_name(target.ident)?;
    let doc = option(target.container.doc.as_ref().map(syn::LitStr::value).as_deref());
    let aliases = texts(&target.container.full_aliases(&name)?);
    let (names, default) = (texts(&symbols.names), option(symbols.default.as_deref()));
    Ok(quote!(::assay_serde::derive::Shape::Enum(&::assay_serde::derive::shape::EnumShape {
        name: #name, symbols: #names, default: #default, doc: #doc, aliases: #aliases,
    })))
}

/// The variants in the order of the file's symbols: each symbol has one.
fn in_order_of<'i>(file: &SchemaFile, target: &Target<'_>, symbols: Symbols<'i>) -> Result<Symbols<'i>> {
    let AvroType::Enum { name, symbols: expected, .. } = file.root() else {
        return Err(file.is_other(target.ident.span(), "enum"));
    };
    let mut variants: HashMap<&str, &Ident> =
        symbols.names.iter().map(String::as_str).zip(symbols.idents).collect();
    let mut idents = Vec::new();
    for symbol in expected {
        let Some(ident) = variants.remove(symbol.as_str()) else {
            let text = format!(
                "{}: the enum {name} has the symbol {symbol:?}, the definition has no variant of that name",
                file.path()
            );
            return Err(Error::new(target.ident.span(), text));
        };
        idents.push(ident);
    }
    if let Some((name_here, ident)) = variants.into_iter().next() {
        let text = format!(
            "{}: the enum {name} has no symbol {name_here:?}; it has {}",
            file.path(),
            expected.join(", ")
        );
        return Err(Error::new(ident.span(), text));
    }
    if let Some(default) = symbols.default {
        let text = format!("the default ({default}) comes from the schema file {}", file.path());
        return Err(Error::new(target.ident.span(), text));
    }
    Ok(Symbols { idents, names: expected.clone(), default: None })
}
