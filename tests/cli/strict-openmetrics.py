# SPDX-License-Identifier: GPL-2.0-or-later
"""Is standard input OpenMetrics, by a strict parser, and does it hold what a JSON report of the same holds?

strict-openmetrics.py REPORT: that of a simulator that stands still. Each domain that lies in no other has for each
of its events one sample, or none where a number is missing; no family holds anything else.
"""

import json
import re
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

TYPES = {"gauge": "gauge", "cumulative": "counter", "unknown": "unknown"}


def family_name(event):
    """What rdtstat(1) says that the family of an event is called, unless that name is another's."""
    name, unit = "resctrl_" + re.sub("[^a-zA-Z0-9]", "_", event["event"]), unit_of(event)
    return name if not unit or name.endswith("_" + unit) else f"{name}_{unit}"


def unit_of(event):
    """A number of things has no unit."""
    return "" if event["unit"] == "count" else event["unit"]


def parts(group, apart):
    """The domains of a group, or of what it is taken apart into, and the label that says so."""
    if not apart:
        yield {}, group["domains"]
    elif group["type"] == "MON":
        yield {"part": "child"}, group["domains"]
    else:
        yield {"part": "total"}, group["domains"]
        yield {"part": "own"}, group["own"]["domains"]


def expected(report):
    """By family: its event, and by labels the number: None where there is only to be one."""
    families, apart = {}, any("own" in group for group in report["groups"])
    for group in report["groups"]:
        for part, domains in parts(group, apart):
            for domain in domains:
                for event in [] if domain["inside"] else domain["events"]:
                    _, samples = families.setdefault(family_name(event), (event, {}))
                    labels = {"group": group["path"], "type": group["type"], **part}
                    labels |= {"resource": domain["resource"], "domain": domain["path"]}
                    key = tuple(sorted(labels.items()))
                    if event["kind"] != "cumulative" and event["value"] is not None:
                        samples["", key] = event["value"]
                    if event["kind"] == "cumulative" and event["rate"] is not None:
                        samples["_total", key] = samples["_created", key] = None
    return families


report = json.load(open(sys.argv[1], encoding="utf-8"))
families = expected(report)
found = list(text_string_to_metric_families(sys.stdin.read()))
assert {family.name for family in found} == set(families), "other families"
for family in found:
    event, samples = families[family.name]
    assert family.type == TYPES[event["kind"]], family.name
    assert family.unit == unit_of(event), family.name
    assert event["event"] in family.documentation, family.name
    there = {}
    for sample in family.samples:
        key = sample.name.removeprefix(family.name), tuple(sorted(sample.labels.items()))
        assert key not in there, f"twice: {sample}"
        there[key] = sample.value
    assert set(there) == set(samples), f"{family.name}: other samples: {set(there) ^ set(samples)}"
    for key, number in samples.items():
        assert number is None or there[key] == number, f"{family.name}: {key}"
        assert there[key] >= 0, f"{family.name}: {key}"
print(*sorted(families))
