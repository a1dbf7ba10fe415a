"""Every kind of registry write survives kill -9 whole or not at all.

Each writer owns a context and knows the rules, so it can say what the registry must hold after every acknowledged write. The
process is killed at random moments; a write whose answer never came may have happened in full or not, and nothing else may differ:
versions, ids (also that none is given out again), soft deletions, configs, modes, the context itself.
"""

import copy
import http.client
import itertools
import json
import os
import random
import shutil
import tempfile
import threading
import time
import urllib.parse
from collections import Counter

from process import Server
from tap import check, done

ROUNDS = int(os.environ.get("WRITE_ROUNDS", "12"))
SEED = int(os.environ.get("SEED", str(random.randrange(1 << 30))))
WRITERS = 4
SUBJECTS = ["a", "b", "c"]
TEXTS = 6


def text(n):
    return json.dumps({"type": "enum", "name": f"E{n}", "symbols": ["A"]}, separators=(",", ":"))


class Client:
    """A connection of its own per writer; an answer that is no 2xx raises."""

    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)

    def call(self, method, path, body=None, missing_is=None):
        data = None if body is None else json.dumps(body)
        self.connection.request(method, path, data, {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status == 404 and missing_is is not None:
            return missing_is
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {content}")
        return json.loads(content) if content else None


class World:
    """What one context must hold."""

    def __init__(self):
        self.rows = {}  # (subject, version) -> (id, text number, deleted)
        self.configs = {}  # subject, or "" for the context -> compatibility group
        self.modes = {}
        self.registered = False
        self.max_id = 0

    def of(self, subject):
        return {version: row for (s, version), row in self.rows.items() if s == subject}

    def add(self, subject, version, schema_id, n):
        self.rows[subject, version] = (schema_id, n, False)
        self.registered = True
        self.max_id = max(self.max_id, schema_id)

    def drop(self, subject, versions):
        for version in versions:
            del self.rows[subject, version]

    def forget_settings(self, scope):
        self.configs.pop(scope, None)
        self.modes.pop(scope, None)

    def visible(self):
        return (self.rows, self.configs, self.modes, self.registered)


def observe(client, context):
    """The visible part of a world, as the registry tells it."""
    world = World()
    listed = client.call("GET", f"/contexts/{context}/schemas?deleted=true")
    active = {(s["subject"], s["version"]) for s in client.call("GET", f"/contexts/{context}/schemas")}
    for s in listed:
        name = s["subject"].removeprefix(f":{context}:")
        number = int(json.loads(s["schema"])["name"].removeprefix("E"))
        world.rows[name, s["version"]] = (s["id"], number, (s["subject"], s["version"]) not in active)
    for scope in ["", *SUBJECTS]:
        config = client.call("GET", f"/config/:{context}:{scope}", missing_is={})
        if "compatibilityGroup" in config:
            world.configs[scope] = config["compatibilityGroup"]
        mode = client.call("GET", f"/mode/:{context}:{scope}", missing_is={})
        if mode:
            world.modes[scope] = mode["mode"]
    world.registered = context in client.call("GET", "/contexts")
    return world.visible()


class Write:
    """One request, and what it does to a world. `expect` is compared with the answer."""

    def __init__(self, kind, method, path, body, effect, expect=None):
        self.kind, self.method, self.path, self.body, self.effect, self.expect = kind, method, path, body, effect, expect


def register(world, context, subject, rng):
    rows = world.of(subject)
    n = rng.randrange(TEXTS)
    same = next(((v, row) for v, row in rows.items() if row[1] == n and not row[2]), None)
    version = max(rows, default=0) + 1
    body = {"schema": text(n)}
    known = next((row[0] for row in world.rows.values() if row[1] == n), None)
    if world.modes.get(subject) == "IMPORT":
        schema_id = known or world.max_id + rng.randrange(1, 9)
        body |= {"id": schema_id, "version": version}
        if same:
            return None
    elif same:
        version, schema_id = same[0], same[1][0]
    else:
        schema_id = known or world.max_id + 1

    def effect(w):
        if same:
            return
        w.drop(subject, [v for v, row in rows.items() if row[2] and row[0] == schema_id])
        w.add(subject, version, schema_id, n)

    return Write("register", "POST", f"/subjects/:{context}:{subject}/versions", body, effect, {"id": schema_id})


def delete(world, context, subject, rng):
    rows = world.of(subject)
    active = [v for v, row in rows.items() if not row[2]]
    dead = [v for v, row in rows.items() if row[2]]
    path = f"/subjects/:{context}:{subject}"

    def bury(versions):
        def effect(w):
            w.drop(subject, versions)
            if not w.of(subject):
                w.forget_settings(subject)
        return effect

    def mark(versions):
        def effect(w):
            for v in versions:
                w.rows[subject, v] = (*w.rows[subject, v][:2], True)
        return effect

    choices = []
    if active:
        v = rng.choice(active)
        choices += [Write("soft delete", "DELETE", f"{path}/versions/{v}", None, mark([v])),
                    Write("soft delete subject", "DELETE", path, None, mark(active))]
    if dead:
        v = rng.choice(dead)
        choices.append(Write("permanent delete", "DELETE", f"{path}/versions/{v}?permanent=true", None, bury([v])))
    if dead and not active:
        choices.append(Write("permanent delete subject", "DELETE", f"{path}?permanent=true", None, bury(dead)))
    return rng.choice(choices) if choices else None


def config(world, context, scope, rng):
    path = f"/config/:{context}:{scope}"
    if scope in world.configs and rng.random() < 0.4:
        return Write("delete config", "DELETE", path, None, lambda w: w.configs.pop(scope))
    group = f"g{rng.randrange(1000)}"
    body = {"compatibility": "NONE", "compatibilityGroup": group}
    return Write("config", "PUT", path, body, lambda w: w.configs.update({scope: group}))


def mode(world, context, scope, rng):
    path = f"/mode/:{context}:{scope}"
    if scope in world.modes and rng.random() < 0.6:
        return Write("delete mode", "DELETE", path, None, lambda w: w.modes.pop(scope))
    rows = world.of(scope)
    if scope and rng.random() < 0.5 and all(row[2] for row in rows.values()) and world.modes.get(scope) != "IMPORT":
        def effect(w):  # what was soft-deleted goes for good
            w.drop(scope, rows)
            w.modes[scope] = "IMPORT"
        return Write("import mode", "PUT", path, {"mode": "IMPORT"}, effect)
    wanted = rng.choice(["READWRITE", "READONLY"]) if scope else "READWRITE"
    return Write("mode", "PUT", path, {"mode": wanted}, lambda w: w.modes.update({scope: wanted}))


def delete_context(world, context):
    if world.rows or not world.registered:
        return None

    def effect(w):
        w.registered = False
        w.forget_settings("")
    return Write("context delete", "DELETE", f"/contexts/{context}", None, effect)


def next_write(world, context, rng):
    """A write that the rules allow in this world. Every other context has one subject only, so that it is often empty."""
    while True:
        subject = rng.choice(SUBJECTS[:1] if context[-1] in "02468" else SUBJECTS)
        kind = rng.choices(["register", "delete", "config", "mode", "context"], [6, 7, 2, 2, 3])[0]
        if kind in ("register", "delete") and world.modes.get(subject) == "READONLY":
            kind = "mode"
        scope = subject if rng.random() < 0.7 else ""
        if kind == "config" and world.modes.get(scope) == "READONLY":
            kind = "mode"
        write = {
            "register": lambda: register(world, context, subject, rng),
            "delete": lambda: delete(world, context, subject, rng),
            "config": lambda: config(world, context, scope, rng),
            "mode": lambda: mode(world, context, subject if world.modes.get(subject) == "READONLY" else scope, rng),
            "context": lambda: delete_context(world, context),
        }[kind]()
        if write is not None:
            return write


class Writer(threading.Thread):
    """Writes until the server is dead; then `world` is what is acknowledged, `open` what may have happened besides."""

    def __init__(self, url, context, world, rng, counts):
        super().__init__()
        self.client, self.context, self.world, self.rng, self.counts = Client(url), context, world, rng, counts
        self.open = self.failure = None

    def run(self):
        while True:
            write = next_write(self.world, self.context, self.rng)
            after = copy.deepcopy(self.world)
            write.effect(after)
            self.open = (write, after)
            try:
                answer = self.client.call(write.method, write.path, write.body)
            except (OSError, http.client.HTTPException, ValueError):  # the server is dead
                return
            except AssertionError as error:
                self.failure = f"{error} in {self.world.visible()}"
                return
            differs = {k: answer.get(k) for k, v in (write.expect or {}).items() if answer.get(k) != v}
            if differs:
                self.failure = f"{write.kind}: expected {write.expect}, got {differs} in {self.world.visible()}"
                return
            self.world, self.open = after, None
            self.counts[write.kind] += 1


def settle(client, writer, counts):
    """Compares the registry with the two worlds it may be in, and says which it is."""
    seen = observe(client, writer.context)
    if writer.open and seen == writer.open[1].visible():
        counts["unanswered, happened"] += seen != writer.world.visible()
        return writer.open[1]
    if seen == writer.world.visible():
        counts["unanswered, did not happen"] += writer.open is not None
        return writer.world
    unanswered = writer.open and writer.open[0].kind
    raise AssertionError(f"{writer.context} is {seen},\nacknowledged is {writer.world.visible()},\nunanswered: {unanswered}")


def rare(counts):
    return [kind for kind in KINDS if counts[kind] < ROUNDS / 5]


def run():
    rng = random.Random(SEED)
    data = tempfile.mkdtemp(prefix="assay-crash-")
    counts = Counter()
    worlds = {f".w{n}": World() for n in range(WRITERS)}
    try:
        server = Server(data)
        Client(server.http).call("PUT", "/config/:.__GLOBAL:", {"compatibility": "NONE"})
        for number in itertools.count():  # a slow machine gets more rounds, until every kind has been seen
            if number >= ROUNDS and (number >= 6 * ROUNDS or not rare(counts)):
                break
            writers = [Writer(server.http, c, w, random.Random(f"{SEED}/{number}/{c}"), counts) for c, w in worlds.items()]
            for writer in writers:
                writer.start()
            time.sleep(rng.uniform(0.05, 0.3))
            server.kill()
            for writer in writers:
                writer.join()
                assert writer.failure is None, writer.failure
            server = Server(data)
            client = Client(server.http)
            worlds = {writer.context: settle(client, writer, counts) for writer in writers}
        server.stop()
        print("# " + ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())))
        assert not rare(counts), f"too few to prove anything: {rare(counts)}"
    finally:
        shutil.rmtree(data, ignore_errors=True)


KINDS = ["register", "soft delete", "soft delete subject", "permanent delete", "permanent delete subject", "config", "delete config",
         "mode", "delete mode", "import mode", "context delete"]

check(f"python {ROUNDS} rounds of kill -9 under every kind of registry write (seed {SEED})", run)
done()
