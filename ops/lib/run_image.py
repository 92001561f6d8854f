#!/usr/bin/env python3
"""Starts an image's root as a container would: read-only, unprivileged, with nothing but loopback for a network.

usage: run_image.py ROOT IMAGE_JSON      (as root; calls itself again inside new namespaces)

Plays a whole call (simulate), starts the router, asks its health check, tries to write where nothing may be written,
drains it with the image's stop signal, and asks for its complaint about missing variables.
"""

import ctypes
import fcntl
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request


def loopback_up():
    """SIOCSIFFLAGS with IFF_UP and IFF_RUNNING (netdevice(7)): a new network namespace begins with lo down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def prepare(root, user):
    mount("--make-rprivate", "/")
    mount("--bind", root, root)
    mount("-t", "proc", "proc", root / "proc")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "dev")
    for name in ("null", "zero", "random", "urandom"):
        (root / "dev" / name).touch()
        mount("--bind", f"/dev/{name}", root / "dev" / name)
    group = user.split(":")[-1]
    mount("-t", "tmpfs", "-o", f"mode=700,uid={user.split(':')[0]},gid={group}", "tmpfs", root / "data")
    mount("-t", "tmpfs", "-o", "mode=1777,size=16m", "tmpfs", root / "tmp")
    mount("-o", "remount,bind,ro", root)
    loopback_up()


def check(condition, sentence, seen=""):
    if not condition:
        raise SystemExit(f"run_image: not true: {sentence}. {seen}")
    print(f"run_image: {sentence}", flush=True)


def main():
    root, config_file = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if os.environ.get("RUN_IMAGE_INSIDE") != "1":
        os.environ["RUN_IMAGE_INSIDE"] = "1"
        os.execvp(
            "unshare", ["unshare", "--mount", "--net", "--pid", "--fork", sys.executable, __file__, root, config_file]
        )
    config = json.loads(config_file.read_text())
    user = config["user"]
    check(user.split(":")[0] not in ("0", "root"), f"the image's user is not root but {user}")
    prepare(root, user)
    uid, gid = (int(part) for part in user.split(":"))

    def enter():
        os.chroot(root)
        os.chdir(config["working_directory"])
        ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS (prctl(2)).
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)  # Drops every capability with it.

    def environment(**more):
        return {**{key: value for key, value in config["environment"].items() if key != "HOME"}, **more}

    entry = config["entrypoint"]

    def once(arguments, limit=120, **more):
        return subprocess.run(
            arguments,
            preexec_fn=enter,
            env=environment(**more),
            capture_output=True,
            text=True,
            timeout=limit,
            stdin=subprocess.DEVNULL,
        )

    result = once(["/bin/sh", "-c", "touch /etc/x || touch /x || touch /usr/bin/x"])
    check(result.returncode != 0 and "Read-only" in result.stderr, "the root is read-only", result.stderr)
    result = once(["/bin/sh", "-c", "touch /data/x && rm /data/x"])
    check(result.returncode == 0, "/data can be written to", result.stderr)

    result = once([*entry, "--version"])
    check(result.returncode == 0, f"it runs: {result.stdout.strip()}", result.stderr)

    result = once([*entry, "simulate", "--calls", "2", "--duration", "6", "--json"], limit=300)
    check(result.returncode == 0, "simulate plays two calls end to end", result.stdout + result.stderr[-2000:])
    calls = json.loads(result.stdout)
    check(len(calls) == 2 and all(call["ok"] for call in calls), "both ended as their scenario says", result.stdout)

    result = once([*entry, *config["command"]])
    check(
        result.returncode == 78, "without its keys it says which, and exits 78", f"{result.returncode} {result.stderr}"
    )
    check("OPENAI_API_KEY" in result.stdout + result.stderr, "the missing key is named")

    keys = {"OPENAI_API_KEY": "sk-none", "ANTHROPIC_API_KEY": "sk-ant-none", "WEBSOCKET_PORT": "8080"}
    router = subprocess.Popen(
        [*entry, *config["command"]], preexec_fn=enter, env=environment(**keys), stdin=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen("http://127.0.0.1:8080/health", timeout=5) as answer:
                    health = json.load(answer)
                break
            except OSError as error:
                if time.monotonic() > deadline or router.poll() is not None:
                    raise SystemExit(f"run_image: /health did not answer within 30 s: {error}") from None
                time.sleep(0.1)
        check(health["status"] == "healthy", "the router starts and is healthy", health)
        status = (root / f"proc/{router.pid}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        check(fields["Uid"].split() == [str(uid)] * 4, f"it runs as {uid}", fields["Uid"])
        check(int(fields["CapEff"], 16) == 0, "it has no capability", fields["CapEff"])
        result = once(config["healthcheck"], **keys)
        check(result.returncode == 0, "the image's health check passes", result.stderr)
        with urllib.request.urlopen("http://127.0.0.1:9091/metrics", timeout=5) as answer:
            check(b"callrouter_ready 1" in answer.read(), "/metrics answers on 9091")
        resident = int(fields["VmRSS"].split()[0])
        print(f"run_image: {resident / 1024:.0f} MB resident before the first call")
        router.send_signal(getattr(signal, config["stop"]))
        check(router.wait(30) == 0, f"{config['stop']} drains it, and it exits 0")
    finally:
        if router.poll() is None:
            router.kill()
            router.wait()
    result = once(config["healthcheck"], **keys)
    check(result.returncode != 0, "the health check fails once it is gone")


if __name__ == "__main__":
    main()
