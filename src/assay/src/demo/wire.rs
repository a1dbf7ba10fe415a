//! The demo's Kafka client: produce, and read back. A refusal's words come from the broker of this process, because the
//! client library stops before the produce version that carries them (8).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use assay_broker::Refusal;
use rskafka::client::error::{Error, ProtocolError};
use rskafka::client::partition::{Compression, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::Record;
use tokio::sync::broadcast;

use crate::error::Fatal;

/// How long the broker may take to tell the refusal it has just answered.
const TOLD_MAX: Duration = Duration::from_secs(5);
/// Bytes to fetch at most; the demo's records are far fewer.
const FETCH_BYTES: std::ops::Range<i32> = 1..1_000_000;

/// What became of a batch.
pub(crate) enum Outcome {
    /// At these offsets.
    Stored(Vec<i64>),
    /// Nothing of it was stored.
    Refused(Arc<Refusal>),
}

/// One connection to the broker.
pub(crate) struct Kafka {
    client: Client,
    refusals: broadcast::Receiver<Arc<Refusal>>,
}

/// The client of a topic's only partition.
pub(crate) struct Topic(PartitionClient);

impl Kafka {
    pub(crate) async fn connect(
        address: &str,
        refusals: broadcast::Receiver<Arc<Refusal>>,
    ) -> Result<Kafka, Fatal> {
        let client = ClientBuilder::new(vec![address.to_owned()])
            .client_id("assay-demo")
            .build()
            .await
            .map_err(failed)?;
        Ok(Kafka { client, refusals })
    }

    pub(crate) async fn create_topic(&self, name: &str) -> Result<Topic, Fatal> {
        let controller = self.client.controller_client().map_err(failed)?;
        controller.create_topic(name, 1, 1, 5_000).await.map_err(failed)?;
        let partition = self.client.partition_client(name, 0, UnknownTopicHandling::Error).await;
        partition.map(Topic).map_err(failed)
    }

    /// Produces the values as one batch.
    pub(crate) async fn produce(&mut self, topic: &Topic, values: &[Vec<u8>]) -> Result<Outcome, Fatal> {
        let records = values
            .iter()
            .map(|value| Record {
                key: None,
                value: Some(value.clone()),
                headers: BTreeMap::new(),
                timestamp: chrono::Utc::now(),
            })
            .collect();
        match topic.0.produce(records, Compression::NoCompression).await {
            Ok(offsets) => Ok(Outcome::Stored(offsets)),
            Err(Error::ServerError { protocol_error: ProtocolError::InvalidRecord, .. }) => {
                let told = tokio::time::timeout(TOLD_MAX, self.refusals.recv()).await;
                let refusal = told.ok().and_then(Result::ok);
                refusal.map(Outcome::Refused).ok_or_else(|| Fatal::Demo("a refusal was not told".to_owned()))
            }
            Err(error) => Err(failed(error)),
        }
    }
}

impl Topic {
    /// Offsets and values from the beginning.
    pub(crate) async fn read(&self) -> Result<Vec<(i64, Vec<u8>)>, Fatal> {
        let (mut read, mut next) = (Vec::new(), 0);
        loop {
            let (records, high_watermark) =
                self.0.fetch_records(next, FETCH_BYTES, 1_000).await.map_err(failed)?;
            for found in records {
                next = found.offset + 1;
                read.push((found.offset, found.record.value.unwrap_or_default()));
            }
            if next >= high_watermark {
                return Ok(read);
            }
        }
    }
}

fn failed(error: Error) -> Fatal {
    Fatal::Demo(format!("the Kafka client: {error}"))
}
