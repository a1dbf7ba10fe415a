//! Which branch of a union takes a value.

use super::super::fail::Fail;
use super::super::program::{Logical, Node, Program, Type, Union};

/// What is known of a value before it is written.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Want<'v> {
    Null,
    Boolean,
    /// The number, and whether its Rust type has at most 32 bits.
    Integer(i64, bool),
    /// An integer of more than 64 bits.
    Big,
    Float(f32),
    Double(f64),
    Text(&'v str),
    /// How many.
    Bytes(usize),
    /// A decimal in its bytes.
    Binary,
    Seq,
    Map,
    /// The name and the number of fields.
    Struct(&'v str, usize),
}

/// The branch that fits best; the first of those that fit alike.
pub(in super::super) fn pick(program: &Program, union: &Union, want: Want<'_>) -> Result<usize, Fail> {
    let ranked = union
        .branches
        .iter()
        .enumerate()
        .filter_map(|(at, branch)| rank(program.get(branch.ty), want).map(|rank| (rank, at)));
    match ranked.clone().min() {
        // A struct or map for one of several records, and nothing says which.
        Some((best @ (ALIKE | AMBIGUOUS), _))
            if matches!(want, Want::Struct(..) | Want::Map)
                && ranked.clone().filter(|(rank, _)| *rank == best).count() > 1 =>
        {
            Err(Fail::new(format!(
                "several records of the union may take {}: name the variant or the struct after one, {}",
                describe(want),
                names(union)
            )))
        }
        Some((_, at)) => Ok(at),
        None => Err(Fail::new(format!(
            "no branch of the union takes {}: it has {}",
            describe(want),
            names(union)
        ))),
    }
}

/// The rank of a record that only its kind speaks for.
const AMBIGUOUS: u8 = 4;

/// The rank of a record that has as many fields as the struct.
const ALIKE: u8 = 3;

/// How well a type takes a value; the smaller the better.
pub(in super::super) fn rank(ty: &Type, want: Want<'_>) -> Option<u8> {
    let decimal = matches!(ty.logical, Logical::Decimal { .. });
    Some(match (want, &ty.node) {
        (Want::Null, Node::Null) | (Want::Boolean, Node::Boolean) => 1,
        (Want::Integer(value, narrow), node) => match node {
            Node::Int if i32::try_from(value).is_ok() => 2 - u8::from(narrow),
            Node::Long => 1 + u8::from(narrow),
            Node::Double if (value as f64) as i128 == i128::from(value) => 3,
            Node::Float if (value as f32) as i128 == i128::from(value) => 4,
            Node::Bytes | Node::Fixed(_) if decimal => 5,
            _ => return None,
        },
        (Want::Big, Node::Bytes | Node::Fixed(_)) if decimal => 1,
        (Want::Float(_), Node::Float) | (Want::Double(_), Node::Double) => 1,
        (Want::Float(_), Node::Double) => 2,
        (Want::Double(value), Node::Float) if f64::from(value as f32) == value || value.is_nan() => 2,
        (Want::Float(_) | Want::Double(_), Node::Bytes | Node::Fixed(_)) if decimal => 3,
        (Want::Text(_), Node::String) => 1,
        (Want::Text(text), Node::Enum(symbols)) if symbols.symbols.iter().any(|symbol| **symbol == *text) => {
            2
        }
        (Want::Text(text), Node::Fixed(16)) if ty.logical == Logical::Uuid && text.len() >= 32 => 3,
        (Want::Text(text), Node::Bytes | Node::Fixed(_)) if decimal && text.parse::<f64>().is_ok() => 4,
        (Want::Bytes(length), Node::Fixed(size)) if *size == length => 2,
        (Want::Bytes(_), Node::Bytes) => 1,
        (Want::Bytes(16), Node::String) if ty.logical == Logical::Uuid => 3,
        (Want::Bytes(length), Node::Fixed(size)) if decimal && length <= *size => 4,
        (Want::Binary, Node::Bytes | Node::Fixed(_)) => 2 - u8::from(decimal),
        (Want::Seq, Node::Array(_)) => 1,
        (Want::Seq, Node::Bytes) => 2,
        (Want::Seq, Node::Fixed(_)) => 3,
        (Want::Map, Node::Map(_)) => 1,
        (Want::Map, Node::Record(_)) => AMBIGUOUS,
        (Want::Struct(name, _), Node::Record(_)) if is_called(ty, name) => 1,
        (Want::Struct(_, length), Node::Record(record)) if record.fields.len() == length => ALIKE,
        (Want::Struct(..), Node::Record(_)) => AMBIGUOUS,
        (Want::Struct(..), Node::Map(_)) => AMBIGUOUS + 1,
        _ => return None,
    })
}

/// The branch that a variant names, by its name, else by its index. `some`: null does not count.
pub(in super::super) fn called(union: &Union, index: u32, variant: &str, some: bool) -> Result<usize, Fail> {
    if let Some(at) = union.branches.iter().position(|branch| branch.is_called(variant)) {
        return Ok(at);
    }
    let mut at = usize::try_from(index).unwrap_or(usize::MAX);
    if some && union.null.is_some_and(|null| null <= at) {
        at = at.saturating_add(1);
    }
    if at < union.branches.len() {
        return Ok(at);
    }
    Err(Fail::new(format!("no branch of the union for the variant {variant}: it has {}", names(union))))
}

/// The enum among the branches that has a symbol, if the variant is not the name of a branch.
pub(in super::super) fn symbol(program: &Program, union: &Union, variant: &str) -> Option<usize> {
    if union.branches.iter().any(|branch| branch.is_called(variant)) {
        return None;
    }
    union.branches.iter().position(|branch| match &program.get(branch.ty).node {
        Node::Enum(symbols) => symbols.symbols.iter().any(|symbol| **symbol == *variant),
        _ => false,
    })
}

/// Whether a type outside of a union has the name.
pub(in super::super) fn is_called(ty: &Type, variant: &str) -> bool {
    match &ty.name {
        Some(name) => name.full() == variant || name.simple() == variant,
        None => ty.describe().eq_ignore_ascii_case(variant),
    }
}

fn names(union: &Union) -> String {
    let names: Vec<&str> = union.branches.iter().map(|branch| &*branch.name).collect();
    names.join(", ")
}

fn describe(want: Want<'_>) -> String {
    match want {
        Want::Null => "nothing".into(),
        Want::Boolean => "a boolean".into(),
        Want::Integer(value, _) => format!("the integer {value}"),
        Want::Big => "an integer of more than 64 bits".into(),
        Want::Float(value) => format!("the number {value:?}"),
        Want::Double(value) => format!("the number {value:?}"),
        Want::Text(text) => format!("the text {:?}", text.chars().take(64).collect::<String>()),
        Want::Bytes(length) => format!("{length} bytes"),
        Want::Binary => "a decimal".into(),
        Want::Seq => "a sequence".into(),
        Want::Map => "a map".into(),
        Want::Struct(name, _) => format!("the struct {name}"),
    }
}
