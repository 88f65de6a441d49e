"""Pages, requests and hooks of an http-ui plugin: examples/plugins/lead_form in a real server, asked as browsers and other systems ask."""
import base64
import hashlib
import hmac
import http.client
import json
import textwrap
import unittest

import atrium
import session

lead_key = "0123456789abcdef"

# As docs/plugins/http-ui.md shows it.
operator = textwrap.dedent("""
    # [snippet:operator]
    plugins:
      use:
        com.acme.lead-form:
          config: {tenant: acme}
          secrets: {lead_key: "${LEAD_KEY}"}
    # [/snippet]
    """)


def server(more="", secrets=True):
    directories = f"plugins:\n  directories: [{atrium.build_dir / 'plugins'}, {atrium.build_dir / 'example_plugins'}]"
    text = "".join(line for line in operator.splitlines(True) if secrets or "secrets:" not in line)
    return atrium.Server(session.config() + text.replace("plugins:", directories) + more, env={"LEAD_KEY": lead_key})


def signature(body, key=lead_key):
    return hmac.new(key.encode(), body, hashlib.sha256)


def raw(started, method, path, headers=None, body=None):
    """Without the contract's eyes and the client's help: what a path looks like on the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", started.port, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return atrium.Answer(connection.getresponse())
    finally:
        connection.close()


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(server())
        cls.boss = cls.server.token("boss", role="supervisor")

    def test_a_page_comes_under_a_strict_policy(self):
        page = self.server.get("/ui/lead-form/")
        self.assertEqual((page.status, page.headers["content-type"]), (200, "text/html; charset=utf-8"))
        self.assertEqual(page.body, (atrium.source_dir / "examples/plugins/lead_form/bundle/index.html").read_bytes())
        policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
        self.assertEqual(policy, {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
                                  "font-src": "'self'", "connect-src": "'self'", "manifest-src": "'self'", "frame-ancestors": "'none'",
                                  "base-uri": "'none'", "form-action": "'self'"})
        self.assertEqual((page.headers["x-content-type-options"], page.headers["referrer-policy"]), ("nosniff", "no-referrer"))
        self.assertNotIn("set-cookie", page.headers)

    def test_a_page_that_is_known_is_not_sent_again(self):
        script = self.server.get("/ui/lead-form/leads.js")
        self.assertEqual((script.headers["content-type"], script.headers["cache-control"]), ("text/javascript; charset=utf-8", "no-cache"))
        again = self.server.get("/ui/lead-form/leads.js", headers={"If-None-Match": script.headers["etag"]})
        self.assertEqual((again.status, again.body, again.headers["etag"]), (304, b"", script.headers["etag"]))
        other = self.server.get("/ui/lead-form/style.css", headers={"If-None-Match": script.headers["etag"]})
        self.assertEqual(other.status, 200)

    def test_head_tells_of_a_page(self):
        head = raw(self.server, "HEAD", "/ui/lead-form/leads.js")
        whole = self.server.get("/ui/lead-form/leads.js")
        self.assertEqual((head.status, head.body, head.headers["content-length"]), (200, b"", str(len(whole.body))))
        self.assertEqual(head.headers["etag"], whole.headers["etag"])

    def test_the_root_leads_to_the_pages(self):
        self.assertEqual(self.server.get("/ui/lead-form").headers["location"], "/ui/lead-form/")

    def test_no_path_leads_anywhere_else(self):
        for path in ("/ui/lead-form/../../etc/passwd", "/ui/lead-form/%2e%2e/%2e%2e/etc/passwd", "/ui/lead-form/..%2f..%2fetc/passwd",
                     "/ui/lead-form/%5c..%5c", "/ui/lead-form/index.html%00.js", "/ui/lead-form/a%0d%0aX-Evil:%201", "/ui/lead-form/%ff"):
            with self.subTest(path):
                answer = raw(self.server, "GET", path)
                self.assertEqual((answer.status, answer.headers["content-type"]), (400, "application/problem+json"))
                self.assertNotIn("x-evil", answer.headers)
        for path in ("/ui/lead-form/nothing", "/ui/lead-form//index.html", "/ui/other/", "/ui/lead-form/Index.html", "/ui/lead-form/api"):
            with self.subTest(path):
                self.assertEqual(self.server.get(path).status, 404)
        self.assertEqual(self.server.request("DELETE", "/ui/lead-form/index.html").status, 405)

    def test_the_menu_shows_what_roles_may_see(self):
        menu = self.server.get("/collaboration/ui", self.boss).json
        leads = [item for item in menu["items"] if item["plugin_id"] == "com.acme.lead-form"]  # The other examples have pages, too.
        self.assertEqual(leads, [{"plugin_id": "com.acme.lead-form", "title": "Leads", "path": "/api/v1/ui/lead-form/index.html"}])
        self.assertEqual(self.server.get(leads[0]["path"]).status, 200)
        seen = self.server.get("/collaboration/ui", self.server.token("ana")).json["items"]
        self.assertNotIn("com.acme.lead-form", [item["plugin_id"] for item in seen])

    def test_a_plugin_answers_who_has_a_token(self):
        leads = "/ui/lead-form/api/leads"
        self.assertEqual(self.server.get(leads).status, 401)
        self.assertEqual(self.server.get(leads, self.server.token("eve", tenant="globex")).status, 404)
        for role in ("agent", "client"):  # The menu leaves the entry out for them, and the plugin its data.
            nosy = self.server.token("nosy", role=role)
            self.assertEqual((self.server.get(leads, nosy).status, self.server.post(leads, {"name": "x", "wish": "y"}, nosy).status), (403, 403))
        self.assertEqual(self.server.post(leads, {"name": "Bo \"<b>\"", "wish": "two rooms"}, self.boss).status, 202)
        answer = self.server.get(leads, self.boss)
        self.assertIn({"name": "Bo \"<b>\"", "wish": "two rooms"}, answer.json["items"])
        self.assertEqual((answer.headers["content-type"], answer.headers["cache-control"], answer.headers["x-content-type-options"]),
                         ("application/json", "no-store", "nosniff"))
        self.assertIn("default-src 'none'", answer.headers["content-security-policy"])
        self.assertEqual(self.server.delete(leads, self.boss).status, 405)
        self.assertEqual(self.server.post(leads, b"{", self.boss).status, 422)

    def test_a_hook_hears_what_is_signed(self):
        body = b'{"name":"Hook","wish":"a garden"}'
        good = signature(body)
        for written in (good.hexdigest(), "sha256=" + good.hexdigest(), good.hexdigest().upper(), base64.b64encode(good.digest()).decode()):
            answer = self.server.post("/hooks/lead-form/lead", body, headers={"X-Signature": written})
            self.assertEqual(answer.status, 202, written)
        self.assertIn({"name": "Hook", "wish": "a garden"}, self.server.get("/ui/lead-form/api/leads", self.boss).json["items"])

    def test_a_hook_hears_nothing_else(self):
        body = b'{"name":"Mallory","wish":"everything"}'
        refused = {"none": {}, "forged": {"X-Signature": signature(body, "another key").hexdigest()}, "empty": {"X-Signature": ""},
                   "of another body": {"X-Signature": signature(body + b" ").hexdigest()}, "huge": {"X-Signature": "a" * 8000},
                   "a token": {"Authorization": f"Bearer {self.boss}"}}
        for what, headers in refused.items():
            with self.subTest(what):
                answer = self.server.post("/hooks/lead-form/lead", body, headers=headers)
                self.assertEqual((answer.status, answer.json["code"]), (403, "forbidden"))
        self.server.logged("hook.refused", plugin="com.acme.lead-form", hook="/lead")
        signed = {"X-Signature": signature(body).hexdigest()}
        for path in ("/hooks/lead-form/LEAD", "/hooks/lead-form/lead/", "/hooks/lead-form/", "/hooks/other/lead"):
            self.assertEqual(self.server.post(path, body, headers=signed).status, 404, path)
        self.assertEqual(self.server.get("/hooks/lead-form/lead", headers=signed).status, 405)
        self.assertNotIn("Mallory", json.dumps(self.server.get("/ui/lead-form/api/leads", self.boss).json))


class Operators(unittest.TestCase):
    def test_without_its_secret_a_hook_is_closed_and_says_so_once(self):
        with server("\nserver: {loops: 1}\n", secrets=False) as started:
            for _ in range(3):
                answer = started.post("/hooks/lead-form/lead", b"{}", headers={"X-Signature": signature(b"{}", "").hexdigest()})
                self.assertEqual(answer.status, 503)
            started.logged("hook.secret_missing", plugin="com.acme.lead-form", secret="lead_key")
            self.assertEqual(len([line for line in started.log if "hook.secret_missing" in line]), 1)

    def test_both_can_be_switched_off(self):
        with server("\nui: {pages: false, hooks: false}\n") as started:
            body = b'{"name":"Bo","wish":"two rooms"}'
            self.assertEqual(started.get("/ui/lead-form/").status, 404)
            self.assertEqual(started.post("/hooks/lead-form/lead", body, headers={"X-Signature": signature(body).hexdigest()}).status, 404)
            self.assertEqual(started.get("/collaboration/ui", started.token("boss", role="supervisor")).json["items"], [])


if __name__ == "__main__":
    unittest.main()
