//! The bytes of a default value, from its JSON.
//!
//! As Apache Avro for Java writes them (`ResolvingGrammarGenerator.encode`): the first branch of a union that may have the JSON's
//! kind, characters as ISO-8859-1, fields left out by their own defaults. Stricter: a number that is not whole or not in range is no
//! default for an int or long, where Java cuts it off.

use assay_schema::{
    avro::{AvroSchema, AvroType, Field, TypeId},
    json::{Node, parse_java_double},
};

use crate::bytes;

/// Bytes and steps that all defaults of a schema may take: one that names records by defaults of their own can be far bigger than
/// its text.
const WORK_MAX: usize = 4 * 1024 * 1024;

/// How deep a default may go through defaults of further records.
const DEPTH_MAX: usize = 200;

/// Writes defaults until the work for one schema is used up.
#[derive(Debug)]
pub(super) struct Defaults<'s> {
    schema: &'s AvroSchema,
    work_left: usize,
}

impl<'s> Defaults<'s> {
    pub(super) fn new(schema: &'s AvroSchema) -> Defaults<'s> {
        Defaults { schema, work_left: WORK_MAX }
    }

    /// The bytes of a field's default, if it has one.
    pub(super) fn of(&mut self, field: &Field) -> Option<Result<Box<[u8]>, Box<str>>> {
        let default = field.default.as_ref()?;
        let mut out = Vec::new();
        Some(match self.field(field, default, &mut out, 0) {
            Ok(()) => Ok(out.into()),
            Err(why) => {
                Err(format!("the default of the field \"{}\" cannot be used: {why}", field.name).into())
            }
        })
    }

    fn field(&mut self, field: &Field, value: &Node, out: &mut Vec<u8>, depth: usize) -> Result<(), String> {
        // A number in quotes is a number to Java, if it is the default of a field.
        let text =
            field.default.as_ref().filter(|default| std::ptr::eq(*default, value)).and_then(Node::as_str);
        if let Some(number) = text.and_then(parse_java_double) {
            match self.schema.get(field.ty) {
                AvroType::Float => return self.bytes(&(number as f32).to_le_bytes(), out),
                AvroType::Double => return self.bytes(&number.to_le_bytes(), out),
                _ => {}
            }
        }
        self.value(field.ty, value, out, depth)
    }

    fn spend(&mut self, work: usize) -> Result<(), String> {
        let left = self.work_left.checked_sub(work);
        self.work_left = left.ok_or("the defaults of the schema take too many bytes")?;
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        self.spend(bytes.len())?;
        out.extend_from_slice(bytes);
        Ok(())
    }

    fn sized(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        bytes::put_long(out, i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        self.bytes(bytes, out)
    }

    fn value(&mut self, ty: TypeId, value: &Node, out: &mut Vec<u8>, depth: usize) -> Result<(), String> {
        self.spend(1)?;
        if depth > DEPTH_MAX {
            return Err("it is nested too deep".into());
        }
        let schema = self.schema;
        let ty = schema.get(ty);
        let wrong = || format!("{} is no {}", value.kind(), ty.branch_name());
        match ty {
            AvroType::Null if value.is_null() => {}
            AvroType::Null => return Err(wrong()),
            AvroType::Boolean => bytes::put_boolean(out, value.as_bool().ok_or_else(wrong)?),
            AvroType::Int => {
                let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
                bytes::put_int(out, number.ok_or_else(wrong)?);
            }
            AvroType::Long => bytes::put_long(out, value.as_i64().ok_or_else(wrong)?),
            AvroType::Float => bytes::put_float(out, double(value).ok_or_else(wrong)? as f32), // as Java narrows it
            AvroType::Double => bytes::put_double(out, double(value).ok_or_else(wrong)?),
            AvroType::Bytes => self.sized(&latin(value.as_str().ok_or_else(wrong)?), out)?,
            AvroType::String => self.sized(value.as_str().ok_or_else(wrong)?.as_bytes(), out)?,
            AvroType::Fixed { size, .. } => {
                let size = usize::try_from(*size).unwrap_or(usize::MAX);
                self.spend(size)?;
                let mut bytes = latin(value.as_str().ok_or_else(wrong)?);
                bytes.resize(size, 0);
                out.extend_from_slice(&bytes);
            }
            AvroType::Enum { symbols, .. } => {
                let symbol = value.as_str().and_then(|text| symbols.iter().position(|symbol| symbol == text));
                bytes::put_index(out, symbol.ok_or_else(wrong)?);
            }
            AvroType::Array { .. } | AvroType::Map { .. } | AvroType::Union(_) | AvroType::Record { .. } => {
                self.container(ty, value, out, depth + 1)?;
            }
        }
        Ok(())
    }

    fn container(
        &mut self,
        ty: &AvroType,
        value: &Node,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), String> {
        match ty {
            AvroType::Array { items } => {
                let values: Vec<&Node> = match (value.as_array(), value.as_object()) {
                    (Some(values), _) => values.iter().collect(),
                    (_, Some(object)) => object.iter().map(|(_, value)| value).collect(), // as Java takes them
                    _ => Vec::new(),
                };
                bytes::put_block(out, values.len());
                values.into_iter().try_for_each(|value| self.value(*items, value, out, depth))?;
                bytes::put_end(out);
            }
            AvroType::Map { values } => {
                let entries = value.as_object().map(|object| object.iter()).into_iter().flatten();
                bytes::put_block(out, value.as_object().map_or(0, |object| object.len()));
                for (key, value) in entries {
                    self.sized(key.as_bytes(), out)?;
                    self.value(*values, value, out, depth)?;
                }
                bytes::put_end(out);
            }
            AvroType::Union(branches) => {
                let fits = |id: &TypeId| may_be(self.schema.get(*id), value);
                let branch = branches.iter().position(fits);
                let branch = branch.ok_or_else(|| format!("{} is no branch of the union", value.kind()))?;
                bytes::put_index(out, branch);
                if let Some(ty) = branches.get(branch) {
                    self.value(*ty, value, out, depth)?;
                }
            }
            AvroType::Record { fields, .. } => {
                for field in fields {
                    let inner = value.get(&field.name).or(field.default.as_ref());
                    let inner = inner.ok_or_else(|| format!("the field \"{}\" has no value", field.name))?;
                    self.field(field, inner, out, depth)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn may_be(ty: &AvroType, value: &Node) -> bool {
    match ty {
        AvroType::Fixed { .. } | AvroType::String | AvroType::Bytes => value.as_str().is_some(),
        AvroType::Int | AvroType::Long | AvroType::Float | AvroType::Double => value.as_number().is_some(),
        AvroType::Boolean => value.as_bool().is_some(),
        AvroType::Null => value.is_null(),
        _ => true,
    }
}

fn double(value: &Node) -> Option<f64> {
    match value.as_number()? {
        "-0" => Some(0.0), // a whole number to Java, which has no sign then; `-0.0` has one
        number => number.parse().ok(),
    }
}

/// Characters as ISO-8859-1; those it does not have become `?`, as in Java.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}
