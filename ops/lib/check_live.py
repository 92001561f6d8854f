#!/usr/bin/env python3
"""Lets a Prometheus scrape routers under load, all on loopback, and asks it every query.

usage: check_live.py BINARY      (needs prometheus and promtool)

One router serves and has no calls; the others carry those of `simulate`, one scenario each. Every panel of the dashboard
and every recording rule must have a number by the time the calls are over, and every call must end as its scenario says.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

OPS = pathlib.Path(__file__).resolve().parent.parent
# Scenarios that together touch every metric that the dashboard draws, and how many calls of each go on side by side.
LOAD = {"conversation": 40, "barge-in": 5, "reasoning": 5, "model-drop": 5}
# The longest of them takes half a minute; a busy machine more.
PATIENCE = 120


def free_ports(count):
    """Ports that nobody has now: the sockets are open at the same time, so that no port comes twice."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def wait_for(condition, sentence, processes):
    deadline = time.monotonic() + 60
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        for process in processes:
            if process.poll() is not None:
                raise SystemExit(f"live: {process.args[0]} ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise SystemExit(f"live: not within 60 s: {sentence}")
        time.sleep(0.2)


def start(arguments, folder, name, environment=None):
    with open(f"{folder}/{name}.log", "w") as log:
        return subprocess.Popen(
            arguments, env=environment, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )


def configuration(targets):
    text = (OPS / "prometheus/prometheus.yml").read_text()
    for old, new in (
        ("_interval: 30s", "_interval: 500ms"),
        ('["127.0.0.1:9091"]', json.dumps(targets)),
        ("  - callrouter.rules.yml", f"  - {OPS}/prometheus/callrouter.rules.yml"),
    ):
        if old not in text:
            raise SystemExit(f"live: prometheus.yml no longer holds {old}")
        text = text.replace(old, new)
    return text


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    web, metrics, *ports = free_ports(2 + len(LOAD))
    url = f"http://127.0.0.1:{web}"
    with tempfile.TemporaryDirectory() as folder:
        targets = [f"127.0.0.1:{port}" for port in (metrics, *ports)]
        pathlib.Path(folder, "prometheus.yml").write_text(configuration(targets))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "TMPDIR": folder,
            "OPENAI_API_KEY": "sk-none",
            "ANTHROPIC_API_KEY": "sk-ant-none",
            "WEBSOCKET_PORT": "0",
            "METRICS_PORT": str(metrics),
            "BIND_ADDRESS": "127.0.0.1",
            "DATA_DIR": f"{folder}/data",
        }
        prometheus = [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{web}",
        ]
        processes, load = [], {}
        try:
            processes.append(start(prometheus, folder, "prometheus"))
            processes.append(start([binary, "serve"], folder, "serve", environment))

            def scraped():
                query = urllib.parse.urlencode({"query": "count_over_time(callrouter_ready[1m]) >= 3"})
                with urllib.request.urlopen(f"{url}/api/v1/query?{query}", timeout=5) as answer:
                    return bool(json.load(answer)["data"]["result"])

            wait_for(scraped, "Prometheus has scraped the router three times", processes)
            for (scenario, calls), port in zip(LOAD.items(), ports):
                arguments = ["simulate", "--scenario", scenario, "--calls", str(calls), "--metrics-port", str(port)]
                load[scenario] = start([binary, *arguments], folder, scenario, environment)
            processes += load.values()
            queries = [sys.executable, str(OPS / "lib/check_queries.py"), "--live", url, "--patience", str(PATIENCE)]
            subprocess.run(queries, check=True)
            for scenario, process in load.items():
                if process.wait(PATIENCE):
                    tail = "\n".join(pathlib.Path(folder, f"{scenario}.log").read_text().splitlines()[-20:])
                    raise SystemExit(f"{tail}\nlive: a call of {scenario} did not end as it should")
            print(
                f"live: a running Prometheus has numbers for every panel and recording rule, from {len(targets)}"
                f" running routers with {sum(LOAD.values())} calls"
            )
        except subprocess.CalledProcessError as error:
            raise SystemExit(error.returncode) from None
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(30)


if __name__ == "__main__":
    main()
