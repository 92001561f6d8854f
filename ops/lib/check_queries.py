#!/usr/bin/env python3
"""Checks every PromQL query of the rules and the dashboard against the list of metrics.

usage: check_queries.py [--live URL [--patience SECONDS]]

- every metric and label named in a query exists in prometheus/metrics.txt, and label values are known ones;
- that list names exactly the metrics of the source and of no other program;
- promtool parses every query, with Grafana's variables filled in;
- every alert has a chapter in docs/OPERATIONS.md, every such chapter an alert, and every alert a test in which it fires
  and one in which it does not;
- with --live, a running Prometheus answers every query, and has every metric of the list;
- with --patience as well, it has numbers for every query within that time (calls are going on), but for those of alerts
  and annotations, which find something only when something is wrong.

Needs promtool (Debian: prometheus) and PyYAML.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

OPS = pathlib.Path(__file__).resolve().parent.parent
ROOT = OPS.parent
METRICS = OPS / "prometheus/metrics.txt"
RULES = OPS / "prometheus/callrouter.rules.yml"
TESTS = OPS / "prometheus/callrouter.tests.yml"
DASHBOARDS = sorted((OPS / "grafana").glob("*.json"))
RENDERED = sorted((ROOT / "Sources/CallRouter/Metrics").glob("*.swift"))
RUNBOOK = ROOT / "docs/OPERATIONS.md"

# Set by Prometheus itself.
COMMON_LABELS = {"job", "instance"}
OWN_METRICS = {"up": {}}
KEYWORDS = {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}
LABEL_LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
TOKEN = re.compile(
    r"""\s+ | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*') | (?P<number>[0-9][0-9a-zA-Z.]*)
    | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*) | (?P<sign>=~|!~|!=|==|<=|>=|[-+*/%^<>=(){}\[\],:@])""",
    re.VERBOSE,
)


def read_metrics():
    """The metrics of the list: name to labels with their values, histograms by their three series."""
    series, names = {}, set()
    for line in METRICS.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, kind, *labels = line.split()
        names.add(name)
        values = {key: set(value.split("|")) for key, value in (label.split("=") for label in labels)}
        if kind == "histogram":
            series[name + "_bucket"] = {**values, "le": None}
            series[name + "_sum"] = series[name + "_count"] = values
        elif kind in ("counter", "gauge"):
            series[name] = values
        else:
            raise SystemExit(f"{METRICS}: {name} is of the unknown kind {kind}")
    return series, names


def tokens(query):
    position = 0
    while position < len(query):
        match = TOKEN.match(query, position)
        if not match:
            raise ValueError(f"cannot read {query[position : position + 20]!r}")
        position = match.end()
        if match.lastgroup:
            yield match.lastgroup, match.group()


def problems_of(query, series):
    """What a query names that does not exist."""
    found = []
    all_labels = COMMON_LABELS.union(*(labels.keys() for labels in series.values()))
    items = list(tokens(query))
    index = 0
    while index < len(items):
        kind, text = items[index]
        following = items[index + 1][1] if index + 1 < len(items) else ""
        index += 1
        if kind != "name" or text in KEYWORDS:
            continue
        if text in LABEL_LISTS:
            index += 1
            while items[index][1] != ")":
                if items[index][0] == "name" and items[index][1] not in all_labels:
                    found.append(f"no metric has the label {items[index][1]}")
                index += 1
            continue
        if following == "(" or following in LABEL_LISTS:
            continue  # A function or an aggregation.
        if text not in series:
            found.append(f"there is no metric {text}")
        labels = series.get(text, {})
        if following != "{":
            continue
        index += 1
        while items[index][1] != "}":
            label, sign, value = items[index][1], items[index + 1][1], items[index + 2][1][1:-1]
            known = labels.get(label)
            if (
                label not in labels
                and label not in COMMON_LABELS
                and text in series
                and not text.startswith("callrouter:")
            ):
                found.append(f"{text} has no label {label}")
            elif known and sign in ("=", "!=") and value not in known:
                found.append(f"{text} never has {label}={value}")
            elif known and sign in ("=~", "!~") and not any(re.fullmatch(value, one) for one in known):
                found.append(f"{text} never has a {label} like {value}")
            index += 3
            if items[index][1] == ",":
                index += 1
    return found


def fill_in(query):
    """Grafana's variables as Grafana fills them in."""
    query = query.replace("$__rate_interval", "5m").replace("$__range", "1h").replace("$__interval", "1m")
    return query.replace("$instance", ".*")


def dashboard_queries(path):
    dashboard = json.loads(path.read_text())
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    if len(identifiers) != len(set(identifiers)):
        raise SystemExit(f"{path.name}: two panels share an id")
    for panel in dashboard["panels"]:
        if panel["type"] != "row" and not panel.get("targets"):
            raise SystemExit(f"{path.name}: the panel {panel['title']} asks nothing")
        for target in panel.get("targets", []):
            yield f"{path.name}: {panel['title']}", fill_in(target["expr"])
    for annotation in dashboard.get("annotations", {}).get("list", []):
        yield f"{path.name}: annotation {annotation['name']}", fill_in(annotation["expr"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            match = re.fullmatch(r"label_values\((.*), *\w+\)", variable["definition"])
            if not match:
                raise SystemExit(f"{path.name}: the variable {variable['name']} is not label_values(metric, label)")
            yield f"{path.name}: variable {variable['name']}", match.group(1)


def parse_all(queries):
    """promtool parses what is an expression of a rule."""
    rules = [{"record": f"check:query{number}", "expr": query} for number, (_, query) in enumerate(queries)]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "queries.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
        result = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True)
    if result.returncode:
        text = result.stdout + result.stderr
        for number, (place, _) in enumerate(queries):
            text = text.replace(f'check:query{number}"', f'{place}"')
        return [text]
    return []


def ask(url, query):
    """The numbers of Prometheus' answer that are some, or a sentence in place of them."""
    address = f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            data = json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        return [], json.load(error).get("error", str(error))
    except OSError as error:
        return [], f"{url} does not answer: {error}"
    samples = [data["result"]] if data["resultType"] == "scalar" else [one["value"] for one in data["result"]]
    return [sample[1] for sample in samples if sample[1] != "NaN"], None


def ask_live(url, queries, series, silent, patience):
    """What is refused, and what has no series. With patience also what has no number and is not meant to be silent."""
    failures = []
    for name in sorted(name for name in series if ":" not in name and name != "up"):
        if not ask(url, f"count({name})")[0]:
            failures.append(f"{url} has no series {name}: does it scrape a router as the job callrouter?")
    waiting = list(queries)
    deadline = time.monotonic() + patience
    while waiting:
        without = []
        for place, query in waiting:
            numbers, problem = ask(url, query)
            if problem:
                failures.append(f"{place}: {problem}")
            elif not numbers and patience and place not in silent:
                without.append((place, query))
        waiting = without
        if time.monotonic() > deadline:
            break
        time.sleep(1 if waiting else 0)
    return failures + [f"{place}: no number within {patience:g} s of calls: {query}" for place, query in waiting]


def tests_of(alert, tests):
    """How often a test expects an alert to fire, and how often not to."""
    expectations = [one for test in tests for one in test.get("alert_rule_test", []) if one["alertname"] == alert]
    fires = sum(bool(one.get("exp_alerts")) for one in expectations)
    return fires, len(expectations) - fires


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--live", metavar="URL", help="a running Prometheus that scrapes a router")
    arguments.add_argument("--patience", metavar="SECONDS", type=float, default=0, help="calls are going on")
    options = arguments.parse_args()

    series, names = read_metrics()
    failures = []

    in_source = set(re.findall(r'"((?:callrouter|process)_[a-z_]+)"', "".join(f.read_text() for f in RENDERED)))
    failures += [f"metrics.txt lacks {name}, which the router shows" for name in sorted(in_source - names)]
    failures += [f"metrics.txt lists {name}, which the router does not show" for name in sorted(names - in_source)]

    tests = yaml.safe_load(TESTS.read_text())["tests"]
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    series |= OWN_METRICS | {rule["record"]: {} for rule in rules if "record" in rule}
    queries = [(f"{RULES.name}: {rule.get('record') or rule['alert']}", rule["expr"]) for rule in rules]
    for path in DASHBOARDS:
        queries += dashboard_queries(path)

    for place, query in queries:
        try:
            failures += [f"{place}: {problem}" for problem in problems_of(query, series)]
        except (ValueError, IndexError) as error:
            failures.append(f"{place}: {error}")
    failures += parse_all(queries)

    headings = {line.lstrip("#").strip() for line in RUNBOOK.read_text().splitlines() if line.startswith("#")}
    alerts = {rule["alert"] for rule in rules if "alert" in rule}
    for heading in sorted(heading for heading in headings - alerts if re.fullmatch(r"CallRouter[A-Z]\w*", heading)):
        failures.append(f"docs/OPERATIONS.md has the chapter {heading}, which is no alert")
    for rule in rules:
        if "alert" in rule:
            anchor = f"docs/OPERATIONS.md#{rule['alert'].lower()}"
            if rule["annotations"].get("runbook") != anchor:
                failures.append(f"{rule['alert']}: its runbook should be {anchor}")
            if rule["alert"] not in headings:
                failures.append(f"docs/OPERATIONS.md has no chapter {rule['alert']}")
            if rule["labels"].get("severity") not in ("critical", "warning"):
                failures.append(f"{rule['alert']}: its severity is neither critical nor warning")
            fires, does_not = tests_of(rule["alert"], tests)
            if not fires or not does_not:
                failures.append(f"{TESTS.name}: {rule['alert']} needs a test in which it fires, and one in which not")

    if options.live:
        silent = {f"{RULES.name}: {alert}" for alert in alerts}
        silent |= {place for place, _ in queries if ": annotation " in place}
        failures += ask_live(options.live, queries, series, silent, options.patience)

    for failure in failures:
        print(f"queries: {failure}", file=sys.stderr)
    if failures:
        raise SystemExit(1)
    print(
        f"queries: {len(queries)} parse and name metrics that exist, {len(names)} metrics match the source,"
        f" {len(alerts)} alerts have tests and a runbook"
    )


if __name__ == "__main__":
    main()
