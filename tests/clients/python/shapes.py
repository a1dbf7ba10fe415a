"""The order of `schemas/examples`, as each format's client wants it."""

import pathlib
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parents[3] / "schemas" / "examples"


def text(name):
    return (EXAMPLES / name).read_text()


def order(n):
    """The n-th order, as a dict that fits the Avro schema."""
    return {
        "id": f"order-{n}",
        "customer": f"customer-{n % 97}",
        "items": [{"sku": f"sku-{i}", "qty": i + 1, "price": 0.5 * i} for i in range(n % 4)],
        "created": 1_700_000_000_000 + n,
    }


def order_json(n):
    """The same for the JSON schema, whose `created` is text."""
    return {**order(n), "created": f"2026-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"}


def load_protobuf():
    """Compiles orders.proto with protoc and imports it; returns the module."""
    out = tempfile.mkdtemp(prefix="assay-proto-")
    import grpc_tools

    include = pathlib.Path(grpc_tools.__file__).parent / "_proto"
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{EXAMPLES}", f"-I{include}", f"--python_out={out}", "orders.proto"],
        check=True,
    )
    sys.path.insert(0, out)
    import orders_pb2

    return orders_pb2
