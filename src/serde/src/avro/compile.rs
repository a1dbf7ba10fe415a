//! From the model of a schema to a program.

use assay_schema::{
    avro::{AvroSchema, AvroType, Field as SchemaField, TypeId},
    json::Node as Json,
};

use super::defaults::Defaults;
use super::places::Places;
use super::program::{Branch, Enum, Field, Id, Logical, Node, Program, Record, Step, Type, Union};

/// The program of one schema.
pub(super) fn program(schema: &AvroSchema) -> Program {
    Program { types: types(schema, 0).into(), root: id(schema.root(), 0) }
}

/// The types of a schema at their indexes, from `base` on.
pub(super) fn types(schema: &AvroSchema, base: u32) -> Vec<Type> {
    let null = Type { node: Node::Null, logical: Logical::None, name: None };
    let mut types = vec![null; schema.len()];
    let mut met = vec![false; schema.len()];
    let mut open = vec![schema.root()];
    let mut defaults = Defaults::new(schema);
    while let Some(next) = open.pop() {
        let (Some(slot), Some(met)) = (types.get_mut(next.index()), met.get_mut(next.index())) else {
            continue;
        };
        if std::mem::replace(met, true) {
            continue;
        }
        let ty = schema.get(next);
        match ty {
            AvroType::Array { items: inner } | AvroType::Map { values: inner } => open.push(*inner),
            AvroType::Union(branches) => open.extend(branches),
            AvroType::Record { fields, .. } => open.extend(fields.iter().map(|field| field.ty)),
            _ => {}
        }
        let node = node(schema, ty, base, &mut defaults);
        *slot = Type { node, logical: logical(schema, next), name: ty.name().cloned() };
    }
    types
}

pub(super) fn id(ty: TypeId, base: u32) -> Id {
    Id(u32::try_from(ty.index()).unwrap_or(u32::MAX).saturating_add(base))
}

fn node(schema: &AvroSchema, ty: &AvroType, base: u32, defaults: &mut Defaults<'_>) -> Node {
    match ty {
        AvroType::Null => Node::Null,
        AvroType::Boolean => Node::Boolean,
        AvroType::Int => Node::Int,
        AvroType::Long => Node::Long,
        AvroType::Float => Node::Float,
        AvroType::Double => Node::Double,
        AvroType::Bytes => Node::Bytes,
        AvroType::String => Node::String,
        AvroType::Fixed { size, .. } => Node::Fixed(usize::try_from(*size).unwrap_or(usize::MAX)),
        AvroType::Enum { symbols, .. } => {
            let symbols = symbols.iter().map(|symbol| symbol.as_str().into()).collect();
            Node::Enum(Box::new(Enum { symbols, map: None }))
        }
        AvroType::Array { items } => Node::Array(id(*items, base)),
        AvroType::Map { values } => Node::Map(id(*values, base)),
        AvroType::Union(branches) => Node::Union(Box::new(union(schema, branches, base))),
        AvroType::Record { fields, .. } => {
            let steps = fields.iter().enumerate().map(|(at, field)| Step::Read {
                name: field.name.as_str().into(),
                field: at,
                ty: id(field.ty, base),
            });
            let steps = steps.collect();
            let fields = fields.iter().map(|field| self::field(schema, field, base, defaults)).collect();
            Node::Record(Box::new(Record { fields, steps, in_order: true, places: Places::new(true) }))
        }
    }
}

fn union(schema: &AvroSchema, branches: &[TypeId], base: u32) -> Union {
    let is_null = |ty: &TypeId| matches!(schema.get(*ty), AvroType::Null);
    let mut others = branches.iter().enumerate().filter(|(_, ty)| !is_null(ty)).map(|(at, _)| at);
    let only = others.next().filter(|_| others.next().is_none());
    let branch = |ty: &TypeId| {
        let model = schema.get(*ty);
        Branch { ty: id(*ty, base), name: model.branch_name().into(), named: model.name().is_some() }
    };
    Union { branches: branches.iter().map(branch).collect(), null: branches.iter().position(is_null), only }
}

fn field(schema: &AvroSchema, field: &SchemaField, base: u32, defaults: &mut Defaults<'_>) -> Field {
    let null = match schema.get(field.ty) {
        AvroType::Null => Some(Box::default()),
        AvroType::Union(branches) => {
            let null = branches.iter().position(|ty| matches!(schema.get(*ty), AvroType::Null));
            null.map(|null| {
                let mut bytes = Vec::new();
                crate::bytes::put_index(&mut bytes, null);
                bytes.into()
            })
        }
        _ => None,
    };
    let missing = match (defaults.of(field), null) {
        (Some(default), _) => default,
        (None, Some(null)) => Ok(null),
        (None, None) => Err("the value has no such field, and the schema no default".into()),
    };
    Field { name: field.name.as_str().into(), ty: id(field.ty, base), missing }
}

/// What the type's values mean; a logical type that does not fit is none.
fn logical(schema: &AvroSchema, ty: TypeId) -> Logical {
    let attributes = schema.attributes(ty);
    let Some(name) = attributes.logical_type() else { return Logical::None };
    match (name, schema.get(ty)) {
        ("decimal", AvroType::Bytes | AvroType::Fixed { .. }) => {
            let number = |key: &str| attributes.get(key).and_then(Json::as_i64);
            let scale = attributes.get("scale").map_or(Some(0), |_| number("scale"));
            match (number("precision"), scale) {
                (Some(precision), Some(scale)) if precision > 0 && (0..=precision).contains(&scale) => {
                    match (u32::try_from(precision), u32::try_from(scale)) {
                        (Ok(precision), Ok(scale)) => Logical::Decimal { precision, scale },
                        _ => Logical::None,
                    }
                }
                _ => Logical::None,
            }
        }
        ("big-decimal", AvroType::Bytes) => Logical::BigDecimal,
        ("uuid", AvroType::String | AvroType::Fixed { size: 16, .. }) => Logical::Uuid,
        ("duration", AvroType::Fixed { size: 12, .. }) => Logical::Duration,
        ("date", AvroType::Int) => Logical::Date,
        ("time-millis", AvroType::Int) => Logical::TimeMillis,
        ("time-micros", AvroType::Long) => Logical::TimeMicros,
        ("timestamp-millis", AvroType::Long) => Logical::TimestampMillis,
        ("timestamp-micros", AvroType::Long) => Logical::TimestampMicros,
        ("timestamp-nanos", AvroType::Long) => Logical::TimestampNanos,
        ("local-timestamp-millis", AvroType::Long) => Logical::LocalTimestampMillis,
        ("local-timestamp-micros", AvroType::Long) => Logical::LocalTimestampMicros,
        ("local-timestamp-nanos", AvroType::Long) => Logical::LocalTimestampNanos,
        _ => Logical::None,
    }
}
