#!/usr/bin/env python3
"""Starts an image's root as a container would: read-only, unprivileged, with nothing but loopback for a network.

usage: run_image.py ROOT IMAGE_JSON      (as root; calls itself again inside new namespaces; needs openssl)

Proves that it runs, and what it brings along: plays whole calls (simulate), tries to write where nothing may be written,
has it verify a certificate and keep a foreign country's hours, asks its health check, drains it with the image's stop
signal, and asks for its complaint about missing variables. Measures the time from its start to /ready, and its memory.
"""

import contextlib
import ctypes
import datetime
import fcntl
import http.server
import json
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zoneinfo

TOKEN = "a-token-of-this-check"
KEYS = {"OPENAI_API_KEY": "sk-none", "ANTHROPIC_API_KEY": "sk-ant-none", "WEBSOCKET_PORT": "8080"}
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"


def loopback_up():
    """SIOCSIFFLAGS with IFF_UP and IFF_RUNNING (netdevice(7)): a new network namespace begins with lo down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def check(condition, sentence, seen=""):
    if not condition:
        raise SystemExit(f"run_image: not true: {sentence}. {seen}")
    print(f"run_image: {sentence}", flush=True)


class Container:
    """The image's root, made ready as a container's."""

    def __init__(self, root, config):
        self.root, self.config = root, config
        self.uid, self.gid = (int(part) for part in config["user"].split(":"))
        mount("--make-rprivate", "/")
        mount("--bind", root, root)
        mount("-t", "proc", "proc", root / "proc")
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "dev")
        for name in ("null", "zero", "random", "urandom"):
            (root / "dev" / name).touch()
            mount("--bind", f"/dev/{name}", root / "dev" / name)
        mount("-t", "tmpfs", "-o", f"mode=700,uid={self.uid},gid={self.gid}", "tmpfs", root / "data")
        mount("-t", "tmpfs", "-o", "mode=1777,size=16m", "tmpfs", root / "tmp")
        # What a container's runtime puts there.
        hosts = root / "etc/hosts"
        hosts.touch()
        with tempfile.NamedTemporaryFile("w", prefix="hosts") as file:
            file.write("127.0.0.1 localhost\n")
            file.flush()
            os.chmod(file.name, 0o644)
            mount("--bind", file.name, hosts)
        mount("-o", "remount,bind,ro", root)
        loopback_up()

    def enter(self):
        os.chroot(self.root)
        os.chdir(self.config["working_directory"])
        ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS (prctl(2)).
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)  # Drops every capability with it.

    def environment(self, more):
        return {**{key: value for key, value in self.config["environment"].items() if key != "HOME"}, **more}

    def router(self, *arguments):
        return [*self.config["entrypoint"], *arguments]

    def once(self, arguments, limit=120, **more):
        return subprocess.run(
            arguments,
            preexec_fn=self.enter,
            env=self.environment(more),
            capture_output=True,
            text=True,
            timeout=limit,
            stdin=subprocess.DEVNULL,
        )

    @contextlib.contextmanager
    def serving(self, **more):
        """The image's own command; gives the process, and the time from its start until /ready was 200."""
        began = time.monotonic()
        router = subprocess.Popen(
            self.router(*self.config["command"]),
            preexec_fn=self.enter,
            env=self.environment({**KEYS, **more}),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(router.stderr), daemon=True)
        reader.start()
        try:
            while True:
                try:
                    get("/ready")
                    break
                except OSError as error:
                    if time.monotonic() > began + 30 or router.poll() is not None:
                        raise SystemExit(f"{''.join(lines)}run_image: not ready within 30 s: {error}") from None
                    time.sleep(0.002)
            yield router, time.monotonic() - began
        finally:
            if router.poll() is None:
                router.kill()
                router.wait()
            reader.join(5)


def get(path, port=8080):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read()


def wait_for_status(path, wanted):
    deadline = time.monotonic() + 10
    while True:
        try:
            get(path)
            status = 200
        except urllib.error.HTTPError as error:
            status = error.code
        if status == wanted:
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"run_image: {path} is {status}, and was to become {wanted}")
        time.sleep(0.05)


def prove_root(container):
    result = container.once(["/bin/sh", "-c", "touch /etc/x || touch /x || touch /usr/bin/x"])
    check(result.returncode != 0 and "Read-only" in result.stderr, "the root is read-only", result.stderr)
    result = container.once(["/bin/sh", "-c", "touch /data/x && rm /data/x"])
    check(result.returncode == 0, "/data can be written to", result.stderr)


def prove_calls(container):
    result = container.once(container.router("--version"))
    check(result.returncode == 0, f"it runs: {result.stdout.strip()}", result.stderr)
    result = container.once(container.router("simulate", "--calls", "2", "--duration", "6", "--json"), limit=300)
    check(result.returncode == 0, "simulate plays two calls end to end", result.stdout + result.stderr[-2000:])
    calls = json.loads(result.stdout)
    check(len(calls) == 2 and all(call["ok"] for call in calls), "both ended as their scenario says", result.stdout)
    said = "".join(line["content"] for call in calls for line in call["transcript"])
    check(said, "both have a transcript", result.stdout)


def prove_configuration(container):
    result = container.once(container.router(*container.config["command"]))
    text = result.stdout + result.stderr
    check(result.returncode == 78, "without its keys it exits 78", f"{result.returncode} {text}")
    check("OPENAI_API_KEY" in text and "ANTHROPIC_API_KEY" in text, "and names both keys", text)


def authority(folder):
    """An authority of our own, and a certificate of it for localhost."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    for arguments in (
        ["req", "-x509", *curve, "-subj", "/CN=Authority", "-keyout", "ca.key", "-out", "ca.pem"],
        ["req", *curve, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"],
    ):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
    pathlib.Path(folder, "names").write_text("subjectAltName=DNS:localhost\n")
    sign = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
    subprocess.run(
        ["openssl", "x509", "-req", "-in", "server.csr", *sign, "-out", "server.pem"],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def prove_certificates(container):
    """The image's certificates are those that count: a server is trusted once its authority is among them, not before."""
    with tempfile.TemporaryDirectory() as folder:
        authority(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
        requests = []

        def serve(listener):
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as stream:
                    stream.settimeout(5)
                    requests.append(stream.recv(1024).split(b"\r\n")[0].decode(errors="replace"))

        def asks_the_model():
            requests.clear()
            address = f"wss://localhost:{listener.getsockname()[1]}/v1/realtime"
            container.once(container.router("check"), **{**KEYS, "OPENAI_REALTIME_URL": address})
            return any("/v1/realtime" in line for line in requests)

        bundle = container.root / CERTIFICATES
        text = bundle.read_text()
        check(text.count("BEGIN CERTIFICATE") > 50, f"/{CERTIFICATES} holds {text.count('BEGIN CERTIFICATE')} of them")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
            check(not asks_the_model(), "a server whose authority is not among them is not talked to", requests)
            extended = pathlib.Path(folder, "extended.crt")
            extended.write_text(text + pathlib.Path(folder, "ca.pem").read_text())
            os.chmod(folder, 0o755)
            mount("--bind", extended, bundle)
            check(asks_the_model(), "one whose authority is among them is")
            subprocess.run(["umount", str(bundle)], check=True)
            listener.shutdown(socket.SHUT_RDWR)


class Carrier(http.server.BaseHTTPRequestHandler):
    """The carrier's API as far as it is needed here: remembers whom it was to call, and refuses."""

    dialled = []

    def do_POST(self):
        fields = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.dialled += fields.get("To", [])
        self.send_response(400)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_GET(self):
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def prove_time_zones(container):
    """An hour in which New York may be called and Los Angeles may not: New York is, and nobody else."""
    now = datetime.datetime.now(zoneinfo.ZoneInfo("America/New_York"))
    hour = datetime.timedelta(hours=1)
    carrier = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
    threading.Thread(target=carrier.serve_forever, daemon=True).start()
    environment = {
        "PUBLIC_URL": "http://127.0.0.1:8080",
        "ROUTER_API_TOKEN": TOKEN,
        "SIGNALWIRE_PROJECT_ID": "project",
        "SIGNALWIRE_API_TOKEN": "PT-none",
        "SIGNALWIRE_SPACE_URL": f"http://127.0.0.1:{carrier.server_address[1]}",
        "SIGNALWIRE_PHONE_NUMBER": "+13125550100",
        "CALLING_HOURS": f"{now - hour:%H:%M}-{now + hour:%H:%M}",
        "CALLS_PER_SECOND": "100",
    }
    new_york, los_angeles = "+12125550123", "+12135550123"
    with container.serving(**environment):
        for number in (los_angeles, new_york):
            order = {"to": number, "call_type": "follow_up", "objective": "Ask whether the time zones are there."}
            request = urllib.request.Request(
                "http://127.0.0.1:8080/v1/calls",
                data=json.dumps(order).encode(),
                headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
            )
            try:
                urllib.request.urlopen(request, timeout=5).close()
            except urllib.error.HTTPError as error:
                raise SystemExit(f"run_image: an order is refused: {error} {error.read()}") from None
        deadline = time.monotonic() + 20
        while not Carrier.dialled and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
    carrier.shutdown()
    check(set(Carrier.dialled) == {new_york}, "New York is called in New York's hours, Los Angeles is not", Carrier.dialled)


def prove_service(container):
    with container.serving() as (router, seconds):
        print(f"run_image: {seconds * 1000:.0f} ms from its start to 200 at /ready")
        health = json.loads(get("/health"))
        check(health["status"] == "healthy", "the router starts and is healthy", health)
        status = container.root / f"proc/{router.pid}/status"
        fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        check(fields["Uid"].split() == [str(container.uid)] * 4, f"it runs as {container.uid}", fields["Uid"])
        check(int(fields["CapEff"], 16) == 0, "it has no capability", fields["CapEff"])
        result = container.once(container.config["healthcheck"], **KEYS)
        check(result.returncode == 0, "the image's health check passes", result.stderr)
        result = container.once(container.router("probe", "ws://127.0.0.1:8080"))
        check(result.returncode == 0, "probe passes", result.stdout + result.stderr)
        check(b"callrouter_ready 1" in get("/metrics", port=9091), "/metrics answers on 9091")
        result = container.once(["/bin/busybox", "kill", "-USR1", str(router.pid)])
        wait_for_status("/ready", 503)
        check(result.returncode == 0, "USR1 by busybox drains it without an end", result.stderr)
        container.once(["/bin/busybox", "kill", "-USR2", str(router.pid)])
        wait_for_status("/ready", 200)
        time.sleep(5)
        fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        resident, own = (int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))
        print(f"run_image: {resident:.1f} MB resident without a call so far, {own:.1f} MB of them its own, not of files")
        router.send_signal(getattr(signal, container.config["stop"]))
        check(router.wait(30) == 0, f"{container.config['stop']} drains it, and it exits 0")
    result = container.once(container.config["healthcheck"], **KEYS)
    check(result.returncode != 0, "the health check fails once it is gone")


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    root, config_file = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    if os.environ.get("RUN_IMAGE_INSIDE") != "1":
        os.environ["RUN_IMAGE_INSIDE"] = "1"
        os.execvp(
            "unshare", ["unshare", "--mount", "--net", "--pid", "--fork", sys.executable, __file__, root, config_file]
        )
    config = json.loads(config_file.read_text())
    user = config["user"]
    check(user.split(":")[0] not in ("0", "root"), f"the image's user is not root but {user}")
    container = Container(root, config)
    for prove in (prove_root, prove_calls, prove_configuration, prove_service, prove_certificates, prove_time_zones):
        prove(container)


if __name__ == "__main__":
    main()
