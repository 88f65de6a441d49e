"""An OpenID Connect provider for tests: a discovery document, a key set and tokens, with keys that openssl makes. On 127.0.0.1, a free port.

    with provider.Provider() as idp:
        token = idp.token(sub="ana", tenant_id="acme")
"""
import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading
import time


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True).stdout


class Key:
    """A private key in a file. `kind` is RSA or EC."""

    def __init__(self, directory, key_id, kind="RSA"):
        self.key_id, self.kind, self.file = key_id, kind, pathlib.Path(directory) / f"{key_id}.pem"
        options = ["-pkeyopt", "rsa_keygen_bits:2048"] if kind == "RSA" else ["-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("genpkey", "-algorithm", kind, *options, "-out", self.file)
        self.public_pem = openssl("pkey", "-in", self.file, "-pubout")

    @property
    def jwk(self):
        if self.kind == "RSA":
            modulus = openssl("rsa", "-in", self.file, "-noout", "-modulus").decode().strip().split("=")[1]
            return {"kty": "RSA", "kid": self.key_id, "use": "sig", "alg": "RS256", "n": base64url(bytes.fromhex(modulus)), "e": "AQAB"}
        point = openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")[-64:]
        return {"kty": "EC", "kid": self.key_id, "use": "sig", "crv": "P-256", "x": base64url(point[:32]), "y": base64url(point[32:])}

    def sign(self, text):
        signature = openssl("dgst", "-sha256", "-sign", self.file, data=text)
        if self.kind == "RSA":
            return signature
        # DER: 30 len 02 len r 02 len s.
        r_size = signature[3]
        numbers = signature[4:4 + r_size], signature[6 + r_size:]
        return b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in numbers)


def signed(header, claims, sign):
    parts = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return parts + "." + base64url(sign(parts.encode()))


class Provider:
    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="atrium-provider-")
        self.keys = [self.new_key("first")]
        self.fails = False  # 500 to everything.
        self.slow_s = 0  # Before each answer.
        self.asked = []  # Paths.
        self._closing = threading.Event()

    def new_key(self, key_id, kind="RSA"):
        return Key(self._directory.name, key_id, kind)

    def __enter__(self):
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                provider.asked.append(self.path)
                provider._closing.wait(provider.slow_s)
                documents = {"/.well-known/openid-configuration": {"issuer": provider.issuer, "jwks_uri": provider.issuer + "/keys"},
                             "/keys": {"keys": [key.jwk for key in provider.keys]}}
                found = None if provider.fails else documents.get(self.path)
                body = json.dumps(found or {}).encode()
                self.send_response(200 if found else 500)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._directory.cleanup()

    def claims(self, **changes):
        """Good ones; a claim given as None is left out."""
        claims = {"iss": self.issuer, "aud": "atrium", "azp": "crm", "sub": "ana", "tenant_id": "acme", "name": "Ana Lima",
                  "iat": int(time.time()), "exp": int(time.time()) + 600, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key=None, header=None, **changes):
        key = key or self.keys[0]
        return signed({"alg": "RS256" if key.kind == "RSA" else "ES256", "kid": key.key_id, "typ": "JWT", **(header or {})},
                      self.claims(**changes), key.sign)

    def unsigned(self, **changes):
        return signed({"alg": "none"}, self.claims(**changes), lambda _: b"")

    def signed_by_secret(self, secret, algorithm="HS256", **changes):
        return signed({"alg": algorithm, "kid": self.keys[0].key_id}, self.claims(**changes),
                      lambda text: hmac.new(secret, text, hashlib.sha256).digest())
