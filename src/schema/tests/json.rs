//! The JSON reader and printer: what is accepted, how it is printed, where errors are, and the bounds.

use assay_schema::json::{
    Comments, JsonError, Node, Numbers, parse_json, parse_json_with, repeated_keys, write_compact,
};
use assay_schema::{Limits, Position};

fn printed(text: &str, numbers: Numbers) -> Result<String, String> {
    let tree = parse_json(text, &Limits::default()).map_err(|error| error.to_string())?;
    let mut out = String::new();
    write_compact(&tree, numbers, &mut out);
    Ok(out)
}

/// Right-hand sides are what Jackson prints, by way of tests/judges/avro.
#[test]
fn texts_print_as_jackson_prints_them() {
    let rows = [
        (r#" { "b" : 1 , "a" : [ ] , "c" : { } } "#, r#"{"b":1,"a":[],"c":{}}"#),
        (r#"{"a":1,"b":2,"a":{"z":0}}"#, r#"{"a":{"z":0},"b":2}"#),
        (
            "\"\\u0000\\u001f\\u007f\\u00e9\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
            "\"\\u0000\\u001F\u{7f}é/\\b\\f\\n\\r\\t\\\\\\\"\"",
        ),
        (r#""\ud83d\ude00""#, "\"😀\""),
        (
            "[-0,0,-0.0,1e3,1.50,1E400,12345678901234567890]",
            r#"[0,0,-0.0,1000.0,1.5,"Infinity",12345678901234567890]"#,
        ),
        ("\t\r\n null", "null"),
    ];
    for (text, want) in rows {
        assert_eq!(printed(text, Numbers::Double), Ok(want.to_owned()), "{text}");
    }
    assert_eq!(printed("[1e3,1.50,-0,1E400]", Numbers::Decimal), Ok("[1E+3,1.50,0,1E+400]".to_owned()));
    assert_eq!(printed("[1e3,1.50,-0]", Numbers::AsWritten), Ok("[1e3,1.50,-0]".to_owned()));
}

#[test]
fn errors_say_what_and_where() {
    let rows = [
        // text, line, column, part of the reason
        ("", 1, 1, "the text is empty"),
        (" \n ", 2, 2, "the text is empty"),
        ("{", 1, 2, "expected a key in double quotes"),
        ("[1,]", 1, 4, "found ']' instead of a JSON value"),
        ("{\"a\":1,}", 1, 8, "expected a key in double quotes"),
        ("{\"a\" 1}", 1, 6, "expected ':' after a key"),
        ("[1 2]", 1, 4, "expected ',' or ']'"),
        ("{\"a\":1\n \"b\":2}", 2, 2, "expected ',' or '}'"),
        ("[\"é\" x]", 1, 6, "expected ',' or ']'"),
        ("string", 1, 1, "instead of a JSON value"),
        ("nul", 1, 1, "must be in double quotes"),
        ("truex", 1, 1, "must be in double quotes"),
        ("01", 1, 2, "the end of a number"),
        ("1.", 1, 3, "expected a digit"),
        ("-", 1, 2, "expected a digit"),
        ("1e", 1, 3, "expected a digit"),
        ("+1", 1, 1, "instead of a JSON value"),
        ("\"a", 1, 3, "the text ends inside a string"),
        ("\"a\nb\"", 1, 3, "control character"),
        ("\"\\x\"", 1, 3, "unknown escape"),
        ("\"\\u12g4\"", 1, 3, "four hexadecimal digits"),
        ("\"\\ud800\"", 1, 2, "unpaired surrogate"),
        ("\"\\udc00\\ud800\"", 1, 2, "unpaired surrogate"),
        ("\"\\ud800\\u0041\"", 1, 2, "unpaired surrogate"),
        ("1 2", 1, 3, "after the end"),
        ("{} // c", 1, 4, "after the end"),
        ("/* c */ 1", 1, 1, "instead of a JSON value"),
        ("\u{feff}1", 1, 1, "instead of a JSON value"),
    ];
    for (text, line, column, reason) in rows {
        match parse_json(text, &Limits::default()) {
            Err(JsonError::Syntax { position, reason: got }) => {
                assert_eq!(position, Position { line, column }, "{text:?}: {got}");
                assert!(got.contains(reason), "{text:?}: {got}");
            }
            other => assert_eq!(format!("{other:?}"), "a syntax error", "{text:?}"),
        }
    }
}

#[test]
fn comments_are_white_space_where_allowed() {
    let read = |text| parse_json_with(text, &Limits::default(), Comments::Allow);
    for text in ["/* a */ [1, // b\n 2 /**/] ", "//x\r[1,2]", "[1,2/* é */]"] {
        assert_eq!(read(text).as_ref().ok().and_then(|t| t.as_array()).map(<[_]>::len), Some(2), "{text}");
    }
    for text in ["/* a", "/ 1", "1 // after the root, as the reference has it", "/*/ 1"] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn repeated_keys_are_known_and_the_last_value_counts() {
    let text = r#"{"a":1, "b":{"a":2,"a" :3}, "\u0061":[{"c":0,"c":0}], /* x */ "a":4}"#;
    let repeated = repeated_keys(text, &Limits::default(), Comments::Allow).unwrap();
    let at = |(key, offset): &(Box<str>, usize)| format!("{key} {}", &text[*offset..*offset + 4]);
    assert_eq!(repeated.iter().map(at).collect::<Vec<_>>(), ["a \"a\" ", "c \"c\":", "a \"\\u0", "a \"a\":"]);
    let tree = parse_json_with(text, &Limits::default(), Comments::Allow).unwrap();
    assert_eq!(tree.get("a").and_then(Node::as_i64), Some(4));
    assert!(repeated_keys("{\"a\":{\"a\":1}}", &Limits::default(), Comments::Refuse).unwrap().is_empty());
}

#[test]
fn depth_and_size_are_bounded() {
    let limits = Limits::default();
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    assert!(parse_json(&nested(limits.depth), &limits).is_ok());
    let over = parse_json(&nested(limits.depth + 1), &limits);
    assert!(matches!(over, Err(JsonError::TooDeep { limit: 200, .. })), "{over:?}");
    for text in [nested(10_000), "{\"a\":".repeat(10_000), "[".repeat(1_000_000)] {
        assert!(matches!(parse_json(&text, &limits), Err(JsonError::TooDeep { .. })));
    }
    let big = " ".repeat(limits.schema_bytes + 1);
    assert!(matches!(parse_json(&big, &limits), Err(JsonError::TooLarge { .. })));
}

/// Many keys, and the same key many times, are read in linear time: each of these would take minutes otherwise.
#[test]
fn big_objects_are_read_in_linear_time() {
    let members: Vec<String> = (0..60_000).map(|i| format!("\"key{i}\":{i}")).collect();
    let tree = parse_json(&format!("{{{}}}", members.join(",")), &Limits::default());
    let object = tree.as_ref().ok().and_then(|t| t.as_object()).map(|o| (o.len(), o.keys().next_back()));
    assert_eq!(object, Some((60_000, Some("key59999"))));
    let same = format!("{{{}\"a\":0}}", "\"a\":1,".repeat(100_000));
    assert_eq!(printed(&same, Numbers::AsWritten), Ok("{\"a\":0}".to_owned()));
}
