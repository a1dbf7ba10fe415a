//! What is produced: orders of about 300 bytes with a nested customer and lines, each a little different, in three formats; and how a
//! producer serializes them (`assay-serde`, with the registry behind it).

use assay_serde::client::Client;
use assay_serde::{AvroSchema, AvroSerializer, JsonSchema, JsonSerializer, Part};
use assay_serde::{ProtobufSchema, ProtobufSerializer, Validation};
use futures::executor::block_on;
use prost::Message;
use serde::Serialize;

const AVRO: &str = r#"{"type":"record","name":"Order","namespace":"shop","fields":[
  {"name":"id","type":"long"},{"name":"placed_at","type":"long"},{"name":"paid","type":"boolean"},
  {"name":"customer","type":{"type":"record","name":"Customer","fields":[
    {"name":"id","type":"long"},{"name":"name","type":"string"},{"name":"email","type":["null","string"]},
    {"name":"city","type":"string"},{"name":"street","type":"string"},{"name":"country","type":"string"}]}},
  {"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[
    {"name":"sku","type":"string"},{"name":"name","type":"string"},{"name":"quantity","type":"int"},{"name":"price","type":"double"}]}}},
  {"name":"total","type":"double"},{"name":"currency","type":"string"},{"name":"note","type":["null","string"]}]}"#;

const PROTOBUF: &str = r#"syntax = "proto3";
package shop;
message Order {
  int64 id = 1; int64 placed_at = 2; bool paid = 3; Customer customer = 4; repeated Line lines = 5; double total = 6;
  string currency = 7; optional string note = 8;
}
message Customer { int64 id = 1; string name = 2; optional string email = 3; string city = 4; string street = 5; string country = 6; }
message Line { string sku = 1; string name = 2; int32 quantity = 3; double price = 4; }
"#;

const JSON: &str = r##"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,
  "required":["id","placed_at","paid","customer","lines","total","currency"],"properties":{
  "id":{"type":"integer","minimum":1},"placed_at":{"type":"integer"},"paid":{"type":"boolean"},
  "customer":{"type":"object","required":["id","name"],"properties":{"id":{"type":"integer"},
    "name":{"type":"string","minLength":1,"maxLength":200},"city":{"type":"string"}}},
  "lines":{"type":"array","minItems":1,"items":{"$ref":"#/definitions/line"}},
  "total":{"type":"number","minimum":0},"currency":{"type":"string","pattern":"^[A-Z]{3}$"},"note":{"type":["string","null"]}},
  "definitions":{"line":{"type":"object","required":["sku","quantity"],"additionalProperties":false,"properties":{
    "sku":{"type":"string"},"quantity":{"type":"integer","minimum":1,"maximum":1000},"price":{"type":"number"}}}}}"##;

/// The three formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Avro,
    Protobuf,
    Json,
}

impl Format {
    pub(crate) const ALL: [Format; 3] = [Format::Avro, Format::Protobuf, Format::Json];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Avro => "avro",
            Format::Protobuf => "protobuf",
            Format::Json => "json",
        }
    }

    /// The body of a registration.
    pub(crate) fn registration(self) -> String {
        let (schema_type, text) = match self {
            Format::Avro => ("AVRO", AVRO),
            Format::Protobuf => ("PROTOBUF", PROTOBUF),
            Format::Json => ("JSON", JSON),
        };
        serde_json::json!({ "schemaType": schema_type, "schema": text }).to_string()
    }
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct Order {
    #[prost(int64, tag = "1")]
    id: i64,
    #[prost(int64, tag = "2")]
    placed_at: i64,
    #[prost(bool, tag = "3")]
    paid: bool,
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
}

#[derive(Clone, PartialEq, Message, Serialize)]
struct Customer {
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

#[derive(Clone, PartialEq, Message, Serialize)]
struct Line {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(int32, tag = "3")]
    quantity: i32,
    #[prost(double, tag = "4")]
    price: f64,
}

/// For Avro, where the customer is not optional.
#[derive(Serialize)]
struct AvroOrder<'a> {
    id: i64,
    placed_at: i64,
    paid: bool,
    customer: &'a Customer,
    lines: &'a [Line],
    total: f64,
    currency: &'a str,
    note: &'a Option<String>,
}

/// For JSON: the same shape with shorter lines, so that names and punctuation still leave about 300 bytes.
#[derive(Serialize)]
struct JsonOrder<'a> {
    id: i64,
    placed_at: i64,
    paid: bool,
    customer: JsonCustomer<'a>,
    lines: Vec<JsonLine<'a>>,
    total: f64,
    currency: &'a str,
    note: &'a Option<String>,
}

#[derive(Serialize)]
struct JsonCustomer<'a> {
    id: i64,
    name: &'a str,
    city: &'a str,
}

#[derive(Serialize)]
struct JsonLine<'a> {
    sku: &'a str,
    quantity: i32,
    price: f64,
}

impl JsonLine<'_> {
    fn of(line: &Line) -> JsonLine<'_> {
        JsonLine { sku: &line.sku, quantity: line.quantity, price: line.price }
    }
}

/// A mix by golden ratio, so that orders differ and runs do not.
fn mixed(n: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
}

fn order(n: u64) -> Order {
    const CITIES: [&str; 4] = ["Frankfurt am Main", "Hamburg-Altona", "Rotterdam Zuid", "Santa Cruz"];
    const GOODS: [&str; 5] =
        ["espresso machine", "coffee beans, dark", "descaler", "paper filters 1x4", "milk jug 0.5 l"];
    let at = |i: u64| mixed(n ^ (i << 32));
    let line = |i: u64| Line {
        sku: format!("SKU-{:04}", at(i) % 10_000),
        name: GOODS[(at(i + 8) % 5) as usize].to_owned(),
        quantity: (at(i + 16) % 9) as i32 + 1,
        price: (at(i + 24) % 10_000) as f64 / 100.0,
    };
    Order {
        id: (at(1) % 2_000_000_000) as i64 + 1,
        placed_at: 1_760_000_000_000 + n as i64,
        paid: at(2).is_multiple_of(2),
        customer: Some(Customer {
            id: (at(3) % 100_000) as i64,
            name: format!("Johanna Mueller-Schmidt {}", at(4) % 1000),
            email: Some(format!("j.mueller{}@example.com", at(4) % 1000)),
            city: CITIES[(at(5) % 4) as usize].to_owned(),
            street: format!("Grosse Bockenheimer Strasse {}", at(6) % 200),
            country: "DE".to_owned(),
        }),
        lines: (0..3).map(line).collect(),
        total: (at(7) % 100_000) as f64 / 100.0,
        currency: "EUR".to_owned(),
        note: Some("please leave it with the neighbour on the left".to_owned()),
    }
}

/// Orders as an application has them before it serializes.
pub(crate) struct Orders {
    orders: Vec<Order>,
    avro: (AvroSerializer, AvroSchema),
    protobuf: (ProtobufSerializer, ProtobufSchema),
    json: (JsonSerializer, JsonSchema),
    // The registry's client does its asking here.
    runtime: tokio::runtime::Runtime,
}

impl Orders {
    /// A thousand of them, and serializers that ask this registry.
    pub(crate) fn new(registry: &str) -> Orders {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let client = Client::connect(registry).unwrap();
        Orders {
            orders: (0..1000).map(order).collect(),
            avro: (AvroSerializer::new(client.clone()), AvroSchema::parse(AVRO).unwrap()),
            protobuf: (ProtobufSerializer::new(client.clone()), ProtobufSchema::parse(PROTOBUF).unwrap()),
            json: (
                JsonSerializer::new(client).with_validation(Validation::Off),
                JsonSchema::parse(JSON).unwrap(),
            ),
            runtime,
        }
    }

    /// The n-th order for a topic's values, framed with the id of the schema registered there.
    pub(crate) fn serialize(&self, format: Format, topic: &str, n: usize) -> Vec<u8> {
        let order = &self.orders[n % self.orders.len()];
        let customer = order.customer.as_ref().unwrap();
        let (currency, note) = (order.currency.as_str(), &order.note);
        let Order { id, placed_at, paid, total, .. } = *order;
        let _asking = self.runtime.enter();
        let value = Part::Value;
        let bytes = match format {
            Format::Avro => {
                let lines = &order.lines;
                let order = AvroOrder { id, placed_at, paid, customer, lines, total, currency, note };
                block_on(self.avro.0.serialize(topic, value, &self.avro.1, Some(&order)))
            }
            Format::Protobuf => {
                let (serializer, schema) = &self.protobuf;
                block_on(serializer.serialize_as(topic, value, schema, "shop.Order", Some(order)))
            }
            Format::Json => {
                let customer = JsonCustomer { id: customer.id, name: &customer.name, city: &customer.city };
                let lines = order.lines.iter().take(2).map(JsonLine::of).collect();
                let order = JsonOrder { id, placed_at, paid, customer, lines, total, currency, note };
                block_on(self.json.0.serialize(topic, value, &self.json.1, Some(&order)))
            }
        };
        bytes.unwrap().unwrap()
    }
}
