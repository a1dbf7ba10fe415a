"""Nothing acknowledged is lost: rounds of produce (acks=all) and register, each ended by kill -9 at a random moment.

Afterwards every acknowledged record and schema is there, no id was given twice, and offsets have no gap and no duplicate.
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


check(f"python {ROUNDS} rounds of kill -9 (seed {SEED})", run)
done()
