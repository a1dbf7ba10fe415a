//! Prebuilt batches over plain sockets, so that the server's core is the one that is full: what a record costs it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use assay_protocol::messages::ProduceRequest;
use assay_protocol::messages::produce::{PartitionProduceData, TopicProduceData};
use assay_protocol::{decode_response, encode_request};
use assay_record::{BatchBuilder, Compression};
use bytes::Bytes;

use crate::machine::Pinned;
use crate::orders::{Format, Orders};

/// The version of Produce that is spoken.
const VERSION: i16 = 9;
/// Requests on their way on a connection.
const IN_FLIGHT: usize = 5;
/// Connections, as several producers would have.
const CONNECTIONS: usize = 4;
/// Different batches per connection.
const DISTINCT: usize = 8;

/// Requests for one topic, ready to be written.
pub(crate) struct Prebuilt {
    requests: Vec<Bytes>,
    records_per_batch: usize,
    /// Mean bytes of a value, frame included.
    pub(crate) value_bytes: usize,
}

/// What the load took.
pub(crate) struct Taken {
    /// Processor time of the server per record.
    pub(crate) nanos_per_record: f64,
    /// Records a second by the clock.
    pub(crate) records_per_s: f64,
}

impl Prebuilt {
    pub(crate) fn new(
        orders: &Orders,
        format: Format,
        topic: &str,
        codec: Compression,
        records_per_batch: usize,
    ) -> Prebuilt {
        Prebuilt::for_topic(orders, format, (topic, topic), codec, records_per_batch)
    }

    /// For one topic, with values that were serialized for another one.
    pub(crate) fn for_topic(
        orders: &Orders,
        format: Format,
        (topic, serialized_for): (&str, &str),
        codec: Compression,
        records_per_batch: usize,
    ) -> Prebuilt {
        let mut bytes = 0;
        let requests = (0..DISTINCT).map(|batch| {
            let mut builder = BatchBuilder::new(codec);
            for n in 0..records_per_batch {
                let value = orders.serialize(format, serialized_for, batch * records_per_batch + n);
                bytes += value.len();
                builder.push(1_760_000_000_000 + n as i64, None, Some(&value), &[]);
            }
            let records = Some(builder.build().unwrap().into_raw());
            let partition_data = vec![PartitionProduceData { index: 0, records }];
            let topic_data = vec![TopicProduceData { name: topic.into(), partition_data }];
            let request = ProduceRequest { transactional_id: None, acks: 1, timeout_ms: 30_000, topic_data };
            encode_request(VERSION, batch as i32, Some("batches"), &request)
        });
        let requests = requests.collect();
        Prebuilt { requests, records_per_batch, value_bytes: bytes / (DISTINCT * records_per_batch) }
    }

    /// Sends `records` records over several connections, and says what the server used.
    pub(crate) fn run(&self, pinned: &Pinned, records: usize) -> Taken {
        let batches = (records / self.records_per_batch / CONNECTIONS).max(1);
        let mut sockets: Vec<TcpStream> = (0..CONNECTIONS).map(|_| self.connect(pinned)).collect();
        let (before, begun) = (pinned.processor_time(), Instant::now());
        std::thread::scope(|scope| {
            for socket in &mut sockets {
                scope.spawn(|| self.send(socket, batches));
            }
        });
        let (used, took) = (pinned.processor_time() - before, begun.elapsed());
        let records = (batches * self.records_per_batch * CONNECTIONS) as f64;
        Taken {
            nanos_per_record: used.as_nanos() as f64 / records,
            records_per_s: records / took.as_secs_f64(),
        }
    }

    /// A connection that has been used, so that nothing is done for the first time while it counts.
    fn connect(&self, pinned: &Pinned) -> TcpStream {
        let mut socket = TcpStream::connect(pinned.server.kafka).unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        self.send(&mut socket, DISTINCT);
        socket
    }

    fn send(&self, socket: &mut TcpStream, batches: usize) {
        let mut answered = 0;
        for sent in 0..batches {
            socket.write_all(&self.requests[sent % DISTINCT]).unwrap();
            if sent + 1 - answered >= IN_FLIGHT {
                self.answer(socket, answered);
                answered += 1;
            }
        }
        while answered < batches {
            self.answer(socket, answered);
            answered += 1;
        }
    }

    fn answer(&self, socket: &mut TcpStream, number: usize) {
        let mut length = [0; 4];
        socket.read_exact(&mut length).unwrap();
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        socket.read_exact(&mut frame).unwrap();
        let correlation_id = (number % DISTINCT) as i32;
        let answer = decode_response::<ProduceRequest>(VERSION, correlation_id, Bytes::from(frame)).unwrap();
        let part = &answer.responses[0].partition_responses[0];
        assert_eq!(part.error_code, 0, "{:?}", part.error_message);
    }
}
