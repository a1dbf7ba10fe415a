//! Canonical and normal text of Protobuf schemas, for the judge in `tests/judges/protobuf`. One question a line, the
//! schema in base64; one answer a line: `OK`, canonical text, normal text and descriptor in base64, or `ERR` and the reason; parts
//! separated by tabs.

use std::io::{BufRead, Write};

use assay_schema::{Limits, ParsedSchema, SchemaType, Strictness, parse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let bytes = STANDARD.decode(line?.trim()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        match parse(SchemaType::Protobuf, &text, &[], Strictness::New, &Limits::default()) {
            Ok(schema) => {
                let [canonical, normal] =
                    [schema.canonical(), &schema.normalized()].map(|t| STANDARD.encode(t));
                let ParsedSchema::Protobuf(schema) = &schema else { continue };
                writeln!(out, "OK\t{canonical}\t{normal}\t{}", STANDARD.encode(schema.serialized()))?;
            }
            Err(error) => writeln!(out, "ERR\t{}", error.to_string().replace(['\n', '\t'], " "))?,
        }
        out.flush()?;
    }
    Ok(())
}
