"""What belongs to one tenant does not exist for another, and nobody can say he is somebody else: every route of the route table is tried, so
that a new one cannot be forgotten."""
import unittest

import websockets
import yaml

import atrium
import session

routes = yaml.safe_load((atrium.source_dir / "kernel" / "protocol" / "routes.yaml").read_text())

# A body that each route would accept from a member, by operation.
bodies = {
    "create_room": {"room_type": "agent_team", "name": "Team"},
    "change_room": {"name": "Renamed"},
    "add_member": {"user_id": "cleo"},
    "change_role": {"role": "moderator"},
    "send_message": {"content": "Hello"},
    "broadcast": {"content": "Hello"},
    "update_presence": {"status": "busy"},
    "configure_plugin": {},
    "run_command": {"text": "/nothing"},
    "put_agent": {"name": "Ben"},
    "put_workload": {"satisfaction": 4},
    "route_lead": {"lead": {"name": "A lead"}},
    "assign_lead": {"agent_id": "ben"},
    "withdraw_lead": {},
    "reject_offer": {"reason": "at lunch"},
    "complete_offer": {},
    "begin_handoff": {"lead_id": "one", "summary": "wants a balcony"},
    "rebalance": {"preview": True},
    "replay_decision": {},
    "replay_traffic": {"policy": "seed"},
    "put_policy": {"agents": {"match": 1}},
    "choose_policy": {"name": "seed"},
    "acknowledge_alert": {},
    "resolve_alert": {},
    "backtest_alerts": {"rule": "information", "from": "2026-01-01T00:00:00.000Z"},
    "create_silence": {"matchers": {"rule": "information"}, "reason": "known", "until": "2036-01-01T00:00:00.000Z"},
    "request_coaching": {"agent_id": "ana", "prospect_message": "It is too much."},
    "assist": {"task": "sentiment", "prospect_message": "Thank you!"},
    "put_privacy": {"redact": []},
    "whisper": {"agent_id": "ben", "tip": "ask for the budget"},
}
# The fields of each body that name an identity.
identities = {
    "create_room": ("tenant_id", "created_by"),
    "send_message": ("sender_id", "tenant_id"),
    "update_presence": ("user_id", "tenant_id"),
}


def tried(access):
    return [route for route in routes if route["access"] == access]


class Isolation(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(session.server())
        cls.room = session.make_room(cls.server, "ana", members=["ben"])
        cls.message = cls.server.post("/collaboration/messages", {"room_id": cls.room, "content": "Hello"}, cls.server.token("ana")).json["message_id"]

    def path_of(self, route):
        path = route["path"].replace("{room_id}", self.room).replace("{user_id}", "ben").replace("{message_id}", self.message)
        return path.replace("{plugin_id}", "atrium.message-type.text")

    def call(self, route, token, **more):
        body = bodies.get(route["operation"])
        if body is not None:
            body = {**body, **({"room_id": self.room} if route["operation"] == "send_message" else {}), **more}
        return self.server.request(route["method"], self.path_of(route), body, token)

    def test_the_table_of_bodies_knows_every_route(self):
        with_body = {route["operation"] for route in routes if "body" in route}
        self.assertEqual(with_body, set(bodies))

    def test_another_tenants_room_is_not_found(self):
        stranger = self.server.token("ana", tenant="other", role="admin")  # The same user id and every right, elsewhere.
        looked_at = [route for route in tried("token") if "{room_id}" in route["path"] or route["operation"] == "send_message"]
        self.assertGreaterEqual(len(looked_at), 9)
        for route in looked_at:
            with self.subTest(route["operation"]):
                answer = self.call(route, stranger)
                self.assertEqual((answer.status, answer.json["code"]), (404, "not_found"), answer)
        self.assertEqual(self.server.get("/collaboration/rooms", stranger).json["items"], [])

    def test_nobody_is_present_in_another_tenants_room(self):
        stranger = self.server.token("ana", tenant="other")
        presence = self.server.put("/collaboration/presence", {"status": "online", "current_room_id": self.room}, stranger)
        self.assertEqual(presence.status, 404)

    def test_a_room_that_never_was_looks_the_same(self):
        own = self.server.token("ana")
        foreign = self.server.get(f"/collaboration/rooms/{self.room}", self.server.token("ana", tenant="other")).json
        missing = self.server.get("/collaboration/rooms/room_" + "0" * 26, own).json
        self.assertEqual(foreign, missing)

    async def test_another_tenants_room_cannot_be_entered(self):
        stranger = self.server.token("ana", tenant="other")
        socket = await websockets.connect(f"{self.server.ws_url}/collaboration/ws/{self.room}?token={stranger}")
        intruder = session.Session(socket, "ana")
        code, last = await intruder.closed()
        self.assertEqual((code, last["event_type"], last["code"]), (4507, "bye", 4507))
        self.assertEqual([event.get("code") for event in intruder.events if event["event_type"] == "error"], ["not_found"])
        self.assertNotIn("room_joined", [event["event_type"] for event in intruder.events])
        async with session.connect(self.server, "ana", token=stranger) as ana:
            for event_type in ("join_room", "leave_room"):
                self.assertEqual((await ana.refusal(event_type, room_id=self.room))["code"], "not_found", event_type)
            self.assertEqual((await ana.refusal("send_message", room_id=self.room, content="Hello"))["code"], "not_found")

    def test_a_stranger_in_the_own_tenant_is_no_member(self):
        stranger = self.server.token("dan")
        for route in tried("token"):
            if "{room_id}" not in route["path"] and route["operation"] != "send_message":
                continue
            if route["operation"] == "add_member":
                continue  # An agent team is open: he may join, which makes him one.
            if route["path"].startswith("/coordination/supervision/"):
                continue  # For supervisors, who need not be members: coaching_test.py.
            with self.subTest(route["operation"]):
                answer = self.call(route, stranger)
                self.assertEqual((answer.status, answer.json["code"]), (403, "not_a_member"), answer)

    def test_a_token_is_needed_everywhere(self):
        for route in tried("token") + tried("admin") + tried("operators"):
            with self.subTest(route["operation"]):
                answer = self.call(route, None)
                self.assertEqual((answer.status, answer.json["code"]), (401, "unauthorized"), answer)

    def test_admin_routes_want_an_admin(self):
        for route in tried("admin") + tried("operators"):
            with self.subTest(route["operation"]):
                self.assertEqual(self.call(route, self.server.token("ana", role="supervisor")).status, 403)
                if route["method"] == "GET" and "{sink}" not in route["path"]:  # The others: plugin_life_test.py, sinks_test.py.
                    self.assertEqual(self.call(route, self.server.token("root", role="admin")).status, 200)

    def test_the_server_is_operated_by_admins_of_the_tenants_that_are_named(self):
        self.assertGreaterEqual(len(tried("operators")), 11)
        with session.server(auth="operator_tenants: [acme]") as server:
            ours, theirs = server.token("root", role="admin"), server.token("root", tenant="other", role="admin")
            for route in tried("operators"):
                with self.subTest(route["operation"]):
                    answer = server.request(route["method"], self.path_of(route), bodies.get(route["operation"]), theirs)
                    self.assertEqual((answer.status, answer.json["code"]), (403, "forbidden"), answer)
                    if route["method"] == "GET" and "{sink}" not in route["path"]:
                        self.assertEqual(server.get(self.path_of(route), ours).status, 200)
            # What was said of a message is its own tenant's, and of another's there is nothing.
            trace = next(route for route in tried("admin"))
            self.assertEqual((trace["operation"], server.get(self.path_of(trace), theirs).status), ("trace", 404))

    def test_an_identity_that_is_not_the_tokens_is_refused(self):
        token = self.server.token("ana")
        for operation, fields in identities.items():
            route = next(route for route in routes if route["operation"] == operation)
            for field in fields:
                with self.subTest(f"{operation} {field}"):
                    answer = self.call(route, token, **{field: "ben"})
                    self.assertEqual((answer.status, answer.json["code"]), (403, "identity_mismatch"), answer)
                    own = "acme" if field == "tenant_id" else "ana"
                    self.assertLess(self.call(route, token, **{field: own}).status, 300)

    async def test_an_identity_that_is_not_the_tokens_is_refused_on_a_websocket(self):
        with self.assertRaises(websockets.InvalidStatusCode) as refused:
            async with session.connect(self.server, "ana", self.room, query={"user_id": "ben"}):
                pass
        self.assertEqual(refused.exception.status_code, 403)
        async with session.connect(self.server, "ana", self.room) as ana:
            for field in ("sender_id", "tenant_id"):
                self.assertEqual((await ana.refusal("send_message", content="Hello", **{field: "ben"}))["code"], "identity_mismatch")
            self.assertEqual((await ana.refusal("update_presence", status="busy", user_id="ben"))["code"], "identity_mismatch")

    async def test_a_token_of_the_wrong_kind_is_refused_before_the_upgrade(self):
        for token in ("nonsense", self.server.token("ana", ttl_s=-3600), atrium.mint("another secret, long enough to be one", "ana")):
            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                async with session.connect(self.server, "ana", self.room, token=token):
                    pass
            self.assertEqual(refused.exception.status_code, 401)


if __name__ == "__main__":
    unittest.main()
