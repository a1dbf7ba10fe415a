//! The text without what needs extensions to be understood (`format=ignore_extensions`, contract 2.13): custom options,
//! but those of `confluent.*`, `extend` blocks and extension ranges are left out. Recursion follows the messages, whose
//! depth the parser has bounded.

use super::model::{Enum, Field, FieldType, File, Message, OptionDecl};
use super::{ProtoSchema, print};

impl ProtoSchema {
    /// The canonical text without custom options (`confluent.*` excepted) and extensions.
    pub fn without_extensions(&self) -> String {
        let mut file = File::clone(&self.file);
        options(&mut file.options);
        file.extends.clear();
        file.messages.iter_mut().for_each(message);
        file.enums.iter_mut().for_each(enumeration);
        for service in &mut file.services {
            options(&mut service.options);
            service.methods.iter_mut().for_each(|method| options(&mut method.options));
        }
        print::print(&file)
    }
}

fn options(options: &mut Vec<OptionDecl>) {
    options.retain(|option| match option.name.strip_prefix('(') {
        None => true,
        Some(name) => name.strip_prefix('.').unwrap_or(name).starts_with("confluent."),
    });
}

fn message(message: &mut Message) {
    options(&mut message.options);
    message.extends.clear();
    message.extensions.clear();
    message.fields.iter_mut().for_each(field);
    for oneof in &mut message.oneofs {
        options(&mut oneof.options);
        oneof.fields.iter_mut().for_each(field);
    }
    message.messages.iter_mut().for_each(self::message);
    message.enums.iter_mut().for_each(enumeration);
}

fn field(field: &mut Field) {
    options(&mut field.options);
    if let FieldType::Group(body) = &mut field.ty {
        message(body);
    }
}

fn enumeration(enumeration: &mut Enum) {
    options(&mut enumeration.options);
    enumeration.values.iter_mut().for_each(|value| options(&mut value.options));
}
