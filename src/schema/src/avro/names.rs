//! The two name rules of contract 2.9.

use crate::parsed::Strictness;

/// Checks a simple name: of a type, a field, or an enum symbol.
///
/// New schemas follow the Avro specification: `[A-Za-z_][A-Za-z0-9_]*`. Stored ones may use any letter or digit of
/// Unicode, as the reference allows.
pub(super) fn check_simple(name: &str, strictness: Strictness) -> Result<(), &'static str> {
    let mut chars = name.chars();
    let Some(first) = chars.next() else {
        return Err("a name must not be empty");
    };
    let letter = |c: char| match strictness {
        Strictness::New => c.is_ascii_alphabetic() || c == '_',
        Strictness::Stored => c.is_alphabetic() || c == '_',
    };
    let digit = |c: char| match strictness {
        Strictness::New => c.is_ascii_digit(),
        Strictness::Stored => c.is_numeric(),
    };
    if !letter(first) {
        return Err("a name must start with a letter or '_'");
    }
    if !chars.all(|c| letter(c) || digit(c)) {
        return Err("a name may hold only letters, digits and '_'");
    }
    Ok(())
}

/// Checks a namespace: dot-separated simple names in new schemas, anything in stored ones.
pub(super) fn check_namespace(namespace: &str, strictness: Strictness) -> Result<(), &'static str> {
    match strictness {
        Strictness::Stored => Ok(()),
        Strictness::New => namespace.split('.').try_for_each(|part| check_simple(part, strictness)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_rules() {
        let rows = [
            // name, new, stored
            ("a", true, true),
            ("_A9", true, true),
            ("é", false, true),
            ("注文", false, true),
            ("a٣", false, true),
            ("9a", false, false),
            ("a-b", false, false),
            ("a b", false, false),
            ("a$", false, false),
            ("", false, false),
        ];
        for (name, new, stored) in rows {
            assert_eq!(check_simple(name, Strictness::New).is_ok(), new, "{name}");
            assert_eq!(check_simple(name, Strictness::Stored).is_ok(), stored, "{name}");
        }
        assert!(check_namespace("a.b.c", Strictness::New).is_ok());
        assert!(check_namespace("a-b.c", Strictness::New).is_err());
        assert!(check_namespace("a..c", Strictness::New).is_err());
        assert!(check_namespace("a-b..c", Strictness::Stored).is_ok());
    }
}
