//! Fields of records.

use std::collections::HashSet;

use super::model::{AvroType, Field, Order};
use super::parse::{Parser, attributes};
use crate::error::SchemaError;
use crate::json::{Node, Value, double_text, parse_java_double};

/// Keys that a field's attributes never hold.
const FIELD_RESERVED: [&str; 6] = ["default", "doc", "name", "order", "type", "aliases"];

impl Parser<'_> {
    /// Reads field number `index` of a record in `namespace`.
    pub(super) fn parse_field(
        &mut self,
        node: &Node,
        index: usize,
        namespace: Option<&str>,
    ) -> Result<Field, SchemaError> {
        let Some(object) = node.as_object() else {
            return Err(self.invalid(node, format!("a field must be an object, not {}", node.kind())));
        };
        let Some(name) = object.get("name").and_then(Node::as_str) else {
            return Err(self.invalid(node, "a field needs a \"name\" that is a string".to_owned()));
        };
        let Some(written) = object.get("type") else {
            return Err(self.invalid(node, format!("the field \"{name}\" needs a \"type\"")));
        };
        let ty = self.parse_inner(written, namespace)?;
        self.simple_name(node, name)?;
        let order = match object.get("order") {
            None => Order::default(),
            Some(order) => self.order(order)?,
        };
        let floating = matches!(self.entry(ty).map(|e| &e.ty), Some(AvroType::Float | AvroType::Double));
        let default = match object.get("default") {
            None => None,
            Some(default) if floating && default.as_str().is_some() => Some(self.floating_default(default)?),
            Some(default) => {
                self.remember_default(index, default.offset);
                Some(default.clone())
            }
        };
        let mut seen = HashSet::new();
        let aliases = self.aliases(object)?.into_iter().filter(|alias| seen.insert(*alias));
        Ok(Field {
            name: name.to_owned(),
            ty,
            doc: object.get("doc").and_then(Node::as_str).map(str::to_owned),
            default,
            order,
            aliases: aliases.map(str::to_owned).collect(),
            attributes: attributes(object, |key| FIELD_RESERVED.contains(&key)),
        })
    }

    fn order(&self, node: &Node) -> Result<Order, SchemaError> {
        let text = node.as_str().unwrap_or_default();
        [Order::Ascending, Order::Descending, Order::Ignore]
            .into_iter()
            .find(|order| order.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| self.invalid(node, "the order must be ascending, descending or ignore".to_owned()))
    }

    /// The reference takes a string as the default of a float or double and stores the number it spells.
    fn floating_default(&self, node: &Node) -> Result<Node, SchemaError> {
        let text = node.as_str().unwrap_or_default();
        let value = match parse_java_double(text) {
            Some(d) if d.is_finite() => Value::Number(double_text(d).into()),
            Some(d) => Value::String(double_text(d).into()),
            None => return Err(self.invalid(node, format!("the default {text:?} is not a number"))),
        };
        Ok(Node { value, offset: node.offset })
    }
}
