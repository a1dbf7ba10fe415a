//! The text of a schema from its shape. A named type is written out where it comes first, and by its name from there on.

use std::collections::HashMap;
use std::fmt::Write as _;

use assay_schema::json::write_string;

use super::shape::{EnumShape, FixedShape, LogicalShape, RecordDef, Shape};
use crate::SerdeError;

/// The text of the schema of a shape.
///
/// # Errors
/// `Schema` for two different types of one name.
pub(super) fn text(shape: &Shape) -> Result<String, SerdeError> {
    let mut printer = Printer { out: String::new(), named: HashMap::new() };
    printer.shape(shape)?;
    Ok(printer.out)
}

struct Printer {
    out: String,
    /// Full name to what tells different types apart.
    named: HashMap<String, String>,
}

impl Printer {
    fn shape(&mut self, shape: &Shape) -> Result<(), SerdeError> {
        match shape {
            Shape::Logical(logical) => self.logical(logical),
            Shape::Fixed(fixed) => self.fixed(fixed, None),
            Shape::Enum(symbols) => self.symbols(symbols),
            Shape::Array(items) => {
                self.out.push_str(r#"{"type":"array","items":"#);
                self.shape(items)?;
                self.out.push('}');
                Ok(())
            }
            Shape::Map(values) => {
                self.out.push_str(r#"{"type":"map","values":"#);
                self.shape(values)?;
                self.out.push('}');
                Ok(())
            }
            Shape::NullFirst(_) | Shape::NullLast(_) | Shape::Union(_) => {
                for index in 0..shape.branches() {
                    self.out.push(if index == 0 { '[' } else { ',' });
                    self.shape(shape.branch(index))?;
                }
                self.out.push(']');
                Ok(())
            }
            Shape::Record(record) => self.record((record.def)()),
            primitive => {
                self.string(primitive.kind());
                Ok(())
            }
        }
    }

    fn logical(&mut self, logical: &LogicalShape) -> Result<(), SerdeError> {
        if let Shape::Fixed(fixed) = &logical.base {
            return self.fixed(fixed, Some(logical));
        }
        self.out.push_str(r#"{"type":"#);
        self.shape(&logical.base)?;
        self.logical_type(logical);
        self.out.push('}');
        Ok(())
    }

    fn logical_type(&mut self, logical: &LogicalShape) {
        self.member("logicalType", logical.name);
        if let Some((precision, scale)) = logical.decimal {
            let _ = write!(self.out, r#","precision":{precision},"scale":{scale}"#); // a String takes anything
        }
    }

    fn fixed(&mut self, fixed: &FixedShape, logical: Option<&LogicalShape>) -> Result<(), SerdeError> {
        let name = match fixed.name {
            "" => format!("Fixed{}", fixed.size),
            name => name.to_owned(),
        };
        if self.is_known(&name, format!("fixed {}", fixed.size))? {
            return Ok(());
        }
        self.out.push_str(r#"{"type":"fixed""#);
        self.name(&name);
        let _ = write!(self.out, r#","size":{}"#, fixed.size);
        if let Some(logical) = logical {
            self.logical_type(logical);
        }
        self.out.push('}');
        Ok(())
    }

    fn symbols(&mut self, symbols: &EnumShape) -> Result<(), SerdeError> {
        if self.is_known(symbols.name, format!("enum {:?} {:?}", symbols.symbols, symbols.default))? {
            return Ok(());
        }
        self.out.push_str(r#"{"type":"enum""#);
        self.name(symbols.name);
        self.doc(symbols.doc);
        self.list("aliases", symbols.aliases);
        self.list("symbols", symbols.symbols);
        if let Some(default) = symbols.default {
            self.member("default", default);
        }
        self.out.push('}');
        Ok(())
    }

    fn record(&mut self, def: &'static RecordDef) -> Result<(), SerdeError> {
        let shown = def.fields.iter().map(|field| (field.name, field.default, Shown(&field.shape)));
        if self.is_known(def.name, format!("record {:?}", shown.collect::<Vec<_>>()))? {
            return Ok(());
        }
        self.out.push_str(r#"{"type":"record""#);
        self.name(def.name);
        self.doc(def.doc);
        self.list("aliases", def.aliases);
        self.out.push_str(r#","fields":["#);
        for (at, field) in def.fields.iter().enumerate() {
            self.out.push_str(if at == 0 { r#"{"name":"# } else { r#",{"name":"# });
            self.string(field.name);
            self.out.push_str(r#","type":"#);
            self.shape(&field.shape)?;
            self.doc(field.doc);
            self.list("aliases", field.aliases);
            if let Some(default) = field.default {
                self.out.push_str(r#","default":"#);
                self.out.push_str(default);
            }
            self.out.push('}');
        }
        self.out.push_str("]}");
        Ok(())
    }

    /// Writes the name of a type that has been written before.
    fn is_known(&mut self, name: &str, what: String) -> Result<bool, SerdeError> {
        match self.named.get(name) {
            Some(known) if *known == what => {
                self.string(name);
                Ok(true)
            }
            Some(_) => Err(SerdeError::Schema(format!(
                "two different types have the name {name}: give one of them another with #[avro(name = ..)] or a namespace"
            ))),
            None => {
                self.named.insert(name.to_owned(), what);
                Ok(false)
            }
        }
    }

    /// A full name in two parts. Without a namespace it is written empty: else it would be that of the type around it.
    fn name(&mut self, full: &str) {
        let (namespace, name) = full.rsplit_once('.').unwrap_or(("", full));
        self.member("name", name);
        self.member("namespace", namespace);
    }

    fn doc(&mut self, doc: Option<&str>) {
        if let Some(doc) = doc {
            self.member("doc", doc);
        }
    }

    fn member(&mut self, key: &str, value: &str) {
        self.out.push(',');
        self.string(key);
        self.out.push(':');
        self.string(value);
    }

    fn list(&mut self, key: &str, values: &[&str]) {
        if values.is_empty() && key == "aliases" {
            return;
        }
        self.out.push(',');
        self.string(key);
        for (at, value) in values.iter().enumerate() {
            self.out.push_str(if at == 0 { ":[" } else { "," });
            self.string(value);
        }
        self.out.push_str(if values.is_empty() { ":[]" } else { "]" });
    }

    fn string(&mut self, text: &str) {
        write_string(text, &mut self.out);
    }
}

/// A shape in words, records by name: what tells two definitions of one name apart.
struct Shown<'s>(&'s Shape);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Shape::Logical(logical) => {
                write!(f, "{} {:?} {:?}", logical.name, logical.decimal, Shown(&logical.base))
            }
            Shape::Array(inner) => write!(f, "array {:?}", Shown(inner)),
            Shape::Map(inner) => write!(f, "map {:?}", Shown(inner)),
            shape if shape.is_union() => {
                f.debug_list().entries((0..shape.branches()).map(|index| Shown(shape.branch(index)))).finish()
            }
            shape => write!(f, "{}", shape.branch_name()),
        }
    }
}
