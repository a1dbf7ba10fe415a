//! File names for subjects: safe on any file system, told apart also where case is not, no glob characters.

use std::collections::BTreeSet;

use assay_schema::{SchemaType, Subject, Version};

/// Bytes of a name before it is cut.
const NAME_BYTES_MAX: usize = 150;
/// Names that Windows keeps for devices.
const DEVICES: &[&str] =
    &["con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3", "lpt4"];

/// Names given so far, in lower case.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// A path that was not given before.
    pub(super) fn path(&mut self, subject: &Subject, version: Option<Version>, ty: SchemaType) -> String {
        let extension = match ty {
            SchemaType::Avro => "avsc",
            SchemaType::Protobuf => "proto",
            SchemaType::Json => "json",
        };
        let dir = match subject.context().as_str().trim_start_matches('.') {
            "" if subject.context().is_default() => String::new(),
            context => format!("{}/", safe(context)),
        };
        let version = version.map(|version| format!("@{version}")).unwrap_or_default();
        let stem = format!("{dir}{}{version}", safe(subject.name()));
        let mut path = format!("{stem}.{extension}");
        let mut number = 2;
        while !self.0.insert(path.to_lowercase()) {
            path = format!("{stem}~{number}.{extension}");
            number += 1;
        }
        path
    }
}

/// Letters, digits, `-`, `_` and inner dots as they are, everything else percent-encoded.
fn safe(text: &str) -> String {
    let mut out = String::new();
    for (i, b) in text.bytes().enumerate() {
        if out.len() >= NAME_BYTES_MAX {
            out.push('~');
            break;
        }
        if b.is_ascii_alphanumeric() || b == b'-' || b == b'_' || (b == b'.' && i > 0) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    let device = out.split('.').next().unwrap_or("").to_lowercase();
    if out.is_empty() || DEVICES.contains(&device.as_str()) || out.ends_with('.') {
        format!("{out}~")
    } else {
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_subject_has_a_path_of_its_own() {
        let mut names = Names::default();
        let mut path = |subject: &str, version| {
            names.path(&Subject::parse(subject), Version::new(version), SchemaType::Avro)
        };
        assert_eq!(path("orders-value", 0), "orders-value.avsc");
        assert_eq!(path("Orders-value", 0), "Orders-value~2.avsc");
        assert_eq!(path("orders-value", 3), "orders-value@3.avsc");
        assert_eq!(path("../a/*?", 0), "%2E.%2Fa%2F%2A%3F.avsc");
        assert_eq!(path(":.shop:item", 0), "shop/item.avsc");
        assert_eq!(path("", 0), "~.avsc");
        assert_eq!(path("con.x", 0), "con.x~.avsc");
        assert_eq!(path("é", 0), "%C3%A9.avsc");
        let long = path(&"x".repeat(1000), 0);
        assert!(long.len() < 200 && long != path(&"x".repeat(1001), 0), "{long}");
    }
}
