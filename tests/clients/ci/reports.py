"""The report formats of `assay check`, read by others: SARIF by its JSON schema, JUnit by a parser, GitLab's code quality by its
required members. Every format of schema: a field that changed, one that is gone, one without a verdict, an accepted break; an allow
row that fits nothing, a subject that is gone."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import junitparser

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))
from tap import check, done  # noqa: E402

BIN = os.environ["ASSAY_BIN"]
SARIF_SCHEMA = os.environ.get("ASSAY_SARIF_SCHEMA")
AVRO = '{"type":"record","name":"R","fields":[\n  {"name":"a","type":"string"},\n  {"name":"b","type":"string","default":""}\n]}\n'
PROTO = 'syntax = "proto3";\nmessage M {\n  string a = 1;\n  int32 b = 2;\n}\n'
JSON = '{"type":"object","properties":{\n  "a":{"type":"string"},\n  "b":{"type":"integer"}},\n  "additionalProperties":false}\n'
# file, old, new, line of the new place, line of the old one
CASES = [
    ("changed-avsc.avsc", AVRO, AVRO.replace('"a","type":"string"', '"a","type":"int"'), 2, 2),
    ("changed-proto.proto", PROTO, PROTO.replace("string a", "int32 a"), 3, 3),
    ("changed-json.json", JSON, JSON.replace('"a":{"type":"string"', '"a":{"type":"integer"'), 2, 2),
    ("gone-avsc.avsc", AVRO.replace(',"default":""', ""), AVRO.replace(',\n  {"name":"b","type":"string","default":""}', ""), 1, 3),
    ("gone-proto.proto", PROTO.replace("int32 b = 2;", "oneof o { int32 b = 2; int32 c = 3; }"), PROTO.replace("int32 b = 2;", "oneof o { int32 c = 3; }"), 2, 4),
    ("gone-json.json", JSON, JSON.replace(',\n  "b":{"type":"integer"}', ""), 1, 3),
]
CONFIG = """
level = "FULL"
[[allow]]
subject = "accepted"
rule = "READER_FIELD_MISSING_DEFAULT_VALUE"
reason = "<agreed> & \\"done\\""
expires = "9999-12-31"
[[allow]]
subject = "added"
rule = "TYPE_CHANGED"
reason = "<kept> & forgotten"
expires = "9999-12-31"
"""

where = tempfile.TemporaryDirectory()
for name in ("old", "new"):
    pathlib.Path(where.name, name).mkdir()
for file, old, new, _, _ in CASES:
    pathlib.Path(where.name, "old", file).write_text(old)
    pathlib.Path(where.name, "new", file).write_text(new)
pathlib.Path(where.name, "old/accepted.avsc").write_text(AVRO.replace(',"default":""', "").replace(',\n  {"name":"b","type":"string"}', ""))
pathlib.Path(where.name, "new/accepted.avsc").write_text(AVRO.replace(',"default":""', ""))
pathlib.Path(where.name, "old/broken <&é>.avsc").write_text('"int"')
pathlib.Path(where.name, "new/broken <&é>.avsc").write_text('{"type": ')
pathlib.Path(where.name, "old/removed <&é>.avsc").write_text('"int"')
pathlib.Path(where.name, "new/added.avsc").write_text('"int"')
pathlib.Path(where.name, "new/assay-check.toml").write_text(CONFIG)


def report(form, *more):
    command = [BIN, "check", "new", "--against", "old", "--format", form, *more]
    out = subprocess.run(command, cwd=where.name, capture_output=True, text=True, timeout=60)
    assert out.returncode == 2, out.stdout + out.stderr  # one file has no verdict
    return out.stdout


if "NOT_IMPLEMENTED" in report("text"):  # a binary without the rules of JSON Schema tells no place in one
    CASES = [case for case in CASES if not case[0].endswith(".json")]
    JSON_FILES = 2
else:
    JSON_FILES = 0


def places(found):
    """Holds what a format says to CASES; `found` gives for a file its (line, text) pairs, the text with the older place."""
    for file, _, _, line, old_line in CASES:
        hits = found(f"new/{file}")
        assert line in [at for at, _ in hits], f"{file}: line {line} expected, got {hits}"
        assert any(re.search(rf"old/{re.escape(file)}:{old_line}:\d+", text) for _, text in hits), f"{file}: {hits}"


def sarif():
    log = json.loads(report("sarif"))
    if SARIF_SCHEMA:
        schema = json.loads(pathlib.Path(SARIF_SCHEMA).read_text())
        jsonschema.validators.validator_for(schema)(schema).validate(log)
    (run,) = log["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert log["version"] == "2.1.0" and run["tool"]["driver"]["name"] == "assay"
    for result in run["results"]:
        assert result["ruleId"] in rules and result["message"]["text"] and result["locations"], result
    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in run["results"]}
    assert "new/broken%20%3C%26%C3%A9%3E.avsc" in uris, uris
    (accepted,) = [r for r in run["results"] if "suppressions" in r]
    assert accepted["suppressions"][0]["justification"] == '<agreed> & "done"'
    def place(location):
        physical = location["physicalLocation"]
        return physical["artifactLocation"]["uri"], physical["region"]["startLine"], physical["region"]["startColumn"]

    (unused,) = [r for r in run["results"] if r["ruleId"] == "UNUSED_ALLOW"]
    assert unused["level"] == "warning" and place(unused["locations"][0])[:2] == ("new/assay-check.toml", 8), unused
    assert "removed%20%3C%26%C3%A9%3E.avsc" in str([r["locations"] for r in run["results"] if r["ruleId"] == "REMOVED"])
    prints = [r["partialFingerprints"]["assay/v1"] for r in run["results"] if "partialFingerprints" in r]
    assert len(prints) == len(set(prints)) > 5

    def found(file):
        hits = []
        for result in run["results"]:
            uri, line, _ = place(result["locations"][0])
            if uri == file:
                old = [place(related) for related in result.get("relatedLocations", [])]
                hits.append((line, " ".join(f"{uri}:{line}:{column}" for uri, line, column in old)))
        return hits

    places(found)


def junit():
    suites = junitparser.JUnitXml.fromstring(report("junit").encode())
    (suite,) = list(suites)
    cases = {case.name: case for case in suite}
    failures = len(CASES) + JSON_FILES
    assert suite.tests == len(cases) == failures + 4 and suite.failures == failures and suite.errors == 1
    assert suite.skipped == 1 and isinstance(cases["removed <&é>"].result[0], junitparser.Skipped)
    assert "<kept> & forgotten" in "".join(suite._elem.itertext())
    assert isinstance(cases["broken <&é>"].result[0], junitparser.Error) and not cases["added"].result
    assert 'accepted until 9999-12-31: <agreed> & "done"' in cases["accepted"].system_out

    def found(file):
        case = cases[file.removeprefix("new/").rsplit(".", 1)[0]]
        (failure,) = case.result
        assert isinstance(failure, junitparser.Failure) and failure.message, case.name
        return [(int(line), failure.text) for line in re.findall(rf"{re.escape(file)}:(\d+):\d+", failure.text)]

    places(found)


def gitlab():
    issues = json.loads(report("gitlab"))
    assert {"UNUSED_ALLOW", "REMOVED"} <= {issue["check_name"] for issue in issues}
    for issue in issues:
        assert set(issue) >= {"description", "check_name", "fingerprint", "severity", "location"}, issue
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"} and issue["description"], issue
        assert issue["location"]["lines"]["begin"] >= 1 and not issue["location"]["path"].startswith("/"), issue
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    again = json.loads(report("gitlab"))
    assert again == issues, "fingerprints stay from run to run"
    places(lambda file: [(i["location"]["lines"]["begin"], i["description"]) for i in issues if i["location"]["path"] == file])


def github():
    lines = report("github").splitlines()
    parsed = [re.fullmatch(r"::(error|warning|notice) file=([^,:]*)(?:,line=(\d+),col=(\d+))?(?:,title=([^:]*))?::(.+)", line) for line in lines]
    assert all(parsed), lines
    assert any((m[1], m[2], m[3]) == ("warning", "new/assay-check.toml", "8") for m in parsed), lines
    assert any(m[2] == "new/broken <&é>.avsc" and m[1] == "error" and m[3] == "1" for m in parsed), lines
    places(lambda file: [(int(m[3]), m[6]) for m in parsed if m[2] == file and m[3]])


def plain():
    text = report("text")
    places(lambda file: [(int(line), text) for line in re.findall(rf"{re.escape(file)}:(\d+):\d+: ", text)])


def our_json():
    subjects = json.loads(report("json"))["subjects"]

    def found(file):
        (subject,) = [s for s in subjects if s["file"] == file]
        old = [f["old_place"] or {"file": "", "line": 0, "column": 0} for f in subject["findings"]]
        return [(f["place"]["line"], " ".join(f"{o['file']}:{o['line']}:{o['column']}" for o in old)) for f in subject["findings"]]

    places(found)


check("SARIF fits its schema" if SARIF_SCHEMA else "SARIF has what it must have", sarif)
check("JUnit is read by junitparser", junit)
check("GitLab code quality has its members", gitlab)
check("GitHub annotations parse", github)
check("text names every place", plain)
check("JSON names every place", our_json)
done()
