//! Defaults that are no values of their fields' types.

use assay_serde::AssayAvro;

#[derive(AssayAvro)]
pub struct Order {
    #[avro(default = "\"none\"")] //~ field "count": the default is no value of its type, which is int
    pub count: i32,
    #[avro(default = 3_000_000_000)] //~ field "small": the default is no value of its type, which is int
    pub small: i32,
    #[avro(default = "[1, 2.5]")] //~ field "counts": the default is no value of its type, which is array
    pub counts: Vec<i64>,
    #[avro(default = "null")] //~ field "name": the default is no value of its type, which is string
    pub name: String,
    #[avro(default = "\"Sent\"")] //~ field "state": the default is no value of its type, which is enum
    pub state: State,
    #[avro(default = "{\"from\": true}")] //~ field "span": the default is no value of its type, which is record
    pub span: Span,
    #[avro(default = "\"abc\"")] //~ field "code": the default is no value of its type, which is fixed
    pub code: [u8; 4],
    #[avro(default = "1.5")] //~ field "maybe": the default is no value of its type, which is long
    pub maybe: Option<i64>,
}

#[derive(AssayAvro)]
pub enum State {
    Open,
    Paid,
}

#[derive(AssayAvro)]
pub struct Span {
    pub from: i64,
    pub to: i64,
}
