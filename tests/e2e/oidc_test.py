"""The authenticator plugin oidc in a real server, against a provider on this machine: whose tokens are let in, and what becomes of those that
somebody made up, of a provider that is down, and of keys that change."""
import http.client
import json
import textwrap
import threading
import time
import unittest

import atrium
import provider
import session

# As docs/authentication.md shows it, with an address on this machine.
operator = textwrap.dedent("""
    # [snippet:operator]
    plugins:
      use:
        atrium.authenticator.oidc:
          grants: [log, clock, "http:login.example.com"]
          config:
            issuer: https://login.example.com
            audiences: [atrium]
            client_ids: [crm]
            roles: {crm-leads: supervisor, crm-ops: admin}
    # [/snippet]
    """)


def server(idp, more=""):
    text = operator.replace("https://login.example.com", idp.issuer).replace("http:login.example.com", f"http:127.0.0.1:{idp.port}")
    text = text.replace("        roles:", "        jwks_retry: 1s\n        roles:")
    return atrium.Server(session.config() + text + more)


class Oidc(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.idp = cls.enterClassContext(provider.Provider())
        cls.idp.keys.append(cls.idp.new_key("curve", "EC"))
        cls.server = cls.enterClassContext(server(cls.idp))

    def status(self, token):
        return self.server.get("/collaboration/rooms", token).status

    def test_the_providers_people_come_in(self):
        for key in self.idp.keys:
            made = self.server.post("/collaboration/rooms", {"room_type": "agent_team", "name": "Team"}, self.idp.token(key))
            self.assertEqual(made.status, 201, made)
            self.assertEqual((made.json["created_by"], made.json["tenant_id"], made.json["members"][0]["display_name"]), ("ana", "acme", "Ana Lima"))
        self.assertEqual(self.status(self.server.token("ben")), 200, "and those with a token of the server's own")

    def test_roles_are_mapped(self):
        self.assertEqual(self.server.get("/admin/plugins", self.idp.token(roles=["crm-ops"])).status, 200)
        self.assertEqual(self.server.get("/admin/plugins", self.idp.token(roles=["admin"])).status, 403)

    def test_forged_tokens_are_refused(self):
        idp, other = self.idp, self.idp.new_key("other")
        good = idp.token()
        head, claims, signature = good.split(".")
        more = provider.base64url(json.dumps(idp.claims(roles=["crm-ops"])).encode())
        for what, token in {
                "alg none": idp.unsigned(),
                "the public key as an HS256 secret": idp.signed_by_secret(idp.keys[0].public_pem),
                "the same, and called RS256": idp.signed_by_secret(idp.keys[0].public_pem, "RS256"),
                "another key under the same name": idp.token(other, {"kid": "first"}),
                "a kid that is a path": idp.token(other, {"kid": "../../../../dev/null"}),
                "a kid that is SQL": idp.token(other, {"kid": "x' UNION SELECT 'key"}),
                "a key it brings along": idp.token(other, {"jwk": other.jwk}),
                "the address of a key": idp.token(other, {"jku": idp.issuer + "/keys"}),
                "other claims": ".".join((head, more, signature)),
                "no signature": ".".join((head, claims, "")),
                "another issuer": idp.token(iss="https://evil.example.com"),
                "another audience": idp.token(aud="shop"),
                "another client": idp.token(azp="shop"),
                "expired": idp.token(exp=int(time.time()) - 31),
                "not yet": idp.token(nbf=int(time.time()) + 60),
                "without an end": idp.token(exp=None),
                "without a tenant": idp.token(tenant_id=None),
                "a tenant that is too long": idp.token(tenant_id="t" * 129)}.items():
            with self.subTest(what):
                answer = self.server.get("/collaboration/rooms", token)
                wanted = (503, "plugin_failed") if what == "a tenant that is too long" else (401, "unauthorized")
                self.assertEqual((answer.status, answer.json["code"]), wanted, answer)
                self.assertNotIn(token.split(".")[1][:40], "\n".join(self.server.log), "no log repeats a token")
        self.assertEqual(self.status(good), 200)

    def test_an_answer_is_remembered(self):
        token = self.idp.token(sub="memo")
        before = self.judged()
        for _ in range(5):
            self.assertEqual(self.status(token), 200)
        self.assertLessEqual(self.judged() - before, 2, "at most once on each loop")

    def judged(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return sum(int(line.split()[-1]) for line in text.splitlines() if line.startswith("atrium_authenticator_total"))

    async def test_a_session_ends_with_its_token(self):
        async with session.connect(self.server, "ana", token=self.idp.token(exp=int(time.time()) - 28)) as ana:  # Within the leeway of 30 s.
            code, last = await ana.closed()
            self.assertEqual((code, last["event_type"]), (4005, "bye"))

    async def test_a_session_takes_a_new_token(self):
        async with session.connect(self.server, "ana", token=self.idp.token()) as ana:
            await ana.send("authenticate", token=self.idp.token(jti="new"), ref="a")
            await ana.until("pong", ref="a")
            await ana.send("authenticate", token=self.idp.token(sub="eve"), ref="b")
            self.assertEqual((await ana.until("error", ref="b"))["code"], "identity_mismatch")
            await ana.send("authenticate", token=self.idp.unsigned(), ref="c")
            self.assertEqual((await ana.until("error", ref="c"))["code"], "unauthorized")


class Keys(unittest.TestCase):
    def test_a_new_key_is_found_and_an_old_one_forgotten(self):
        with provider.Provider() as idp, server(idp) as started:
            status = lambda token: started.get("/collaboration/rooms", token).status
            self.assertEqual(status(idp.token()), 200)
            old, idp.keys = idp.keys[0], [idp.new_key("second")]
            deadline = time.monotonic() + 30
            # The provider is asked again a second after the last time at the earliest; a refusal is remembered for five.
            while status(idp.token(jti=str(time.monotonic()))) != 200:
                self.assertLess(time.monotonic(), deadline, started.tail())
            self.assertEqual(status(idp.token(old, jti="late")), 401)
            asked = len(idp.asked)
            for at in range(20):
                self.assertIn(status(idp.token(old, {"kid": f"made-up-{at}"})), (401, 503))
            self.assertLessEqual(len(idp.asked) - asked, 2 * 30, "not once for each")

    def test_known_keys_serve_while_the_provider_is_down(self):
        with provider.Provider() as idp, server(idp) as started:
            self.assertEqual(started.get("/collaboration/rooms", idp.token()).status, 200)
            idp.fails = True
            self.assertEqual(started.get("/collaboration/rooms", idp.token(sub="ben")).status, 200)

    def test_made_up_tokens_lock_nobody_out(self):
        with provider.Provider() as idp, server(idp) as started:
            self.assertEqual(started.get("/collaboration/rooms", idp.token()).status, 200)
            idp.slow_s = 2
            other, enough = idp.new_key("other"), threading.Event()

            def forge():
                at = 0
                while not enough.is_set():
                    at += 1
                    self.assertIn(started.get("/collaboration/rooms", idp.token(other, {"kid": f"made-up-{at}"})).status, (401, 503))

            forger = threading.Thread(target=forge)
            forger.start()
            try:
                answers = [started.get("/collaboration/rooms", idp.token(sub=f"user-{at}", jti=str(at))).status for at in range(100)]
            finally:
                enough.set()
                forger.join()
            self.assertEqual(set(answers), {200})
            self.assertEqual(started.get("/admin/plugins/atrium.authenticator.oidc", started.token("root", role="admin")).json["state"], "active")

    def test_nobody_comes_in_before_there_are_keys(self):
        with provider.Provider() as idp:
            idp.fails = True
            with server(idp) as started:
                started.logged("plugin.atrium.authenticator.oidc", plugin_event="keys_not_fetched")
                refused = started.get("/collaboration/rooms", idp.token())
                self.assertEqual((refused.status, refused.json["code"]), (503, "plugin_failed"))
                self.assertIn("retry-after", refused.headers)
                self.assertEqual(started.get("/collaboration/rooms", started.token("ben")).status, 200)
                idp.fails = False
                deadline = time.monotonic() + 30
                while started.get("/collaboration/rooms", idp.token(jti=str(time.monotonic()))).status != 200:
                    self.assertLess(time.monotonic(), deadline, started.tail())


if __name__ == "__main__":
    unittest.main()
