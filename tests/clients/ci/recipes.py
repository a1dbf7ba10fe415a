"""The CI recipes of the README, tried: each YAML block is held to the schema of its format, and its commands run in git repositories."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))
from tap import check, done  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARIES = pathlib.Path(sys.executable).parent
OLD = '{"type":"record","name":"Order","fields":[\n  {"name":"id","type":"string"}\n]}\n'
FINE = OLD.replace('"string"}', '"string"},\n  {"name":"qty","type":"int","default":1}')
BREAK = OLD.replace('"string"}', '"string"},\n  {"name":"qty","type":"int"}')
PRE_COMMIT, GITHUB, GITLAB = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.S)

tools = tempfile.TemporaryDirectory()
os.symlink(pathlib.Path(os.environ["ASSAY_BIN"]).resolve(), f"{tools.name}/assay")
ENV = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "GITHUB_", "CI_"))} | {
    "PATH": f"{tools.name}:{BINARIES}:{os.environ['PATH']}",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.org",
    "PRE_COMMIT_HOME": f"{tools.name}/pre-commit",
}


def run(where, *command, **more):
    return subprocess.run(command, cwd=where, env=ENV | more, capture_output=True, text=True, timeout=120)


def git(where, *arguments):
    out = run(where, "git", *arguments)
    assert out.returncode == 0, f"git {arguments}: {out.stdout}{out.stderr}"
    return out.stdout.strip()


def put(where, text):
    path = pathlib.Path(where, "schemas/order.avsc")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def repository(where, branch_text):
    """`main` with an old schema, and a branch with a change; main has moved on in the meantime."""
    git(where, "init", "-q", "-b", "main")
    put(where, OLD)
    git(where, "add", "-A")
    git(where, "commit", "-q", "-m", "old")
    git(where, "checkout", "-q", "-b", "change")
    put(where, branch_text)
    git(where, "commit", "-q", "-a", "-m", "change")
    git(where, "checkout", "-q", "main")
    pathlib.Path(where, "README").write_text("moved on")
    git(where, "add", "-A")
    git(where, "commit", "-q", "-m", "on")


def held_to(schema, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(text)
        file.flush()
        out = run(".", str(BINARIES / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", file.name)
        assert out.returncode == 0, out.stdout + out.stderr


def pre_commit():
    with tempfile.TemporaryDirectory() as where:
        git(where, "init", "-q", "-b", "main")
        put(where, OLD)
        pathlib.Path(where, ".pre-commit-config.yaml").write_text(PRE_COMMIT)
        git(where, "add", "-A")
        git(where, "commit", "-q", "-m", "old")
        assert run(where, "pre-commit", "validate-config").returncode == 0
        out = run(where, "pre-commit", "install")
        assert out.returncode == 0, out.stdout + out.stderr
        put(where, BREAK)
        out = run(where, "git", "commit", "-a", "-m", "break")
        said = out.stdout + out.stderr
        assert out.returncode != 0 and "schemas/order.avsc:3:" in said and "READER_FIELD_MISSING_DEFAULT_VALUE" in said, said
        put(where, FINE)
        git(where, "commit", "-q", "-a", "-m", "fine")
        # What is not added is not part of the commit, so a break there does not count.
        put(where, FINE.replace('"default":1', '"default":2'))
        git(where, "add", "-A")
        put(where, "no schema")
        git(where, "commit", "-q", "-m", "fine too")


def github():
    held_to("github-workflows", GITHUB)
    steps = yaml.safe_load(GITHUB)["jobs"]["schemas"]["steps"]
    (depth,) = [step["with"]["fetch-depth"] for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    (line,) = [step["run"] for step in steps if "run" in step]
    assert depth == 0

    def job(text, shallow):
        with tempfile.TemporaryDirectory() as origin, tempfile.TemporaryDirectory() as where:
            repository(origin, text)
            # As actions/checkout does: the merge of the branch into main, in a detached work tree.
            git(origin, "checkout", "-q", "-b", "merge", "main")
            git(origin, "merge", "-q", "--no-edit", "change")
            merge = git(origin, "rev-parse", "HEAD")
            git(where, "init", "-q")
            git(where, "remote", "add", "origin", f"file://{origin}")
            if shallow:
                git(where, "fetch", "-q", "--depth", "1", "origin", f"+{merge}:refs/remotes/pull/1/merge")
            else:
                git(where, "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*", f"+{merge}:refs/remotes/pull/1/merge")
            git(where, "checkout", "-q", "--detach", "refs/remotes/pull/1/merge")
            return run(where, "bash", "-e", "-c", line, GITHUB_BASE_REF="main")

    out = job(FINE, shallow=False)
    assert out.returncode == 0 and out.stdout == "", out.stdout + out.stderr
    out = job(BREAK, shallow=False)
    assert out.returncode == 1, out.stderr
    assert re.match(r"::error file=schemas/order\.avsc,line=3,col=\d+,title=READER_FIELD_MISSING_DEFAULT_VALUE::", out.stdout), out.stdout
    out = job(FINE, shallow=True)
    assert out.returncode == 2 and "fetch-depth: 0" in out.stderr, out.stderr


def gitlab():
    held_to("gitlab-ci", GITLAB)
    job = yaml.safe_load(GITLAB)["schemas"]
    report = job["artifacts"]["reports"]["codequality"]
    assert job["variables"]["GIT_DEPTH"] == "0" and job["artifacts"]["when"] == "always"

    def pipeline(text, shallow):
        with tempfile.TemporaryDirectory() as origin, tempfile.TemporaryDirectory() as where:
            repository(origin, text)
            base = git(origin, "merge-base", "main", "change")
            git(where, "init", "-q")
            git(where, "remote", "add", "origin", f"file://{origin}")
            # As the runner does: the one ref of the merge request.
            depth = ["--depth", "1"] if shallow else []
            git(where, "fetch", "-q", *depth, "origin", "+refs/heads/change:refs/pipelines/1")
            git(where, "checkout", "-q", "--detach", "refs/pipelines/1")
            script = "\n".join(["set -eo pipefail", *job["script"]])
            out = run(where, "bash", "-c", script, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
            text = pathlib.Path(where, report).read_text()
            return out, json.loads(text) if text else None

    out, issues = pipeline(FINE, shallow=False)
    assert out.returncode == 0 and issues == [], out.stderr
    out, issues = pipeline(BREAK, shallow=False)
    assert out.returncode == 1, out.stderr
    (issue,) = issues
    assert issue["location"]["path"] == "schemas/order.avsc" and issue["location"]["lines"]["begin"] == 3, issue
    out, _ = pipeline(FINE, shallow=True)
    assert out.returncode == 2 and "GIT_DEPTH: 0" in out.stderr, out.stderr


check("the pre-commit hook stops a break and lets a change through", pre_commit)
check("the GitHub workflow annotates a break; a shallow clone is named", github)
check("the GitLab job reports a break; a shallow clone is named", gitlab)
done()
