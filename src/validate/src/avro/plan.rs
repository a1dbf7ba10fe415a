//! The types of an Avro schema as flat tables, with what a walk needs to know beforehand.

use assay_schema::avro::{AvroSchema, AvroType, TypeId};

use super::program::Program;

/// Types refer to each other by index.
#[derive(Debug)]
pub(crate) struct Plan {
    types: Vec<Type>,
    root: usize,
    /// The same for the fast walk.
    fast: Option<Program>,
}

/// A type as the walk sees it.
#[derive(Debug)]
pub(super) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed {
        name: Box<str>,
        size: usize,
    },
    Enum {
        name: Box<str>,
        symbols: usize,
    },
    Array {
        items: usize,
        zero_size: bool,
    },
    Map {
        values: usize,
    },
    Union(Union),
    /// Without the fields that take no bytes: nothing can be wrong with those.
    Record {
        fields: Box<[Field]>,
    },
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    pub(super) ty: usize,
}

#[derive(Debug)]
pub(super) struct Union {
    pub(super) branches: Box<[Field]>,
    /// Whether a path has to say which branch it goes through: there is more than one that is not `null`.
    pub(super) named: bool,
}

impl Plan {
    /// Tables for the schema.
    pub(crate) fn new(schema: &AvroSchema) -> Plan {
        let arena = Arena::new(schema);
        let zero = arena.zero_size();
        let types = arena.types.iter().map(|ty| plan_type(schema, ty, &zero)).collect();
        let mut plan = Plan { types, root: schema.root().index(), fast: None };
        plan.fast = Some(Program::new(&plan));
        plan
    }

    /// Whether a payload is a datum and nothing behind it: the fast walk. A top-level `bytes` is the payload itself.
    pub(crate) fn accepts(&self, payload: &[u8]) -> bool {
        matches!(self.root(), Type::Bytes) || self.fast.as_ref().is_some_and(|fast| fast.accepts(payload))
    }

    pub(super) fn root_index(&self) -> usize {
        self.root
    }

    pub(super) fn root(&self) -> &Type {
        self.get(self.root)
    }

    pub(super) fn get(&self, index: usize) -> &Type {
        self.types.get(index).unwrap_or(&Type::Null)
    }
}

fn plan_type(schema: &AvroSchema, ty: &AvroType, zero: &[bool]) -> Type {
    let takes_nothing = |id: TypeId| zero.get(id.index()).copied().unwrap_or(false);
    match ty {
        AvroType::Null => Type::Null,
        AvroType::Boolean => Type::Boolean,
        AvroType::Int => Type::Int,
        AvroType::Long => Type::Long,
        AvroType::Float => Type::Float,
        AvroType::Double => Type::Double,
        AvroType::Bytes => Type::Bytes,
        AvroType::String => Type::String,
        AvroType::Fixed { name, size, .. } => {
            Type::Fixed { name: name.simple().into(), size: usize::try_from(*size).unwrap_or(usize::MAX) }
        }
        AvroType::Enum { name, symbols, .. } => {
            Type::Enum { name: name.simple().into(), symbols: symbols.len() }
        }
        AvroType::Array { items } => Type::Array { items: items.index(), zero_size: takes_nothing(*items) },
        AvroType::Map { values } => Type::Map { values: values.index() },
        AvroType::Union(branches) => {
            let branch = |id: &TypeId| {
                let ty = schema.get(*id);
                let name = ty.name().map_or(ty.kind(), |name| name.simple());
                Field { name: name.into(), ty: id.index() }
            };
            let others = branches.iter().filter(|id| !matches!(schema.get(**id), AvroType::Null)).count();
            Type::Union(Union { branches: branches.iter().map(branch).collect(), named: others > 1 })
        }
        AvroType::Record { fields, .. } => Type::Record {
            fields: fields
                .iter()
                .filter(|field| !takes_nothing(field.ty))
                .map(|field| Field { name: field.name.as_str().into(), ty: field.ty.index() })
                .collect(),
        },
    }
}

/// The types that the root reaches, in the order of their indexes; `null` stands where others are.
struct Arena<'a> {
    types: Vec<&'a AvroType>,
}

impl<'a> Arena<'a> {
    fn new(schema: &'a AvroSchema) -> Arena<'a> {
        let mut types = vec![&AvroType::Null; schema.len()];
        let mut met = vec![false; schema.len()];
        let mut open = vec![schema.root()];
        while let Some(id) = open.pop() {
            let (Some(slot), Some(met)) = (types.get_mut(id.index()), met.get_mut(id.index())) else {
                continue;
            };
            if std::mem::replace(met, true) {
                continue;
            }
            *slot = schema.get(id);
            match *slot {
                AvroType::Array { items: inner } | AvroType::Map { values: inner } => open.push(*inner),
                AvroType::Union(branches) => open.extend(branches),
                AvroType::Record { fields, .. } => open.extend(fields.iter().map(|field| field.ty)),
                _ => {}
            }
        }
        Arena { types }
    }

    /// Which types never take a byte: `null`, `fixed` of size 0, and records of nothing but these. A record that contains
    /// itself is not one of them (no finite value has its type), so the least set that fits is looked for.
    fn zero_size(&self) -> Vec<bool> {
        let mut zero = vec![false; self.types.len()];
        let mut waiting = vec![0usize; self.types.len()]; // fields not known to be of zero size
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); self.types.len()];
        let mut found = Vec::new();
        for (at, ty) in self.types.iter().enumerate() {
            match ty {
                AvroType::Null | AvroType::Fixed { size: 0, .. } => found.push(at),
                AvroType::Record { fields, .. } => {
                    if let Some(waiting) = waiting.get_mut(at) {
                        *waiting = fields.len();
                    }
                    for field in fields {
                        if let Some(users) = users.get_mut(field.ty.index()) {
                            users.push(at);
                        }
                    }
                    if fields.is_empty() {
                        found.push(at);
                    }
                }
                _ => {}
            }
        }
        while let Some(at) = found.pop() {
            if let Some(zero) = zero.get_mut(at) {
                *zero = true;
            }
            for &user in users.get(at).into_iter().flatten() {
                if let Some(waiting) = waiting.get_mut(user) {
                    *waiting -= 1;
                    if *waiting == 0 {
                        found.push(user);
                    }
                }
            }
        }
        zero
    }
}
