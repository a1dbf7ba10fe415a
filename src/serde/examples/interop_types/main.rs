//! Writes or reads records of every type there is, for the other side of an interop suite (`tests/clients/python/every_type.py`,
//! `tests/clients/node/every_type.js`). A record is a line `HEADER VALUE` in hex, `-` for no header.
//!
//! `cargo run -p assay-serde --example interop_types -- write|read CASE prefix|header`, with `ASSAY_HTTP` set; `write` prints the
//! records of the case to stdout, `read` reads them from stdin and fails if one is not the value that belongs there.

mod avro;
mod formats;

use std::error::Error;
use std::io::BufRead;

use assay_serde::client::Client;

/// Records of each case.
const COUNT: usize = 12;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A record: what is in the header with the GUID, if there is one, and the payload.
struct Record {
    header: Option<Vec<u8>>,
    value: Vec<u8>,
}

impl Record {
    /// Moves the schema, and for Protobuf the message's indexes, out of a prefix into a header.
    async fn with_header(client: &Client, case: &str, topic: &str, framed: &[u8]) -> Result<Record> {
        let (id, payload) = assay_wire::split(framed)?;
        let context = assay_schema::Subject::parse(topic).context().clone();
        let guid = client.guid_by_id(&context, id).await?.ok_or("the registry does not say the GUID")?;
        let mut header = assay_wire::guid_header(guid);
        let mut value = payload;
        if case == "protobuf" {
            let (_, rest) = assay_wire::MessageIndexes::read(payload)?;
            let indexes = payload.len() - rest.len();
            header.extend_from_slice(payload.get(..indexes).unwrap_or_default());
            value = rest;
        }
        Ok(Record { header: Some(header), value: value.to_vec() })
    }

    fn line(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("{} {}", self.header.as_deref().map_or("-".into(), hex), hex(&self.value))
    }

    fn parse(line: &str) -> Result<Record> {
        let hex = |text: &str| -> Result<Vec<u8>> {
            let pairs = text
                .as_bytes()
                .chunks(2)
                .map(|pair| -> Result<u8> { Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?) });
            pairs.collect()
        };
        let (header, value) = line.trim().split_once(' ').ok_or("a record is `HEADER VALUE`")?;
        let header = if header == "-" { None } else { Some(hex(header)?) };
        Ok(Record { header, value: hex(value)? })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [what, case, framing] = args.as_slice() else {
        return Err("write|read CASE prefix|header".into());
    };
    let client = Client::connect(&std::env::var("ASSAY_HTTP")?)?;
    if what == "write" {
        for n in 0..COUNT {
            let topic = format!("types-rust-{case}");
            let mut record = write(&client, case, &topic, n).await?;
            if framing == "header" {
                record = Record::with_header(&client, case, &topic, &record.value).await?;
            }
            println!("{}", record.line());
        }
        return Ok(());
    }
    let mut records = 0;
    for (n, line) in std::io::stdin().lock().lines().enumerate() {
        let record = Record::parse(&line?)?;
        if record.header.is_some() != (framing == "header") {
            return Err(format!("record {n} is not framed by {framing}").into());
        }
        read(&client, case, &record, n).await.map_err(|error| format!("record {n}: {error}"))?;
        records += 1;
    }
    if records != COUNT {
        return Err(format!("{records} records, expected {COUNT}").into());
    }
    println!("{records} records read");
    Ok(())
}

async fn write(client: &Client, case: &str, topic: &str, n: usize) -> Result<Record> {
    let value = match case {
        "avro" => avro::write(client, topic, avro::Longs::All, n).await?,
        "avro53" => avro::write(client, topic, avro::Longs::Exact, n).await?,
        "avro-references" => avro::write_basket(client, topic, n).await?,
        "protobuf" => formats::write_protobuf(client, topic, n).await?,
        "json" => formats::write_json(client, topic, n).await?,
        other => return Err(format!("there is no case {other}").into()),
    };
    Ok(Record { header: None, value })
}

async fn read(client: &Client, case: &str, record: &Record, n: usize) -> Result<()> {
    match case {
        "avro" => avro::read(client, record, avro::Longs::All, n).await,
        "avro53" => avro::read(client, record, avro::Longs::Exact, n).await,
        "avro-references" => avro::read_basket(client, record, n).await,
        "protobuf" => formats::read_protobuf(client, record, n).await,
        "json" => formats::read_json(client, record, n).await,
        other => Err(format!("there is no case {other}").into()),
    }
}

/// Fails with both when they differ.
fn same<T: PartialEq + std::fmt::Debug>(got: &T, expected: &T) -> Result<()> {
    if got == expected { Ok(()) } else { Err(format!("got {got:?}, expected {expected:?}").into()) }
}
