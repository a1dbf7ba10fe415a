//! What must hold for any bytes at all; run by proptest on stable and by cargo-fuzz (`src/record/fuzz`).

use bytes::Bytes;

use crate::{
    BatchBuilder, BatchError, Compression, InflateLimits, check_client_batch, inflate, split_batches,
};

/// Cap used by the properties, bytes.
pub const INFLATED_BYTES_MAX: usize = 1 << 20;

/// Any bytes: nothing panics; what iterates without error survives a rebuild; a cap is never passed.
pub fn batch_properties(data: &[u8]) {
    let limits = InflateLimits { inflated_bytes_max: INFLATED_BYTES_MAX };
    let bytes = Bytes::copy_from_slice(data);
    let _ = check_client_batch(bytes.clone());
    for batch in split_batches(bytes).flatten() {
        let _ = batch.verify_crc();
        let Ok(records) = batch.records(&limits) else { continue };
        assert!(records.data().len() <= INFLATED_BYTES_MAX);
        if let Ok(rebuilt) = rebuild(&records) {
            let again = rebuilt.records(&InflateLimits { inflated_bytes_max: usize::MAX });
            let again = again.map(|r| r.data().clone());
            assert!(again.is_ok(), "a rebuilt batch reads back: {again:?}");
        }
    }
}

fn rebuild(records: &crate::Records) -> Result<crate::Batch, BatchError> {
    let header = records.header();
    let mut builder = BatchBuilder::like(header)?;
    for record in records {
        let record = record?;
        assert_eq!(record.headers().count(), record.headers().len());
        builder.push_record(&record, header);
    }
    builder.build()
}

/// Any bytes through every codec: no panic, never past the cap.
pub fn codec_properties(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    for codec in Compression::ALL {
        let limits = InflateLimits { inflated_bytes_max: INFLATED_BYTES_MAX };
        if let Ok(out) = inflate(codec, &bytes, &limits) {
            assert!(out.len() <= INFLATED_BYTES_MAX);
            let tight = InflateLimits { inflated_bytes_max: out.len() };
            assert_eq!(inflate(codec, &bytes, &tight), Ok(out.clone()), "{codec}: the cap is inclusive");
            if let Some(below) = out.len().checked_sub(1) {
                let low = InflateLimits { inflated_bytes_max: below };
                assert_eq!(
                    inflate(codec, &bytes, &low),
                    Err(BatchError::InflatedTooLarge { limit: below }),
                    "{codec}: one byte under is too little"
                );
            }
        }
    }
}
