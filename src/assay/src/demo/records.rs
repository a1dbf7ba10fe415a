//! What the demo produces: orders in three formats, and the ways in which a record can be wrong.

use assay_client::Client;
use assay_schema::{Context, SchemaType, Subject};
use assay_serde::{AvroSchema, AvroSerializer, Part};
use assay_wire::SchemaId;
use prost::Message;
use serde::Serialize;

use crate::error::Fatal;

/// An order, as the schemas of `schemas/examples` describe it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Order {
    id: String,
    customer: String,
    items: Vec<Item>,
    created: i64,
}

#[derive(Debug, Clone, Serialize)]
struct Item {
    sku: String,
    qty: i32,
    price: f64,
}

/// `shop.Order` of `orders.proto`.
#[derive(Clone, PartialEq, prost::Message)]
struct ProtoOrder {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    customer: String,
    #[prost(message, repeated, tag = "3")]
    items: Vec<ProtoItem>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ProtoItem {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(int32, tag = "2")]
    qty: i32,
    #[prost(double, tag = "3")]
    price: f64,
}

/// The same item by a producer that thinks `qty` is text.
#[derive(Clone, PartialEq, prost::Message)]
struct TextQtyItem {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(string, tag = "2")]
    qty: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct TextQtyOrder {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    customer: String,
    #[prost(message, repeated, tag = "3")]
    items: Vec<TextQtyItem>,
}

/// A schema of the demo: its format, the topic whose values it describes, its text.
pub(crate) struct Example {
    pub(crate) schema_type: SchemaType,
    pub(crate) topic: &'static str,
    pub(crate) text: &'static str,
}

/// The three schemas; the texts are those that README and tests share.
pub(crate) const EXAMPLES: [Example; 3] = [
    Example {
        schema_type: SchemaType::Avro,
        topic: "orders",
        text: include_str!("../../../../schemas/examples/orders.avsc"),
    },
    Example {
        schema_type: SchemaType::Protobuf,
        topic: "orders-proto",
        text: include_str!("../../../../schemas/examples/orders.proto"),
    },
    Example {
        schema_type: SchemaType::Json,
        topic: "orders-json",
        text: include_str!("../../../../schemas/examples/orders.schema.json"),
    },
];

/// The Avro schema with one more field and no default for it: readers of the new schema could not read the old records.
pub(crate) fn incompatible_avro() -> String {
    EXAMPLES[0].text.replacen(
        "{\"name\": \"customer\", \"type\": \"string\"},",
        "{\"name\": \"customer\", \"type\": \"string\"},\n    {\"name\": \"email\", \"type\": \"string\"},",
        1,
    )
}

impl Example {
    /// The subject of the topic's values.
    pub(crate) fn subject(&self) -> Subject {
        Subject::new(Context::default(), &format!("{}-value", self.topic))
    }
}

/// One batch to produce.
pub(crate) struct Attempt {
    /// What is wrong with it, in words; `None` for a good one.
    pub(crate) wrong: Option<&'static str>,
    /// The values, each a record.
    pub(crate) values: Vec<Vec<u8>>,
    /// What the values say, for people.
    pub(crate) shown: Vec<String>,
}

fn order(number: u32, customer: &str, items: &[(&str, i32, f64)]) -> Order {
    Order {
        id: format!("o-{number}"),
        customer: customer.to_owned(),
        items: items
            .iter()
            .map(|(sku, qty, price)| Item { sku: (*sku).to_owned(), qty: *qty, price: *price })
            .collect(),
        created: 1_767_225_600_000 + i64::from(number) * 60_000,
    }
}

fn orders() -> [Order; 3] {
    [
        order(1, "Ada", &[("tea", 2, 4.5)]),
        order(2, "Grace", &[("cup", 6, 3.25), ("pot", 1, 24.0)]),
        order(3, "Edsger", &[("tea", 1, 4.5)]),
    ]
}

fn in_words(order: &Order) -> String {
    let items: Vec<String> = order.items.iter().map(|i| format!("{} x {}", i.qty, i.sku)).collect();
    format!("{} {}: {}", order.id, order.customer, items.join(", "))
}

fn good(value: Vec<u8>, order: &Order) -> Attempt {
    Attempt { wrong: None, values: vec![value], shown: vec![in_words(order)] }
}

fn bad(wrong: &'static str, values: Vec<Vec<u8>>) -> Attempt {
    Attempt { wrong: Some(wrong), values, shown: Vec::new() }
}

/// Avro: the good ones with the serializer of `assay-serde`, as a producer would make them.
pub(crate) async fn avro(registry: &Client, of_other_topic: SchemaId) -> Result<Vec<Attempt>, Fatal> {
    let wrong = |e: assay_serde::SerdeError| Fatal::Demo(e.to_string());
    let schema = AvroSchema::parse(EXAMPLES[0].text).map_err(wrong)?;
    let serializer = AvroSerializer::new(registry.clone());
    let orders = orders();
    let mut values = Vec::new();
    for order in &orders {
        let value = serializer
            .serialize(EXAMPLES[0].topic, Part::Value, &schema, Some(order))
            .await
            .map_err(wrong)?;
        values.push(value.unwrap_or_default());
    }
    let [first, second, third] = [values[0].clone(), values[1].clone(), values[2].clone()];
    let mut short = second.clone();
    short.truncate(second.len().saturating_sub(12));
    let text = serde_json::to_vec(&orders[0]).map_err(|e| Fatal::Demo(e.to_string()))?;
    Ok(vec![
        good(first.clone(), &orders[0]),
        good(second, &orders[1]),
        bad("a batch of three, the second cut short", vec![first.clone(), short, third.clone()]),
        bad("plain JSON, as from a producer without a serializer", vec![text]),
        bad("a schema id that nobody has registered", vec![with_id(&first, 4711)]),
        bad("a schema of another topic", vec![with_id(&first, of_other_topic.get())]),
        good(third, &orders[2]),
    ])
}

/// Protobuf: the same orders.
pub(crate) fn protobuf(id: SchemaId) -> Vec<Attempt> {
    let [ada, grace, _] = orders();
    let encode = |order: &Order| {
        let items = order
            .items
            .iter()
            .map(|i| ProtoItem { sku: i.sku.clone(), qty: i.qty, price: i.price })
            .collect();
        let message = ProtoOrder { id: order.id.clone(), customer: order.customer.clone(), items };
        in_protobuf_frame(id, &message)
    };
    let text_qty = TextQtyOrder {
        id: "o-2".to_owned(),
        customer: "Grace".to_owned(),
        items: vec![TextQtyItem { sku: "cup".to_owned(), qty: "six".to_owned() }],
    };
    vec![
        good(encode(&ada), &ada),
        bad("a producer with another idea of the type of qty", vec![in_protobuf_frame(id, &text_qty)]),
        good(encode(&grace), &grace),
    ]
}

/// JSON Schema: the same orders.
pub(crate) fn json(id: SchemaId) -> Vec<Attempt> {
    let value = |order: &Order| serde_json::json!({"id": order.id, "customer": order.customer, "items": order.items, "created": "2026-01-01T00:01:00Z"});
    let in_frame = |value: &serde_json::Value| assay_wire::frame(id, value.to_string().as_bytes());
    let [ada, grace, _] = orders();
    let mut text_qty = value(&grace);
    text_qty["items"][1]["qty"] = "one".into();
    let mut without_customer = value(&grace);
    without_customer.as_object_mut().map(|o| o.remove("customer"));
    vec![
        good(in_frame(&value(&ada)), &ada),
        bad("text where a number belongs", vec![in_frame(&text_qty)]),
        bad("a required field left out", vec![in_frame(&without_customer)]),
        good(in_frame(&value(&grace)), &grace),
    ]
}

/// The frame of a Protobuf value: magic byte, id, then one 0 byte for "the first message of the file".
fn in_protobuf_frame(id: SchemaId, message: &impl Message) -> Vec<u8> {
    let mut payload = vec![0];
    payload.extend(message.encode_to_vec());
    assay_wire::frame(id, &payload)
}

/// A framed value under another id.
fn with_id(value: &[u8], id: u32) -> Vec<u8> {
    let mut value = value.to_vec();
    if let Some(place) = value.get_mut(1..5) {
        place.copy_from_slice(&id.to_be_bytes());
    }
    value
}
