"""Every kind of refusal a client can bring about, as the problem document it is promised."""
import base64
import json
import unittest

import atrium
import session


def unsigned(user):
    encode = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    return f'{encode({"alg": "none", "typ": "JWT"})}.{encode({"sub": user, "tenant_id": "acme", "exp": 4102444800})}.'


class Errors(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(session.server())
        cls.ana = cls.server.token("ana")
        cls.room = session.make_room(cls.server, "ana")

    def refused(self, status, code, method, path, body=None, token="ana", **rest):
        answer = self.server.request(method, path, body, self.ana if token == "ana" else token, **rest)
        problem = answer.json
        self.assertEqual((answer.status, problem["code"]), (status, code), answer)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertEqual(problem["status"], status)
        for field in ("type", "title"):
            self.assertTrue(problem[field])
        return answer

    def test_400_what_is_no_json(self):
        for body in ("{", "", "{} {}", '{"a":1,"a":2}', '{"name":"\xff"}'.encode("latin-1"), "[" * 5000):
            with self.subTest(body[:20]):
                self.refused(400, "malformed_json", "POST", "/collaboration/rooms", body, headers={"Content-Type": "application/json"})

    def test_401_tokens_that_do_not_count(self):
        list_rooms = ("GET", "/collaboration/rooms")
        for token in (None, "nonsense", unsigned("ana"), atrium.mint("x" * 40, "ana"), self.server.token("ana", tenant=None),
                      self.server.token("ana", exp=None), self.server.token("ana", nbf=4102444800), self.ana[:-2]):
            with self.subTest(token):
                answer = self.refused(401, "unauthorized", *list_rooms, token=token)
                self.assertEqual(answer.headers["www-authenticate"].split()[0], "Bearer")
        self.refused(401, "token_expired", *list_rooms, token=self.server.token("ana", ttl_s=-3600))

    def test_403_what_one_may_not(self):
        self.refused(403, "identity_mismatch", "POST", "/collaboration/messages", {"room_id": self.room, "content": "x", "sender_id": "ben"})
        self.refused(403, "not_a_member", "GET", f"/collaboration/rooms/{self.room}/history", token=self.server.token("ben"))
        invited_only = session.make_room(self.server, "boss", room_type="emergency_response", token=self.server.token("boss", role="supervisor"))
        self.refused(403, "invitation_needed", "POST", f"/collaboration/rooms/{invited_only}/members", {})
        self.refused(403, "forbidden", "POST", "/collaboration/broadcasts", {"content": "x"})
        self.refused(403, "forbidden", "GET", "/admin/plugins")

    def test_404_what_is_not_there(self):
        for path in ("/nothing/here", "/collaboration/nothing", "/collaboration/rooms/room_nothing", f"/collaboration/rooms/{self.room}/nothing"):
            with self.subTest(path):
                self.refused(404, "not_found", "GET", path)

    def test_405_methods_of_another_path(self):
        for method, path in (("DELETE", "/collaboration/rooms"), ("PUT", "/collaboration/messages"), ("POST", "/collaboration/presence")):
            with self.subTest(path):
                answer = self.refused(405, "method_not_allowed", method, path)
                self.assertNotIn(method, answer.headers["allow"])
                self.assertTrue(answer.headers["allow"])

    def test_409_what_contradicts_the_present_state(self):
        pair = session.make_room(self.server, "ana", members=["ben"], max_members=2)
        self.refused(409, "room_full", "POST", f"/collaboration/rooms/{pair}/members", {"user_id": "cleo"})
        self.refused(409, "last_owner", "DELETE", f"/collaboration/rooms/{pair}/members/ana")
        send = lambda content, **fields: {"room_id": pair, "content": content, **fields}
        self.assertEqual(self.server.post("/collaboration/messages", send("One", client_message_id="c"), self.ana).status, 200)
        self.refused(409, "idempotency_conflict", "POST", "/collaboration/messages", send("Two", client_message_id="c"))
        self.refused(409, "precondition_failed", "POST", "/collaboration/messages", send("Two", if_seq=0))
        self.assertEqual(self.server.delete(f"/collaboration/rooms/{pair}", self.ana).status, 204)
        self.refused(409, "room_closed", "POST", "/collaboration/messages", send("Three"))

    def test_413_what_is_too_large(self):
        body = json.dumps({"room_id": self.room, "content": "x" * (1024 * 1024)})
        self.refused(413, "too_large", "POST", "/collaboration/messages", body, headers={"Content-Type": "application/json"})

    def test_415_what_is_not_json_by_its_own_account(self):
        for media in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
            with self.subTest(media):
                self.refused(415, "unsupported_media", "POST", "/collaboration/rooms", '{"room_type":"agent_team","name":"x"}',
                             headers={"Content-Type": media})

    def test_422_fields_are_named(self):
        for path, body, wrong in (
                ("/collaboration/rooms", {}, {"/room_type", "/name"}),
                ("/collaboration/rooms", {"room_type": "agent_team", "name": "x" * 201, "max_members": 100_001, "settings": []},
                 {"/name", "/max_members", "/settings"}),
                ("/collaboration/messages", {"room_id": self.room, "content": 7, "priority": "loud"}, {"/content", "/priority"}),
                ("/collaboration/messages", {"room_id": self.room, "content": "x", "client_message_id": "c" * 129}, {"/client_message_id"})):
            with self.subTest(wrong):
                problem = self.refused(422, "validation_failed", "POST", path, body).json
                self.assertEqual({error["path"] for error in problem["errors"]}, wrong)
                self.assertTrue(all(error["message"] for error in problem["errors"]))
        self.refused(422, "validation_failed", "PUT", "/collaboration/presence", {"status": "asleep"})
        for query in ("limit=0", "limit=501", "limit=many", "before=1&after=1"):
            with self.subTest(query):
                self.refused(422, "validation_failed", "GET", f"/collaboration/rooms/{self.room}/history?{query}")

    def test_422_what_a_rule_of_the_type_refuses(self):
        handoff = {"room_id": self.room, "content": "Take over", "message_type": "lead_handoff"}
        problem = self.refused(422, "validation_failed", "POST", "/collaboration/messages", handoff).json
        self.assertEqual([error["path"] for error in problem["errors"]], ["/metadata/lead_id"])
        self.assertEqual(self.server.post("/collaboration/messages", {**handoff, "metadata": {"lead_id": "lead_1"}}, self.ana).status, 200)
        answer = self.server.post("/collaboration/messages", {"room_id": self.room, "content": "x", "message_type": "system"}, self.ana)
        self.assertIn(answer.status, (403, 422), answer)  # Only the server speaks as the system.
        self.assertEqual(self.server.post("/collaboration/rooms", {"room_type": "no_such_type", "name": "x"}, self.ana).status, 422)

    async def test_frames_are_refused_by_the_same_codes_and_the_connection_goes_on(self):
        async with session.connect(self.server, "ana", self.room) as ana:
            for code, event_type, fields in (
                    ("validation_failed", "send_message", {}),
                    ("validation_failed", "send_message", {"content": "x", "priority": "loud"}),
                    ("validation_failed", "typing_indicator", {"is_typing": "yes"}),
                    ("validation_failed", "update_presence", {"status": "asleep"}),
                    ("identity_mismatch", "send_message", {"content": "x", "sender_id": "ben"}),
                    ("not_found", "join_room", {"room_id": "room_nothing"}),
                    ("bad_request", "no_such_event", {})):
                with self.subTest(event_type=event_type, **fields):
                    self.assertEqual((await ana.refusal(event_type, **fields))["code"], code)
            for text in ("{", "[]", "7", '{"event_type":7}', "{}"):
                with self.subTest(text):
                    await ana.socket.send(text)
                    self.assertIn((await ana.until("error"))["code"], ("malformed_json", "bad_request", "validation_failed"))
            await ana.say("Still here")

    async def test_a_frame_over_the_limit_ends_the_connection_with_1009(self):
        async with session.connect(self.server, "ana", self.room) as ana:
            limit = ana.established["limits"]["frame_bytes"]
            await ana.socket.send("x" * (limit + 1))
            code, _ = await ana.closed()
            self.assertEqual(code, 1009)


if __name__ == "__main__":
    unittest.main()
