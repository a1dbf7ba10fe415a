"""Format x subject strategy x nested message x key or value x framing x codec: what confluent-kafka's serializers write is
stored, the same cut short by a byte is refused, and so is what stands under another subject."""

import itertools
import os
import pathlib
import subprocess
import sys
import tempfile

import grpc_tools
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import (
    SchemaRegistryClient,
    header_schema_id_serializer,
    prefix_schema_id_serializer,
    record_subject_name_strategy,
    topic_record_subject_name_strategy,
    topic_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tap import check, done

KAFKA = os.environ["ASSAY_KAFKA"]
registry = SchemaRegistryClient({"url": os.environ["ASSAY_HTTP"]})
admin = AdminClient({"bootstrap.servers": KAFKA})
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
INVALID_RECORD = 87

PROTO = """syntax = "proto3";
package matrix;
message First { string a = 1; }
message Outer {
  message Middle { message Inner { string text = 1; repeated int32 numbers = 2; } Inner inner = 1; }
  Middle middle = 1;
}
"""


def load():
    """Compiles PROTO and imports it."""
    out = pathlib.Path(tempfile.mkdtemp(prefix="assay-matrix-"))
    (out / "matrix.proto").write_text(PROTO)
    include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{out}", f"-I{include}", f"--python_out={out}", "matrix.proto"]
    subprocess.run(command, check=True)
    sys.path.insert(0, str(out))
    import matrix_pb2

    return matrix_pb2


pb = load()
inner = pb.Outer.Middle.Inner(text="héllo", numbers=[1, 2, 300])
AVRO = """{"type":"record","name":"Outer","namespace":"matrix.avro","fields":[{"name":"inner","type":
  {"type":"record","name":"Inner","fields":[{"name":"text","type":"string"},{"name":"numbers","type":{"type":"array","items":"int"}}]}}]}"""
JSON = """{"title":"matrix.json.Outer","type":"object","required":["inner"],"properties":{"inner":{"type":"object","title":"matrix.json.Inner",
  "required":["text"],"properties":{"text":{"type":"string"},"numbers":{"type":"array","items":{"type":"integer"}}}}}}"""
ROW = {"inner": {"text": "héllo", "numbers": [1, 2, 300]}}
OLD = {"use.deprecated.format": False}

# name: how a serializer with some settings is made, and what it is given
FORMATS = {
    "avro": (lambda conf: AvroSerializer(registry, AVRO, conf=conf), ROW),
    "json": (lambda conf: JSONSerializer(JSON, registry, lambda o, _: o, conf=conf), ROW),
    "protobuf first": (lambda conf: ProtobufSerializer(pb.First, registry, {**conf, **OLD}), pb.First(a="x")),
    "protobuf second": (
        lambda conf: ProtobufSerializer(pb.Outer, registry, {**conf, **OLD}),
        pb.Outer(middle=pb.Outer.Middle(inner=inner)),
    ),
    "protobuf nested": (lambda conf: ProtobufSerializer(pb.Outer.Middle.Inner, registry, {**conf, **OLD}), inner),
}
STRATEGIES = {
    "TopicNameStrategy": topic_subject_name_strategy,
    "RecordNameStrategy": record_subject_name_strategy,
    "TopicRecordNameStrategy": topic_record_subject_name_strategy,
}
FRAMINGS = {"prefix": prefix_schema_id_serializer, "header": header_schema_id_serializer}


def create(topic, configs):
    for future in admin.create_topics([NewTopic(topic, 1, 1, config=configs)]).values():
        future.result()


producers = {
    codec: Producer({"bootstrap.servers": KAFKA, "compression.type": codec, "linger.ms": 0, "acks": 1}) for codec in CODECS
}


def send(codec, topic, part, data, headers):
    """The error code of a record that has `data` as its key or value, None when it is stored."""
    outcome = []
    key, value = (data, b"v") if part == "key" else (b"k", data)
    producer = producers[codec]
    producer.produce(topic, key=key, value=value, headers=list(headers), on_delivery=lambda e, _: outcome.append(e))
    assert producer.flush(30) == 0
    return outcome[0].code() if outcome[0] else None


def cell(format_name, strategy, part, framing):
    make, row = FORMATS[format_name]
    topic = "-".join(["m", format_name.replace(" ", "-"), strategy, part, framing])
    create(
        topic,
        {
            f"assay.{part}.validation": "payload",
            f"assay.{part}.subject.name.strategy": strategy,
            f"assay.{'key' if part == 'value' else 'value'}.validation": "off",
        },
    )
    serialize = make({"subject.name.strategy": STRATEGIES[strategy], "schema.id.serializer": FRAMINGS[framing]})
    headers = []
    field = MessageField.KEY if part == "key" else MessageField.VALUE
    data = serialize(row, SerializationContext(topic, field, headers))
    assert bool(headers) == (framing == "header"), headers
    for codec in CODECS:
        assert send(codec, topic, part, data, headers) is None, f"{codec}: refused"
        assert send(codec, topic, part, data[:-1], headers) == INVALID_RECORD, f"{codec}: a byte less was stored"
    # The same under the rules of another topic's subjects.
    other = topic + "-other"
    create(other, {f"assay.{part}.validation": "id", f"assay.{part}.subjects": "nobody"})
    assert send("none", other, part, data, headers) == INVALID_RECORD, "another subject"


def refused_by_name():
    """Wrong settings are refused with the right ones."""
    for name, value, want in [
        ("assay.value.subject.name.strategy", "MyStrategy", "RecordNameStrategy"),
        ("confluent.value.subject.name.strategy", "com.example.Mine", "TopicNameStrategy"),
        ("assay.value.on.invalid", "drop", "quarantine"),
        ("assay.value.validation", "strict", "payload"),
        ("assay.value.schema.versions", "newest", "latest"),
    ]:
        try:
            create("m-never", {name: value})
        except KafkaException as error:
            assert want in str(error), error
        else:
            raise AssertionError(f"{name}={value} was accepted")


for names in itertools.product(FORMATS, STRATEGIES, ["value", "key"], FRAMINGS):
    check("matrix " + ", ".join(names), cell, *names)
check("matrix wrong settings", refused_by_name)
done()
