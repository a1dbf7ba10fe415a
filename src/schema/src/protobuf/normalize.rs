//! The order `normalize=true` asks for (contract 2.12). Names, options and literals already have their one form,
//! because the model handed in was lowered from the resolved descriptor; the order of messages stays.

use super::model::{Enum, EnumValue, Extend, Field, FieldType, File, Message, Oneof, OptionDecl, Syntax};

/// Sorts what has no meaning in its order.
pub(super) fn normalize(file: &mut File) {
    file.syntax = file.syntax.filter(|s| *s != Syntax::Proto2);
    file.imports.sort();
    file.imports.dedup();
    options(&mut file.options);
    file.messages.iter_mut().for_each(message);
    file.enums.iter_mut().for_each(enumeration);
    file.extends.iter_mut().for_each(extend);
    for service in &mut file.services {
        options(&mut service.options);
        service.methods.iter_mut().for_each(|m| options(&mut m.options));
    }
}

fn message(m: &mut Message) {
    m.reserved.sort();
    m.reserved.dedup();
    m.reserved_names.sort();
    m.reserved_names.dedup();
    options(&mut m.options);
    fields(&mut m.fields);
    m.oneofs.iter_mut().for_each(oneof);
    m.oneofs.sort_by_key(|o| o.fields.iter().map(|f| f.number).min());
    for statement in &mut m.extensions {
        statement.ranges.sort();
        options(&mut statement.options);
    }
    m.extensions.sort_by_key(|s| s.ranges.first().copied());
    m.extends.iter_mut().for_each(extend);
    m.messages.iter_mut().for_each(message);
    m.enums.iter_mut().for_each(enumeration);
}

fn oneof(o: &mut Oneof) {
    options(&mut o.options);
    fields(&mut o.fields);
}

fn extend(e: &mut Extend) {
    fields(&mut e.fields);
}

fn fields(fields: &mut [Field]) {
    for field in fields.iter_mut() {
        options(&mut field.options);
        if let FieldType::Group(body) = &mut field.ty {
            message(body);
        }
    }
    fields.sort_by_key(|f| f.number);
}

fn enumeration(e: &mut Enum) {
    e.reserved.sort();
    e.reserved.dedup();
    e.reserved_names.sort();
    e.reserved_names.dedup();
    options(&mut e.options);
    e.values.iter_mut().for_each(|v| options(&mut v.options));
    // Zero stays first where it is: proto3 demands it, and a negative number may not go before.
    let zero_first = e.values.first().is_some_and(|v| v.number == 0);
    let rank = |v: &EnumValue| (!(zero_first && v.number == 0), v.number);
    e.values.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)));
}

/// By name; values of one repeated option keep their order.
fn options(options: &mut [OptionDecl]) {
    options.sort_by(|a, b| a.name.cmp(&b.name));
}
