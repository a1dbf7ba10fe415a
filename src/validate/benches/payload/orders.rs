//! The records that the bench reads, of one design in three formats: an order of about 300 bytes with a nested customer and
//! lines, the same with names that are not ASCII, and one of about 30 bytes.

use apache_avro::types::Value as Avro;
use prost_reflect::prost::Message;

/// The texts in an order.
pub(crate) struct Texts {
    name: &'static str,
    city: &'static str,
    street: &'static str,
    note: &'static str,
    lines: [&'static str; 3],
}

pub(crate) const ASCII: Texts = Texts {
    name: "Johanna Mueller-Schmidt",
    city: "Frankfurt am Main",
    street: "Grosse Bockenheimer Strasse 12",
    note: "please leave it with the neighbour on the left",
    lines: ["espresso machine", "coffee beans, dark", "descaler"],
};

pub(crate) const NON_ASCII: Texts = Texts {
    name: "Jöhanna Müller-Schmidt",
    city: "Köln am Rhein",
    street: "Große Bockenheimer Straße 12",
    note: "隣の方にお預けください。よろしくお願いします",
    lines: ["machine à café", "grains torréfiés", "détartrant"],
};

pub(crate) const AVRO_ORDER: &str = r#"{"type":"record","name":"Order","fields":[
    {"name":"id","type":"long"},
    {"name":"placed_at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"status","type":{"type":"enum","name":"Status","symbols":["NEW","PAID","SENT"]}},
    {"name":"customer","type":{"type":"record","name":"Customer","fields":[
        {"name":"id","type":"long"},{"name":"name","type":"string"},{"name":"email","type":["null","string"]},
        {"name":"city","type":"string"},{"name":"street","type":"string"},{"name":"country","type":"string"}]}},
    {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
        {"name":"sku","type":"string"},{"name":"name","type":"string"},{"name":"quantity","type":"int"},
        {"name":"price","type":"double"}]}}},
    {"name":"total","type":"double"},{"name":"currency","type":"string"},
    {"name":"note","type":["null","string"]},
    {"name":"tags","type":{"type":"map","values":"string"}},
    {"name":"gift","type":"boolean"}]}"#;

pub(crate) const AVRO_SMALL: &str = r#"{"type":"record","name":"Reading","fields":[
    {"name":"sensor","type":"string"},{"name":"at","type":"long"},{"name":"value","type":"double"},
    {"name":"count","type":"int"},{"name":"ok","type":"boolean"}]}"#;

fn fields(fields: Vec<(&str, Avro)>) -> Avro {
    Avro::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn optional(text: &str) -> Avro {
    Avro::Union(1, Box::new(text.into()))
}

pub(crate) fn avro_order(texts: &Texts) -> Avro {
    let line = |(at, name): (usize, &&str)| {
        fields(vec![
            ("sku", format!("SKU-{}", 4711 + at).into()),
            ("name", (*name).into()),
            ("quantity", Avro::Int(at as i32 + 1)),
            ("price", Avro::Double(12.99)),
        ])
    };
    let customer = vec![
        ("id", Avro::Long(90_210)),
        ("name", texts.name.into()),
        ("email", optional("j.mueller@example.com")),
        ("city", texts.city.into()),
        ("street", texts.street.into()),
        ("country", "DE".into()),
    ];
    fields(vec![
        ("id", Avro::Long(1_234_567_890)),
        ("placed_at", Avro::TimestampMillis(1_760_000_000_000)),
        ("status", Avro::Enum(1, "PAID".into())),
        ("customer", fields(customer)),
        ("lines", Avro::Array(texts.lines.iter().enumerate().map(line).collect())),
        ("total", Avro::Double(64.95)),
        ("currency", "EUR".into()),
        ("note", optional(texts.note)),
        ("tags", Avro::Map([("channel".to_owned(), "web".into())].into())),
        ("gift", Avro::Boolean(false)),
    ])
}

pub(crate) fn avro_small() -> Avro {
    fields(vec![
        ("sensor", "hall-3/7".into()),
        ("at", Avro::Long(1_760_000_000_000)),
        ("value", Avro::Double(21.5)),
        ("count", Avro::Int(300)),
        ("ok", Avro::Boolean(true)),
    ])
}

pub(crate) const PROTOBUF: &str = r#"syntax = "proto3";
message Order {
  int64 id = 1; int64 placed_at = 2; Status status = 3; Customer customer = 4; repeated Line lines = 5; double total = 6;
  string currency = 7; optional string note = 8; map<string, string> tags = 9; bool gift = 10;
}
message Reading { string sensor = 1; int64 at = 2; double value = 3; int32 count = 4; bool ok = 5; }
message Customer { int64 id = 1; string name = 2; optional string email = 3; string city = 4; string street = 5; string country = 6; }
message Line { string sku = 1; string name = 2; int32 quantity = 3; double price = 4; }
enum Status { NEW = 0; PAID = 1; SENT = 2; }"#;

/// As `prost-build` generates it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Order {
    #[prost(int64, tag = "1")]
    id: i64,
    #[prost(int64, tag = "2")]
    placed_at: i64,
    #[prost(enumeration = "Status", tag = "3")]
    status: i32,
    #[prost(message, optional, tag = "4")]
    customer: Option<Customer>,
    #[prost(message, repeated, tag = "5")]
    lines: Vec<Line>,
    #[prost(double, tag = "6")]
    total: f64,
    #[prost(string, tag = "7")]
    currency: String,
    #[prost(string, optional, tag = "8")]
    note: Option<String>,
    #[prost(map = "string, string", tag = "9")]
    tags: std::collections::HashMap<String, String>,
    #[prost(bool, tag = "10")]
    gift: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Customer {
    #[prost(int64, tag = "1")]
    id: i64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, optional, tag = "3")]
    email: Option<String>,
    #[prost(string, tag = "4")]
    city: String,
    #[prost(string, tag = "5")]
    street: String,
    #[prost(string, tag = "6")]
    country: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Line {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(int32, tag = "3")]
    quantity: i32,
    #[prost(double, tag = "4")]
    price: f64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Reading {
    #[prost(string, tag = "1")]
    sensor: String,
    #[prost(int64, tag = "2")]
    at: i64,
    #[prost(double, tag = "3")]
    value: f64,
    #[prost(int32, tag = "4")]
    count: i32,
    #[prost(bool, tag = "5")]
    ok: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Status {
    New = 0,
    Paid = 1,
    Sent = 2,
}

pub(crate) fn protobuf_order(texts: &Texts) -> Order {
    let line = |(at, name): (usize, &&str)| Line {
        sku: format!("SKU-{}", 4711 + at),
        name: (*name).to_owned(),
        quantity: at as i32 + 1,
        price: 12.99,
    };
    Order {
        id: 1_234_567_890,
        placed_at: 1_760_000_000_000,
        status: Status::Paid.into(),
        customer: Some(Customer {
            id: 90_210,
            name: texts.name.into(),
            email: Some("j.mueller@example.com".into()),
            city: texts.city.into(),
            street: texts.street.into(),
            country: "DE".into(),
        }),
        lines: texts.lines.iter().enumerate().map(line).collect(),
        total: 64.95,
        currency: "EUR".into(),
        note: Some(texts.note.into()),
        tags: [("channel".to_owned(), "web".to_owned())].into(),
        gift: true,
    }
}

pub(crate) fn protobuf_small() -> Reading {
    Reading { sensor: "hall-3/7".into(), at: 1_760_000_000_000, value: 21.5, count: 300, ok: true }
}

pub(crate) const JSON_ORDER: &str = r##"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object",
    "required":["id","placed_at","status","customer","lines","total"],"additionalProperties":false,"properties":{
      "id":{"type":"integer","minimum":1},
      "placed_at":{"type":"integer"},
      "status":{"enum":["NEW","PAID","SENT"]},
      "customer":{"type":"object","required":["id","name"],"properties":{
        "id":{"type":"integer"},"name":{"type":"string","minLength":1,"maxLength":200},"city":{"type":"string"},
        "street":{"type":"string"}}},
      "lines":{"type":"array","minItems":1,"items":{"$ref":"#/definitions/line"}},
      "total":{"type":"number","minimum":0},"currency":{"type":"string","pattern":"^[A-Z]{3}$"},
      "note":{"type":["string","null"]},"gift":{"type":"boolean"}},
    "definitions":{"line":{"type":"object","required":["sku","quantity"],"additionalProperties":false,"properties":{
      "sku":{"type":"string"},"quantity":{"type":"integer","minimum":1,"maximum":1000},"price":{"type":"number"}}}}}"##;

pub(crate) const JSON_SMALL: &str = r#"{"type":"object","required":["s","v"],"properties":{
    "s":{"type":"string"},"v":{"type":"number"},"ok":{"type":"boolean"}}}"#;

pub(crate) fn json_order(texts: &Texts) -> String {
    format!(
        r#"{{"id":1234567890,"placed_at":1760000000000,"status":"PAID","customer":{{"id":90210,"name":"{}","city":"{}"}},"lines":[{{"sku":"SKU-4711","quantity":1,"price":12.99}},{{"sku":"SKU-4712","quantity":2,"price":25.98}}],"total":64.95,"currency":"EUR","note":"{}","gift":false}}"#,
        texts.name, texts.city, texts.note
    )
}

pub(crate) const JSON_SMALL_PAYLOAD: &str = r#"{"s":"hall-3","v":21.5,"ok":true}"#;
