#!/usr/bin/env python3
"""A stand-in for Supabase: the part of PostgREST that CallRouter uses, in front of a real PostgreSQL of its own.

Usage: postgrest.py SCHEMA.sql

Starts PostgreSQL on a socket in a folder of its own, loads the schema, and serves on 127.0.0.1. The first line on
standard output is JSON: {"api": port, "control": port, "service_key": …, "anon_key": …, "secret_key": …}. Ends, and stops
PostgreSQL by its process identifier, when its standard input ends or on SIGTERM.

The control port takes POST requests: /sql (a statement; answers with its rows as JSON), /reset, /api/stop, /api/start,
/db/stop, /db/start, /fault ({"status","code","table"?,"method"?,"body"?,"count"?,"late"?}: answers with an error; `late`
does the work and then drops the connection), /requests (what was asked since the last reset).
"""

import base64
import glob
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import psycopg
from psycopg import sql


def jwt(role):
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    return ".".join([part({"alg": "HS256", "typ": "JWT"}), part({"iss": "stand-in", "role": role}), "c2lnbmF0dXJl"])


SERVICE_KEY, ANON_KEY, SECRET_KEY = jwt("service_role"), jwt("anon"), "sb_secret_standin"
ROLES = {SERVICE_KEY: "service_role", ANON_KEY: "anon", SECRET_KEY: "service_role"}


class Problem(Exception):
    def __init__(self, status, code, message, details=None, hint=None):
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, "details": details, "hint": hint}


class Database:
    """A PostgreSQL of its own: a folder, a socket in it, a process."""

    def __init__(self, schema):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not programs:
            sys.exit("postgrest.py: there is no PostgreSQL: run scripts/test-tools")
        self.programs, self.schema, self.process = programs[-1], schema, None
        self.folder = tempfile.mkdtemp(prefix="callrouter-pg-")
        self.user = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
            shutil.chown(self.folder, "postgres", "postgres")
            self.user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self.data = self.folder + "/data"
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def run(self, program, *arguments):
        subprocess.run(
            [f"{self.programs}/{program}", *arguments], check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, cwd="/", **self.user)

    def start(self):
        self.process = subprocess.Popen(
            [f"{self.programs}/postgres", "-D", self.data, "-k", self.folder, "-c", "listen_addresses=",
             "-c", "fsync=off", "-c", "log_min_messages=panic", "-c", "timezone=UTC"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
            start_new_session=True, **self.user)
        for _ in range(600):
            try:
                with self.connect():
                    return
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    sys.exit("postgrest.py: PostgreSQL did not start")
                time.sleep(0.05)
        sys.exit("postgrest.py: PostgreSQL does not answer")

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)  # Fast shutdown: connections are cut.
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self):
        return psycopg.connect(host=self.folder, user="postgres", dbname="postgres", connect_timeout=5)

    def load(self):
        with self.connect() as connection:
            connection.execute("set client_min_messages = error")
            connection.execute(open(self.schema).read())


def split(text, separator=","):
    """Splits at separators that are in neither quotes nor parentheses."""
    parts, depth, quoted, escaped, current = [], 0, False, False, ""
    for character in text:
        if quoted:
            current += character
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
            continue
        if character == '"':
            quoted = True
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return parts + [current]


def unquoted(text):
    if len(text) >= 2 and text[0] == '"' and text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


class Query:
    """One request as SQL."""

    OPERATORS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "like", "ilike": "ilike"}

    def __init__(self, connection, table, parameters):
        self.connection, self.table, self.parameters = connection, table, parameters
        rows = connection.execute(
            "select column_name from information_schema.columns where table_schema = 'public' and table_name = %s",
            [table]).fetchall()
        self.columns = {row[0] for row in rows}
        if not rows:
            raise Problem(404, "PGRST205", f"Could not find the table 'public.{table}' in the schema cache")

    def column(self, name):
        return sql.SQL("{}.{}").format(sql.Identifier(self.table), sql.Identifier(name))

    def selection(self):
        select = self.parameters.get("select", ["*"])[0]
        parts = []
        for item in split(select):
            embedded = re.fullmatch(r"(?:(\w+):)?(\w+)(?:!(\w+))?\((.*)\)", item)
            if embedded:
                parts.append(self.embedding(*embedded.groups()))
            elif item == "*":
                parts.append(sql.SQL("{}.*").format(sql.Identifier(self.table)))
            elif re.fullmatch(r"\w+", item):
                parts.append(self.column(item))
            else:
                raise Problem(400, "PGRST100", f'"failed to parse select parameter ({item})"')
        return sql.SQL(", ").join(parts)

    def embedding(self, alias, target, hint, select):
        keys = self.connection.execute(
            """
            select c.conname, a.attname, f.attname from pg_constraint c
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
            join pg_attribute f on f.attrelid = c.confrelid and f.attnum = c.confkey[1]
            where c.contype = 'f' and c.conrelid = %s::regclass and c.confrelid = to_regclass(%s)
            """, [f"public.{self.table}", f"public.{target}"]).fetchall()
        keys = [key for key in keys if hint in (None, key[0], key[1])]
        if not keys:
            raise Problem(400, "PGRST200", f"Could not find a relationship between '{self.table}' and '{target}' in the schema cache")
        if len(keys) > 1:
            raise Problem(300, "PGRST201", f"Could not embed because more than one relationship was found for '{self.table}' and '{target}'")
        inner = Query(self.connection, target, {"select": [select]})
        return sql.SQL("(select row_to_json(e) from (select {} from {} where {}.{} = {}) e) as {}").format(
            inner.selection(), sql.Identifier(target), sql.Identifier(target), sql.Identifier(keys[0][2]),
            self.column(keys[0][1]), sql.Identifier(alias or target))

    def condition(self, name, text):
        if name in ("or", "and", "not.or", "not.and"):
            return self.group(name, text)
        operator, _, value = text.partition(".")
        negated = operator == "not"
        if negated:
            operator, _, value = value.partition(".")
        column = self.column(name)
        if operator == "in":
            if not re.fullmatch(r"\(.*\)", value, re.S):
                raise Problem(400, "PGRST100", "failed to parse filter")
            values = [sql.Literal(unquoted(part)) for part in split(value[1:-1])]
            clause = sql.SQL("{} in ({})").format(column, sql.SQL(", ").join(values))
        elif operator == "is":
            if value not in ("null", "true", "false", "unknown"):
                raise Problem(400, "PGRST100", "failed to parse filter")
            clause = sql.SQL("{} is {}").format(column, sql.SQL(value))
        elif operator in self.OPERATORS:
            clause = sql.SQL("{} {} {}").format(column, sql.SQL(self.OPERATORS[operator]), sql.Literal(value))
        else:
            raise Problem(400, "PGRST100", f'"failed to parse filter ({text})"')
        return sql.SQL("not ({})").format(clause) if negated else clause

    def group(self, name, text):
        if not re.fullmatch(r"\(.*\)", text, re.S):
            raise Problem(400, "PGRST100", "failed to parse logic tree")
        conditions = []
        for part in split(text[1:-1]):
            nested = re.fullmatch(r"(and|or)(\(.*\))", part, re.S)
            if nested:
                conditions.append(self.group(*nested.groups()))
            else:
                column, _, rest = part.partition(".")
                operator, _, value = rest.partition(".")
                conditions.append(self.condition(column, f"{operator}.{value if operator == 'in' else unquoted(value)}"))
        joined = sql.SQL(f" {name} ").join(conditions)
        return sql.SQL("({})").format(joined)

    def where(self):
        reserved = {"select", "order", "limit", "offset", "on_conflict", "columns"}
        conditions = [
            self.condition(name, value)
            for name, values in self.parameters.items() if name not in reserved for value in values]
        return sql.SQL(" where ") + sql.SQL(" and ").join(conditions) if conditions else sql.SQL("")

    def tail(self):
        parts = [sql.SQL("")]
        if "order" in self.parameters:
            terms = []
            for term in split(self.parameters["order"][0]):
                column, *flags = term.split(".")
                terms.append(self.column(column) + sql.SQL(" desc" if "desc" in flags else " asc"))
            parts.append(sql.SQL("order by ") + sql.SQL(", ").join(terms))
        for name in ("limit", "offset"):
            if name in self.parameters:
                parts.append(sql.SQL(f"{name} {int(self.parameters[name][0])}"))
        return sql.SQL(" ").join(parts)

    def rows(self, statement):
        return [row[0] for row in self.connection.execute(sql.SQL("select row_to_json(r) from ({}) r").format(statement)).fetchall()]

    def read(self):
        table = sql.Identifier(self.table)
        return self.rows(sql.SQL("select {} from {}{}{}").format(self.selection(), table, self.where(), self.tail()))

    def count(self):
        statement = sql.SQL("select count(*) from {}{}").format(sql.Identifier(self.table), self.where())
        return self.connection.execute(statement).fetchone()[0]

    def names(self, body):
        names = list(body)
        for name in names:
            if name not in self.columns:
                raise Problem(400, "PGRST204", f"Could not find the '{name}' column of '{self.table}' in the schema cache")
        return sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(
            sql.SQL("b.{}").format(sql.Identifier(name)) for name in names)

    def source(self, body):
        return sql.SQL("json_populate_record(null::{}, {}) b").format(
            sql.Identifier(self.table), sql.Literal(json.dumps(body)))

    def changed(self, statement):
        """Runs a change; its rows as they are then, with what is embedded."""
        written = sql.SQL("with {t} as ({s} returning {t}.*) select row_to_json(r) from (select {c} from {t}) r").format(
            t=sql.Identifier(self.table), s=statement, c=self.selection())
        return [row[0] for row in self.connection.execute(written).fetchall()]

    def insert(self, body, prefer):
        names, values = self.names(body)
        conflict = sql.SQL("")
        if "on_conflict" in self.parameters:
            target = sql.SQL(", ").join(map(sql.Identifier, self.parameters["on_conflict"][0].split(",")))
            if "resolution=ignore-duplicates" in prefer:
                conflict = sql.SQL(" on conflict ({}) do nothing").format(target)
            elif "resolution=merge-duplicates" in prefer:
                updates = sql.SQL(", ").join(
                    sql.SQL("{n} = excluded.{n}").format(n=sql.Identifier(name)) for name in body)
                conflict = sql.SQL(" on conflict ({}) do update set {}").format(target, updates)
        return self.changed(sql.SQL("insert into {} ({}) select {} from {}{}").format(
            sql.Identifier(self.table), names, values, self.source(body), conflict))

    def update(self, body):
        self.names(body)
        updates = sql.SQL(", ").join(sql.SQL("{n} = b.{n}").format(n=sql.Identifier(name)) for name in body)
        return self.changed(sql.SQL("update {} set {} from {}{}").format(
            sql.Identifier(self.table), updates, self.source(body), self.where()))


def problem(error, role):
    """PostgreSQL's error as PostgREST tells it."""
    code = error.sqlstate
    if code is None or isinstance(error, psycopg.OperationalError) and (code or "57P").startswith(("57P", "08")):
        return Problem(503, "PGRST001", "Database client error. Retrying the connection.")
    status = {"42501": 401 if role == "anon" else 403, "23503": 409, "23505": 409, "42P01": 404, "57014": 500}.get(code)
    if status is None:
        status = 503 if code[:2] in ("08", "53") else 500 if code[:2] == "40" else 400
    diagnosis = error.diag
    return Problem(status, code, diagnosis.message_primary, diagnosis.message_detail, diagnosis.message_hint)


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=None, headers=()):
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if data:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class API(Quiet):
    def handle_request(self):
        bed = self.server.bed
        url = urllib.parse.urlsplit(self.path)
        body = self.body()
        table = url.path.removeprefix("/rest/v1/")
        bed.note(self.command, self.path, body.decode(), self.headers)
        fault = bed.fault(self.command, table, body.decode())
        if fault and not fault.get("late"):
            if fault.get("drop"):
                self.close_connection = True
                return
            data = fault["html"].encode() if "html" in fault else {
                "code": fault.get("code"), "message": fault.get("message", "fault"), "details": None, "hint": None}
            return self.answer(fault["status"], data)
        try:
            status, answer, headers = self.work(bed, url, table, body)
        except Problem as error:
            status, answer, headers = error.status, error.body, ()
        if fault:  # The work is done, and nobody hears of it.
            self.close_connection = True
            return
        self.answer(status, answer, headers)

    do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = handle_request

    def work(self, bed, url, table, body):
        key = self.headers.get("apikey")
        role = ROLES.get(key)
        authorization = self.headers.get("Authorization")
        if role is None or authorization not in (None, f"Bearer {key}"):
            return 401, {"message": "Invalid API key", "hint": "Double check your Supabase key."}, ()
        if authorization and key.startswith("sb_"):
            return 401, {"code": "PGRST301", "message": "Expected 3 parts in JWT; got 1", "details": None, "hint": None}, ()
        if not authorization and not key.startswith("sb_"):
            role = "anon"
        prefer = ",".join(self.headers.get_all("Prefer") or []).replace(" ", "").split(",")
        parameters = urllib.parse.parse_qs(url.query, keep_blank_values=True, strict_parsing=bool(url.query))
        try:
            with bed.database.connect() as connection:
                connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
                return self.query(Query(connection, table, parameters), body, prefer)
        except psycopg.Error as error:
            raise problem(error, role) from None

    def query(self, query, body, prefer):
        headers = []
        if self.command in ("GET", "HEAD"):
            rows, success = query.read(), 200
            total = query.count() if "count=exact" in prefer else "*"
            headers = [("Content-Range", f"0-{len(rows) - 1}/{total}" if rows else f"*/{total}")]
        else:
            try:
                content = json.loads(body)
            except ValueError:
                raise Problem(400, "PGRST102", "Empty or invalid json") from None
            if self.command == "POST":
                rows, success = query.insert(content, prefer), 201
            elif self.command == "PATCH":
                rows, success = query.update(content), 200
            else:
                raise Problem(405, "PGRST117", "Unsupported HTTP method")
            if "return=representation" not in prefer:
                return (201 if self.command == "POST" else 204), None, ()
        if "application/vnd.pgrst.object+json" in self.headers.get("Accept", ""):
            if len(rows) != 1:
                raise Problem(406, "PGRST116", "Cannot coerce the result to a single JSON object", f"The result contains {len(rows)} rows")
            return success, rows[0], headers
        return success, rows, headers


class Control(Quiet):
    def do_POST(self):
        bed, body = self.server.bed, self.body().decode()
        try:
            self.answer(200, bed.control(self.path, body))
        except psycopg.Error as error:
            self.answer(400, {"error": str(error)})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, handler, bed):
        super().__init__(("127.0.0.1", port), handler)
        self.bed, self.sockets, self.lock = bed, set(), threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def process_request(self, request, address):
        with self.lock:
            self.sockets.add(request)
        super().process_request(request, address)

    def shutdown_request(self, request):
        with self.lock:
            self.sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, address):
        pass  # A connection that was cut, by this program or by the other side.

    def cut(self):
        """Stops listening, and closes every connection."""
        self.shutdown()
        self.server_close()
        with self.lock:
            for request in self.sockets:
                try:
                    request.shutdown(2)
                except OSError:
                    pass


class Bed:
    def __init__(self, schema):
        self.lock, self.faults, self.requests = threading.Lock(), [], []
        self.database = Database(schema)
        self.database.start()
        self.database.load()
        self.api = Server(0, API, self)
        self.port = self.api.server_address[1]
        self.controls = Server(0, Control, self)

    def note(self, method, path, body, headers):
        with self.lock:
            self.requests.append({
                "method": method, "path": path, "body": body, "has_authorization": "Authorization" in headers})
            del self.requests[:-10_000]

    def fault(self, method, table, body):
        with self.lock:
            for fault in self.faults:
                if fault.get("method", method) == method and fault.get("table", table) == table and fault.get("body", "") in body:
                    fault["count"] = fault.get("count", 1) - 1
                    if fault["count"] <= 0:
                        self.faults.remove(fault)
                    return fault
        return None

    def control(self, path, body):
        if path == "/sql":
            with self.database.connect() as connection:
                cursor = connection.execute(body)
                if cursor.description is None:
                    return []
                names = [column.name for column in cursor.description]
                return json.loads(json.dumps([dict(zip(names, row)) for row in cursor.fetchall()], default=str))
        if path == "/reset":
            with self.lock:
                self.faults, self.requests = [], []
            if self.database.process is None:
                self.database.start()
            self.database.load()
            self.start_api()
        elif path == "/fault":
            with self.lock:
                self.faults.append(json.loads(body))
        elif path == "/faults/clear":
            with self.lock:
                self.faults = []
        elif path == "/requests":
            with self.lock:
                return list(self.requests)
        elif path == "/api/stop" and self.api:
            self.api.cut()
            self.api = None
        elif path == "/api/start":
            self.start_api()
        elif path == "/db/stop":
            self.database.stop()
        elif path == "/db/start":
            self.database.start()
        return []

    def start_api(self):
        if self.api is None:
            self.api = Server(self.port, API, self)


def main():
    bed = Bed(sys.argv[1])
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        print(json.dumps({
            "api": bed.port, "control": bed.controls.server_address[1], "service_key": SERVICE_KEY,
            "anon_key": ANON_KEY, "secret_key": SECRET_KEY}), flush=True)
        while sys.stdin.buffer.read(4096):
            pass
    finally:
        bed.database.remove()


if __name__ == "__main__":
    main()
