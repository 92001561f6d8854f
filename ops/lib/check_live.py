#!/usr/bin/env python3
"""Starts a router and a Prometheus that scrapes it, both on loopback, and asks it every query.

usage: check_live.py BINARY      (needs prometheus and promtool)
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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    binary = pathlib.Path(sys.argv[1]).resolve()
    metrics, web = free_port(), free_port()
    url = f"http://127.0.0.1:{web}"
    with tempfile.TemporaryDirectory() as folder:
        configuration = (OPS / "prometheus/prometheus.yml").read_text()
        for old, new in (
            ("_interval: 30s", "_interval: 1s"),
            ("127.0.0.1:9091", f"127.0.0.1:{metrics}"),
            ("  - callrouter.rules.yml", f"  - {OPS}/prometheus/callrouter.rules.yml"),
        ):
            if old not in configuration:
                raise SystemExit(f"live: prometheus.yml no longer holds {old}")
            configuration = configuration.replace(old, new)
        pathlib.Path(folder, "prometheus.yml").write_text(configuration)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "OPENAI_API_KEY": "sk-none",
            "ANTHROPIC_API_KEY": "sk-ant-none",
            "WEBSOCKET_PORT": "0",
            "METRICS_PORT": str(metrics),
            "BIND_ADDRESS": "127.0.0.1",
            "DATA_DIR": f"{folder}/data",
        }
        processes = []
        try:
            with open(f"{folder}/router.log", "w") as log:
                processes.append(
                    subprocess.Popen(
                        [str(binary), "serve"],
                        env=environment,
                        cwd=folder,
                        stdout=log,
                        stderr=log,
                        stdin=subprocess.DEVNULL,
                    )
                )
            with open(f"{folder}/prometheus.log", "w") as log:
                processes.append(
                    subprocess.Popen(
                        [
                            "prometheus",
                            f"--config.file={folder}/prometheus.yml",
                            f"--storage.tsdb.path={folder}/tsdb",
                            f"--web.listen-address=127.0.0.1:{web}",
                        ],
                        cwd=folder,
                        stdout=log,
                        stderr=log,
                        stdin=subprocess.DEVNULL,
                    )
                )

            def scraped():
                query = urllib.parse.urlencode({"query": "count_over_time(callrouter_ready[1m]) >= 3"})
                with urllib.request.urlopen(f"{url}/api/v1/query?{query}", timeout=5) as answer:
                    return bool(json.load(answer)["data"]["result"])

            wait_for(scraped, "Prometheus has scraped the router three times", processes)
            subprocess.run([sys.executable, str(OPS / "lib/check_queries.py"), "--live", url], check=True)
            print("live: a running Prometheus answers every query, with every series of a running router")
        except subprocess.CalledProcessError as error:
            raise SystemExit(error.returncode) from None
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(30)


if __name__ == "__main__":
    main()
