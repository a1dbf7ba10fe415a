//! Rust types as far as their spelling shows what they are, and their shapes.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Error, GenericArgument, LitStr, PathArguments, Result, Type, TypeArray, spanned::Spanned};

use crate::attributes::Member;

/// How deep shapes are made: `assay_serde::derive::shape::LEVELS`.
pub(crate) const LEVELS: usize = 5;

/// Logical types that a number or text may be given, and the Avro type below.
const LOGICAL: [(&str, &str); 10] = [
    ("date", "int"),
    ("time-millis", "int"),
    ("time-micros", "long"),
    ("timestamp-millis", "long"),
    ("timestamp-micros", "long"),
    ("timestamp-nanos", "long"),
    ("local-timestamp-millis", "long"),
    ("local-timestamp-micros", "long"),
    ("local-timestamp-nanos", "long"),
    ("uuid", "string"),
];

/// What attributes say of the innermost type of a field.
#[derive(Clone)]
pub(crate) enum Leaf {
    Plain,
    Logical(String),
    Fixed(String),
}

impl Leaf {
    /// From the attributes; fixed names without a dot are in the namespace.
    pub(crate) fn parse(member: &Member, namespace: Option<&str>) -> Result<Leaf> {
        match (&member.logical, &member.fixed) {
            (Some(_), Some(fixed)) => Err(Error::new(fixed.span(), "either logical or fixed")),
            (Some(logical), None) if LOGICAL.iter().any(|(name, _)| *name == logical.value()) => {
                Ok(Leaf::Logical(logical.value()))
            }
            (Some(logical), None) => Err(unknown_logical(logical)),
            (None, Some(fixed)) => {
                fixed
                    .value()
                    .split('.')
                    .try_for_each(|part| crate::attributes::valid_name(part, fixed.span()))?;
                Ok(Leaf::Fixed(match namespace {
                    Some(namespace) if !fixed.value().contains('.') => {
                        format!("{namespace}.{}", fixed.value())
                    }
                    _ => fixed.value(),
                }))
            }
            (None, None) => Ok(Leaf::Plain),
        }
    }
}

fn unknown_logical(logical: &LitStr) -> Error {
    let names: Vec<&str> = LOGICAL.iter().map(|(name, _)| *name).collect();
    let hint =
        if logical.value() == "decimal" { "; for a decimal use the type logical::Decimal" } else { "" };
    Error::new(
        logical.span(),
        format!("unknown logical type {:?}; known are {}{hint}", logical.value(), names.join(", ")),
    )
}

/// A type without the groups that macros leave around it.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// The last name of a path, and the types between its angle brackets.
fn generic(ty: &Type) -> Option<(String, Vec<&Type>)> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
        _ => Vec::new(),
    };
    let types = arguments.into_iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some((last.ident.to_string(), types.collect()))
}

/// What is in an `Option`, if the type is spelled as one.
pub(crate) fn option(ty: &Type) -> Option<&Type> {
    match generic(ty)? {
        (name, types) if name == "Option" => types.first().copied(),
        _ => None,
    }
}

/// A `[T; N]`.
pub(crate) fn array(ty: &Type) -> Option<&TypeArray> {
    match bare(ty) {
        Type::Array(array) => Some(array),
        _ => None,
    }
}

/// The name of the constant of a depth.
pub(crate) fn level(level: usize) -> syn::Ident {
    format_ident!("SHAPE_{level}")
}

/// The shape of a type in a depth.
pub(crate) fn shape(ty: &Type, depth: usize, leaf: &Leaf) -> Result<TokenStream> {
    let spelled = eternal(ty.to_token_stream());
    let depth_name = level(depth);
    let plain = quote!(<#spelled as ::assay_serde::derive::AvroType>::#depth_name);
    if matches!(leaf, Leaf::Plain) {
        return Ok(plain);
    }
    let inner = |ty: &Type| shape(ty, depth, leaf);
    match generic(ty).as_ref().map(|(name, types)| (name.as_str(), types.as_slice())) {
        Some(("Option", [ty])) => wrap("NullFirst", inner(ty)?),
        Some(("Vec", [ty])) => wrap("Array", inner(ty)?),
        Some(("HashMap" | "BTreeMap", [_, ty, ..])) => wrap("Map", inner(ty)?),
        Some(("Box", [ty])) => inner(ty),
        _ => of_leaf(ty, plain, leaf),
    }
}

/// A shape inside another.
pub(crate) fn wrap(variant: &str, inner: TokenStream) -> Result<TokenStream> {
    let variant = format_ident!("{variant}");
    Ok(quote!(::assay_serde::derive::Shape::#variant(&#inner)))
}

fn of_leaf(ty: &Type, plain: TokenStream, leaf: &Leaf) -> Result<TokenStream> {
    match (leaf, array(ty)) {
        (Leaf::Plain, _) => Ok(plain),
        (Leaf::Fixed(name), Some(array)) => {
            let size = &array.len;
            Ok(quote!(::assay_serde::derive::Shape::Fixed(
                &::assay_serde::derive::shape::FixedShape { name: #name, size: #size }
            )))
        }
        (Leaf::Fixed(_), None) => Err(Error::new(ty.span(), "fixed is for the type [u8; N]")),
        (Leaf::Logical(logical), _) => {
            let base = LOGICAL.iter().find(|(name, _)| name == logical).map_or("", |(_, base)| base);
            Ok(quote!(::assay_serde::derive::Shape::Logical(
                &const { ::assay_serde::derive::shape::logical_on(#logical, #base, #plain) }
            )))
        }
    }
}

/// Tokens with every lifetime made `'static`: constants know no other.
pub(crate) fn eternal(tokens: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                let span = tokens.next().map_or(punct.span(), |name| name.span());
                out.extend(syn::Lifetime::new("'static", span).to_token_stream());
            }
            TokenTree::Group(group) => {
                let mut changed = Group::new(group.delimiter(), eternal(group.stream()));
                changed.set_span(group.span());
                out.extend([TokenTree::Group(changed)]);
            }
            other => out.extend([other]),
        }
    }
    out
}
