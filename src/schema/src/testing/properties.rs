//! What holds for any text. The fuzz targets and the property tests call these.

use crate::json::{Comments, Numbers, parse_json_with, write_compact};
use crate::limits::Limits;
use crate::parsed::Strictness;

/// Any text: reading never panics; what is read prints to a text that reads to an equal tree and prints the same
/// again, in all three number styles.
pub fn json_properties(text: &str) {
    let limits = Limits::default();
    let Ok(tree) = parse_json_with(text, &limits, Comments::Allow) else { return };
    for numbers in [Numbers::AsWritten, Numbers::Double, Numbers::Decimal] {
        let mut once = String::new();
        write_compact(&tree, numbers, &mut once);
        let roomy = Limits { schema_bytes: once.len(), ..limits.clone() };
        match parse_json_with(&once, &roomy, Comments::Refuse) {
            Err(error) => assert_eq!(once, error.to_string(), "our own text must be readable"),
            Ok(again) => {
                let mut twice = String::new();
                write_compact(&again, numbers, &mut twice);
                assert_eq!(once, twice, "printing must be stable");
                assert!(
                    numbers != Numbers::AsWritten || again == tree,
                    "reading back must give the same tree"
                );
            }
        }
    }
}

/// Any text: parsing never panics; what is accepted as new is accepted as stored with the same canonical text; the
/// canonical text is its own canonical text; and so is the normal form its own normal form.
pub fn avro_properties(text: &str) {
    let limits = Limits::default();
    let parse = |text: &str, strictness| crate::avro::AvroSchema::parse(text, &[], strictness, &limits);
    if let Ok(new) = parse(text, Strictness::New) {
        let stored = parse(text, Strictness::Stored).map(|s| s.canonical().to_owned());
        assert_eq!(stored.as_deref(), Ok(new.canonical()), "stored must accept what new accepts");
    }
    let Ok(schema) = parse(text, Strictness::Stored) else { return };
    let again = parse(schema.canonical(), Strictness::Stored).map(|s| s.canonical().to_owned());
    assert_eq!(again.as_deref(), Ok(schema.canonical()), "canonical text must be stable");
    let normal = schema.normalized();
    if let Ok(again) = parse(&normal, Strictness::Stored) {
        assert_eq!(again.normalized(), normal, "the normal form must be stable");
    }
}
