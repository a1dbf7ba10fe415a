//! gzip, RFC 1952: one member or several, as `java.util.zip.GZIPInputStream` reads them.

use std::io::{self, Read, Write};

use super::Fault;

pub(super) fn inflate(data: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    // One byte over the limit tells "too large" from "exactly the limit". read_to_end grows by doubling.
    let cap = (limit as u64).saturating_add(1);
    flate2::read::MultiGzDecoder::new(data).take(cap).read_to_end(&mut out).map_err(Fault::corrupt)?;
    if out.len() > limit {
        return Err(Fault::TooLarge);
    }
    Ok(out)
}

pub(super) fn deflate(data: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data)?;
    encoder.finish()
}
