"""assay-serde and confluent-kafka read each other's records, in all three formats; the bytes of Avro and Protobuf are equal."""

import os
import subprocess

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.serialization import MessageField, SerializationContext

import formats
from tap import check, done

COUNT = 50
KAFKA = os.environ["ASSAY_KAFKA"]


def rust(*args):
    out = subprocess.run([os.environ["ASSAY_INTEROP"], *args], capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stderr


def read(topic):
    consumer = Consumer({"bootstrap.servers": KAFKA, "group.id": "interop", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = []
    while len(values) < COUNT:
        message = consumer.poll(20)
        assert message is not None and not message.error(), message and message.error()
        values.append(message.value())
    consumer.close()
    return values


def both_ways(name):
    make_serializer, make_deserializer, row, same = formats.FORMATS[name]
    theirs, ours = f"interop-python-{name}", f"interop-rust-{name}"
    serialize, deserialize = make_serializer(), make_deserializer()
    producer = Producer({"bootstrap.servers": KAFKA})
    for n in range(COUNT):
        producer.produce(theirs, serialize(row(n), SerializationContext(theirs, MessageField.VALUE)), partition=0)
    assert producer.flush(30) == 0
    rust("read", name, theirs, str(COUNT))
    rust("write", name, ours, str(COUNT))
    written = read(ours)
    for n, value in enumerate(written):
        assert same(deserialize(value, SerializationContext(ours, MessageField.VALUE)), n), f"record {n} differs"
    if name != "json":
        # Behind the id: confluent-kafka registers Protobuf as a descriptor, with names in full, which is another schema.
        assert [v[5:] for v in written] == [v[5:] for v in read(theirs)], "the bytes differ"


for format_name in formats.FORMATS:
    check(f"interop {format_name}: python to rust and back", both_ways, format_name)
done()
