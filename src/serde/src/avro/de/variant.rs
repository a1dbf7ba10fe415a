//! Enums: the branches of a union, the symbols of an enum, or text.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, Unexpected, VariantAccess, Visitor, value,
};

use super::{De, Picked};
use crate::avro::fail::Fail;
use crate::avro::program::{Branch, Node, Promotion, Type};

/// A variant, and the value in it if it is a branch of a union.
pub(super) struct Variant<'a, 'p, 'de> {
    name: &'a str,
    inner: Option<De<'a, 'p, 'de>>,
}

impl<'a, 'p, 'de> Variant<'a, 'p, 'de> {
    /// The variant that stands at `de`, which is past unions.
    pub(super) fn new(
        de: De<'a, 'p, 'de>,
        variants: &'static [&'static str],
    ) -> Result<Variant<'a, 'p, 'de>, Fail> {
        let branch = de.picked.and_then(|picked| Some((picked, picked.union.branches.get(picked.at)?)));
        if let Some((picked, branch)) = branch {
            let named = variants.iter().find(|variant| branch.is_called(variant));
            // An enum in a union may be the Rust enum itself, its symbols the variants.
            if named.is_some() || !stands_alone(de.ty, variants) {
                let name = named.copied().or_else(|| by_index(picked, variants));
                let name = name.ok_or_else(|| no_variant(branch, variants))?;
                return Ok(Variant { name, inner: Some(De { picked: None, ..de }) });
            }
        }
        match &de.ty.node {
            Node::Enum(symbols) => Ok(Variant { name: de.cursor.symbol(symbols)?.1, inner: None }),
            Node::String => Ok(Variant { name: de.cursor.reader.str()?, inner: None }),
            Node::Promote(Promotion::BytesToString) => {
                Ok(Variant { name: de.cursor.bytes_as_text()?, inner: None })
            }
            _ => {
                let called = |variant: &&&str| crate::avro::ser::is_called(de.ty, variant);
                let unlike =
                    || Fail::new(format!("{} is none of the variants {variants:?}", de.ty.describe()));
                let name = variants.iter().find(called).copied().ok_or_else(unlike)?;
                Ok(Variant { name, inner: Some(De { picked: None, ..de }) })
            }
        }
    }
}

/// Whether a branch is an enum one of whose symbols is a variant, or text.
fn stands_alone(ty: &Type, variants: &[&str]) -> bool {
    match &ty.node {
        Node::Enum(symbols) => symbols.symbols.iter().any(|symbol| variants.contains(&&**symbol)),
        _ => false,
    }
}

/// The variant at the branch's place; inside of an option null has none.
fn by_index(picked: Picked<'_>, variants: &'static [&'static str]) -> Option<&'static str> {
    let null_before = picked.union.null.is_some_and(|null| null < picked.at);
    variants.get(picked.at - usize::from(picked.some && null_before)).copied()
}

fn no_variant(branch: &Branch, variants: &[&str]) -> Fail {
    Fail::new(format!("the branch {} is none of the variants {variants:?}", branch.name))
}

impl<'a, 'p, 'de> EnumAccess<'de> for Variant<'a, 'p, 'de> {
    type Error = Fail;
    type Variant = Inside<'a, 'p, 'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self::Variant), Fail> {
        let name: value::StrDeserializer<'_, Fail> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Inside(self.inner)))
    }
}

/// What is in a variant.
pub(super) struct Inside<'a, 'p, 'de>(Option<De<'a, 'p, 'de>>);

impl<'a, 'p, 'de> Inside<'a, 'p, 'de> {
    fn value(self) -> Result<De<'a, 'p, 'de>, Fail> {
        let unit = || serde::de::Error::invalid_type(Unexpected::UnitVariant, &"a variant with a value");
        self.0.ok_or_else(unit)
    }
}

impl<'de> VariantAccess<'de> for Inside<'_, '_, 'de> {
    type Error = Fail;

    fn unit_variant(self) -> Result<(), Fail> {
        let Some(de) = self.0 else { return Ok(()) };
        match &de.ty.node {
            Node::Null => Ok(()),
            Node::Record(record) if record.fields.is_empty() => de.cursor.skip(de.ty),
            // Text or a symbol, where the branch was meant and not what it says.
            _ => Err(Fail::new(format!("a variant without a value does not take a {}", de.ty.describe()))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fail> {
        seed.deserialize(self.value()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fail> {
        self.value()?.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.value()?.deserialize_struct("", fields, visitor)
    }
}
