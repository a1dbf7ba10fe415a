"""A bad batch in a stream: idempotence on, five in flight; later good records are stored once, in order."""

import os
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

import shapes
from tap import check, done

KAFKA = os.environ["ASSAY_KAFKA"]
admin = AdminClient({"bootstrap.servers": KAFKA})
registry = SchemaRegistryClient({"url": os.environ["ASSAY_HTTP"]})
INVALID_RECORD = 87


def read_all(topic, until, gaps=False):
    consumer = Consumer({"bootstrap.servers": KAFKA, "group.id": "reader", "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    keys, deadline = [], time.time() + 30
    while time.time() < deadline:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            if message.error().code() == KafkaError._PARTITION_EOF:
                break
            raise AssertionError(message.error())
        assert gaps or message.offset() == len(keys), "a gap or a duplicate in the offsets"
        keys.append(int(message.key()))
    consumer.close()
    return keys


def stream(topic, bad, count=400):
    """Small batches, five in flight; `bad` says which record numbers carry a broken payload."""
    serializer = AvroSerializer(registry, shapes.text("orders.avsc"))
    context = SerializationContext(topic, MessageField.VALUE)
    serializer(shapes.order(0), context)  # the subject exists before the first record
    outcome = {}
    producer = Producer(
        {
            "bootstrap.servers": KAFKA,
            "enable.idempotence": True,
            "max.in.flight": 5,
            "batch.num.messages": 10,
            "linger.ms": 2,
        }
    )

    def delivered(n):
        return lambda error, message: outcome.__setitem__(n, error)

    for n in range(count):
        value = serializer(shapes.order(n), context)
        if n in bad:
            value = value[:7]
        producer.produce(topic, key=str(n), value=value, partition=0, on_delivery=delivered(n))
        producer.poll(0)
        if n % 25 == 24:
            time.sleep(0.002)
    assert producer.flush(60) == 0
    for n in range(count, count + 50):  # the producer goes on
        producer.produce(topic, key=str(n), value=serializer(shapes.order(n), context), partition=0, on_delivery=delivered(n))
    assert producer.flush(60) == 0
    refused = {n for n, error in outcome.items() if error is not None}
    stored = [n for n in range(count + 50) if n not in refused]
    assert set(bad) <= refused, f"bad records {sorted(set(bad) - refused)} were accepted"
    for n in bad:
        assert outcome[n].code() == INVALID_RECORD, outcome[n]
    # Only the batches that held a bad record are refused: at most nine good neighbours each.
    assert len(refused) <= 10 * len(bad) + len(bad), f"{len(refused)} refused for {len(bad)} bad records"
    assert all(n not in refused for n in range(count, count + 50)), "the producer did not go on"
    assert read_all(topic, count) == stored, "stored records differ from the acknowledged ones"


def quarantined(topic, bad, count=400):
    """As above, but the topic sets bad records aside: every one is acknowledged, and each is in one of the two topics, once."""
    future = admin.create_topics([NewTopic(topic, 1, 1, config={"assay.value.on.invalid": "quarantine"})])[topic]
    future.result()
    serializer = AvroSerializer(registry, shapes.text("orders.avsc"))
    context = SerializationContext(topic, MessageField.VALUE)
    serializer(shapes.order(0), context)
    errors = []
    producer = Producer(
        {"bootstrap.servers": KAFKA, "enable.idempotence": True, "max.in.flight": 5, "batch.num.messages": 10, "linger.ms": 2}
    )
    for n in range(count):
        value = serializer(shapes.order(n), context)
        value = value[:7] if n in bad else value
        producer.produce(topic, key=str(n), value=value, partition=0, on_delivery=lambda e, _: errors.append(e))
        producer.poll(0)
        if n % 25 == 24:
            time.sleep(0.002)
    assert producer.flush(60) == 0
    assert len(errors) == count and not any(errors), [e for e in errors if e][:3]
    assert read_all(topic, count, gaps=True) == [n for n in range(count) if n not in bad]
    assert read_all(topic + ".quarantine", len(bad), gaps=True) == sorted(bad)


def gapless(topic):
    """With enable.gapless.guarantee a refusal is fatal, as librdkafka means it."""
    serializer = AvroSerializer(registry, shapes.text("orders.avsc"))
    context = SerializationContext(topic, MessageField.VALUE)
    good = serializer(shapes.order(1), context)
    config = {"bootstrap.servers": KAFKA, "enable.idempotence": True, "enable.gapless.guarantee": True, "linger.ms": 0}
    producer = Producer(config)
    outcome = []

    def send(value):
        producer.produce(topic, key="1", value=value, partition=0, on_delivery=lambda e, _: outcome.append(e))
        producer.flush(30)

    send(good)
    assert outcome == [None]
    try:
        send(good[:7])
        send(good)
    except (KafkaException, SystemError) as raised:  # the binding wraps what is raised while it calls back
        error = raised if isinstance(raised, KafkaException) else raised.__cause__
        assert error.args[0].fatal() and error.args[0].code() == KafkaError._GAPLESS_GUARANTEE, error
    else:
        raise AssertionError(f"the producer went on: {outcome}")


def transactional(topic):
    """There are no transactions: a transactional producer learns it when it begins."""
    producer = Producer({"bootstrap.servers": KAFKA, "transactional.id": topic, "transaction.timeout.ms": 5000})
    try:
        producer.init_transactions(20)
    except KafkaException as error:
        assert error.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, error
    else:
        raise AssertionError("a transactional producer was let in")


def reason_in_log(topic):
    log = open(os.environ["ASSAY_LOG_FILE"], encoding="utf-8").read()
    assert topic in log and "record" in log and "schema" in log, log[-2000:]


def log_holds_nothing_of_records(topic):
    """Neither bytes nor names that a record brings along get into the log; the refusals that clients may ask for have them."""
    from confluent_kafka.schema_registry import Schema

    schema = '{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"integer"},"maxProperties":2}'
    closed = '{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}'
    bad = {topic: [b"\xd7unframed"], topic + "-open": [], topic + "-closed": []}
    for name, text in [("-open", schema), ("-closed", closed)]:
        schema_id = registry.register_schema(topic + name + "-value", Schema(text, "JSON"))
        bad[topic + name] = [b"\0" + schema_id.to_bytes(4, "big") + b'{"whistleblower": "x", "a": 1}']
    registry.register_schema(topic + "-value", Schema('"string"', "AVRO"))
    lines = []
    for name, values in bad.items():
        for acks in ["all", 0]:
            producer = Producer({"bootstrap.servers": KAFKA, "acks": acks, "message.timeout.ms": 5000, "log_level": 0})
            deadline, seen = time.time() + 20, 0
            while seen == 0:  # the log takes a few lines a second
                assert time.time() < deadline, f"no line about {name}"
                outcome = []
                producer.produce(name, key="k", value=values[0], partition=0, on_delivery=lambda e, _: outcome.append(e))
                assert producer.flush(30) == 0
                assert acks == 0 or outcome[0].code() == INVALID_RECORD, outcome
                log = open(os.environ["ASSAY_LOG_FILE"], encoding="utf-8").read()
                lines = [line for line in log.splitlines() if topic in line]
                seen = sum(f"topic={name} " in line and ("acks=0" in line) == (acks == 0) for line in lines)
    for line in lines:
        assert "whistleblower" not in line and "0xd7" not in line, line


check("python bad batch first", stream, "bad-first", [0, 1, 2])
check("python bad batch in the middle", stream, "bad-middle", [203])
check("python several bad batches", stream, "bad-several", [0, 60, 61, 200, 399])
check("python quarantine, idempotent, five in flight", quarantined, "aside", [0, 1, 2, 60, 61, 203, 399])
check("python quarantine of everything", quarantined, "aside-all", list(range(100)), 100)
check("python gapless producer ends", gapless, "gapless")
check("python transactional producer is refused", transactional, "transactional")
check("python the log holds nothing of records", log_holds_nothing_of_records, "loggable")
check("python refusal is in the server's log", reason_in_log, "bad-middle")
done()
