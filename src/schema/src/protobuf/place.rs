//! Where things are in a file descriptor: element names for paths, positions of paths, and a walk over all options.

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, UninterpretedOption,
};

use crate::error::Position;

/// A 0-based line and column as a position.
pub(super) fn from_zero(line: usize, column: usize) -> Position {
    let one_based = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
    Position { line: one_based(line), column: one_based(column) }
}

/// The position the parser recorded for a path.
pub(super) fn position(file: &FileDescriptorProto, path: &[i32]) -> Option<Position> {
    let locations = &file.source_code_info.as_ref()?.location;
    let location = locations.iter().find(|l| l.path == path)?;
    let [line, column, ..] = location.span[..] else { return None };
    Some(from_zero(usize::try_from(line).ok()?, usize::try_from(column).ok()?))
}

/// The dotted name of what a descriptor path leads to, such as `shop.Order.items`; `/` for the file itself.
pub(super) fn element(file: &FileDescriptorProto, path: &[i32]) -> String {
    let mut names: Vec<&str> = file.package.as_deref().filter(|p| !p.is_empty()).into_iter().collect();
    let at = |i: i32| usize::try_from(i).ok();
    match path {
        [4, i, rest @ ..] => message(at(*i).and_then(|i| file.message_type.get(i)), rest, &mut names),
        [5, i, rest @ ..] => enumeration(at(*i).and_then(|i| file.enum_type.get(i)), rest, &mut names),
        [6, i, rest @ ..] => {
            if let Some(service) = at(*i).and_then(|i| file.service.get(i)) {
                names.push(service.name());
                if let [2, i, ..] = rest {
                    names.extend(at(*i).and_then(|i| service.method.get(i)).map(|m| m.name()));
                }
            }
        }
        [7, i, ..] => {
            names.extend(at(*i).and_then(|i| file.extension.get(i)).map(FieldDescriptorProto::name))
        }
        _ => return "/".to_owned(),
    }
    names.join(".")
}

fn message<'f>(message: Option<&'f DescriptorProto>, path: &[i32], names: &mut Vec<&'f str>) {
    let (mut message, mut path) = (message, path);
    while let Some(m) = message {
        names.push(m.name());
        let (kind, index, rest) = match path {
            [kind, index, rest @ ..] => (*kind, usize::try_from(*index).ok(), rest),
            _ => return,
        };
        let Some(index) = index else { return };
        message = None;
        path = rest;
        match kind {
            2 => names.extend(m.field.get(index).map(FieldDescriptorProto::name)),
            3 => message = m.nested_type.get(index),
            4 => enumeration(m.enum_type.get(index), rest, names),
            6 => names.extend(m.extension.get(index).map(FieldDescriptorProto::name)),
            8 => names.extend(m.oneof_decl.get(index).map(|o| o.name())),
            _ => {}
        }
    }
}

fn enumeration<'f>(e: Option<&'f EnumDescriptorProto>, path: &[i32], names: &mut Vec<&'f str>) {
    let Some(e) = e else { return };
    names.push(e.name());
    if let [2, index, ..] = path {
        names.extend(usize::try_from(*index).ok().and_then(|i| e.value.get(i)).map(|v| v.name()));
    }
}

/// Calls `each` for the options of every element of the file.
pub(super) fn each_options(
    file: &mut FileDescriptorProto,
    each: &mut dyn FnMut(&mut Vec<UninterpretedOption>),
) {
    if let Some(options) = &mut file.options {
        each(&mut options.uninterpreted_option);
    }
    file.message_type.iter_mut().for_each(|m| message_options(m, each));
    file.enum_type.iter_mut().for_each(|e| enum_options(e, each));
    field_options(&mut file.extension, each);
    for service in &mut file.service {
        if let Some(options) = &mut service.options {
            each(&mut options.uninterpreted_option);
        }
        for options in service.method.iter_mut().filter_map(|m| m.options.as_mut()) {
            each(&mut options.uninterpreted_option);
        }
    }
}

fn message_options(m: &mut DescriptorProto, each: &mut dyn FnMut(&mut Vec<UninterpretedOption>)) {
    if let Some(options) = &mut m.options {
        each(&mut options.uninterpreted_option);
    }
    field_options(&mut m.field, each);
    field_options(&mut m.extension, each);
    for options in m.oneof_decl.iter_mut().filter_map(|o| o.options.as_mut()) {
        each(&mut options.uninterpreted_option);
    }
    for options in m.extension_range.iter_mut().filter_map(|r| r.options.as_mut()) {
        each(&mut options.uninterpreted_option);
    }
    m.nested_type.iter_mut().for_each(|nested| message_options(nested, each));
    m.enum_type.iter_mut().for_each(|e| enum_options(e, each));
}

fn field_options(fields: &mut [FieldDescriptorProto], each: &mut dyn FnMut(&mut Vec<UninterpretedOption>)) {
    for options in fields.iter_mut().filter_map(|f| f.options.as_mut()) {
        each(&mut options.uninterpreted_option);
    }
}

fn enum_options(e: &mut EnumDescriptorProto, each: &mut dyn FnMut(&mut Vec<UninterpretedOption>)) {
    if let Some(options) = &mut e.options {
        each(&mut options.uninterpreted_option);
    }
    for options in e.value.iter_mut().filter_map(|v| v.options.as_mut()) {
        each(&mut options.uninterpreted_option);
    }
}
