"""The registry on a disk that is full, and on one that gives back damaged bytes, seen from outside.

Nothing acknowledged is lost, nothing is acknowledged that is not stored, and what cannot be served is named: 50001, `/health/ready`,
`/metrics`, the log.
"""

import glob
import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

from process import BIN, Server
from tap import check, done


def call(server, method, path, body=None):
    """(status, JSON or text)."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/vnd.schemaregistry.v1+json"}
    request = urllib.request.Request(server.http + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, content = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, content = error.code, error.read()
    try:
        return status, json.loads(content)
    except ValueError:
        return status, content.decode()


def text(n, size):
    return json.dumps({"type": "enum", "name": f"E{n}", "doc": "x" * size, "symbols": ["A"]})


def metric(server, name):
    lines = call(server, "GET", "/metrics")[1].splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name + " "))


def ready(server):
    return call(server, "GET", "/health/ready")[1]


class Full:
    """A small file system of its own when root may mount one (ENOSPC), else a limit on the size of files (EFBIG)."""

    def __init__(self):
        self.place = tempfile.mkdtemp(prefix="assay-full-")
        mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "none", self.place]
        self.mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True).returncode == 0
        self.kind = "tmpfs" if self.mounted else "file size limit"

    def start(self, data):
        if self.mounted:
            return Server(data)
        before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (12 << 20, before[1]))
        try:
            return Server(data)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)

    def make_room(self):
        if self.mounted:
            subprocess.run(["mount", "-o", "remount,size=200m", self.place], check=True)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", self.place], check=True)
        shutil.rmtree(self.place, ignore_errors=True)


def disk_full():
    full = Full()
    try:
        data = os.path.join(full.place, "data")
        server = full.start(data)
        ids = {}
        for n in range(5000):
            status, answer = call(server, "POST", f"/subjects/s{n % 9}-{n}/versions", {"schema": text(n, 20_000 if n % 4 == 0 else 900)})
            if status != 200:
                break
            ids[n] = answer["id"]
        assert (status, answer["error_code"]) == (500, 50001), f"{status} {answer}"
        assert len(ids) > 50, ids
        for _ in range(3):
            status, again = call(server, "POST", "/subjects/later/versions", {"schema": text(9999, 10)})
            assert (status, again["error_code"]) == (500, 50001), f"{status} {again}"
        assert call(server, "PUT", "/config", {"compatibility": "NONE"})[0] == 500
        assert ready(server)["status"] == "READ_ONLY" and metric(server, "assay_registry_read_only") == 1
        for n, schema_id in ids.items():
            assert json.loads(call(server, "GET", f"/schemas/ids/{schema_id}")[1]["schema"])["name"] == f"E{n}"
        assert call(server, "GET", "/subjects/later/versions")[0] == 404
        server.stop()
        print(f"# {full.kind}: full after {len(ids)} schemas: {answer['message']}")
        full.make_room()
        server = Server(data)
        assert ready(server) == {"status": "UP"}
        for n, schema_id in ids.items():
            assert json.loads(call(server, "GET", f"/schemas/ids/{schema_id}")[1]["schema"])["name"] == f"E{n}"
        extra = len(call(server, "GET", "/subjects")[1]) - len(ids)
        assert extra in (0, 1), f"{extra} subjects that were refused"
        status, answer = call(server, "POST", "/subjects/after/versions", {"schema": text(9998, 10)})
        assert status == 200 and answer["id"] not in ids.values(), answer
        server.stop()
    finally:
        full.close()


def damaged():
    data = tempfile.mkdtemp(prefix="assay-damaged-")
    try:
        server = Server(data)
        assert call(server, "PUT", "/config", {"compatibility": "NONE"})[0] == 200
        for n in range(1, 6):
            assert call(server, "POST", "/subjects/orders-value/versions", {"schema": text(n, 300)})[1]["id"] == n
        server.stop()
        log = os.path.join(data, "registry/sled/db")
        with open(log, "rb") as file:
            content = file.read()
        assert content.count(b"E3") > 0
        with open(log, "wb") as file:
            file.write(content.replace(b"E3", b"F3"))
        server = Server(data)
        assert ready(server) == {"status": "DEGRADED", "damaged_entries": 1}, ready(server)
        assert metric(server, "assay_registry_damaged_entries") == 1
        for path in ["/subjects/orders-value/versions/3", "/schemas/ids/3", "/subjects/orders-value/versions/3/schema"]:
            status, answer = call(server, "GET", path)
            assert (status, answer["error_code"]) == (500, 50001), f"{path}: {status} {answer}"
            assert "subject 'orders-value' version 3 is damaged" in answer["message"], answer
        for n in [1, 2, 4, 5]:
            status, answer = call(server, "GET", f"/subjects/orders-value/versions/{n}")
            assert status == 200 and json.loads(answer["schema"])["name"] == f"E{n}", answer
        assert call(server, "GET", "/subjects/orders-value/versions")[1] == [1, 2, 3, 4, 5]
        assert call(server, "POST", "/subjects/orders-value/versions", {"schema": text(7, 10)})[0] == 500
        assert call(server, "POST", "/subjects/other/versions", {"schema": text(7, 10)})[1]["id"] == 6
        assert call(server, "DELETE", "/subjects/orders-value/versions/3?permanent=true") == (200, 3)
        assert ready(server) == {"status": "UP"}
        assert call(server, "POST", "/subjects/orders-value/versions", {"schema": text(8, 10)})[1]["id"] == 7
        server.stop()
        server = Server(data)
        assert ready(server) == {"status": "UP"}
        server.stop()
        assert glob.glob(os.path.join(data, "registry/damaged-*/db")), "the files as found are kept"
        # Nothing readable at all: an error that says so and what to do, and no panic.
        size = os.path.getsize(log)
        with open(log, "wb") as file:
            file.write(b"\x5a" * size)
        command = [BIN, "serve", "--data-dir", data, "--http-listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0"]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert outcome.returncode != 0 and "panicked" not in outcome.stderr, outcome.stderr
        assert "no readable entry" in outcome.stderr and "backup" in outcome.stderr, outcome.stderr
    finally:
        shutil.rmtree(data, ignore_errors=True)


check("python registry on a full disk", disk_full)
check("python registry on a damaged store", damaged)
done()
