"""assay-serde and confluent-kafka read each other's records of every type, framed by prefix and by header GUID.

Avro: all primitives, logical types, unions, enums, fixed, maps, arrays, recursion, and a schema that refers to another subject's.
Protobuf: a nested message that is not the first, with an import. JSON: a schema with a reference. The bytes of Avro and Protobuf
are equal, JSON's values are."""

import datetime
import decimal
import os
import pathlib
import subprocess
import sys
import tempfile
import uuid

from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    header_schema_id_serializer,
    prefix_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tap import check, done

COUNT = 12
TYPES = pathlib.Path(__file__).resolve().parents[1] / "types"
HEADER = "__value_schema_id"
registry = SchemaRegistryClient({"url": os.environ["ASSAY_HTTP"]})


def text(name):
    return (TYPES / name).read_text()


def load_protobuf():
    import grpc_tools

    out = tempfile.mkdtemp(prefix="assay-types-")
    include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    files = ["types/money.proto", "types/all.proto"]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{TYPES / 'proto'}", f"-I{include}", f"--python_out={out}", *files]
    subprocess.run(command, check=True)
    # The package is called like a module of Python's own, so the two files are loaded by their paths.
    import importlib.util

    loaded = {}
    for name in ["money_pb2", "all_pb2"]:
        path = pathlib.Path(out) / "types" / f"{name}.py"
        source = path.read_text().replace("from types import money_pb2", "import money_pb2")
        path.write_text(source)
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        loaded[name] = module
    return loaded["all_pb2"]


pb = load_protobuf()
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def inner(n):
    return {"a": n, "b": f"b{n}"}


def chain(depth):
    return {"n": depth, "next": chain(depth - 1)} if depth else None


def all_types(n, big=(0, -1, 2**63 - 1, -(2**63))):
    """The n-th record; the Rust side makes the same one."""
    sign = 1 if n % 2 == 0 else -1
    odd = n % 2 == 1
    inners = [inner(i) for i in range(n % 3)]
    micros = datetime.timedelta(microseconds=1)
    return {
        "nothing": None,
        "flag": n % 2 == 0,
        "small": [0, -1, 2**31 - 1, -(2**31)][n % 4],
        "big": big[n % 4],
        "single": 0.5 * n,
        "double": -0.25 * n,
        "raw": bytes(i * 37 % 256 for i in range(n)),
        "text": f"grüße-日本-{n}",
        "suit": ["SPADES", "HEARTS", "CLUBS"][n % 3],
        "hash": bytes([n, 1, 2, 255]),
        "list": list(range(n % 4)),
        "counts": {"k": n} if odd else {},
        "maybe": f"x{n}" if odd else None,
        "turned": None if odd else f"y{n}",
        "choice": [n, "s", inner(n), ["p", "q"]][n % 4],
        "price": decimal.Decimal(sign * (n * 100 + 5)).scaleb(-2),
        "fee": decimal.Decimal(sign * (n * 1000 + 7)).scaleb(-3),
        "key": uuid.UUID(int=0x40008000000000000000 + n),
        "day": datetime.date(1970, 1, 1) + datetime.timedelta(days=19000 + n),
        "time_ms": (EPOCH + datetime.timedelta(milliseconds=1000 * n + 1)).time(),
        "time_us": (EPOCH + datetime.timedelta(microseconds=1_000_000 * n + 1)).time(),
        "at_ms": EPOCH + (1_700_000_000_000 + n) * 1000 * micros,
        "at_us": EPOCH + (1_700_000_000_000_000 + n) * micros,
        "local_ms": (EPOCH + (1_600_000_000_000 + n) * 1000 * micros).replace(tzinfo=None),
        "local_us": (EPOCH + (1_600_000_000_000_000 + n) * micros).replace(tzinfo=None),
        "inner": inner(n),
        "inners": inners,
        "groups": {"k": inners} if odd else {},
        "chain": chain(n % 5),
    }


def avro_basket(n):
    def item(i):
        return {"sku": f"sku-{i}", "qty": i}

    return {"owner": f"owner-{n}", "first": item(n), "more": [item(i) for i in range(n % 3)]}


def json_basket(n):
    items = [{"sku": f"grüße-{i}", "qty": i} for i in range(n % 4)]
    return {"owner": f"owner-{n}", "ratio": 0.25 * n, "flag": [None, False, True][n % 3], "items": items}


def body(n):
    message = pb.Envelope.Body(
        zigzag=[0, -1, 2**63 - 1, -(2**63)][n % 4],
        packed=[-i for i in range(n % 4)],
        fixed=n,
        ratio=0.25 * n,
        single=0.5 - n,
        big=2**64 - 1 if n % 2 == 0 else 0,
        names=[f"name-{i}" for i in range(n % 3)],
    )
    if n % 2 == 1:
        message.price.cents, message.price.currency = n, n % 3
    if n % 3 == 1:
        message.text, message.flag = f"grüße-{n}", False
    if n % 3 == 2:
        message.raw, message.flag = bytes([n, 0, 255]), True
    if n > 8:
        message.inner.CopyFrom(body(n - 8))
    return message


def referring(schema, schema_type, name, subject, referred):
    """A schema with one reference, which is registered first."""
    registry.register_schema(subject, Schema(text(referred), schema_type))
    version = registry.get_latest_version(subject).version
    return Schema(text(schema), schema_type, [SchemaReference(name, subject, version)])


def avro(schema):
    return lambda conf: AvroSerializer(registry, schema(), conf=conf), lambda: AvroDeserializer(registry)


def basket_schema():
    return referring("basket.avsc", "AVRO", "types.ref.Item", "types-item", "item.avsc")


def json_schema():
    return referring("basket.schema.json", "JSON", "item.schema.json", "item.schema.json", "item.schema.json")


def protobuf_serializer(conf):
    return ProtobufSerializer(pb.Envelope.Body, registry, {**conf, "use.deprecated.format": False})


def protobuf_deserializer():
    return ProtobufDeserializer(pb.Envelope.Body, {"use.deprecated.format": False}, registry)


CASES = {
    "avro": (*avro(lambda: text("all.avsc")), all_types),
    "avro-references": (*avro(basket_schema), avro_basket),
    "protobuf": (protobuf_serializer, protobuf_deserializer, body),
    "json": (
        lambda conf: JSONSerializer(json_schema(), registry, lambda o, _: o, conf),
        lambda: JSONDeserializer(json_schema(), lambda o, _: o, registry),
        json_basket,
    ),
}
FRAMINGS = {"prefix": prefix_schema_id_serializer, "header": header_schema_id_serializer}


def rust(what, case, framing, lines=""):
    command = [os.environ["ASSAY_INTEROP_TYPES"], what, case, framing]
    out = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120)
    assert out.returncode == 0, out.stderr
    return out.stdout


def python_to_rust(case, framing):
    """Returns the payloads without their framing."""
    make_serializer, _, value = CASES[case]
    serialize = make_serializer({"schema.id.serializer": FRAMINGS[framing]})
    topic, lines, payloads = f"types-python-{case}", [], []
    for n in range(COUNT):
        context = SerializationContext(topic, MessageField.VALUE, {})
        payload = serialize(value(n), context)
        header = context.headers.get(HEADER)
        assert (header is not None) == (framing == "header"), (header, framing)
        lines.append(f"{header.hex() if header else '-'} {payload.hex()}")
        payloads.append((header[17:] + payload) if header else payload[5:])
    rust("read", case, framing, "\n".join(lines))
    return payloads


def rust_to_python(case, framing):
    _, make_deserializer, value = CASES[case]
    deserialize = make_deserializer()
    payloads = []
    lines = rust("write", case, framing).splitlines()
    assert len(lines) == COUNT, lines
    for n, line in enumerate(lines):
        header, payload = (part if part == "-" else bytes.fromhex(part) for part in line.split(" "))
        headers = {} if header == "-" else {HEADER: header}
        assert bool(headers) == (framing == "header")
        got = deserialize(payload, SerializationContext(f"types-rust-{case}", MessageField.VALUE, headers))
        assert got == value(n), f"record {n}: {got} is not {value(n)}"
        payloads.append((header[17:] + payload) if headers else payload[5:])
    return payloads


def both_ways(case, framing):
    theirs = python_to_rust(case, framing)
    ours = rust_to_python(case, framing)
    if case != "json":
        assert theirs == ours, next((t.hex(), o.hex()) for t, o in zip(theirs, ours) if t != o)


for case_name in CASES:
    for framing_name in FRAMINGS:
        check(f"every type, {case_name} by {framing_name}: python to rust and back", both_ways, case_name, framing_name)
done()
