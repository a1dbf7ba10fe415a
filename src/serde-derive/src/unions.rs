//! Enums whose variants hold a value: unions. A variant without one is the branch null.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DataEnum, Error, Fields, Ident, Result, Type, spanned::Spanned};

use crate::attributes::{Member, Place};
use crate::expand::{Codec, Target, option};
use crate::schema_file::SchemaFile;
use crate::types::{LEVELS, Leaf, shape};

struct Branch<'i> {
    ident: &'i Ident,
    /// `None` is null.
    value: Option<(&'i Type, Leaf)>,
}

pub(crate) fn codec(target: &Target<'_>, data: &DataEnum) -> Result<Codec> {
    refuse_names(target)?;
    let branches = data.variants.iter().map(branch).collect::<Result<Vec<_>>>()?;
    let mut shapes = (0..=LEVELS).map(|depth| union_shape(&branches, depth)).collect::<Result<Vec<_>>>()?;
    let (label, span) = (target.ident.to_string(), target.ident.span());
    let (flat, deep) = (shapes.first().cloned(), shapes.last().cloned());
    let mut items =
        quote_spanned!(span=> const _: () = ::assay_serde::derive::must_be_union(#label, &#flat););
    let mut schema = option(None);
    if let Some(path) = &target.container.schema {
        let file = SchemaFile::open(path, &target.container)?;
        let (file_items, path, expected) = (file.items()?, file.path(), file.root_shape(LEVELS));
        items.extend(file_items);
        items.extend(quote_spanned!(span=>
            const _: () = ::assay_serde::derive::must_fit(#path, "", #label, &#expected, &#deep);
        ));
        shapes = (0..=LEVELS).map(|depth| file.root_shape(depth)).collect();
        schema = file.text();
    }
    Ok(Codec {
        items,
        shapes,
        size: size(&branches),
        encode: quote!(::assay_serde::derive::AvroEncode::encode_branch(self, 0, out);),
        decode: decode(&branches),
        branch: Some((encode_branch(&branches), decode_branch(&branches))),
        schema: Some(schema),
    })
}

/// A union has no name and no documentation.
fn refuse_names(target: &Target<'_>) -> Result<()> {
    let container = &target.container;
    let named =
        container.name.as_ref().or(container.namespace.as_ref()).filter(|_| container.schema.is_none());
    match named.or(container.doc.as_ref()).or(container.aliases.first()) {
        Some(text) => Err(Error::new(
            text.span(),
            "an enum with values is an Avro union, which has no name, aliases or doc",
        )),
        None => Ok(()),
    }
}

fn branch(variant: &syn::Variant) -> Result<Branch<'_>> {
    let member = Member::parse(&variant.attrs, Place::Branch)?;
    let value = match &variant.fields {
        Fields::Unit => None,
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            let leaf = Leaf::parse(&member, None)?;
            fields.unnamed.first().map(|field| (&field.ty, leaf))
        }
        other => {
            return Err(Error::new(
                other.span(),
                "a branch of a union holds one value: give several fields a struct of their own that derives AssayAvro",
            ));
        }
    };
    Ok(Branch { ident: &variant.ident, value })
}

fn union_shape(branches: &[Branch<'_>], depth: usize) -> Result<TokenStream> {
    let one = |branch: &Branch<'_>| match &branch.value {
        None => Ok(quote!(::assay_serde::derive::Shape::Null)),
        Some((ty, leaf)) => shape(ty, depth, leaf),
    };
    let shapes = branches.iter().map(one).collect::<Result<Vec<_>>>()?;
    Ok(quote!(::assay_serde::derive::Shape::Union(&[#(#shapes),*])))
}

fn size(branches: &[Branch<'_>]) -> TokenStream {
    let arms = branches.iter().map(|Branch { ident, value }| match value {
        None => quote!(Self::#ident => 0usize,),
        Some(_) => quote!(Self::#ident(value) => ::assay_serde::derive::AvroEncode::size(value, depth),),
    });
    quote!(3 + match self { #(#arms)* })
}

fn encode_branch(branches: &[Branch<'_>]) -> TokenStream {
    let arms = branches.iter().enumerate().map(|(index, Branch { ident, value })| match value {
        None => quote!(Self::#ident => ::assay_serde::bytes::put_index(out, before + #index),),
        Some(_) => quote!(Self::#ident(value) => {
            ::assay_serde::bytes::put_index(out, before + #index);
            ::assay_serde::derive::AvroEncode::encode(value, out);
        }),
    });
    quote!(match self { #(#arms)* })
}

fn decode(branches: &[Branch<'_>]) -> TokenStream {
    let count = branches.len();
    quote! {
        let index = reader.index(#count)?;
        <Self as ::assay_serde::derive::AvroDecode<'_>>::decode_branch(index, reader)
    }
}

fn decode_branch(branches: &[Branch<'_>]) -> TokenStream {
    let arms = branches.iter().enumerate().map(|(index, Branch { ident, value })| match value {
        None => quote!(#index => ::core::result::Result::Ok(Self::#ident),),
        Some((ty, _)) => quote! {
            #index => <#ty as ::assay_serde::derive::AvroDecode<'_>>::decode(reader).map(Self::#ident),
        },
    });
    quote!(match index {
        #(#arms)*
        index => ::core::result::Result::Err(::assay_serde::derive::no_branch(index)),
    })
}
