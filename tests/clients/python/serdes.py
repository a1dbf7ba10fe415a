"""confluent-kafka: each serializer, 10,000 records through every codec, read back by a consumer group with its deserializer."""

import os
import sys
import time

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.serialization import MessageField, SerializationContext

import formats
from tap import check, done

COUNT = int(os.environ.get("RECORDS", "10000"))
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
KAFKA = os.environ["ASSAY_KAFKA"]


def produce(topic, codec, serializer, row):
    failures = []
    producer = Producer({"bootstrap.servers": KAFKA, "compression.type": codec, "linger.ms": 5, "enable.idempotence": True})
    context = SerializationContext(topic, MessageField.VALUE)
    for n in range(COUNT):
        value = serializer(row(n), context)
        while True:
            try:
                producer.produce(topic, key=str(n), value=value, partition=0, on_delivery=lambda e, _: e and failures.append(e))
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    left = producer.flush(60)
    assert left == 0 and not failures, f"{left} not sent, failures {failures[:3]}"


def consume(topic, deserializer, same):
    consumer = Consumer(
        {"bootstrap.servers": KAFKA, "group.id": f"group-{topic}", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    )
    consumer.subscribe([topic])
    context = SerializationContext(topic, MessageField.VALUE)
    n, deadline = 0, time.time() + 60
    while n < COUNT and time.time() < deadline:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            continue
        assert message.offset() == n and message.key() == str(n).encode(), (message.offset(), message.key(), n)
        got = deserializer(message.value(), context)
        assert same(got, n), (n, got)
        n += 1
    assert n == COUNT, f"{n} of {COUNT} records read back"
    consumer.commit(asynchronous=False)
    assert consumer.committed(consumer.assignment())[0].offset == COUNT
    consumer.close()


def round_trip(name, codec):
    make_serializer, make_deserializer, row, same = formats.FORMATS[name]
    topic = f"orders-{name}-{codec}"
    produce(topic, codec, make_serializer(), row)
    consume(topic, make_deserializer(), same)


for name in formats.FORMATS:
    for codec in CODECS:
        started = time.time()
        check(f"python {name} {codec} {COUNT} records", round_trip, name, codec)
        print(f"# {time.time() - started:.1f} s", file=sys.stderr)
done()
