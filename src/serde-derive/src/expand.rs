//! Which kind of type it is, and what all kinds have in common.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, GenericParam, Ident, Lifetime, Result, spanned::Spanned};

use crate::attributes::Container;
use crate::types::{LEVELS, level};
use crate::{enums, newtype, record, unions};

/// The type that derives.
pub(crate) struct Target<'i> {
    pub(crate) ident: &'i Ident,
    /// Its one lifetime, if it borrows.
    pub(crate) lifetime: Option<&'i Lifetime>,
    pub(crate) container: Container,
}

/// What differs from kind to kind.
pub(crate) struct Codec {
    /// Constants and functions that the others need.
    pub(crate) items: TokenStream,
    /// The shape in each depth, least first.
    pub(crate) shapes: Vec<TokenStream>,
    pub(crate) size: TokenStream,
    /// `self` and `out` are there.
    pub(crate) encode: TokenStream,
    /// `reader` is there.
    pub(crate) decode: TokenStream,
    /// `encode_branch` and `decode_branch`, for unions: `before`, `out`; `index`, `reader`.
    pub(crate) branch: Option<(TokenStream, TokenStream)>,
    /// Whether it can be registered, and the text of its schema if that is a file's.
    pub(crate) schema: Option<TokenStream>,
}

/// All the code of a type.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let target = Target {
        ident: &input.ident,
        lifetime: lifetime(input)?,
        container: Container::parse(&input.attrs)?,
    };
    let codec = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => record::codec(&target, fields)?,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => newtype::codec(&target, fields)?,
            other => {
                return Err(Error::new(
                    if other.is_empty() { input.ident.span() } else { other.span() },
                    "an Avro record has named fields; a struct of one unnamed field is the type of that field",
                ));
            }
        },
        Data::Enum(data) if data.variants.is_empty() => {
            return Err(Error::new(input.ident.span(), "an Avro enum has at least one symbol"));
        }
        Data::Enum(data) if data.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit)) => {
            enums::codec(&target, data)?
        }
        Data::Enum(data) => unions::codec(&target, data)?,
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span,
                "AssayAvro is for structs and enums; an Avro union is a Rust enum",
            ));
        }
    };
    Ok(implementations(&target, &codec))
}

fn lifetime(input: &DeriveInput) -> Result<Option<&Lifetime>> {
    let mut found = None;
    for parameter in &input.generics.params {
        match parameter {
            GenericParam::Lifetime(lifetime) if found.is_none() => found = Some(&lifetime.lifetime),
            GenericParam::Lifetime(second) => {
                return Err(Error::new(
                    second.span(),
                    "one lifetime at most: all that is borrowed is from the same bytes",
                ));
            }
            GenericParam::Type(_) | GenericParam::Const(_) => {
                return Err(Error::new(
                    parameter.span(),
                    "AssayAvro does not take generic types: a schema has a name, and each type put in would need another",
                ));
            }
        }
    }
    Ok(found)
}

fn implementations(target: &Target<'_>, codec: &Codec) -> TokenStream {
    let Target { ident, lifetime, .. } = target;
    let Codec { items, shapes, size, encode, decode, branch, schema } = codec;
    let own = lifetime.map(|lifetime| quote!(<#lifetime>));
    let from = lifetime.map_or_else(|| quote!('datum), |lifetime| quote!(#lifetime));
    let levels = (0..=LEVELS).map(level);
    let (encode_branch, decode_branch) = match branch {
        None => (None, None),
        Some((encode, decode)) => (
            Some(quote! {
                #[inline]
                fn encode_branch(&self, before: usize, out: &mut ::assay_serde::bytes::Writer) { #encode }
            }),
            Some(quote! {
                #[inline]
                fn decode_branch(
                    index: usize,
                    reader: &mut ::assay_serde::bytes::Reader<#from>,
                ) -> ::core::result::Result<Self, ::assay_serde::derive::DecodeError> { #decode }
            }),
        ),
    };
    let registered = schema.as_ref().map(|file| {
        quote! {
            #[automatically_derived]
            impl #own ::assay_serde::derive::AvroSchemaOf for #ident #own {
                fn schema() -> ::core::result::Result<&'static ::assay_serde::AvroSchema, ::assay_serde::SerdeError> {
                    static ONCE: ::std::sync::OnceLock<::assay_serde::AvroSchema> = ::std::sync::OnceLock::new();
                    ::assay_serde::derive::schema_once::<Self>(&ONCE, #file)
                }
            }
        }
    });
    quote! {
        const _: () = {
            #items

            #[automatically_derived]
            impl #own ::assay_serde::derive::AvroType for #ident #own {
                #(const #levels: ::assay_serde::derive::Shape = #shapes;)*
            }

            #[automatically_derived]
            impl #own ::assay_serde::derive::AvroEncode for #ident #own {
                #[inline]
                fn size(&self, depth: u32) -> usize { let _ = depth; #size }

                #[inline]
                fn encode(&self, out: &mut ::assay_serde::bytes::Writer) { #encode }

                #encode_branch
            }

            #[automatically_derived]
            impl<#from> ::assay_serde::derive::AvroDecode<#from> for #ident #own {
                #[inline]
                fn decode(
                    reader: &mut ::assay_serde::bytes::Reader<#from>,
                ) -> ::core::result::Result<Self, ::assay_serde::derive::DecodeError> { #decode }

                #decode_branch
            }

            #registered
        };
    }
}

/// A slice of texts.
pub(crate) fn texts(texts: &[String]) -> TokenStream {
    quote!(&[#(#texts),*])
}

/// An optional text.
pub(crate) fn option(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(::core::option::Option::Some(#text)),
        None => quote!(::core::option::Option::None),
    }
}
