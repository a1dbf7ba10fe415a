"""confluent-kafka's serializer and deserializer of each format, its n-th order, and whether an order read is the n-th."""

import os

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer

import shapes

registry = SchemaRegistryClient({"url": os.environ["ASSAY_HTTP"]})
pb = shapes.load_protobuf()


def to_pb(n):
    o = shapes.order(n)
    message = pb.Order(id=o["id"], customer=o["customer"])
    for item in o["items"]:
        message.items.add(**item)
    set_created(message, o["created"])
    return message


def set_created(message, ms):
    field = message.DESCRIPTOR.fields_by_name["created"]
    if field.message_type is not None:
        message.created.FromMilliseconds(ms)
    else:
        message.created = ms


def avro_row(n):
    return shapes.order(n)


FORMATS = {
    "avro": (
        lambda: AvroSerializer(registry, shapes.text("orders.avsc")),
        lambda: AvroDeserializer(registry),
        avro_row,
        lambda got, n: got["id"] == f"order-{n}" and len(got["items"]) == n % 4,
    ),
    "protobuf": (
        lambda: ProtobufSerializer(pb.Order, registry, {"use.deprecated.format": False}),
        lambda: ProtobufDeserializer(pb.Order, {"use.deprecated.format": False}, registry),
        to_pb,
        lambda got, n: got == to_pb(n),
    ),
    "json": (
        lambda: JSONSerializer(shapes.text("orders.schema.json"), registry, lambda o, _: o),
        lambda: JSONDeserializer(shapes.text("orders.schema.json"), lambda o, _: o, registry),
        shapes.order_json,
        lambda got, n: got == shapes.order_json(n),
    ),
}
