//! A plain Kafka client for the quarantine: one connection, blocking. The `rskafka` crate keeps record headers in a map
//! (no order, no duplicates, no nulls) and speaks a Produce version without words for refused records; a replay must give
//! back exactly what was sent, and say why it is refused.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use assay_protocol::messages::fetch::{FetchPartition, FetchRequest, FetchTopic};
use assay_protocol::messages::list_offsets::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic};
use assay_protocol::messages::metadata::{MetadataRequest, MetadataRequestTopic};
use assay_protocol::messages::produce::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, TopicProduceData,
};
use assay_protocol::{ErrorCode, Request, decode_response, encode_request};
use assay_record::{Batch, split_batches};
use bytes::Bytes;

use crate::error::Fatal;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Largest answer, in bytes.
const FRAME_BYTES_MAX: usize = 256 << 20;
/// Bytes asked for at a time.
const FETCH_BYTES: i32 = 8 << 20;
/// What the broker is told who asks.
const CLIENT_ID: &str = "assay-quarantine";

/// One connection.
pub(super) struct Kafka {
    stream: TcpStream,
    address: String,
    correlation_id: i32,
}

/// A topic with its partitions.
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) partitions: Vec<i32>,
}

impl Kafka {
    pub(super) fn connect(address: &str) -> Result<Kafka, Fatal> {
        let failed = |what: &dyn std::fmt::Display| {
            Fatal::Asked(format!("{address}: {what}; --bootstrap names the Kafka listener"))
        };
        let mut last = None;
        for socket in address.to_socket_addrs().map_err(|e| failed(&e))? {
            match TcpStream::connect_timeout(&socket, Duration::from_secs(5)) {
                Ok(stream) => {
                    stream
                        .set_read_timeout(Some(PATIENCE))
                        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
                        .and_then(|()| stream.set_nodelay(true))
                        .map_err(|e| failed(&e))?;
                    return Ok(Kafka { stream, address: address.to_owned(), correlation_id: 0 });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.map_or_else(|| failed(&"no address"), |error| failed(&error)))
    }

    fn failed(&self, what: &dyn std::fmt::Display) -> Fatal {
        Fatal::Asked(format!("{}: {what}", self.address))
    }

    fn ask<M: Request>(&mut self, version: i16, request: &M) -> Result<M::Response, Fatal> {
        self.correlation_id = self.correlation_id.wrapping_add(1);
        let frame = encode_request(version, self.correlation_id, Some(CLIENT_ID), request);
        let mut length = [0; 4];
        let written = self.stream.write_all(&frame).and_then(|()| self.stream.read_exact(&mut length));
        written.map_err(|e| self.failed(&e))?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > FRAME_BYTES_MAX {
            return Err(
                self.failed(&format!("an answer of {length} bytes; at most {FRAME_BYTES_MAX} are read"))
            );
        }
        let mut frame = Vec::new();
        let read = (&self.stream).take(length as u64).read_to_end(&mut frame);
        if read.map_err(|e| self.failed(&e))? != length {
            return Err(self.failed(&"the connection was closed in the middle of an answer"));
        }
        decode_response::<M>(version, self.correlation_id, Bytes::from(frame))
            .map_err(|e| self.failed(&format!("an answer that cannot be read: {e}")))
    }

    /// Topics of these names, or all.
    pub(super) fn topics(&mut self, names: Option<&[&str]>) -> Result<Vec<Topic>, Fatal> {
        let topic = |name: &&str| MetadataRequestTopic { name: Some((*name).into()), ..Default::default() };
        let request = MetadataRequest {
            topics: names.map(|names| names.iter().map(topic).collect()),
            allow_auto_topic_creation: false,
            ..Default::default()
        };
        let found = self.ask(9, &request)?.topics.into_iter().filter(|t| t.error_code == 0);
        let mut topics: Vec<Topic> = found
            .filter_map(|t| {
                let mut partitions: Vec<i32> = t.partitions.iter().map(|p| p.partition_index).collect();
                partitions.sort_unstable();
                Some(Topic { name: t.name?.to_string(), partitions })
            })
            .collect();
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(topics)
    }

    /// First offset (`-2`) or the end (`-1`) of a partition.
    pub(super) fn offset(&mut self, topic: &str, partition: i32, at: i64) -> Result<i64, Fatal> {
        let partition =
            ListOffsetsPartition { partition_index: partition, current_leader_epoch: -1, timestamp: at };
        let topics = vec![ListOffsetsTopic { name: topic.into(), partitions: vec![partition] }];
        let answer = self.ask(6, &ListOffsetsRequest { replica_id: -1, isolation_level: 0, topics })?;
        let found = answer.topics.first().and_then(|t| t.partitions.first());
        let found = found.ok_or_else(|| self.failed(&"an answer without the partition"))?;
        self.check(found.error_code, topic)?;
        Ok(found.offset)
    }

    fn check(&self, code: i16, topic: &str) -> Result<(), Fatal> {
        match ErrorCode::from_i16(code) {
            Some(ErrorCode::None) => Ok(()),
            Some(code) => Err(self.failed(&format!("{topic}: {}: {}", code.name(), code.message()))),
            None => Err(self.failed(&format!("{topic}: error {code}"))),
        }
    }

    /// Batches from an offset on; none at the end.
    pub(super) fn fetch(&mut self, topic: &str, partition: i32, from: i64) -> Result<Vec<Batch>, Fatal> {
        let asked = FetchPartition {
            partition,
            fetch_offset: from,
            partition_max_bytes: FETCH_BYTES,
            ..Default::default()
        };
        let request = FetchRequest {
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: FETCH_BYTES,
            topics: vec![FetchTopic { topic: topic.into(), partitions: vec![asked] }],
            ..Default::default()
        };
        let answer = self.ask(12, &request)?;
        self.check(answer.error_code, topic)?;
        let found = answer.responses.into_iter().next().and_then(|t| t.partitions.into_iter().next());
        let found = found.ok_or_else(|| self.failed(&"an answer without the partition"))?;
        self.check(found.error_code, topic)?;
        // The last batch may be cut short: it comes again.
        Ok(split_batches(found.records.unwrap_or_default()).map_while(Result::ok).collect())
    }

    /// Produces a batch with `acks=all`.
    pub(super) fn produce(
        &mut self,
        topic: &str,
        partition: i32,
        batch: Bytes,
    ) -> Result<PartitionProduceResponse, Fatal> {
        let partition_data = vec![PartitionProduceData { index: partition, records: Some(batch) }];
        let topic_data = vec![TopicProduceData { name: topic.into(), partition_data }];
        let request = ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 30_000, topic_data };
        let answer = self.ask(9, &request)?;
        let found =
            answer.responses.into_iter().next().and_then(|t| t.partition_responses.into_iter().next());
        found.ok_or_else(|| self.failed(&"an answer without the partition"))
    }
}
