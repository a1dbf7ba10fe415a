//! From a file descriptor to the syntax model: maps, groups and oneofs become what the author wrote again. The
//! descriptor is either fresh from the parser (names unresolved, options uninterpreted) or complete (from a client's
//! serialised descriptor, or from the pool), in which case its options come from a dynamic view of the same file.

use std::collections::{HashMap, HashSet};

use prost_reflect::{DynamicMessage, Value as Dynamic};
use prost_types::field_descriptor_proto::{Label as ProtoLabel, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
    ServiceDescriptorProto, UninterpretedOption,
};

use super::literal;
use super::model::{
    Enum, EnumValue, Extend, ExtensionRanges, Field, FieldType, File, Import, ImportKind, Label, Message,
    Method, NumberRange, Oneof, OptionDecl, Payload, Service, Streaming, Syntax, Value,
};
use super::options;

/// A parser's descriptor as a model. `syntax` is the statement in the text, which the descriptor cannot tell.
pub(super) fn from_syntax(file: &FileDescriptorProto, syntax: Option<Syntax>) -> File {
    let lower = Lower { complete: false, proto3: file.syntax() == "proto3" };
    File { syntax, ..lower.file(file, None) }
}

/// A complete descriptor as a model; `view` is the same file as a dynamic message, with its extensions known.
pub(super) fn from_descriptor(file: &FileDescriptorProto, view: &DynamicMessage) -> File {
    let proto3 = file.syntax() == "proto3";
    let syntax = match file.syntax() {
        "proto3" => Some(Syntax::Proto3),
        _ => file.syntax.as_ref().map(|_| Syntax::Proto2),
    };
    File { syntax, ..Lower { complete: true, proto3 }.file(file, Some(view)) }
}

struct Lower {
    complete: bool,
    proto3: bool,
}

/// A message in the making: which nested messages turned out to be map entries or group bodies.
struct Scope<'d> {
    full_name: String,
    nested: &'d [DescriptorProto],
    views: &'d [Dynamic],
    by_name: HashMap<&'d str, usize>,
    used: HashSet<usize>,
}

type View<'v> = Option<&'v DynamicMessage>;

impl Lower {
    fn file(&self, file: &FileDescriptorProto, view: View<'_>) -> File {
        let prefix =
            file.package.as_deref().filter(|p| !p.is_empty()).map_or(String::new(), |p| format!(".{p}"));
        let mut scope = Scope::new(prefix, &file.message_type, options::items(view, "message_type"));
        let extends = self.extends(&file.extension, options::items(view, "extension"), &mut scope);
        File {
            syntax: None,
            package: file.package.clone().filter(|p| !p.is_empty()),
            imports: imports(file),
            options: self.options(file.options.as_ref().map(|o| &o.uninterpreted_option), view),
            messages: self.nested_messages(&scope),
            enums: self.enums(&file.enum_type, options::items(view, "enum_type")),
            extends,
            services: with_views(&file.service, options::items(view, "service"))
                .map(|(service, view)| self.service(service, view))
                .collect(),
        }
    }

    fn message(&self, message: &DescriptorProto, view: View<'_>, outer: &str) -> Message {
        let full_name = format!("{outer}.{}", message.name());
        let mut scope = Scope::new(full_name, &message.nested_type, options::items(view, "nested_type"));
        let oneof_views = options::items(view, "oneof_decl");
        let mut oneofs: Vec<Oneof> = with_views(&message.oneof_decl, oneof_views)
            .map(|(oneof, view)| Oneof {
                name: oneof.name().to_owned(),
                options: self.options(oneof.options.as_ref().map(|o| &o.uninterpreted_option), view),
                fields: Vec::new(),
            })
            .collect();
        let mut fields = Vec::new();
        for (field, view) in with_views(&message.field, options::items(view, "field")) {
            let oneof = if field.proto3_optional() { None } else { field.oneof_index };
            match oneof.and_then(|i| oneofs.get_mut(usize::try_from(i).ok()?)) {
                Some(oneof) => {
                    let member = self.field(field, view, &mut scope);
                    oneof.fields.push(Field { label: None, ..member });
                }
                None => fields.push(self.field(field, view, &mut scope)),
            }
        }
        oneofs.retain(|o| !o.fields.is_empty()); // the empty ones are synthetic: proto3 optional
        let extends = self.extends(&message.extension, options::items(view, "extension"), &mut scope);
        Message {
            name: message.name().to_owned(),
            reserved: message.reserved_range.iter().map(|r| half_open(r.start(), r.end())).collect(),
            reserved_names: message.reserved_name.clone(),
            options: self.options(message.options.as_ref().map(|o| &o.uninterpreted_option), view),
            fields,
            oneofs,
            extensions: self.extension_ranges(message, options::items(view, "extension_range")),
            extends,
            messages: self.nested_messages(&scope),
            enums: self.enums(&message.enum_type, options::items(view, "enum_type")),
        }
    }

    fn nested_messages(&self, scope: &Scope<'_>) -> Vec<Message> {
        with_views(scope.nested, scope.views)
            .enumerate()
            .filter(|(index, _)| !scope.used.contains(index))
            .map(|(_, (message, view))| self.message(message, view, &scope.full_name))
            .collect()
    }

    fn field(&self, field: &FieldDescriptorProto, view: View<'_>, scope: &mut Scope<'_>) -> Field {
        let ty = self.field_type(field, scope);
        let name = match &ty {
            FieldType::Group(body) => body.name.clone(),
            _ => field.name().to_owned(),
        };
        let mut all = Vec::new();
        if let Some(text) = &field.default_value {
            all.push(OptionDecl { name: "default".to_owned(), value: self.default_value(field, text) });
        }
        let derived = self.complete.then(|| json_name(field.name()));
        if let Some(json_name) = field.json_name.as_ref().filter(|json| derived.as_ref() != Some(json)) {
            let value = Value::Text(json_name.clone().into_bytes());
            all.push(OptionDecl { name: "json_name".to_owned(), value });
        }
        all.extend(self.options(field.options.as_ref().map(|o| &o.uninterpreted_option), view));
        Field { label: self.label(field, &ty), ty, name, number: field.number(), options: all }
    }

    fn default_value(&self, field: &FieldDescriptorProto, text: &str) -> Value {
        match field.r#type.and_then(|t| Type::try_from(t).ok()) {
            Some(Type::String) => Value::Text(text.as_bytes().to_vec()),
            Some(Type::Bytes) => Value::Text(literal::unescape(text)),
            Some(Type::Float) if self.complete => Value::Ident(shortest(text, text.parse::<f32>().ok())),
            Some(Type::Double) if self.complete => Value::Ident(shortest(text, text.parse::<f64>().ok())),
            Some(Type::Float | Type::Double) => Value::Ident(float_text(text)),
            _ => Value::Ident(text.to_owned()),
        }
    }

    fn label(&self, field: &FieldDescriptorProto, ty: &FieldType) -> Option<Label> {
        match (field.label(), ty) {
            (_, FieldType::Map(..)) => None,
            (ProtoLabel::Repeated, _) => Some(Label::Repeated),
            (ProtoLabel::Required, _) => Some(Label::Required),
            (ProtoLabel::Optional, _) if self.proto3 && !field.proto3_optional() => None,
            (ProtoLabel::Optional, _) => Some(Label::Optional),
        }
    }

    fn field_type(&self, field: &FieldDescriptorProto, scope: &mut Scope<'_>) -> FieldType {
        let Some(type_name) = &field.type_name else {
            return FieldType::Scalar(scalar(field.r#type()));
        };
        if field.r#type == Some(Type::Group as i32) {
            let simple = type_name.rsplit('.').next().unwrap_or(type_name);
            if let Some((message, view)) = scope.take(simple, |_| true) {
                return FieldType::Group(Box::new(self.message(message, view, &scope.full_name)));
            }
        }
        if field.label() == ProtoLabel::Repeated {
            let prefix = if self.complete { format!("{}.", scope.full_name) } else { String::new() };
            let entry = type_name.strip_prefix(&prefix).and_then(|name| {
                scope.take(name, |m| m.options.as_ref().is_some_and(|o| o.map_entry()) && m.field.len() == 2)
            });
            if let Some((DescriptorProto { field, .. }, _)) = entry
                && let [key, value] = field.as_slice()
            {
                let value = match &value.type_name {
                    Some(name) => FieldType::Named(name.clone()),
                    None => FieldType::Scalar(scalar(value.r#type())),
                };
                return FieldType::Map(scalar(key.r#type()), Box::new(value));
            }
        }
        FieldType::Named(type_name.clone())
    }

    /// Neighbouring extensions of one message make one block.
    fn extends(
        &self,
        fields: &[FieldDescriptorProto],
        views: &[Dynamic],
        scope: &mut Scope<'_>,
    ) -> Vec<Extend> {
        let mut blocks: Vec<Extend> = Vec::new();
        for (field, view) in with_views(fields, views) {
            let lowered = self.field(field, view, scope);
            match blocks.last_mut().filter(|b| b.extendee == field.extendee()) {
                Some(block) => block.fields.push(lowered),
                None => blocks.push(Extend { extendee: field.extendee().to_owned(), fields: vec![lowered] }),
            }
        }
        blocks
    }

    fn extension_ranges(&self, message: &DescriptorProto, views: &[Dynamic]) -> Vec<ExtensionRanges> {
        let mut statements: Vec<ExtensionRanges> = Vec::new();
        for (range, view) in with_views(&message.extension_range, views) {
            let options = self.options(range.options.as_ref().map(|o| &o.uninterpreted_option), view);
            let range = half_open(range.start(), range.end());
            match statements.last_mut().filter(|s| s.options == options) {
                Some(statement) => statement.ranges.push(range),
                None => statements.push(ExtensionRanges { ranges: vec![range], options }),
            }
        }
        statements
    }

    fn enums(&self, enums: &[EnumDescriptorProto], views: &[Dynamic]) -> Vec<Enum> {
        with_views(enums, views)
            .map(|(e, view)| Enum {
                name: e.name().to_owned(),
                reserved: e
                    .reserved_range
                    .iter()
                    .map(|r| NumberRange { start: r.start(), end: r.end() })
                    .collect(),
                reserved_names: e.reserved_name.clone(),
                options: self.options(e.options.as_ref().map(|o| &o.uninterpreted_option), view),
                values: with_views(&e.value, options::items(view, "value"))
                    .map(|(value, view)| EnumValue {
                        name: value.name().to_owned(),
                        number: value.number(),
                        options: self.options(value.options.as_ref().map(|o| &o.uninterpreted_option), view),
                    })
                    .collect(),
            })
            .collect()
    }

    fn service(&self, service: &ServiceDescriptorProto, view: View<'_>) -> Service {
        Service {
            name: service.name().to_owned(),
            options: self.options(service.options.as_ref().map(|o| &o.uninterpreted_option), view),
            methods: with_views(&service.method, options::items(view, "method"))
                .map(|(method, view)| self.method(method, view))
                .collect(),
        }
    }

    fn method(&self, method: &MethodDescriptorProto, view: View<'_>) -> Method {
        let streaming = |yes| if yes { Streaming::Stream } else { Streaming::Single };
        Method {
            name: method.name().to_owned(),
            input: Payload {
                type_name: method.input_type().to_owned(),
                streaming: streaming(method.client_streaming()),
            },
            output: Payload {
                type_name: method.output_type().to_owned(),
                streaming: streaming(method.server_streaming()),
            },
            options: self.options(method.options.as_ref().map(|o| &o.uninterpreted_option), view),
        }
    }

    fn options(&self, uninterpreted: Option<&Vec<UninterpretedOption>>, view: View<'_>) -> Vec<OptionDecl> {
        match view {
            Some(view) => options::interpreted(view),
            None => uninterpreted.into_iter().flatten().map(options::uninterpreted).collect(),
        }
    }
}

impl<'d> Scope<'d> {
    fn new(full_name: String, nested: &'d [DescriptorProto], views: &'d [Dynamic]) -> Scope<'d> {
        let by_name = nested.iter().enumerate().map(|(i, message)| (message.name(), i)).collect();
        Scope { full_name, nested, views, by_name, used: HashSet::new() }
    }

    /// Claims the nested message of this name if it fits and nobody has.
    fn take(
        &mut self,
        name: &str,
        fits: impl Fn(&DescriptorProto) -> bool,
    ) -> Option<(&'d DescriptorProto, View<'d>)> {
        let index = *self.by_name.get(name)?;
        if !fits(&self.nested[index]) || !self.used.insert(index) {
            return None;
        }
        Some((&self.nested[index], self.views.get(index).and_then(Dynamic::as_message)))
    }
}

fn with_views<'i, T>(items: &'i [T], views: &'i [Dynamic]) -> impl Iterator<Item = (&'i T, View<'i>)> {
    items.iter().enumerate().map(|(i, item)| (item, views.get(i).and_then(Dynamic::as_message)))
}

fn imports(file: &FileDescriptorProto) -> Vec<Import> {
    let listed = |list: &[i32], index: usize| list.iter().any(|i| usize::try_from(*i) == Ok(index));
    let kind = |index| match () {
        () if listed(&file.public_dependency, index) => ImportKind::Public,
        () if listed(&file.weak_dependency, index) => ImportKind::Weak,
        () => ImportKind::Plain,
    };
    let imports = file.dependency.iter().enumerate();
    imports.map(|(index, path)| Import { kind: kind(index), path: path.clone() }).collect()
}

fn half_open(start: i32, end: i32) -> NumberRange {
    NumberRange { start, end: end.saturating_sub(1) }
}

/// The one form of a number that compilers spell differently; infinities and NaN stay words.
fn shortest<F: std::fmt::Debug>(text: &str, number: Option<F>) -> String {
    let printed = number.map(|number| format!("{number:?}")).unwrap_or_default();
    match printed.strip_suffix(".0").unwrap_or(&printed) {
        "" | "inf" | "-inf" | "NaN" => text.to_owned(),
        shortest => shortest.to_owned(),
    }
}

/// A default such as `1e300`, which the parser spells out in 301 digits no integer literal may have.
fn float_text(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && text.len() > 17 => format!("{number:?}"),
        _ => text.to_owned(),
    }
}

/// The JSON name `protoc` derives: underscores vanish, the letter after one is capitalised.
fn json_name(name: &str) -> String {
    let mut upper = false;
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                out.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

fn scalar(ty: Type) -> &'static str {
    match ty {
        Type::Double => "double",
        Type::Float => "float",
        Type::Int64 => "int64",
        Type::Uint64 => "uint64",
        Type::Int32 => "int32",
        Type::Fixed64 => "fixed64",
        Type::Fixed32 => "fixed32",
        Type::Bool => "bool",
        Type::String => "string",
        Type::Bytes => "bytes",
        Type::Uint32 => "uint32",
        Type::Sfixed32 => "sfixed32",
        Type::Sfixed64 => "sfixed64",
        Type::Sint32 => "sint32",
        Type::Sint64 => "sint64",
        Type::Group => "group",
        Type::Message => "message",
        Type::Enum => "enum",
    }
}
