//! Deriving types through the serializer pair: framed bytes, and data of other versions of the schema.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use assay_wire::{SchemaKey, parse_guid_header, split_any};

use super::{AvroDecode, AvroDecodeOwned, AvroEncode, AvroSchemaOf, encode_into, from_datum, layout::layout};
use crate::bytes::DEPTH_MAX;
use crate::{
    AvroDeserializer, AvroResolution, AvroSchema, AvroSerializer, Encoded, Part, PayloadError, SerdeError,
};

/// Most pairs of schemas that are remembered; then all are forgotten.
const PLANS_MAX: usize = 1000;

/// How data of one schema becomes data of another.
#[derive(Debug, Clone)]
enum Plan {
    /// It is that already.
    Same,
    Resolve(Arc<AvroResolution>),
}

/// Which pairs of schemas are alike, and the resolutions of those that are not.
#[derive(Debug, Default)]
pub struct RecordPlans(RwLock<HashMap<(usize, usize), Known>>);

/// The texts are kept so that their addresses, by which they are found, stay theirs.
#[derive(Debug)]
struct Known {
    plan: Plan,
    _texts: [Arc<str>; 2],
}

impl RecordPlans {
    fn plan(&self, from: &AvroSchema, to: &AvroSchema) -> Plan {
        let texts = [&from.schema.text, &to.schema.text];
        let key = (texts[0].as_ptr().addr(), texts[1].as_ptr().addr());
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.plan.clone();
        }
        let plan = match is_same(from, to) {
            true => Plan::Same,
            false => Plan::Resolve(from.resolution(to)),
        };
        let mut plans = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if plans.len() >= PLANS_MAX {
            plans.clear();
        }
        plans.insert(key, Known { plan: plan.clone(), _texts: texts.map(Arc::clone) });
        plan
    }
}

/// Whether data of the one is data of the other.
fn is_same(from: &AvroSchema, to: &AvroSchema) -> bool {
    layout(from.model()) == layout(to.model())
}

impl AvroSerializer {
    /// The bytes of a value of a deriving type, with the type's own schema. `None` is a tombstone, which has none.
    /// With [`WriterSchema::Latest`](crate::WriterSchema::Latest) the value is resolved to the latest schema.
    /// # Errors
    /// `Registry`; `NoRecordName`; `Schema`; `Payload` when the latest schema does not take the value; `HeaderNeeded`.
    pub async fn serialize_record<T: AvroEncode + AvroSchemaOf + Sync>(
        &self,
        topic: &str,
        part: Part,
        value: Option<&T>,
    ) -> Result<Option<Vec<u8>>, SerdeError> {
        self.needs_no_header(part)?;
        Ok(self.serialize_record_framed(topic, part, value).await?.map(|encoded| encoded.bytes))
    }

    /// The same, and the header its record needs if that is where the schema is named.
    /// # Errors
    /// As [`AvroSerializer::serialize_record`].
    pub async fn serialize_record_framed<T: AvroEncode + AvroSchemaOf + Sync>(
        &self,
        topic: &str,
        part: Part,
        value: Option<&T>,
    ) -> Result<Option<Encoded>, SerdeError> {
        let Some(value) = value else { return Ok(None) };
        let own = T::schema()?;
        let encode = |schema: &AvroSchema, out: &mut Vec<u8>| -> Result<(), PayloadError> {
            out.reserve(value.size(DEPTH_MAX));
            match self.plans.plan(own, schema) {
                Plan::Same => encode_into(value, out),
                Plan::Resolve(resolution) => resolution.transcode(&super::to_datum(value)?, out),
            }
        };
        self.write(topic, part, own, encode).await.map(Some)
    }
}

impl AvroDeserializer {
    /// The value of a deriving type in framed bytes; `None` for a tombstone. Data of another schema is resolved to the type's own.
    /// # Errors
    /// `TooShort`, `UnknownMagic`, `UnknownSchema`, `WrongType`, `Schema`, `Payload`, `Registry`.
    pub async fn deserialize_record<T: AvroDecodeOwned + AvroSchemaOf>(
        &self,
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (key, datum) = split_any(bytes)?;
        self.record(key, datum, &mut Vec::new()).await.map(Some)
    }

    /// The same for bare bytes whose schema stands in the record header `__key_schema_id` or `__value_schema_id`.
    /// # Errors
    /// As [`AvroDeserializer::deserialize_record`].
    pub async fn deserialize_record_with_header<T: AvroDecodeOwned + AvroSchemaOf>(
        &self,
        header: &[u8],
        bytes: Option<&[u8]>,
    ) -> Result<Option<T>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (guid, _) = parse_guid_header(header)?;
        self.record(SchemaKey::Guid(guid), bytes, &mut Vec::new()).await.map(Some)
    }

    /// The same for a type that borrows: from the bytes, or, when another schema wrote them, from `scratch`, which holds what they
    /// were resolved to. Its content is replaced.
    /// # Errors
    /// As [`AvroDeserializer::deserialize_record`].
    pub async fn deserialize_record_borrowed<'a, T: AvroDecode<'a> + AvroSchemaOf>(
        &self,
        bytes: Option<&'a [u8]>,
        scratch: &'a mut Vec<u8>,
    ) -> Result<Option<T>, SerdeError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let (key, datum) = split_any(bytes)?;
        self.record(key, datum, scratch).await.map(Some)
    }

    async fn record<'a, T: AvroDecode<'a> + AvroSchemaOf>(
        &self,
        key: SchemaKey,
        datum: &'a [u8],
        scratch: &'a mut Vec<u8>,
    ) -> Result<T, SerdeError> {
        let own = T::schema()?;
        let writer = self.writers.schema(key).await?;
        let failed = |error: PayloadError| error.of(Some(key));
        let datum = match self.plans.plan(&writer, own) {
            Plan::Same => datum,
            Plan::Resolve(resolution) => {
                scratch.clear();
                resolution.transcode(datum, scratch).map_err(failed)?;
                scratch.as_slice()
            }
        };
        from_datum(datum).map_err(|error| failed(error.into()))
    }
}
