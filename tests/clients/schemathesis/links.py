"""links.py EVENTS: what the stateful phase has done, from the events schemathesis reports. Fails when it followed fewer than half of the links."""
import json
import sys

followed, asked, total = set(), {}, 0
for line in open(sys.argv[1], encoding="utf-8"):
    (kind, event), = json.loads(line).items()
    if kind == "LoadingFinished":
        total = event["statistic"]["transitions"]["selected"]
    if kind != "ScenarioFinished":
        continue
    recorder = event["recorder"]
    for case_id, case in recorder.get("cases", {}).items():
        value, response = case["value"], recorder.get("interactions", {}).get(case_id, {}).get("response") or {}
        asked.setdefault(f'{value["method"]} {value["path"]}', set()).add(response.get("status_code"))
        if case.get("transition"):
            followed.add(case["transition"]["id"])
good = sum(1 for codes in asked.values() if any(code and code < 300 for code in codes))
print(f"{'ok' if len(followed) * 2 >= total > 0 else 'not ok'} - stateful: {len(followed)} of {total} links followed, "
      f"{len(asked)} operations, {good} of them answered with success")
sys.exit(0 if len(followed) * 2 >= total > 0 else 1)
