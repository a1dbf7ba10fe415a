//! What stands in `#[avro(..)]`.

use assay_schema::{Limits, json};
use heck::{ToLowerCamelCase, ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Ident, Lit, LitStr, Result, Token, ext::IdentExt, spanned::Spanned};

/// How names of Rust become names of Avro.
#[derive(Clone, Copy)]
pub(crate) enum Case {
    Camel,
    Pascal,
    Snake,
    ScreamingSnake,
    Lower,
    Upper,
}

impl Case {
    fn parse(text: &LitStr) -> Result<Case> {
        Ok(match text.value().as_str() {
            "camelCase" => Case::Camel,
            "PascalCase" => Case::Pascal,
            "snake_case" => Case::Snake,
            "SCREAMING_SNAKE_CASE" => Case::ScreamingSnake,
            "lowercase" => Case::Lower,
            "UPPERCASE" => Case::Upper,
            other => {
                return Err(Error::new(
                    text.span(),
                    format!(
                        "unknown case {other:?}; known are camelCase, PascalCase, snake_case, SCREAMING_SNAKE_CASE, \
                         lowercase and UPPERCASE"
                    ),
                ));
            }
        })
    }

    fn of(self, name: &str) -> String {
        match self {
            Case::Camel => name.to_lower_camel_case(),
            Case::Pascal => name.to_pascal_case(),
            Case::Snake => name.to_snake_case(),
            Case::ScreamingSnake => name.to_shouty_snake_case(),
            Case::Lower => name.to_lowercase(),
            Case::Upper => name.to_uppercase(),
        }
    }
}

/// On the type.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) name: Option<LitStr>,
    pub(crate) namespace: Option<LitStr>,
    pub(crate) doc: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) schema: Option<LitStr>,
}

/// On a field or variant.
#[derive(Default)]
pub(crate) struct Member {
    pub(crate) name: Option<LitStr>,
    pub(crate) doc: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    /// JSON text, where it stands.
    pub(crate) default: Option<(String, Span)>,
    /// `default` without a value, on a variant.
    pub(crate) is_default: Option<Span>,
    pub(crate) logical: Option<LitStr>,
    pub(crate) fixed: Option<LitStr>,
    pub(crate) skip: Option<Span>,
}

/// Where a member stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Field,
    Symbol,
    Branch,
}

impl Place {
    fn known(self) -> &'static str {
        match self {
            Place::Field => "name, rename, doc, alias, aliases, default, logical, fixed and skip",
            Place::Symbol => "name, rename and default",
            Place::Branch => "logical and fixed",
        }
    }
}

fn nested(attributes: &[Attribute], mut each: impl FnMut(&ParseNestedMeta<'_>) -> Result<()>) -> Result<()> {
    let avro = attributes.iter().filter(|attribute| attribute.path().is_ident("avro"));
    avro.into_iter().try_for_each(|attribute| attribute.parse_nested_meta(|meta| each(&meta)))
}

fn text(meta: &ParseNestedMeta<'_>, slot: &mut Option<LitStr>) -> Result<()> {
    if slot.is_some() {
        return Err(meta.error("given twice"));
    }
    *slot = Some(meta.value()?.parse()?);
    Ok(())
}

fn aliases(meta: &ParseNestedMeta<'_>, slot: &mut Vec<LitStr>) -> Result<()> {
    if meta.path.is_ident("alias") {
        slot.push(meta.value()?.parse()?);
        return Ok(());
    }
    let inside;
    syn::parenthesized!(inside in meta.input);
    slot.extend(inside.parse_terminated(<LitStr as syn::parse::Parse>::parse, Token![,])?);
    Ok(())
}

impl Container {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Container> {
        let mut found = Container::default();
        nested(attributes, |meta| {
            let key = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
            match key.as_str() {
                "name" | "rename" => text(meta, &mut found.name),
                "namespace" => text(meta, &mut found.namespace),
                "doc" => text(meta, &mut found.doc),
                "schema" => text(meta, &mut found.schema),
                "alias" | "aliases" => aliases(meta, &mut found.aliases),
                "rename_all" => {
                    let mut case = None;
                    text(meta, &mut case)?;
                    found.rename_all = case.as_ref().map(Case::parse).transpose()?;
                    Ok(())
                }
                _ => Err(meta.error(
                    "unknown attribute of a type; known are name, namespace, doc, alias, aliases, rename_all and schema",
                )),
            }
        })?;
        Ok(found)
    }

    /// The full name of the type.
    pub(crate) fn full_name(&self, ident: &Ident) -> Result<String> {
        let name = self.name.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value);
        let span = self.name.as_ref().map_or(ident.span(), LitStr::span);
        let full = match &self.namespace {
            Some(namespace) if name.contains('.') => {
                return Err(Error::new(namespace.span(), "the name has a namespace already"));
            }
            Some(namespace) if !namespace.value().is_empty() => format!("{}.{name}", namespace.value()),
            _ => name,
        };
        full.split('.').try_for_each(|part| valid_name(part, span))?;
        Ok(full)
    }

    /// The aliases as full names: those without a dot are in the type's namespace.
    pub(crate) fn full_aliases(&self, full_name: &str) -> Result<Vec<String>> {
        let namespace = full_name.rsplit_once('.').map(|(namespace, _)| namespace);
        let full = |alias: &LitStr| {
            alias.value().split('.').try_for_each(|part| valid_name(part, alias.span()))?;
            Ok(match namespace {
                Some(namespace) if !alias.value().contains('.') => format!("{namespace}.{}", alias.value()),
                _ => alias.value(),
            })
        };
        self.aliases.iter().map(full).collect()
    }
}

impl Member {
    pub(crate) fn parse(attributes: &[Attribute], place: Place) -> Result<Member> {
        let mut found = Member::default();
        nested(attributes, |meta| {
            let key = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
            let (field, symbol) = (place == Place::Field, place == Place::Symbol);
            match key.as_str() {
                "name" | "rename" if field || symbol => text(meta, &mut found.name),
                "doc" if field => text(meta, &mut found.doc),
                "alias" | "aliases" if field => aliases(meta, &mut found.aliases),
                "logical" if !symbol => text(meta, &mut found.logical),
                "fixed" if !symbol => text(meta, &mut found.fixed),
                "skip" if field => {
                    found.skip = Some(meta.path.span());
                    Ok(())
                }
                "default" if symbol => {
                    found.is_default = Some(meta.path.span());
                    Ok(())
                }
                "default" if field => {
                    found.default = Some(default(meta)?);
                    Ok(())
                }
                _ => Err(meta.error(format!("unknown attribute; known here are {}", place.known()))),
            }
        })?;
        Ok(found)
    }

    /// The name in the schema.
    pub(crate) fn avro_name(&self, ident: &Ident, case: Option<Case>) -> Result<String> {
        let plain = ident.unraw().to_string();
        let name = match (&self.name, case) {
            (Some(name), _) => name.value(),
            (None, Some(case)) => case.of(&plain),
            (None, None) => plain,
        };
        valid_name(&name, self.name.as_ref().map_or(ident.span(), LitStr::span))?;
        Ok(name)
    }
}

/// `default = "JSON text"`, `default = 5`, `default = true`.
fn default(meta: &ParseNestedMeta<'_>) -> Result<(String, Span)> {
    let Ok(value) = meta.value() else {
        return Err(meta.error(
            "a default needs a value: default = \"JSON text\", as in default = \"null\" or default = 0",
        ));
    };
    let minus: Option<Token![-]> = value.parse()?;
    let literal: Lit = value.parse()?;
    let text = match &literal {
        Lit::Str(text) => text.value(),
        Lit::Int(number) => number.base10_digits().to_owned(),
        Lit::Float(number) => number.base10_digits().to_owned(),
        Lit::Bool(flag) => flag.value.to_string(),
        other => return Err(Error::new(other.span(), "a default is JSON text, a number or a boolean")),
    };
    let text = if minus.is_some() { format!("-{text}") } else { text };
    match json::parse_json(&text, &Limits::default()) {
        Ok(_) => Ok((text, literal.span())),
        Err(error) => Err(Error::new(
            literal.span(),
            format!(
                "the default {text:?} is not JSON ({error}); a text needs its quotes: default = \"\\\"EUR\\\"\""
            ),
        )),
    }
}

/// A name as the Avro specification has it.
pub(crate) fn valid_name(name: &str, span: Span) -> Result<()> {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let fine = name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    if fine {
        return Ok(());
    }
    Err(Error::new(
        span,
        format!(
            "{name:?} is no Avro name: a letter or underscore, then letters, digits and underscores; give it one with #[avro(name = ..)]"
        ),
    ))
}
