#!/usr/bin/env python3
"""Plays a restart of the router behind haproxy.cfg, on loopback, with a stand-in for the router.

Needs haproxy and openssl. Says what it saw; exit 1 if something is not as haproxy.cfg promises.
"""

import http.client
import http.server
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading
import time

OPS = pathlib.Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Router(http.server.BaseHTTPRequestHandler):
    """A stand-in: answers everything, and echoes what comes after an upgrade."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")  # RFC 6455, section 1.3
            self.end_headers()
            self.wfile.write(self.rfile.read(4))
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        body = f"router {self.path} {self.headers.get('X-Forwarded-Proto')}".encode()
        self.send_response(503 if "refused" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, *_):
        pass  # Health checks hang up as soon as they know enough.


def start_router(port):
    server = Server(("127.0.0.1", port), Router)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def stop_router(server):
    server.shutdown()
    server.server_close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        certificate = f"{folder}/certificate.pem"
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-keyout",
                f"{folder}/key.pem",
                "-out",
                f"{folder}/chain.pem",
            ],
            check=True,
            capture_output=True,
        )
        with open(certificate, "w") as file:
            file.write(pathlib.Path(f"{folder}/chain.pem").read_text() + pathlib.Path(f"{folder}/key.pem").read_text())

        public, inner = free_port(), free_port()
        environment = dict(
            os.environ,
            CALLROUTER_CERTIFICATE=certificate,
            CALLROUTER_HTTPS_BIND=f"127.0.0.1:{public}",
            CALLROUTER_SERVER=f"127.0.0.1:{inner}",
        )
        configuration = str(OPS / "haproxy.cfg")
        subprocess.run(["haproxy", "-c", "-q", "-f", configuration], env=environment, check=True)

        tls = ssl.create_default_context(cafile=f"{folder}/chain.pem")
        tls.check_hostname = False

        def ask(method, path):
            began = time.monotonic()
            connection = http.client.HTTPSConnection("127.0.0.1", public, context=tls, timeout=15)
            connection.request(method, path, body="CallSid=CA1" if method == "POST" else None)
            response = connection.getresponse()
            body = response.read().decode()
            connection.close()
            return response, body, time.monotonic() - began

        def expect(condition, sentence, seen):
            if not condition:
                raise SystemExit(f"haproxy: not true: {sentence}; saw {seen}")
            print(f"haproxy: {sentence}")

        router = start_router(inner)
        proxy = subprocess.Popen(
            ["haproxy", "-db", "-f", configuration],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 10
            while True:
                try:
                    with socket.create_connection(("127.0.0.1", public), 1):
                        break
                except OSError:
                    if time.monotonic() > deadline:
                        raise SystemExit("haproxy: did not start to listen within 10 s") from None
                    time.sleep(0.05)

            response, body, _ = ask("POST", "/laml/inbound")
            expect(
                response.status == 200 and body == "router /laml/inbound https",
                "requests reach the router over TLS",
                body,
            )
            response, body, _ = ask("POST", "/laml/refused")
            expect(
                response.status == 503 and body.startswith("router"),
                "what the router itself refuses stays as it is",
                body,
            )

            with tls.wrap_socket(socket.create_connection(("127.0.0.1", public), 5)) as stream:
                stream.sendall(
                    b"GET /media-stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                )
                head = b""
                while b"\r\n\r\n" not in head:
                    head += stream.recv(1024)
                stream.sendall(b"ping")
                echo = head.split(b"\r\n\r\n", 1)[1]
                while len(echo) < 4:
                    echo += stream.recv(4)
                expect(b" 101 " in head and echo == b"ping", "streams are upgraded and passed through", head + echo)

            stop_router(router)
            restarted = []
            timer = threading.Timer(2, lambda: restarted.append(start_router(inner)))
            timer.start()
            response, body, seconds = ask("POST", "/laml/call/1/resume")
            expect(
                response.status == 200 and body.startswith("router") and 1.5 < seconds < 5,
                "a document asked for during a restart of 2 s is held and then answered by the router",
                (body, seconds),
            )
            timer.join()
            stop_router(restarted[0])

            response, body, seconds = ask("POST", "/voice/laml/call/1/resume")
            expect(
                response.status == 200
                and response.getheader("Content-Type") == "text/xml"
                and seconds < 5
                and '<Pause length="2"/><Redirect method="POST">/voice/laml/fallback?wait=1</Redirect>' in body,
                "a router that stays away: the call waits and asks again, before the carrier's 5 s are over",
                (body, seconds),
            )
            response, body, _ = ask("POST", "/laml/fallback?wait=7")
            expect("/laml/fallback?wait=8<" in body, "the rounds are counted", body)
            response, body, seconds = ask("POST", "/laml/fallback?wait=20")
            expect("<Hangup/>" in body and "Redirect" not in body, "after twenty of them the call is hung up", body)
            response, body, _ = ask("GET", "/v1/calls")
            expect(
                response.status == 503 and response.getheader("Retry-After") == "5" and '"unavailable"' in body,
                "the API answers 503 with Retry-After",
                body,
            )

            router = start_router(inner)
            response, body, _ = ask("POST", "/laml/fallback?wait=8")
            expect(body.startswith("router /laml/fallback?wait=8"), "once it is back, the router answers again", body)
            stop_router(router)
        finally:
            proxy.terminate()
            proxy.wait(10)


if __name__ == "__main__":
    main()
