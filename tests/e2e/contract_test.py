"""The tables of kernel/protocol tell of everything the server says, and of nothing else. lib/contract.py holds every answer and event of every
test against them; this test makes the server say each of them once, so that none stands in a table only."""
import json
import socket
import unittest

import websockets

import atrium
import contract
import session

messages_max = 500  # Of 60 KiB each: more than any socket buffer takes.
plugins = f"""directories: [{atrium.build_dir / 'plugins'}, {atrium.build_dir / 'e2e_plugins'}]
use: {{atrium.alert-rule.system-performance: {{config: {{queue_length: 0.5}}}}}}"""


class Contract(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(session.server(websocket="outbox_max: 64KiB", plugins=plugins,
                                                                 analytics="sampling: 1s", alerts="interval: 1s"))

    async def test_every_event_of_the_table_is_said(self):
        seen = set()
        room = session.make_room(self.server, "ana", members=["ben", "carl"])
        supervisor = self.server.token("boss", role="supervisor")
        async with (session.connect(self.server, "ana", room) as ana, session.connect(self.server, "carl", room, role="client") as carl,
                    session.connect(self.server, "old", ttl_s=20) as old, session.connect(self.server, "root", role="admin") as root):
            await old.until("token_expiring")
            admin = self.server.token("root", role="admin")
            self.assertEqual(self.server.post("/admin/plugins/atrium.message-type.coaching-tip/reload", None, admin).status, 200)
            await root.until("plugin_state")
            async with session.connect(self.server, "ben", room) as ben:
                await ben.send("typing_indicator", is_typing=True)
                await ana.until("typing_indicator")
                await ben.until("presence_update")
                await ben.send("leave_room", room_id=room, ref="left")
                await ben.until("room_left", ref="left")
            tip = {"message_type": "coaching_tip", "content": "Ask for the budget", "metadata": {"topic": "budget"}}
            await ana.say(room_id=room, **tip)
            await carl.until("withheld")
            self.assertIn(True, [item.get("withheld") for item in self.history(room, "carl", role="client")])
            seen |= {event["event_type"] for event in await self.falls_behind(ana, room)}
            self.server.post("/collaboration/broadcasts", {"content": "Hello"}, supervisor)
            await ana.until("broadcast")
            await ana.send("subscribe_topic", topic="agents", ref="topic")
            await ana.until("topic_update", ref="topic", kind="snapshot")
            await self.leads(ana)
            await ana.refusal("send_message")
            await ana.send("run_command", room_id=room, text="/count_down", ref="count")
            self.assertEqual([(await ana.until("command_progress", ref="count"))["text"] for _ in range(3)], ["3", "2", "1"])
            self.assertEqual((await ana.until("command_result", ref="count"))["result"]["text"], "0")
            self.server.post(f"/collaboration/rooms/{room}/members", {"user_id": "cleo"}, self.server.token("ana"))
            await ana.until("member_joined")
            self.server.delete(f"/collaboration/rooms/{room}/members/cleo", self.server.token("ana"))
            await ana.until("member_left")
            await ana.settled()
            self.server.delete(f"/collaboration/rooms/{room}", self.server.token("ana"))
            for each in (ana, carl):
                _, last = await each.closed()
                self.assertEqual(last["event_type"], "bye")
            for each in (ana, carl, ben, old, root):
                seen |= {event["event_type"] for event in each.events}
        self.assertEqual(seen, set(contract.server_events))

    async def leads(self, ana):
        """She is offered the one lead that she has a place for; the next one waits, and this is an alert."""
        supervisor = self.server.token("boss", role="supervisor")
        self.server.put("/coordination/agents/ana", {"capacity": 1, "skills": {"condo": 1}}, supervisor)
        for lead_id in ("first", "second"):
            self.server.post("/coordination/leads/route", {"lead_id": lead_id, "lead": {"name": "A lead", "property_type": "condo"}}, supervisor)
        await ana.until("offer")
        await ana.until("alert")

    async def falls_behind(self, ana, room):
        """Somebody reads nothing until a message cannot be handed to him, and is told so. Returns what came."""
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        narrow.connect(("127.0.0.1", self.server.port))
        opened = await websockets.connect(f"{self.server.ws_url}/collaboration/ws/{room}", sock=narrow, max_queue=1, read_limit=1024,
                                          ping_interval=None, extra_headers={"Authorization": f"Bearer {self.server.token('ben')}"})
        ben = session.Session(opened, "ben")
        await ben.until("room_joined")
        for _ in range(messages_max):
            if "ben" in (await ana.say("x" * 60_000, room_id=room))["failed_recipients"]:
                break
        else:
            self.fail("a client that reads nothing was handed everything")
        self.assertEqual((await ben.until("resync"))["room_id"], room)
        await opened.close()
        return ben.events

    def history(self, room, user, **claims):
        return self.server.get(f"/collaboration/rooms/{room}/history", self.server.token(user, **claims)).json

    def test_every_route_of_the_table_answers_as_it_says(self):
        ana, root = self.server.token("ana"), self.server.token("root", role="admin")
        room = session.make_room(self.server, "ana", members=["ben"])
        first = self.server.post("/collaboration/messages", {"room_id": room, "content": "First"}, ana).json["message_id"]
        bodies = {
            "create_room": {"room_type": "agent_team", "name": "Team"},
            "change_room": {"name": "Renamed"},
            "add_member": {"user_id": "cleo"},
            "change_role": {"role": "moderator"},
            "send_message": {"room_id": room, "content": "Hello", "client_message_id": "c", "thread": first, "reply_to": first,
                             "attachments": ["file_x"], "metadata": {"any": ["thing"]}},
            "broadcast": {"content": "Hello"},
            "update_presence": {"status": "busy", "current_room_id": room, "status_message": "Here"},
        }
        # Those of one plugin or sink have tests of their own: ui_test.py, plugin_life_test.py, commands_test.py, sinks_test.py; and so has what is
        # done about one agent, lead, policy, alert or tip: coordination_test.py, policies_test.py, alerts_test.py, coaching_test.py.
        asked = [row for row in contract.tables["routes"] if row["access"] != "socket" and row["operation"] != "run_command"
                 and not {"{name}", "{plugin_id}", "{sink}"} & set(row["path"].split("/"))
                 and (not row["path"].startswith("/coordination") or (row["method"] == "GET" and "_id}" not in row["path"] and "{policy}" not in row["path"]))]
        last = ("remove_member", "close_room")  # What they take away, others need.
        asked.sort(key=lambda row: last.index(row["operation"]) if row["operation"] in last else -1)
        for row in asked:
            with self.subTest(row["operation"]):
                path = row["path"].replace("{room_id}", room).replace("{user_id}", "ben").replace("{message_id}", first).replace("{report}", "sla")
                overseer = row["access"] in ("admin", "operators") or row["operation"] == "broadcast" or row["path"].startswith("/coordination")
                token = root if overseer else ana
                answer = self.server.request(row["method"], path, bodies.get(row["operation"]), token)
                self.assertEqual(answer.status, row["returns"]["status"], answer)

    def test_the_documents_served_are_those_of_the_tables(self):
        served = self.server.get("/asyncapi.json").json
        kept = json.loads((atrium.source_dir / "docs" / "asyncapi.json").read_text())
        self.assertEqual(served, kept)
        for name, message in served["components"]["messages"].items():
            self.assertEqual(message["payload"]["properties"]["event_type"], {"const": name.split(".")[1]})
        for name in set(contract.asyncapi.references(served["components"])) - set(served["components"]["messages"]):
            self.assertIn(name, served["components"]["schemas"])


class Checker(unittest.TestCase):
    """The checker itself: what it must not let pass."""

    left = {"event_type": "member_left", "room_id": "room_x", "user_id": "ben", "member_count": 1}

    def test_an_event_of_the_table_passes(self):
        self.assertEqual(contract.event_problems(self.left), [])

    def test_events_that_stand_in_no_table(self):
        for event, word in (({**self.left, "member": {}}, "/member stands in no table"),
                            ({key: value for key, value in self.left.items() if key != "user_id"}, "/user_id is missing"),
                            ({**self.left, "member_count": "1"}, "/member_count is '1'"),
                            ({**self.left, "member_count": True}, "/member_count is True"),
                            ({**self.left, "event_type": "member_lost"}, "/event_type stands in no table"),
                            ([], "/event_type stands in no table"),
                            ({"event_type": "pong", "server_time": "2026-01-01T00:00:00Z"}, "not a time in UTC with milliseconds"),
                            ({"event_type": "bye", "code": 1000, "reason": "", "retry_after_ms": 0, "resume": False}, "/code is 1000")):
            with self.subTest(word):
                self.assertIn(word, "; ".join(contract.event_problems(event)))

    def test_answers_that_stand_in_no_table(self):
        json_type, problem_type = {"content-type": "application/json"}, {"content-type": "application/problem+json"}
        problem = {"type": "about:blank", "title": "t", "status": 404, "detail": "d", "code": "not_found"}
        rooms, room = "/api/v1/collaboration/rooms?limit=1", "/collaboration/rooms/room_x"
        self.assertEqual(contract.answer_problems("GET", room, 404, problem_type, json.dumps(problem)), [])
        for method, path, status, headers, body, word in (
                ("GET", rooms, 200, json_type, {"items": []}, "/next_cursor is missing"),
                ("GET", rooms, 200, json_type, {"items": [{}], "next_cursor": None}, "/items/0/room_id is missing"),
                ("GET", rooms, 200, json_type, {"items": [], "next_cursor": None, "total": 0}, "/total stands in no table"),
                ("GET", rooms, 202, json_type, {}, "no answer 202"),
                ("GET", room, 404, problem_type, {**problem, "code": "room_full"}, "'room_full', none of"),
                ("GET", room, 404, problem_type, {**problem, "status": 400}, "/status is 400"),
                ("POST", "/collaboration/rooms", 201, json_type, {}, "the header location is missing")):
            with self.subTest(word):
                self.assertIn(word, "; ".join(contract.answer_problems(method, path, status, headers, json.dumps(body))))
        self.assertTrue(contract.answer_problems("DELETE", room, 204, json_type, b"{}"))


if __name__ == "__main__":
    unittest.main()
