//! JSON schemas through the crate's front door.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use assay_schema::json_schema::{Draft, JsonSchema};
use assay_schema::{
    Context, Limits, Reference, ResolvedReference, SchemaError, SchemaType, Strictness, Subject, Version,
};
use serde_json::{Value, json};

fn reference(name: &str, text: &str) -> ResolvedReference {
    ResolvedReference {
        name: name.to_owned(),
        subject: Subject::new(Context::default(), name),
        version: Version::try_from(1).unwrap(),
        schema_type: SchemaType::Json,
        text: text.into(),
        references: Vec::<Reference>::new(),
    }
}

fn parse_with(text: &str, references: &[ResolvedReference]) -> Result<JsonSchema, SchemaError> {
    JsonSchema::parse(text, references, Strictness::New, &Limits::default())
}

fn parse(text: &str) -> JsonSchema {
    parse_with(text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn valid(schema: &JsonSchema, instance: &Value) -> bool {
    schema.validator().unwrap().is_valid(instance)
}

#[test]
fn canonical_keeps_order_and_digits_and_normal_sorts() {
    let schema = parse("{ \"type\" : \"number\",\n \"maximum\": 1.00, \"a\": {\"z\":[{\"y\":1,\"x\":2}]} }");
    assert_eq!(schema.canonical(), r#"{"type":"number","maximum":1.00,"a":{"z":[{"y":1,"x":2}]}}"#);
    assert_eq!(schema.normalized(), r#"{"a":{"z":[{"x":2,"y":1}]},"maximum":1.00,"type":"number"}"#);
    assert_eq!(parse("true").canonical(), "true");
    assert_eq!(parse(schema.canonical()).canonical(), schema.canonical());
}

#[test]
fn drafts() {
    for (uri, draft) in [
        ("http://json-schema.org/draft-04/schema#", Draft::Draft4),
        ("http://json-schema.org/draft-06/schema#", Draft::Draft6),
        ("https://json-schema.org/draft-07/schema", Draft::Draft7),
        ("https://json-schema.org/draft/2019-09/schema", Draft::Draft201909),
        ("https://json-schema.org/draft/2020-12/schema", Draft::Draft202012),
    ] {
        let schema = parse(&json!({"$schema": uri, "type": "string"}).to_string());
        assert_eq!(schema.draft(), draft);
        assert!(valid(&schema, &json!("x")) && !valid(&schema, &json!(1)));
    }
    assert_eq!(parse("{}").draft(), Draft::Draft7);
    let error = parse_with(r#"{"$schema":"http://example.com/mine"}"#, &[]).unwrap_err();
    assert!(matches!(error, SchemaError::Unsupported { .. }), "{error}");
}

#[test]
fn refused() {
    for (text, wanted) in [
        ("[]", "an object or a boolean"),
        ("1", "an object or a boolean"),
        ("{", "line 1"),
        (r#"{"type":"strin"}"#, "/type"),
        (r#"{"properties":{"a":{"minLength":-1}}}"#, "/properties/a/minLength"),
        (r#"{"pattern":"("}"#, "/pattern"),
        (r##"{"$ref":"#/definitions/none"}"##, "#/definitions/none"),
        (r#"{"$ref":"http://example.com/x.json"}"#, "http://example.com/x.json"),
        (r#"{"properties":{"a":{"$ref":"other.json"}}}"#, "/properties/a/$ref"),
        (r##"{"items":{"$ref":"#nowhere"}}"##, "#nowhere"),
    ] {
        let error = parse_with(text, &[]).unwrap_err().to_string();
        assert!(error.contains(wanted), "{text}: {error}");
    }
}

#[test]
fn references_by_name() {
    let product = reference(
        "product.json",
        r#"{"type":"object","properties":{"id":{"$ref":"id.json"}},"required":["id"],"definitions":{"n":{"type":"number"}}}"#,
    );
    let id = reference("id.json", r#"{"type":"integer"}"#);
    let list = [id, product];
    for root in [
        json!({"properties": {"p": {"$ref": "product.json"}, "n": {"$ref": "product.json#/definitions/n"}}}),
        json!({"$id": "http://example.com/a/root.json",
               "properties": {"p": {"$ref": "product.json"}, "n": {"$ref": "product.json#/definitions/n"}}}),
        json!({"$id": "http://example.com/a/root.json",
               "properties": {"p": {"$ref": "http://example.com/a/product.json"}, "n": {"$ref": "product.json#/definitions/n"}}}),
    ] {
        let schema = parse_with(&root.to_string(), &list).unwrap_or_else(|e| panic!("{e}\n{root}"));
        assert!(valid(&schema, &json!({"p": {"id": 1}, "n": 2.5})), "{root}");
        assert!(!valid(&schema, &json!({"p": {"id": "x"}})), "{root}");
        assert!(!valid(&schema, &json!({"p": {}})), "{root}");
        assert!(!valid(&schema, &json!({"n": "x"})), "{root}");
        assert_eq!(schema.resolution().references.len(), 3);
    }
}

#[test]
fn references_by_absolute_name_and_by_identifier() {
    let by_name = reference("http://example.com/p.json", r#"{"type":"integer"}"#);
    let by_id = reference("something", r#"{"$id":"http://example.com/q.json","type":"string"}"#);
    let root = json!({"properties": {
        "p": {"$ref": "http://example.com/p.json"}, "q": {"$ref": "http://example.com/q.json#"}}});
    let schema = parse_with(&root.to_string(), &[by_name, by_id]).unwrap();
    assert!(valid(&schema, &json!({"p": 1, "q": "x"})));
    assert!(!valid(&schema, &json!({"p": "x"})));
    assert!(!valid(&schema, &json!({"q": 1})));
}

#[test]
fn a_broken_reference_is_named() {
    let bad = reference("bad.json", "{");
    let error = parse_with(r#"{"$ref":"bad.json"}"#, &[bad]).unwrap_err();
    assert!(matches!(&error, SchemaError::Reference { name, .. } if name == "bad.json"), "{error}");
    let dangling = reference("d.json", r#"{"$ref":"gone.json"}"#);
    let error = parse_with(r#"{"$ref":"d.json"}"#, &[dangling]).unwrap_err().to_string();
    assert!(error.contains("d.json") && error.contains("gone.json"), "{error}");
}

#[test]
fn local_references_of_every_kind() {
    for (root, good, bad) in [
        (
            json!({"definitions": {"a/b~c d": {"type": "string"}}, "$ref": "#/definitions/a~1b~0c%20d"}),
            json!("x"),
            json!(1),
        ),
        (
            json!({"definitions": {"a": {"$id": "#anchor", "type": "string"}}, "allOf": [{"$ref": "#anchor"}]}),
            json!("x"),
            json!(1),
        ),
        (
            json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"a": {"$anchor": "here", "type": "string"}}, "$ref": "#here"}),
            json!("x"),
            json!(1),
        ),
        (
            json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "definitions": {"a": {"type": "string"}}, "$ref": "#/definitions/a"}),
            json!("x"),
            json!(1),
        ),
        (
            json!({"$id": "http://x.y/root", "definitions": {"a": {"$id": "inner/a", "type": "string"}}, "allOf": [{"$ref": "http://x.y/inner/a"}]}),
            json!("x"),
            json!(1),
        ),
        (
            json!({"properties": {"next": {"$ref": "#"}, "v": {"type": "integer"}}}),
            json!({"next": {"v": 1}}),
            json!({"next": {"next": {"v": "x"}}}),
        ),
        (
            json!({"components": {"schemas": {"S": {"type": "string"}}}, "allOf": [{"$ref": "#/components/schemas/S"}]}),
            json!("x"),
            json!(1),
        ),
        (json!({"properties": {"$ref": {"type": "string"}}}), json!({"$ref": "x"}), json!({"$ref": 1})),
        (json!({"enum": [{"$ref": "nowhere"}]}), json!({"$ref": "nowhere"}), json!(1)),
        (
            json!({"$ref": "http://json-schema.org/draft-07/schema#"}),
            json!({"type": "string"}),
            json!({"type": "strin"}),
        ),
    ] {
        let schema = parse(&root.to_string());
        assert!(valid(&schema, &good), "{root}");
        assert!(!valid(&schema, &bad), "{root}");
    }
}

#[test]
fn hostile() {
    let deep = format!("{}true{}", "{\"not\":".repeat(10_000), "}".repeat(10_000));
    assert!(matches!(parse_with(&deep, &[]), Err(SchemaError::TooDeep { .. })));
    let close = format!("{}true{}", "{\"not\":".repeat(90), "}".repeat(90));
    assert!(parse(&close).validator().unwrap().is_valid(&json!(1)));
    // Endless references.
    assert!(valid(&parse(r##"{"$ref":"#"}"##), &json!(1)));
    assert!(valid(&parse(r##"{"allOf":[{"$ref":"#"}]}"##), &json!(1)));
    let circle = r##"{"definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}"##;
    assert!(valid(&parse(circle), &json!(1)));
    // Patterns that would run for ever.
    let schema = parse(r#"{"pattern":"^(a+)+$"}"#);
    assert!(!valid(&schema, &json!("a".repeat(50_000) + "!")));
    let schema = parse(r#"{"pattern":"^(?=a)(a|a)*\\1?$"}"#);
    let _ = valid(&schema, &json!("a".repeat(5_000) + "!"));
    // Patterns that would not fit in memory.
    assert!(parse_with(r#"{"pattern":"((a{1000}){1000}){1000}"}"#, &[]).is_err());
    // Numbers beyond any type.
    let schema = parse(r#"{"maximum":1e400,"minimum":-123456789012345678901234567890}"#);
    assert!(valid(&schema, &json!(1e300)) && valid(&schema, &json!(-5)));
    let _ = parse_with(r#"{"multipleOf":1e-400}"#, &[]);
    let _ = parse_with(r#"{"maxLength":99999999999999999999999}"#, &[]);
}

#[test]
fn doubling_references_are_refused_before_they_run() {
    let chain = |levels: usize, step: &dyn Fn(Value) -> Value| {
        let mut definitions = serde_json::Map::new();
        for i in 0..levels {
            definitions.insert(format!("d{i}"), step(json!({"$ref": format!("#/definitions/d{}", i + 1)})));
        }
        definitions.insert(format!("d{levels}"), json!({"type": "integer"}));
        json!({"definitions": definitions, "$ref": "#/definitions/d0"}).to_string()
    };
    let doubling = |next: Value| json!({"allOf": [next.clone(), next]});
    let error = parse_with(&chain(40, &doubling), &[]).unwrap_err().to_string();
    assert!(error.contains("schemas applied to one place"), "{error}");
    let schema = parse(&chain(8, &doubling));
    assert!(valid(&schema, &json!(1)) && !valid(&schema, &json!("x")));
    // The same over properties asks for no more work than the payload has places.
    let schema = parse(&chain(60, &|next| json!({"properties": {"a": next, "b": next}})));
    assert!(valid(&schema, &json!({"a": {"b": {}}})));
}

#[test]
fn recursion_with_two_ways_down_is_not_exponential() {
    let schema = parse(
        r##"{"type":"object","allOf":[{"properties":{"a":{"$ref":"#"}}},{"properties":{"a":{"$ref":"#"}}}]}"##,
    );
    let nested = |leaf: Value| (0..60).fold(leaf, |inner, _| json!({"a": inner}));
    assert!(valid(&schema, &nested(json!({}))));
    assert!(!valid(&schema, &nested(json!(1))));
}

#[test]
fn long_chains_of_references() {
    let chain = |length: usize, step: &dyn Fn(Value) -> Value| {
        let mut definitions = serde_json::Map::new();
        for i in 0..length {
            definitions.insert(format!("d{i}"), step(json!({"$ref": format!("#/definitions/d{}", i + 1)})));
        }
        definitions.insert(format!("d{length}"), json!({"type": "integer"}));
        json!({"definitions": definitions, "$ref": "#/definitions/d0"}).to_string()
    };
    let direct = |next: Value| next;
    let inside = |next: Value| json!({"properties": {"a": next}});
    for (length, step) in [(15_000, &direct as &dyn Fn(Value) -> Value), (10_000, &inside)] {
        let error = parse_with(&chain(length, step), &[]).unwrap_err();
        assert!(matches!(error, SchemaError::TooMany { .. }), "{error}");
    }
    assert!(parse_with(&chain(200, &direct), &[]).is_err());
    assert!(valid(&parse(&chain(50, &direct)), &json!(1)));
    assert!(valid(&parse(&chain(300, &inside)), &json!({"a": {"a": {}}})));
    // Many schemas are fine; so are circles.
    let mut wide = serde_json::Map::new();
    for i in 0..3_000 {
        wide.insert(format!("p{i}"), json!({"properties": {"up": {"$ref": "#/definitions/leaf"}}}));
    }
    let wide = json!({"definitions": {"leaf": {"type": "string"}, "self": {"items": {"$ref": "#"}}}, "properties": wide});
    assert!(valid(&parse(&wide.to_string()), &json!({"p7": {"up": "x"}})));
}

#[test]
fn validate_fields_and_titles() {
    assert!(parse(r#"{"properties":{"$a":{}}}"#).validate_fields().is_ok());
    assert!(parse(r#"{"properties":{"$$a":{}}}"#).validate_fields().is_err());
    assert_eq!(parse(r#"{"title":"T"}"#).record_name().as_deref(), Some("T"));
}
