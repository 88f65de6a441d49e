"""A server that speaks the Anthropic Messages API, streamed, for tests: on 127.0.0.1, a free port, over HTTP or TLS.

    with messages_api.Api() as api:
        api.answers += [api.text("Ask ", "again.")]      # then `then` for ever

An answer is a function that gets the handler, whose head has been read; see the methods below.
"""
import json
import pathlib
import ssl
import subprocess
import tempfile
import threading

import local_http

deadline_s = 30


def event(kind, **fields):
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def start(tokens=25):
    return event("message_start", message={"id": "msg_1", "role": "assistant", "content": [], "usage": {"input_tokens": tokens, "output_tokens": 1}})


def piece(text):
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def end(tokens=15):
    return event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": tokens}) + event("message_stop")


class Api(local_http.Server):
    class Handler(local_http.Handler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                self.owner._take(self, body)(self)
            except OSError:
                pass  # Whoever asked has gone.
            self.close_connection = True

        def chunk(self, data):
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    def __init__(self, tls=False):
        super().__init__()
        self.key = "test-key"
        self.answers = []  # Of the requests to come; then `then`.
        self.then = self.text("Listen first.")
        self.requests = []  # The bodies that came.
        self.wrong = []  # What was wrong with requests.
        self._changed = threading.Condition()
        self._gate = threading.Event()
        self._directory = tempfile.TemporaryDirectory(prefix="atrium-api-")
        self.url = f"http://127.0.0.1:{self.port}"
        if tls:
            self._encrypt()

    def _encrypt(self):
        """With a certificate for 127.0.0.1 that stands in `certificate` alone."""
        directory = pathlib.Path(self._directory.name)
        self.certificate, key = directory / "certificate.pem", directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", self.certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self.port}"

    def __exit__(self, *_):
        self._gate.set()
        super().__exit__()
        self._directory.cleanup()
        assert not self.wrong, self.wrong

    def _take(self, handler, body):
        with self._changed:
            asked = json.loads(body)
            self.requests.append(asked)
            for condition, what in ((handler.path == "/v1/messages", f"the path {handler.path}"),
                                    (handler.headers["x-api-key"] == self.key, "the key"),
                                    (handler.headers["anthropic-version"] == "2023-06-01", "the version"),
                                    (asked.get("stream") is True and asked.get("max_tokens", 0) > 0 and asked["messages"][0]["role"] == "user", "the body")):
                if not condition:
                    self.wrong.append(f"{what} of a request is wrong")
            self._changed.notify_all()
            return self.answers.pop(0) if self.answers else self.then

    # ---- Answers

    @staticmethod
    def _begin(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()

    def text(self, *pieces, tokens=25):
        """The whole of an answer, a chunk for each event."""
        def answer(handler):
            self._begin(handler)
            for data in (start(tokens), event("ping"), *map(piece, pieces), end()):
                handler.chunk(data)
            handler.chunk(b"")
        return answer

    def cut(self, text):
        """Half of an answer, and then the connection ends."""
        def answer(handler):
            self._begin(handler)
            handler.chunk(start() + piece(text))
            handler.connection.close()
        return answer

    def silence(self):
        """A head and nothing behind it, until the test ends."""
        def answer(handler):
            self._begin(handler)
            handler.chunk(start())
            self._gate.wait(deadline_s)
        return answer

    def slow(self, first, rest, pause_s):
        """A piece at once, and the rest after a while."""
        def answer(handler):
            self._begin(handler)
            handler.chunk(start() + piece(first))
            self._gate.wait(pause_s)
            handler.chunk(piece(rest) + end())
            handler.chunk(b"")
        return answer

    def raw(self, data):
        """These bytes as the whole stream."""
        def answer(handler):
            self._begin(handler)
            handler.chunk(data)
            handler.chunk(b"")
        return answer

    @staticmethod
    def refusal(status, kind, message, **headers):
        def answer(handler):
            body = json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        return answer
