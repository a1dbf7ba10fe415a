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
use assay_serde::{Encoded, Framing, SerdeConfig};

/// Records of each case.
const COUNT: usize = 12;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A record: what is in the header with the GUID, if there is one, and the payload.
struct Record {
    header: Option<Vec<u8>>,
    value: Vec<u8>,
}

impl From<Encoded> for Record {
    fn from(encoded: Encoded) -> Record {
        Record { header: encoded.header.map(|(_, value)| value), value: encoded.bytes }
    }
}

impl Record {
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
        let place = if framing == "header" { Framing::Header } else { Framing::Prefix };
        let config = SerdeConfig::default().with_framing(place);
        for n in 0..COUNT {
            let topic = format!("types-rust-{case}");
            println!("{}", write(&client, case, &topic, &config, n).await?.line());
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

async fn write(client: &Client, case: &str, topic: &str, config: &SerdeConfig, n: usize) -> Result<Record> {
    match case {
        "avro" => avro::write(client, topic, config, avro::Longs::All, n).await,
        "avro53" => avro::write(client, topic, config, avro::Longs::Exact, n).await,
        "avro-references" => avro::write_basket(client, topic, config, n).await,
        "protobuf" => formats::write_protobuf(client, topic, config, n).await,
        "json" => formats::write_json(client, topic, config, n).await,
        other => Err(format!("there is no case {other}").into()),
    }
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
