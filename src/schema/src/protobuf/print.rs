//! The canonical text of a Protobuf file (contract 2.11): one fixed layout, two spaces of indentation, no comments.
//! Printing what was parsed from a printed text gives that text again.

use super::model::{
    Entry, Enum, EnumValue, Extend, ExtensionRanges, Field, FieldType, File, ImportKind, MAX_FIELD_NUMBER,
    Message, Method, NumberRange, Oneof, OptionDecl, Payload, Service, Streaming, Value,
};
use std::fmt::Write;

/// Prints a file.
pub(super) fn print(file: &File) -> String {
    let mut printer = Printer { out: String::new(), indent: 0 };
    printer.file(file);
    printer.out
}

/// The inside of a message literal, without the outer braces.
pub(super) fn literal(entries: &[Entry]) -> String {
    let mut printer = Printer { out: String::new(), indent: 0 };
    for Entry { name, value } in entries {
        let _ = write!(printer.out, "{name}: ");
        printer.value(value);
        printer.out.push('\n');
    }
    printer.out
}

struct Printer {
    out: String,
    indent: usize,
}

impl Printer {
    fn file(&mut self, file: &File) {
        if let Some(syntax) = file.syntax {
            self.line(format_args!("syntax = \"{}\";", syntax.as_str()));
        }
        if let Some(package) = &file.package {
            self.line(format_args!("package {package};"));
        }
        self.imports(file);
        self.group(&file.options, |p, option| p.option_statement(option));
        if !(file.messages.is_empty() && file.enums.is_empty()) {
            self.out.push('\n');
            file.messages.iter().for_each(|m| self.message("message", m));
            file.enums.iter().for_each(|e| self.enumeration(e));
        }
        self.group(&file.extends, Printer::extend);
        self.group(&file.services, Printer::service);
    }

    fn imports(&mut self, file: &File) {
        if !file.imports.is_empty() {
            self.out.push('\n');
        }
        for kind in [ImportKind::Plain, ImportKind::Weak, ImportKind::Public] {
            for import in file.imports.iter().filter(|i| i.kind == kind) {
                let modifier = match kind {
                    ImportKind::Plain => "",
                    ImportKind::Weak => "weak ",
                    ImportKind::Public => "public ",
                };
                self.line(format_args!("import {modifier}{};", quoted(import.path.as_bytes())));
            }
        }
    }

    /// A blank line (or the end of the opening line), then the items; nothing when there are none.
    fn group<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        if !items.is_empty() {
            self.out.push('\n');
            items.iter().for_each(|item| each(self, item));
        }
    }

    /// `header {`, the body indented, `}`. The first group of the body ends the opening line.
    fn block(&mut self, header: std::fmt::Arguments<'_>, body: impl FnOnce(&mut Self)) {
        self.margin();
        let _ = write!(self.out, "{header} {{");
        let start = self.out.len();
        self.indent += 1;
        body(self);
        self.indent -= 1;
        if self.out.len() > start {
            self.margin();
        }
        self.out.push_str("}\n");
    }

    fn message(&mut self, keyword: &str, message: &Message) {
        self.block(format_args!("{keyword} {}", message.name), |p| p.message_body(message));
    }

    fn message_body(&mut self, message: &Message) {
        self.reserved(&message.reserved, &message.reserved_names, MAX_FIELD_NUMBER);
        self.group(&message.options, |p, option| p.option_statement(option));
        let (groups, fields) = split_groups(&message.fields);
        self.group(&fields, |p, field| p.field(field));
        self.group(&message.oneofs, Printer::oneof);
        self.group(&groups, |p, group| p.field(group));
        self.group(&message.extensions, Printer::extensions);
        self.group(&message.extends, Printer::extend);
        self.group(&message.messages, |p, nested| p.message("message", nested));
        self.group(&message.enums, Printer::enumeration);
    }

    fn reserved(&mut self, ranges: &[NumberRange], names: &[String], max: i32) {
        if ranges.is_empty() && names.is_empty() {
            return;
        }
        self.out.push('\n');
        if !ranges.is_empty() {
            self.line(format_args!("reserved {};", range_list(ranges, max)));
        }
        if !names.is_empty() {
            let names: Vec<_> = names.iter().map(|n| quoted(n.as_bytes())).collect();
            self.line(format_args!("reserved {};", names.join(", ")));
        }
    }

    fn extensions(&mut self, extensions: &ExtensionRanges) {
        self.margin();
        let _ = write!(self.out, "extensions {}", range_list(&extensions.ranges, MAX_FIELD_NUMBER));
        self.option_list(&extensions.options);
        self.out.push_str(";\n");
    }

    fn field(&mut self, field: &Field) {
        self.margin();
        if let Some(label) = field.label {
            self.out.push_str(label.as_str());
            self.out.push(' ');
        }
        let _ = match &field.ty {
            FieldType::Map(key, value) => write!(self.out, "map<{key}, {}>", type_text(value)),
            other => write!(self.out, "{}", type_text(other)),
        };
        let _ = write!(self.out, " {} = {}", field.name, field.number);
        self.option_list(&field.options);
        match &field.ty {
            FieldType::Group(body) => {
                self.out.push_str(" {");
                let start = self.out.len();
                self.indent += 1;
                self.message_body(body);
                self.indent -= 1;
                if self.out.len() > start {
                    self.margin();
                }
                self.out.push_str("}\n");
            }
            _ => self.out.push_str(";\n"),
        }
    }

    fn oneof(&mut self, oneof: &Oneof) {
        self.block(format_args!("oneof {}", oneof.name), |p| {
            p.group(&oneof.options, |p, option| p.option_statement(option));
            let (groups, fields) = split_groups(&oneof.fields);
            p.group(&fields, |p, field| p.field(field));
            p.group(&groups, |p, group| p.field(group));
        });
    }

    fn extend(&mut self, extend: &Extend) {
        self.block(format_args!("extend {}", extend.extendee), |p| {
            p.group(&extend.fields, Printer::field);
        });
    }

    fn enumeration(&mut self, e: &Enum) {
        self.block(format_args!("enum {}", e.name), |p| {
            p.reserved(&e.reserved, &e.reserved_names, i32::MAX);
            p.group(&e.options, |p, option| p.option_statement(option));
            p.group(&e.values, Printer::enum_value);
        });
    }

    fn enum_value(&mut self, value: &EnumValue) {
        self.margin();
        let _ = write!(self.out, "{} = {}", value.name, value.number);
        self.option_list(&value.options);
        self.out.push_str(";\n");
    }

    fn service(&mut self, service: &Service) {
        self.block(format_args!("service {}", service.name), |p| {
            p.group(&service.options, |p, option| p.option_statement(option));
            p.group(&service.methods, Printer::method);
        });
    }

    fn method(&mut self, method: &Method) {
        let (input, output) = (payload(&method.input), payload(&method.output));
        let header = format_args!("rpc {} ({input}) returns ({output})", method.name);
        if method.options.is_empty() {
            self.line(format_args!("{header};"));
        } else {
            self.block(header, |p| p.group(&method.options, |p, option| p.option_statement(option)));
        }
    }

    fn option_statement(&mut self, option: &OptionDecl) {
        self.margin();
        let _ = write!(self.out, "option {} = ", option.name);
        self.value(&option.value);
        self.out.push_str(";\n");
    }

    /// ` [a = 1]`, or one option a line when there are several.
    fn option_list(&mut self, options: &[OptionDecl]) {
        match options {
            [] => {}
            [only] => {
                let _ = write!(self.out, " [{} = ", only.name);
                self.value(&only.value);
                self.out.push(']');
            }
            many => {
                self.out.push_str(" [\n");
                self.indent += 1;
                for (i, option) in many.iter().enumerate() {
                    self.margin();
                    let _ = write!(self.out, "{} = ", option.name);
                    self.value(&option.value);
                    self.out.push_str(if i + 1 < many.len() { ",\n" } else { "\n" });
                }
                self.indent -= 1;
                self.margin();
                self.out.push(']');
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Ident(text) | Value::Number(text) => self.out.push_str(text),
            Value::Text(bytes) => self.out.push_str(&quoted(bytes)),
            Value::Message(entries) => {
                self.sequence('{', '}', entries, |p, Entry { name, value }| {
                    let _ = write!(p.out, "{name}: ");
                    p.value(value);
                });
            }
            Value::List(values) => self.sequence('[', ']', values, Printer::value),
        }
    }

    fn sequence<T>(&mut self, open: char, close: char, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.out.push(open);
        if !items.is_empty() {
            self.out.push('\n');
            self.indent += 1;
            for (i, item) in items.iter().enumerate() {
                self.margin();
                each(self, item);
                self.out.push_str(if i + 1 < items.len() { ",\n" } else { "\n" });
            }
            self.indent -= 1;
            self.margin();
        }
        self.out.push(close);
    }

    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        self.margin();
        let _ = writeln!(self.out, "{text}");
    }

    fn margin(&mut self) {
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
    }
}

fn split_groups(fields: &[Field]) -> (Vec<&Field>, Vec<&Field>) {
    fields.iter().partition(|f| matches!(f.ty, FieldType::Group(_)))
}

fn type_text(ty: &FieldType) -> &str {
    match ty {
        FieldType::Scalar(name) => name,
        FieldType::Named(name) => name,
        FieldType::Group(_) => "group",
        FieldType::Map(..) => "map", // a map is never the value of a map
    }
}

fn payload(payload: &Payload) -> String {
    match payload.streaming {
        Streaming::Single => payload.type_name.clone(),
        Streaming::Stream => format!("stream {}", payload.type_name),
    }
}

fn range_list(ranges: &[NumberRange], max: i32) -> String {
    let texts: Vec<_> = ranges
        .iter()
        .map(|range| match range {
            NumberRange { start, end } if start == end => start.to_string(),
            NumberRange { start, end } if *end >= max => format!("{start} to max"),
            NumberRange { start, end } => format!("{start} to {end}"),
        })
        .collect();
    texts.join(", ")
}

/// A string literal: printable text stays as it is, the rest becomes escapes the grammar knows.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '"' | '\\' => out.extend(['\\', c]),
                c if c.is_ascii_control() => out.push_str(&octal(c as u32)),
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|&b| out.push_str(&octal(u32::from(b))));
    }
    out.push('"');
    out
}

fn octal(code: u32) -> String {
    format!("\\{code:03o}")
}
