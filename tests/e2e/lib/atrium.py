"""What end-to-end tests share: the real atriumd on a free port with a data directory of its own, tokens, and plain REST.

    with atrium.Server() as server:            # ready when the block begins, stopped by SIGTERM when it ends
        ana = server.token("ana", role="supervisor")
        room = server.post("/collaboration/rooms", {...}, ana).json

Every answer is held against the tables of kernel/protocol (contract.py). Nothing here waits by sleeping: the server says `listening on http://...` when it is ready, and a process is waited for by its id.
Needs Debian's python3-yaml. By hand: PYTHONPATH=tests/e2e/lib python3 tests/e2e/some_test.py -v
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse

import contract

source_dir = pathlib.Path(__file__).resolve().parents[3]
build_dir = pathlib.Path(os.environ.get("ATRIUM_BUILD_DIR", source_dir / "build" / "release"))

start_deadline_s = 60  # Generous: a sanitizer build on a busy machine.
stop_deadline_s = 30  # The server promises 20.


def mint(secret, user, tenant="acme", role="agent", name=None, ttl_s=3600, **claims):
    """A HS256 token made here and not by the server's own code, so that both sides of the format are checked.

    A claim given as None is left out.
    """
    payload = {"sub": user, "tenant_id": tenant, "roles": [role], "name": name or user.capitalize(),
               "exp": int(time.time()) + ttl_s, **claims}
    payload = {key: value for key, value in payload.items() if value is not None}
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
    parts = b".".join(encode(json.dumps(part, separators=(",", ":")).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, payload))
    return (parts + b"." + encode(hmac.new(secret.encode(), parts, hashlib.sha256).digest())).decode()


class Answer:
    """A REST answer: `status`, `headers` (names in lower case), `body` (bytes), and `json` (the body read)."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {key.lower(): value for key, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Server:
    """One atriumd process. `config` is the text of a config file or the path of one (config/demo.yaml by default).

    `data_dir` is kept when it is given, else made and removed with the server. `log` holds every line it wrote so far. `program` is another
    atriumd than that of the build under test. `popen` goes to subprocess.Popen as it is.
    """

    def __init__(self, config=None, data_dir=None, env=None, arguments=(), port=0, program=None, **popen):
        self.secret = secrets.token_hex(32)
        self.log = []
        self._log_grew = threading.Condition()
        self.process = None
        self.url = None
        self._own_dir = pathlib.Path(tempfile.mkdtemp(prefix="atrium-e2e-"))
        self.data_dir = pathlib.Path(data_dir) if data_dir else self._own_dir / "data"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if config is None:
            config = source_dir / "config" / "demo.yaml"
        if isinstance(config, str) and "\n" in config:
            (self._own_dir / "atrium.yaml").write_text(config)
            config = self._own_dir / "atrium.yaml"
        self.config = pathlib.Path(config)
        self._program = program or build_dir / "bin" / "atriumd"
        self._arguments = list(arguments)
        self._popen = popen
        self._env = {**os.environ, "JWT_SECRET_KEY": self.secret, "ATRIUM_DATA_DIR": str(self.data_dir), "ATRIUM_PORT": str(port), **(env or {})}

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, *_):
        try:
            if self.running:
                status = self.stop()
                assert status == 0, f"atriumd ended with {status}\n{self.tail()}"
        finally:
            self.remove()

    def start(self):
        """Starts the process and returns once it listens. Also starts it again after stop() or kill(), on the same data."""
        self.spawn()
        if not self._heard.wait(start_deadline_s) or not self.url:
            status = self.process.poll()
            self.kill()
            raise RuntimeError(f"atriumd did not come up (exit code {status})\n{self.tail()}")
        return self

    def spawn(self):
        """Starts the process without waiting, for tests of a start that fails; wait() gives its exit code."""
        self.url, self._heard = None, threading.Event()
        self.process = subprocess.Popen(
            [self._program, "--config", self.config, *self._arguments], env=self._env, cwd=self._own_dir,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **self._popen)
        self._reader = threading.Thread(target=self._read, args=(self.process.stdout, self._heard), daemon=True)
        self._reader.start()
        return self

    def _read(self, stream, heard):
        for line in stream:
            with self._log_grew:
                self.log.append(line.rstrip("\n"))
                self._log_grew.notify_all()
            found = re.search(r"listening on (http://[0-9.:a-z\[\]]+)", line)
            if found and not heard.is_set():
                self.url = found[1]
                heard.set()
        heard.set()  # The process ended; whoever waits looks at `url`.

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return urllib.parse.urlsplit(self.url).port

    @property
    def ws_url(self):
        return self.url.replace("http", "ws", 1)

    def logged(self, event, deadline_s=30, **fields):
        """The first entry of the log with this event and these fields, once it is there."""
        def find():
            entries = map(json.loads, (line for line in self.log if line.startswith("{")))
            return next((entry for entry in entries if entry.items() >= {"event": event, **fields}.items()), None)

        with self._log_grew:
            entry = self._log_grew.wait_for(find, deadline_s)
        assert entry, f"the log has no {event}\n{self.tail()}"
        return entry

    def tail(self, lines=40):
        return "\n".join(self.log[-lines:])

    def wait(self, timeout_s=stop_deadline_s):
        """The exit code, once the process has ended and its last line is read."""
        status = self.process.wait(timeout_s)
        self._reader.join(timeout_s)
        self.process.stdout.close()
        return status

    def stop(self, timeout_s=stop_deadline_s):
        """Asks for an orderly end; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def kill(self):
        """Ends it as a crash would."""
        if self.running:
            self.process.kill()
        return self.wait()

    def remove(self):
        """Ends the process and removes its directory."""
        if self.process is not None and not self.process.stdout.closed:
            self.kill()
        shutil.rmtree(self._own_dir, ignore_errors=True)

    def token(self, user, **claims):
        return mint(self.secret, user, **claims)

    def request(self, method, path, body=None, token=None, headers=None):
        """One REST call on a connection of its own. `path` gets /api/v1 in front when it starts with /collaboration, /coordination or /admin."""
        if path.startswith(("/collaboration", "/coordination", "/admin")):
            path = "/api/v1" + path
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = Answer(connection.getresponse())
            contract.check_answer(method, path, answer)
            return answer
        finally:
            connection.close()

    def get(self, path, token=None, **rest):
        return self.request("GET", path, None, token, **rest)

    def post(self, path, body, token=None, **rest):
        return self.request("POST", path, body, token, **rest)

    def put(self, path, body, token=None, **rest):
        return self.request("PUT", path, body, token, **rest)

    def patch(self, path, body, token=None, **rest):
        return self.request("PATCH", path, body, token, **rest)

    def delete(self, path, token=None, **rest):
        return self.request("DELETE", path, None, token, **rest)
