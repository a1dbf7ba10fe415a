"""The whole life of a subject with confluent-kafka's registry clients, the synchronous and the asynchronous one."""

import asyncio
import base64
import inspect
import os

from confluent_kafka.schema_registry import (
    AsyncSchemaRegistryClient,
    ConfigCompatibilityLevel,
    Metadata,
    MetadataProperties,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    ServerConfig,
)
from confluent_kafka.schema_registry.error import SchemaRegistryError
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from tap import check, done

URL = os.environ["ASSAY_HTTP"]


def record(*fields):
    inner = ",".join('{"name":"%s","type":"string","default":""}' % f for f in fields)
    return Schema('{"type":"record","name":"R","namespace":"life","fields":[%s]}' % inner)


class Client:
    """Calls either client; what it gives back is awaited when it has to be."""

    def __init__(self, real):
        self.real = real

    def __getattr__(self, name):
        method = getattr(self.real, name)

        async def call(*args, **kwargs):
            result = method(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        return call


async def refused(code, call):
    try:
        await call
    except SchemaRegistryError as error:
        assert error.error_code == code, f"expected {code}, got {error.error_code}: {error.error_message}"
    else:
        raise AssertionError(f"not refused, expected {code}")


async def versions(c, s):
    schemas = [record("a"), record("a", "b"), record("a", "b", "c")]
    ids = [await c.register_schema(s, schema) for schema in schemas]
    assert len(set(ids)) == 3 and await c.register_schema(s, schemas[0]) == ids[0]
    full = await c.register_schema_full_response(s, schemas[1])
    assert full.schema_id == ids[1], full
    assert await c.get_versions(s) == [1, 2, 3]
    for n, (schema_id, schema) in enumerate(zip(ids, schemas), 1):
        got = await c.get_version(s, n)
        assert (got.subject, got.version, got.schema_id) == (s, n, schema_id) and got.schema.schema_str == schema.schema_str
        assert (await c.get_schema(schema_id)).schema_str == schema.schema_str
        found = await c.lookup_schema(s, schema)
        assert (found.version, found.schema_id) == (n, schema_id)
        assert (await c.get_schema_by_guid(got.guid)).schema_str == schema.schema_str
        assert s in await c.get_subjects_by_schema_id(schema_id)
        assert (s, n) in [(v.subject, v.version) for v in await c.get_schema_versions(schema_id)]
    assert (await c.get_latest_version(s)).version == 3
    assert s in await c.get_subjects() and s in await c.get_subjects(subject_prefix=s[:4])
    assert sorted(await c.get_schema_types()) == ["AVRO", "JSON", "PROTOBUF"]
    await refused(40403, c.lookup_schema(s, record("zzz")))
    await refused(40402, c.get_version(s, 9))
    await refused(40401, c.get_versions(s + "-none"))


async def compatibility(c, s):
    await c.register_schema(s, record("a"))
    bad = Schema('{"type":"record","name":"R","namespace":"life","fields":[{"name":"n","type":"int"}]}')
    assert await c.test_compatibility(s, record("a", "b")) and not await c.test_compatibility(s, bad)
    assert not await c.test_compatibility_all_versions(s, bad)
    await refused(409, c.register_schema(s, bad))
    assert (await c.set_compatibility(s, "NONE"))["compatibility"] == "NONE"
    assert await c.get_compatibility(s) == "NONE"
    await c.register_schema(s, bad)
    config = await c.set_config(s, ServerConfig(compatibility=ConfigCompatibilityLevel.FULL, compatibility_group="g"))
    assert config["compatibility"] == "FULL" and config["compatibilityGroup"] == "g"
    assert (await c.get_config(s)).compatibility_level.value == "FULL"
    await c.delete_config(s)
    await refused(40408, c.get_config(s))
    assert await c.get_compatibility() == "BACKWARD"


async def modes(c, s):
    assert await c.get_global_mode() == "READWRITE"
    assert await c.update_mode(s, "READONLY") == "READONLY" and await c.get_mode(s) == "READONLY"
    await refused(42205, c.register_schema(s, record("a")))
    assert await c.update_mode(s, "READWRITE") == "READWRITE"
    await c.register_schema(s, record("a"))
    await c.delete_mode(s)
    await refused(42204, c.update_mode(s, "NONSENSE"))


async def deletes(c, s):
    for schema in (record("a"), record("a", "b")):
        await c.register_schema(s, schema)
    assert await c.delete_version(s, 1) == 1
    assert await c.get_versions(s) == [2] and await c.get_versions(s, deleted=True) == [1, 2]
    await refused(40406, c.delete_version(s, 1))
    assert await c.delete_version(s, 1, permanent=True) == 1
    assert await c.delete_subject(s) == [2]
    await refused(40404, c.delete_subject(s))
    assert s not in await c.get_subjects() and s in await c.get_subjects(deleted=True)
    assert await c.delete_subject(s, permanent=True) == [2]
    assert s not in await c.get_subjects(deleted=True)


async def references(c, s):
    item = s + "-item"
    await c.register_schema(item, Schema('{"type":"record","name":"Item","namespace":"life","fields":[]}'))
    order = Schema(
        '{"type":"record","name":"Order","namespace":"life","fields":[{"name":"i","type":"Item"}]}',
        "AVRO",
        [SchemaReference("life.Item", item, 1)],
    )
    schema_id = await c.register_schema(s, order)
    got = await c.get_version(s, 1)
    assert got.schema.references == order.references, got
    assert await c.get_referenced_by(item, 1) == [schema_id]
    await refused(42206, c.delete_version(item, 1))
    # A referrer is looked up with and without its references, and follows the latest version when asked to.
    assert (await c.lookup_schema(s, order)).schema_id == schema_id
    latest = Schema(order.schema_str, "AVRO", [SchemaReference("life.Item", item, -1)])
    assert (await c.lookup_schema(s, latest)).schema_id == schema_id
    unknown = Schema(order.schema_str, "AVRO", [SchemaReference("life.Item", item, 7)])
    await refused(42201, c.register_schema(s, unknown))
    await c.delete_subject(s)
    await c.delete_version(item, 1)


async def contexts(c, s):
    inside = f":.life:{s}"
    schema_id = await c.register_schema(inside, record("only", "here"))
    assert ".life" in await c.get_contexts()
    assert inside in await c.get_subjects() and inside in await c.get_subjects(subject_prefix=":.life:")
    assert inside not in await c.get_subjects(subject_prefix="")
    assert (await c.get_schema(schema_id, inside)).schema_str == record("only", "here").schema_str
    assert (await c.get_latest_version(inside)).subject == inside
    assert await c.get_versions(inside) == [1] and (await c.lookup_schema(inside, record("only", "here"))).version == 1
    assert await c.test_compatibility(inside, record("only", "here", "more"))
    assert (await c.set_compatibility(inside, "NONE"))["compatibility"] == "NONE" and await c.get_compatibility(inside) == "NONE"
    assert await c.update_mode(inside, "READONLY") == "READONLY"
    await refused(42205, c.register_schema(inside, record("not", "now")))
    assert await c.update_mode(inside, "READWRITE") == "READWRITE"
    # Ids are of a context: the same id there and here are two schemas.
    assert await c.delete_subject(inside) == [1] and await c.delete_subject(inside, permanent=True) == [1]
    await refused(40401, c.get_versions(inside))


async def metadata(c, s):
    def with_owner(owner):
        schema = record("a")
        return Schema(schema.schema_str, "AVRO", [], Metadata(None, MetadataProperties({"owner": owner}), None))

    await c.register_schema(s, with_owner("x"))
    await c.register_schema(s, with_owner("y"))
    assert (await c.get_latest_with_metadata(s, {"owner": "x"})).version == 1
    assert (await c.get_latest_version(s)).schema.metadata.properties.properties["owner"] == "y"
    await refused(40403, c.get_latest_with_metadata(s, {"owner": "z"}))


async def normalized(c, s):
    text = '{"type":"record","name":"R","namespace":"life","doc":"d","fields":[{"name":"a","type":"int"}]}'
    other = '{"fields":[{"type":{"type":"int"},"name":"a"}],"doc":"d","type":"record","name":"life.R"}'
    schema_id = await c.register_schema(s, Schema(text), normalize_schemas=True)
    assert await c.register_schema(s, Schema(other), normalize_schemas=True) == schema_id
    assert (await c.lookup_schema(s, Schema(other), normalize_schemas=True)).schema_id == schema_id
    assert await c.get_versions(s) == [1]
    await c.clear_caches()
    assert (await c.get_version(s, 1, fmt="original")).schema.schema_str == text


async def other_formats(c, s):
    proto = Schema('syntax = "proto3";\npackage life;\n\nmessage M {\n  string a = 1;\n}\n', "PROTOBUF")
    schema_id = await c.register_schema(s + "-proto", proto)
    got = await c.get_schema(schema_id)
    assert got.schema_type == "PROTOBUF" and "message M" in got.schema_str
    serialized = (await c.get_version(s + "-proto", 1, fmt="serialized")).schema.schema_str
    assert FileDescriptorProto.FromString(base64.b64decode(serialized)).message_type[0].name == "M"
    assert (await c.lookup_schema(s + "-proto", proto)).schema_id == schema_id
    text = '{"type":"object","properties":{"a":{"type":"string"}}}'
    schema_id = await c.register_schema(s + "-json", Schema(text, "JSON"))
    assert (await c.get_schema(schema_id)).schema_str == text


SCENES = [versions, compatibility, modes, deletes, references, contexts, metadata, normalized, other_formats]
for kind, make in (("sync", SchemaRegistryClient), ("async", AsyncSchemaRegistryClient)):
    for scene in SCENES:
        def play(scene=scene, kind=kind, make=make):
            async def main():
                await scene(Client(make({"url": URL})), f"life-{kind}-{scene.__name__}")

            asyncio.run(main())

        check(f"python {kind} registry client: {scene.__name__}", play)
done()
