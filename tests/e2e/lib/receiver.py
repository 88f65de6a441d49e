"""A web address that takes events, as a system of an operator's own would: on 127.0.0.1, a free port.

    with receiver.Receiver() as crm:
        crm.answers += [503, 200]          # then 200 for ever
        crm.until(lambda: "hello" in crm.contents)

Checks the signature of every request by itself, from what standardwebhooks.com says.
"""
import base64
import hashlib
import hmac
import json
import secrets
import threading

import local_http

deadline_s = 30


class Receiver(local_http.Server):
    class Handler(local_http.Handler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.owner._gate.wait(deadline_s)
            status, headers = self.owner._take({key.lower(): value for key, value in self.headers.items()}, body)
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:
                pass  # The server was killed.

    def __init__(self, signed=True):
        super().__init__()
        self.key = secrets.token_bytes(24) if signed else None
        self.answers = []  # Of the requests to come: a status, or a status and headers; then `then`.
        self.then = 200
        self.requests = []  # (headers in lower case, body) of all.
        self.taken = []  # Events of requests that were answered with 2xx, in order of arrival.
        self.wrong = []  # What was wrong with requests.
        self.refuse = lambda events: None  # A status for a request with these events, or None.
        self._changed = threading.Condition()
        self._gate = threading.Event()
        self._gate.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def secret(self):
        return "whsec_" + base64.b64encode(self.key).decode()

    def __exit__(self, *_):
        self._gate.set()
        super().__exit__()
        assert not self.wrong, self.wrong

    def hold(self):
        """Requests wait for an answer from now on, until release()."""
        self._gate.clear()

    def release(self):
        self._gate.set()

    def _take(self, headers, body):
        with self._changed:
            self.requests.append((headers, body))
            self._check(headers, body)
            events = json.loads(body)["events"]
            answer = self.refuse(events) or (self.answers.pop(0) if self.answers else self.then)
            status, more = answer if isinstance(answer, tuple) else (answer, {})
            if 200 <= status < 300:
                self.taken += events
            self._changed.notify_all()
            return status, more

    def _check(self, headers, body):
        if self.key is None:
            return self.wrong.extend(["signed after all"] if "webhook-signature" in headers else [])
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = "v1," + base64.b64encode(hmac.new(self.key, text, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(wanted, headers["webhook-signature"]):
            self.wrong.append(f"a wrong signature on {body[:100]}")

    def until(self, condition, what="what was waited for"):
        with self._changed:
            assert self._changed.wait_for(condition, deadline_s), f"{what} did not happen; so far: {[e['type'] for e in self.taken]}"

    @property
    def contents(self):
        return [event["data"]["content"] for event in self.taken if event["type"] == "message.posted"]
