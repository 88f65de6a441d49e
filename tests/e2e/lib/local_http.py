"""What stands in for other systems in tests: an HTTP server on 127.0.0.1, a free port, with a thread for each connection.

    class Echo(local_http.Server):
        class Handler(local_http.Handler):
            def do_POST(self): ...          # `self.owner` is the Echo

    with Echo() as echo:
        ask(echo.port)
"""
import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def owner(self):
        return self.server.owner

    def log_message(self, *_):
        pass


class Server:
    """Serves within a with statement; requests may come a moment earlier, and wait."""
    Handler = Handler

    def __init__(self):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.Handler)
        self._server.daemon_threads = True
        self._server.owner = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
