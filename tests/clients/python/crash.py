"""Nothing acknowledged is lost: rounds of produce (acks=all) and register, each ended by kill -9 at a random moment.

Afterwards every acknowledged record and schema is there, no id was given twice, and offsets have no gap and no duplicate. The
same with a topic that sets bad records aside: each is in the quarantine once, also when a producer outlives the server and sends again.
"""

import json
import os
import random
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.request

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from process import Server
from tap import check, done

ROUNDS = int(os.environ.get("ROUNDS", "50"))
SEED = int(os.environ.get("SEED", str(random.randrange(1 << 30))))
TOPIC = "crash"
PARTITIONS = 2
FLAGS = ["--set", f"num.partitions={PARTITIONS}"]
JSON = {"Content-Type": "application/json"}


def call(url, body=None, method=None):
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(), headers=JSON, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def schema_text(n):
    return json.dumps({"type": "record", "name": "R", "fields": [{"name": f"f{n}", "type": "int", "default": 0}]})


def register_until_dead(server, start, acked, stop):
    n = start
    while not stop.is_set():
        try:
            acked[n] = call(f"{server.http}/subjects/s{n % 7}/versions", {"schema": schema_text(n)})["id"]
            n += 1
        except urllib.error.HTTPError as error:
            acked["refused"] = f"{error.code} {error.read()}"
            return
        except (OSError, ValueError):  # the server is dead
            return


def one_round(data, number, rng, records, schemas):
    server = Server(data, *FLAGS)
    producer = Producer({"bootstrap.servers": server.kafka, "acks": "all", "enable.idempotence": True, "linger.ms": 1,
                         "message.timeout.ms": 5000, "log_level": 0})
    stop = threading.Event()
    thread = threading.Thread(target=register_until_dead, args=(server, number * 100_000, schemas, stop))
    thread.start()

    def delivered(value):
        def on(error, message):
            if error is None:
                records[value] = (message.partition(), message.offset())
        return on

    deadline = time.time() + rng.uniform(0.15, 0.6)
    n = 0
    while time.time() < deadline:
        value = f"{number}-{n}"
        producer.produce(TOPIC, value=value, on_delivery=delivered(value))
        producer.poll(0)
        n += 1
        if n % 50 == 0:
            time.sleep(0.001)
    server.kill()
    stop.set()
    thread.join()
    producer.poll(0)
    producer.purge()
    producer.flush(5)


def verify(data, records, schemas):
    server = Server(data, *FLAGS)
    stored = {}
    for partition in range(PARTITIONS):
        consumer = Consumer({"bootstrap.servers": server.kafka, "group.id": "v", "enable.partition.eof": True, "check.crcs": True})
        consumer.assign([TopicPartition(TOPIC, partition, 0)])
        expected = 0
        while True:
            message = consumer.poll(10)
            assert message is not None, "no answer within 10 s"
            if message.error():
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                break
            assert message.offset() == expected, f"offset {message.offset()} where {expected} was next"
            value = message.value().decode()
            assert value not in stored, f"{value} is stored twice"
            stored[value] = (partition, expected)
            expected += 1
        consumer.close()
    lost = [v for v, at in records.items() if stored.get(v) != at]
    assert not lost, f"{len(lost)} of {len(records)} acknowledged records lost or moved: {lost[:5]}"
    ids = {}
    for n, schema_id in schemas.items():
        text = call(f"{server.http}/schemas/ids/{schema_id}")["schema"]
        assert json.loads(text) == json.loads(schema_text(n)), f"schema {schema_id} is not the one acknowledged"
        assert ids.setdefault(schema_id, n) == n, f"id {schema_id} was given twice"
    server.stop()
    return len(stored)


def run():
    rng = random.Random(SEED)
    data = tempfile.mkdtemp(prefix="assay-crash-")
    records, schemas = {}, {}
    try:
        server = Server(data, *FLAGS)
        call(f"{server.http}/config", {"compatibility": "NONE"}, "PUT")
        server.kill()
        for number in range(ROUNDS):
            one_round(data, number, rng, records, schemas)
        assert "refused" not in schemas, schemas["refused"]
        stored = verify(data, records, schemas)
        print(f"# {ROUNDS} rounds: {len(records)} records acknowledged, {stored} stored, {len(schemas)} schemas")
        assert len(records) > ROUNDS and len(schemas) > ROUNDS, "too little happened to prove anything"
    finally:
        shutil.rmtree(data, ignore_errors=True)


ASIDE = "aside"


def aside_value(schema_id, text, bad):
    """An Avro string with its frame; a bad one lacks the last byte, so that it is not long enough."""
    value = bytes([0]) + schema_id.to_bytes(4, "big") + bytes([len(text) * 2]) + text.encode()
    return value[:-1] if bad else value


def aside_round(data, port, number, rng, schema_id, acked, outlives):
    """Good and bad records in small batches, and a kill. A producer that outlives it gets everything acknowledged later on."""
    server = Server(data, *FLAGS, kafka=port)
    producer = Producer({"bootstrap.servers": server.kafka, "acks": "all", "enable.idempotence": True, "linger.ms": 1,
                         "batch.num.messages": 20, "reconnect.backoff.max.ms": 100, "message.timeout.ms": 60_000, "log_level": 0})
    sent = []

    def delivered(value, bad):
        def on(error, _):
            if error is None:
                acked[value] = bad
        return on

    deadline = time.time() + rng.uniform(0.1, 0.35)
    while time.time() < deadline:
        bad = rng.random() < 0.3
        value = aside_value(schema_id, f"{number}-{len(sent)}-end", bad)
        sent.append(value)
        producer.produce(ASIDE, value=value, partition=len(sent) % PARTITIONS, on_delivery=delivered(value, bad))
        producer.poll(0)
        if len(sent) % 20 == 0:
            time.sleep(0.001)
    server.kill()
    if outlives:
        server = Server(data, *FLAGS, kafka=port)
        assert producer.flush(60) == 0, "not everything was delivered after the restart"
        missing = [value for value in sent if value not in acked]
        assert not missing, f"{len(missing)} records refused after the restart"
        server.kill()
    else:
        producer.purge()
        producer.flush(5)


def read_values(kafka, topic, partition):
    """The values of a partition, and its end."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "v", "enable.partition.eof": True, "check.crcs": True})
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), 10)
    consumer.assign([TopicPartition(topic, partition, 0)])
    values = []
    while True:
        message = consumer.poll(10)
        assert message is not None, "no answer within 10 s"
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            break
        values.append(message.value())
    consumer.close()
    return values, end


def aside():
    rng = random.Random(SEED)
    data = tempfile.mkdtemp(prefix="assay-crash-aside-")
    acked = {}
    rounds = max(4, ROUNDS // 4)
    try:
        server = Server(data, *FLAGS)
        port = server.kafka  # a producer that outlives the server finds the next one there
        schema_id = call(f"{server.http}/subjects/{ASIDE}-value/versions", {"schema": '"string"'})["id"]
        admin = AdminClient({"bootstrap.servers": server.kafka, "log_level": 0})
        config = {"assay.value.on.invalid": "quarantine"}
        admin.create_topics([NewTopic(ASIDE, PARTITIONS, 1, config=config)])[ASIDE].result()
        server.kill()
        for number in range(rounds):
            aside_round(data, port, number, rng, schema_id, acked, outlives=number % 2 == 0)
        server = Server(data, *FLAGS)
        good, bad = [], []
        for partition in range(PARTITIONS):
            stored, end = read_values(server.kafka, ASIDE, partition)
            set_aside, _ = read_values(server.kafka, ASIDE + ".quarantine", partition)
            gaps = end - len(stored)
            # It is written first: what the topic lacks is there. More may be there, of batches that were never acknowledged.
            assert gaps <= len(set_aside), f"{gaps} offsets are empty, {len(set_aside)} records in the quarantine"
            good, bad = good + stored, bad + set_aside
        server.stop()
        assert len(set(good)) == len(good), "a good record is stored twice"
        twice = {v for v in bad if bad.count(v) > 1} if len(set(bad)) != len(bad) else set()
        assert not twice, f"{len(twice)} records are in the quarantine twice: {list(twice)[:3]}"
        places = {True: set(bad), False: set(good)}
        lost = [v for v, is_bad in acked.items() if v not in places[is_bad]]
        assert not lost, f"{len(lost)} of {len(acked)} acknowledged records lost: {lost[:5]}"
        whole = {v for v in good if len(v) != 6 + v[5] // 2} | {v for v in bad if len(v) == 6 + v[5] // 2}
        assert not whole, f"records in the wrong topic: {list(whole)[:3]}"
        known_bad = sum(acked.values())
        print(f"# {rounds} rounds: {len(acked)} acknowledged, {known_bad} of them bad, {len(bad)} in the quarantine")
        assert known_bad > rounds and len(acked) - known_bad > rounds, "too little happened to prove anything"
    finally:
        shutil.rmtree(data, ignore_errors=True)


check(f"python {ROUNDS} rounds of kill -9 (seed {SEED})", run)
check(f"python kill -9 and the quarantine (seed {SEED})", aside)
done()
