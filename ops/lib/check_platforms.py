#!/usr/bin/env python3
"""Checks the files of the platforms for what we rely on, and against each other.

fly.toml and railway.json have no schema that can be had offline: they are parsed, and the keys below are compared. The
Kubernetes files are checked against the API's schemas by kubernetes-validate; here only their times and ports are.
"""

import json
import pathlib
import re
import sys
import tomllib

import yaml

OPS = pathlib.Path(__file__).resolve().parent.parent
ROOT = OPS.parent
VARIABLES = ROOT / "Sources/CallRouter/Configuration/ConfigurationVariable.swift"
# The hard end of a call comes this long after MAX_CALL_SECONDS.
GOODBYE = 10
# What the last writes of a drain may take.
LAST_WRITES = 10
DEFAULTS = {"DRAIN_SECONDS": 330, "MAX_CALL_SECONDS": 300, "MAX_CALLS": 1000}

failures = []


def expect(condition, place, sentence):
    if not condition:
        failures.append(f"{place}: {sentence}")


def number(environment, name):
    return int(environment.get(name, DEFAULTS[name]))


def expect_times(place, environment, patience, before=0):
    """A call that began just before the drain ends within it, and the drain within the platform's patience."""
    drain, call = number(environment, "DRAIN_SECONDS"), number(environment, "MAX_CALL_SECONDS")
    expect(
        call + GOODBYE <= drain,
        place,
        f"a call of {call} s and its goodbye of {GOODBYE} s do not end within DRAIN_SECONDS={drain}",
    )
    expect(
        before + drain + LAST_WRITES <= patience,
        place,
        f"{before} s + DRAIN_SECONDS={drain} + {LAST_WRITES} s for the last writes are more than the {patience} s"
        " after which the platform kills",
    )


def expect_told(place, environment, patience):
    """The router is told how long the platform waits, so that it can warn."""
    expect(
        environment.get("PLATFORM_STOP_SECONDS") == str(patience),
        place,
        f"PLATFORM_STOP_SECONDS is {environment.get('PLATFORM_STOP_SECONDS')}, and the platform waits {patience} s",
    )


def seconds(text):
    match = re.fullmatch(r"(\d+)(s|m|)", str(text))
    return int(match[1]) * (60 if match[2] == "m" else 1)


def known_variables():
    """The variables that the router reads: every first argument of a declaration, and its aliases."""
    return set(re.findall(r'"([A-Z][A-Z0-9_]{2,})"', VARIABLES.read_text()))


def check_environment(place, names):
    for name in names:
        expect(name in known_variables(), place, f"{name} is no variable of the router")


def check_fly():
    place = "fly.toml"
    fly = tomllib.loads((OPS / place).read_text())
    environment = fly["env"]
    check_environment(place, environment)
    expect(all(isinstance(value, str) for value in environment.values()), place, "the values of [env] are strings")
    expect(fly["primary_region"] == "iad", place, "the region is iad, near carrier and model")
    expect(fly["kill_signal"] == "SIGTERM", place, "SIGTERM drains")
    expect(fly["kill_timeout"] <= 300, place, "Fly waits 300 s at most")
    expect_times(place, environment, fly["kill_timeout"])
    expect_told(place, environment, fly["kill_timeout"])
    expect((OPS / fly["build"]["dockerfile"]).exists(), place, "the Dockerfile is named relative to this file")
    service = fly["http_service"]
    expect(service["internal_port"] == 8080, place, "the router listens on 8080")
    expect(service["auto_stop_machines"] in ("off", False), place, "a router that waits for calls must not be stopped")
    expect(
        [check["path"] for check in service["checks"]] == ["/health"],
        place,
        "only /health decides about routing: a draining router must be reached for its live calls",
    )
    health = service["checks"][0]
    expect(
        [seconds(health[key]) for key in ("interval", "timeout", "grace_period")] == [30, 5, 10],
        place,
        "health is asked every 30 s, for 5 s, after a grace of 10 s",
    )
    expect(
        fly["checks"]["ready"]["path"] == "/ready" and fly["checks"]["ready"]["port"] == 8080,
        place,
        "/ready is watched by a check that does not route",
    )
    limits = service["concurrency"]
    expect(limits["type"] == "connections", place, "a call is a connection")
    expect(
        number(environment, "MAX_CALLS") < limits["soft_limit"] < limits["hard_limit"],
        place,
        "MAX_CALLS < soft_limit < hard_limit, or the proxy refuses what the router would take",
    )
    expect(fly["metrics"] == {"port": 9091, "path": "/metrics"}, place, "metrics are at :9091/metrics")
    expect(fly["mounts"]["destination"] == "/data", place, "the volume is DATA_DIR")
    expect(all("shared" not in machine["size"] for machine in fly["vm"]), place, "a shared CPU is throttled")


def check_railway():
    place = "railway.json"
    railway = json.loads((OPS / place).read_text())
    deploy = railway["deploy"]
    # Documented as strings, but the parser takes numbers only (railwayapp/docs, issue 1243).
    for key in ("drainingSeconds", "overlapSeconds", "healthcheckTimeout"):
        expect(isinstance(deploy[key], int), place, f"{key} is a number")
    expect_times(place, {}, deploy["drainingSeconds"])
    expect(deploy["healthcheckPath"] == "/health", place, "health is asked at /health")
    expect(deploy["restartPolicyType"] == "ALWAYS", place, "it is always restarted")
    expect(
        railway["build"]["builder"] == "DOCKERFILE" and (ROOT / railway["build"]["dockerfilePath"]).exists(),
        place,
        "it is built from the Dockerfile",
    )
    expect(
        not re.search(r"^VOLUME", (OPS / "Dockerfile").read_text(), re.MULTILINE),
        "Dockerfile",
        "Railway refuses images that declare a VOLUME",
    )


def check_kubernetes():
    folder = OPS / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    for name in listed:
        expect((folder / name).exists(), "kustomization.yaml", f"there is no {name}")
    documents = {}
    for path in folder.glob("*.yaml"):
        for document in yaml.safe_load_all(path.read_text()):
            documents[document["kind"], document.get("metadata", {}).get("name", "")] = document
    environment = documents["ConfigMap", "callrouter"]["data"]
    secret = documents["Secret", "callrouter"]["stringData"]
    check_environment("configmap.yaml", environment)
    check_environment("secret.example.yaml", secret)
    place = "statefulset.yaml"
    workload = documents["StatefulSet", "callrouter"]
    pod = workload["spec"]["template"]["spec"]
    container = pod["containers"][0]
    expect_times(
        place,
        environment,
        pod["terminationGracePeriodSeconds"],
        before=container["lifecycle"]["preStop"]["sleep"]["seconds"],
    )
    own = {variable["name"]: variable["value"] for variable in container["env"]}
    check_environment(place, own)
    pre_stop = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    expect_told(place, own, pod["terminationGracePeriodSeconds"] - pre_stop)
    expect(container["livenessProbe"]["httpGet"]["path"] == "/health", place, "liveness is /health, 200 while draining")
    expect(container["readinessProbe"]["httpGet"]["path"] == "/ready", place, "readiness is /ready")
    expect({port["containerPort"] for port in container["ports"]} == {8080, 9091}, place, "the ports are 8080 and 9091")
    expect(container["securityContext"]["readOnlyRootFilesystem"] is True, place, "the root is read-only")
    expect("cpu" not in container["resources"]["limits"], place, "no CPU limit: throttling makes sound stutter")
    expect(
        {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"},
        place,
        "/data and /tmp can be written to",
    )
    labels = workload["spec"]["template"]["metadata"]["labels"].items()
    for kind, name in (("Service", "callrouter"), ("Service", "callrouter-pods")):
        selector = documents[kind, name]["spec"]["selector"].items()
        expect(selector <= labels, "service.yaml", f"{name} selects the pods")
        expect(
            documents[kind, name]["spec"]["publishNotReadyAddresses"] is True,
            "service.yaml",
            f"{name} reaches a draining router",
        )
    for kind in ("PodDisruptionBudget", "NetworkPolicy"):
        spec = documents[kind, "callrouter"]["spec"]
        selector = (spec.get("selector") or spec.get("podSelector"))["matchLabels"].items()
        expect(selector <= labels, f"{kind}", "it selects the pods")
    scaler = documents["HorizontalPodAutoscaler", "callrouter"]["spec"]
    target = scaler["scaleTargetRef"]
    expect(
        (target["kind"], target["name"]) == ("StatefulSet", "callrouter"),
        "autoscaling.yaml",
        "it scales the StatefulSet",
    )
    metrics = {metric["pods"]["metric"]["name"] for metric in scaler["metrics"]}
    listed = {
        line.split()[0] for line in (OPS / "prometheus/metrics.txt").read_text().splitlines() if line[:1] not in "#"
    }
    expect(metrics <= listed, "autoscaling.yaml", "it scales on metrics that exist")
    step = scaler["behavior"]["scaleDown"]["policies"][0]
    expect(
        step["value"] == 1 and step["periodSeconds"] >= pod["terminationGracePeriodSeconds"],
        "autoscaling.yaml",
        "one router at a time is drained",
    )


def check_image():
    text = (OPS / "Dockerfile").read_text()
    expect(
        "--interval=30s --timeout=5s --start-period=10s --retries=3" in text,
        "Dockerfile",
        "health is asked every 30 s, for 5 s, after a grace of 10 s, three times",
    )
    user = re.search(r"^USER (\d+):(\d+)$", text, re.MULTILINE)
    expect(bool(user) and user[1] != "0", "Dockerfile", "the user is a number and not root")
    if user:
        expect(
            f":{user[1]}:{user[2]}:" in (OPS / "image/etc/passwd").read_text(),
            "image/etc/passwd",
            "it has the image's user",
        )
        expect(
            f"runAsUser: {user[1]}" in (OPS / "kubernetes/statefulset.yaml").read_text(),
            "statefulset.yaml",
            "it runs as the image's user",
        )


def check_systemd():
    place = "systemd/callrouter.service"
    text = (OPS / place).read_text()
    unit = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    expect_times(place, {}, int(unit["TimeoutStopSec"]))
    told = dict(re.findall(r"^Environment=(PLATFORM_STOP_SECONDS)=(\d+)$", text, re.MULTILINE))
    expect_told(place, told, int(unit["TimeoutStopSec"]))
    expect(unit["KillSignal"] == "SIGTERM" and unit["KillMode"] == "mixed", place, "SIGTERM drains")
    expect(
        {"64", "78"} <= set(unit["RestartPreventExitStatus"].split()), place, "bad configuration is not started again"
    )


def check_example_environment():
    names = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    check_environment(".env.example", names)


def main():
    for check in (check_fly, check_railway, check_kubernetes, check_image, check_systemd, check_example_environment):
        try:
            check()
        except (KeyError, TypeError, ValueError) as error:
            failures.append(f"{check.__name__}: a key that we rely on is missing or of another kind: {error!r}")
    for failure in failures:
        print(f"platforms: {failure}", file=sys.stderr)
    if failures:
        raise SystemExit(1)
    print("platforms: fly.toml, railway.json, Kubernetes, unit and image agree on times, ports, user and variables")
    print("platforms: fly.toml and railway.json were parsed and their keys compared: no schema can be had offline")


if __name__ == "__main__":
    main()
