"""protoc as the judge of our Protobuf texts: what it accepts we accept, the canonical and the normal text of a schema
compile to the descriptor of the original, and our serialised descriptor is the original's. Needs grpcio-tools and googleapis-common-protos.

    python tests/judges/protobuf/check.py [generated schemas, default 300]
"""
import base64
import difflib
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

from corpus import HAND_WRITTEN, REFUSED
from generate import generate

ROOT = pathlib.Path(__file__).resolve().parents[3]
WELL_KNOWN = pathlib.Path(grpc_tools.__file__).parent / "_proto"
ORIGINALS = WELL_KNOWN.parents[1]
def compile_set(text, path="judged.proto"):
    """The file and all it imports as protoc describes them, the file last; None when it refuses."""
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
        out = pathlib.Path(directory, "out.bin")
        includes = [f"-I{d}" for d in (directory, ROOT / "proto", WELL_KNOWN)]
        quiet, saved = os.open(os.devnull, os.O_WRONLY), os.dup(2)
        os.dup2(quiet, 2)
        try:
            code = protoc.main(["protoc", *includes, "--include_imports", f"--descriptor_set_out={out}", str(file)])
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            os.close(quiet)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()) if code == 0 else None


def compile_text(text, path="judged.proto"):
    """The descriptor protoc makes of a text, or None."""
    files = compile_set(text, path)
    return files and files.file[-1]


def reader(files):
    """Reads a descriptor with a class that knows the custom options of `files`, so that their encoding does not matter."""
    pool = descriptor_pool.DescriptorPool()
    if not any(file.name == "google/protobuf/descriptor.proto" for file in files.file):
        return descriptor_pb2.FileDescriptorProto.FromString  # it has no custom options
    for file in files.file:
        pool.Add(file)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FileDescriptorProto"))
    for file in files.file:
        for extension in pool.FindFileByName(file.name).extensions_by_name.values():
            message_factory.GetMessageClass(extension.containing_type)
    return message.FromString


def plain(file):
    """A descriptor without what two compilers may write differently: empty options, source-only ones, digits of a default."""
    def fields(message):
        yield from message.field
        yield from message.extension
        for nested in message.nested_type:
            yield from fields(nested)

    def messages(nested):
        for message in nested:
            yield message
            yield from messages(message.nested_type)

    for message in messages(file.message_type):
        for extensions in message.extension_range:
            # protoc leaves out what is for the compiler only (retention: source).
            extensions.options.ClearField("declaration")
            extensions.options.ClearField("verification")
            if not extensions.options.ByteSize():
                extensions.ClearField("options")
    for service in file.service:
        for method in service.method:
            if method.HasField("options") and not method.options.ByteSize():
                method.ClearField("options")
    for field in [*file.extension, *(f for message in file.message_type for f in fields(message))]:
        if field.HasField("default_value") and field.type in (field.TYPE_DOUBLE, field.TYPE_FLOAT):
            value = float(field.default_value)
            if field.type == field.TYPE_FLOAT and abs(value) < 3.5e38:
                value = struct.unpack("f", struct.pack("f", value))[0]
            field.default_value = repr(value)
    return file


def ordered(file):
    """A descriptor with everything sorted whose order canonical or normal text may change."""
    plain(file)
    # Groups of top-level extensions are messages that stand where the text has them; extensions are printed last.
    groups = {f.type_name.rsplit(".", 1)[-1] for f in file.extension if f.type == f.TYPE_GROUP}
    file.message_type.sort(key=lambda m: m.name in groups)
    if file.syntax == "proto2":
        file.ClearField("syntax")
    kept = [(d, i in file.public_dependency, i in file.weak_dependency) for i, d in enumerate(file.dependency)]
    for name in ("dependency", "public_dependency", "weak_dependency"):
        file.ClearField(name)
    for i, (dependency, public, weak) in enumerate(sorted(kept)):
        file.dependency.append(dependency)
        file.public_dependency.extend([i] if public else [])
        file.weak_dependency.extend([i] if weak else [])
    file.extension.sort(key=lambda f: (f.extendee, f.number))
    for message in file.message_type:
        sort_message(message)
    for enum in file.enum_type:
        sort_enum(enum)
    return file


def sort_message(message):
    # Oneofs change places in normal text: name them instead of numbering them.
    names = [o.name for o in message.oneof_decl]
    places = {name: i for i, name in enumerate(sorted(names))}
    for field in message.field:
        if field.HasField("oneof_index"):
            field.oneof_index = places[names[field.oneof_index]]
    message.oneof_decl.sort(key=lambda o: o.name)
    message.field.sort(key=lambda f: f.number)
    message.extension.sort(key=lambda f: (f.extendee, f.number))
    message.nested_type.sort(key=lambda m: m.name)
    message.reserved_range.sort(key=lambda r: r.start)
    message.reserved_name.sort()
    message.extension_range.sort(key=lambda r: r.start)
    for nested in message.nested_type:
        sort_message(nested)
    for enum in message.enum_type:
        sort_enum(enum)


def sort_enum(enum):
    enum.value.sort(key=lambda v: (v.number, v.name))
    enum.reserved_range.sort(key=lambda r: r.start)
    enum.reserved_name.sort()


def difference(theirs, ours):
    lines = (str(theirs).splitlines(), str(ours).splitlines())
    return "\n".join(list(difflib.unified_diff(*lines, "protoc", "ours", lineterm="", n=1))[:40])


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    command = os.environ.get("ASSAY_CANONICAL", f"cargo run -q --manifest-path {ROOT}/Cargo.toml -p assay-schema --example canonical")
    ours = subprocess.Popen(command.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(text):
        ours.stdin.write(base64.b64encode(text.encode()).decode() + "\n")
        ours.stdin.flush()
        verdict, *rest = ours.stdout.readline().rstrip("\n").split("\t")
        if verdict != "OK":
            return rest[0]
        canonical, normal, serialized = (base64.b64decode(r) for r in rest)
        return canonical.decode(), normal.decode(), serialized

    rng = random.Random(20)
    cases = dict(HAND_WRITTEN)
    for path in sorted(WELL_KNOWN.rglob("*.proto")) + sorted((ORIGINALS / "google" / "type").glob("*.proto")):
        text = path.read_text(encoding="utf-8")
        if "edition =" not in text and not path.name.endswith("_features.proto"):
            cases[str(path.name)] = text
    cases.update({f"generated {i}": generate(rng) for i in range(count)})
    failures, compared, refused_by_both, lenient = [], 0, 0, 0
    for name, text in cases.items():
        files, answer = compile_set(text), ask(text)
        theirs = files and files.file[-1]
        if theirs is None:
            if name in HAND_WRITTEN:
                failures.append(f"{name}: protoc refuses this file of the corpus")
            refused_by_both, lenient = refused_by_both + isinstance(answer, str), lenient + (not isinstance(answer, str))
            continue
        if isinstance(answer, str):
            failures.append(f"{name}: protoc accepts, we say: {answer}\n{text}")
            continue
        # What `format=serialized` gives is what protoc gives, but for the file's name.
        read = reader(files)
        theirs, descriptor = read(theirs.SerializeToString()), read(answer[2])
        descriptor.name = theirs.name
        expected, got = plain(theirs), plain(descriptor)
        if got != expected:
            failures.append(f"{name}: another descriptor\n{text}\n--\n{difference(expected, got)}")
        wanted = ordered(expected)
        for what, printed in zip(("canonical", "normal"), answer):
            got = compile_text(printed)
            if got is None:
                failures.append(f"{name}: protoc refuses the {what} text\n{printed}")
                continue
            got = ordered(read(got.SerializeToString()))
            if got != wanted:
                failures.append(f"{name}: the {what} text is another schema\n{text}\n--\n{printed}\n--\n{difference(wanted, got)}")
        # A client may send the descriptor instead of the text.
        if name == "source only":
            continue  # protoc leaves that out of its descriptors
        serialized = ask(base64.b64encode(compile_text(text).SerializeToString()).decode() or text)
        if isinstance(serialized, str):
            failures.append(f"{name}: refused as a serialised descriptor: {serialized}")
        elif serialized[1] != answer[1]:
            failures.append(f"{name}: its descriptor has another normal text\n--\n{difference(answer[1], serialized[1])}")
        compared += 1
    for name, text in REFUSED.items():
        if compile_text(text) is not None:
            failures.append(f"{name}: protoc accepts it")
        if not isinstance(ask(text), str):
            failures.append(f"{name}: protoc refuses it, we accept it")
    for original in sorted((ORIGINALS / "google" / "type").glob("*.proto")):
        bundled = ROOT / "proto" / "google" / "type" / original.name
        if bundled.exists():
            path = f"google/type/{original.name}"
            if compile_text(bundled.read_text(), path) != compile_text(original.read_text(), path):
                failures.append(f"{path}: the bundled file differs from the original")
    ours.stdin.close()
    for failure in failures[:int(os.environ.get("SHOW", "10"))]:
        print(failure, "\n")
    print(f"{compared} schemas compared, {refused_by_both} refused by both, {lenient} refused by protoc only, {len(failures)} failures")
    sys.exit(1 if failures or compared < 50 + count * 2 // 3 else 0)


main()
