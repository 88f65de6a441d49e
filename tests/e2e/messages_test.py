"""Messages between people, over both doors: confirmations, history, repetition, typing, presence, announcements."""
import unittest
import urllib.parse

import websockets

import atrium
import session


class Messages(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(session.server())

    def post(self, room, user, content, **fields):
        return self.server.post("/collaboration/messages", {"room_id": room, "content": content, **fields}, self.server.token(user))

    def history(self, room, user="ana", **query):
        answer = self.server.get(f"/collaboration/rooms/{room}/history?{urllib.parse.urlencode(query, doseq=True)}", self.server.token(user))
        self.assertEqual(answer.status, 200, answer)
        return answer

    async def test_both_doors_lead_to_one_room(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ben", room) as ben:
            over_rest = self.post(room, "ana", "From REST").json
            self.assertEqual((over_rest["seq"], over_rest["delivered_to"], over_rest["offline_recipients"]), (1, ["ben"], ["ana"]))
            self.assertEqual((await ben.message("From REST"))["message_id"], over_rest["message_id"])
            confirmation = await ben.say("From a WebSocket")
            self.assertEqual(confirmation["seq"], 2)
            self.assertEqual(confirmation["epoch"], over_rest["epoch"])
            self.assertEqual(confirmation["durability"], "fsynced")
        self.assertEqual([message["content"] for message in self.history(room).json], ["From a WebSocket", "From REST"])

    async def test_one_connection_carries_many_rooms(self):
        rooms = [session.make_room(self.server, "ana", name) for name in ("First", "Second")]
        async with session.connect(self.server, "ana") as ana:
            for room in rooms:
                await ana.send("join_room", room_id=room)
                self.assertEqual((await ana.until("room_joined"))["room"]["room_id"], room)
            for room in reversed(rooms):
                confirmation = await ana.say(f"To {room}", room_id=room)
                self.assertEqual((confirmation["room_id"], confirmation["seq"]), (room, 1))
                self.assertEqual((await ana.message(f"To {room}"))["room_id"], room)
            refused = await ana.refusal("send_message", content="To which?")
            self.assertEqual(refused["code"], "validation_failed")

    async def test_leaving_ends_the_subscription_and_not_the_membership(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ben", room) as ben:
            await ben.send("leave_room", room_id=room)
            await ben.until("room_left")
            self.assertEqual(self.post(room, "ana", "Who is there?").json["offline_recipients"], ["ana", "ben"])
            self.assertNotIn("collaboration_message", [event["event_type"] for event in await ben.settled()])
            self.assertEqual(self.post(room, "ben", "I am").status, 200)

    async def test_every_session_of_a_user_gets_every_message_once(self):
        room = session.make_room(self.server, "ana")
        async with session.connect(self.server, "ana", room) as laptop, session.connect(self.server, "ana", room) as phone:
            await laptop.say("Hello, me")
            for device in (laptop, phone):
                delivered = [event for event in await device.settled() if event["event_type"] == "collaboration_message"]
                self.assertEqual([event["message"]["content"] for event in delivered], ["Hello, me"])

    def test_history_pages_backwards_and_forwards(self):
        room = session.make_room(self.server, "ana")
        ids = [self.post(room, "ana", str(number)).json["message_id"] for number in range(1, 8)]
        contents = lambda answer: [int(message["content"]) for message in answer.json]

        newest = self.history(room, limit=3)
        self.assertEqual(contents(newest), [7, 6, 5])
        self.assertEqual(contents(self.follow(newest)), [4, 3, 2])
        self.assertEqual(contents(self.follow(self.follow(newest))), [1])
        self.assertNotIn("link", self.follow(self.follow(newest)).headers)

        self.assertEqual(contents(self.history(room, limit=2, before=ids[3])), [3, 2])
        self.assertEqual(contents(self.history(room, limit=2, before=4)), [3, 2])  # By position as well.
        self.assertEqual(contents(self.history(room, limit=2, after=ids[3])), [5, 6])
        self.assertEqual(contents(self.follow(self.history(room, limit=2, after=4))), [7])
        self.assertEqual(contents(self.history(room, after=7)), [])
        self.assertEqual(len(self.history(room).json), 7)

    def test_history_of_large_messages_comes_in_pages_of_bounded_size(self):
        room = session.make_room(self.server, "ana")
        for _ in range(40):
            self.assertEqual(self.post(room, "ana", "x" * 60_000).status, 200)
        page, positions = self.history(room, limit=500), []
        while True:
            self.assertLess(len(page.body), 1_200_000)
            positions += [message["seq"] for message in page.json]
            if "link" not in page.headers:
                break
            page = self.follow(page)
        self.assertEqual(positions, list(range(40, 0, -1)))

    def follow(self, answer):
        target, relation = answer.headers["link"].split(";")
        self.assertEqual(relation.strip(), 'rel="next"')
        path = urllib.parse.urlsplit(target.strip()[1:-1])
        following = self.server.request("GET", f"{path.path}?{path.query}".removeprefix("/api/v1"), None, self.server.token("ana"))
        self.assertEqual(following.status, 200, following)
        return following

    def test_history_filters_by_type_and_sender(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        self.post(room, "ana", "Words")
        self.post(room, "ben", "Take over", message_type="lead_handoff", metadata={"lead_id": "lead_1"})
        self.post(room, "ana", "Look", message_type="property_share", metadata={"property_id": "property_1"})
        contents = lambda **query: [message["content"] for message in self.history(room, **query).json]
        self.assertEqual(contents(message_type="lead_handoff"), ["Take over"])
        self.assertEqual(contents(message_type=["lead_handoff", "text"]), ["Take over", "Words"])
        self.assertEqual(contents(message_type="alert"), [])
        self.assertEqual(contents(sender="ana"), ["Look", "Words"])

    async def test_a_message_sent_again_is_the_same_message(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ben", room) as ben:
            async with session.connect(self.server, "ana", room) as ana:
                first = await ana.say("Only once", client_message_id="c-1")
                self.assertIs(first["duplicate"], False)
                again = await ana.say("Only once", client_message_id="c-1")
            async with session.connect(self.server, "ana", room) as ana:  # The connection broke before the confirmation came.
                later = await ana.say("Only once", client_message_id="c-1")
                refused = await ana.refusal("send_message", content="Something else", client_message_id="c-1")
            over_rest = self.post(room, "ana", "Only once", client_message_id="c-1").json
            for repeated in (again, later, over_rest):
                self.assertIs(repeated["duplicate"], True)
                self.assertEqual([repeated[key] for key in ("message_id", "seq", "epoch")], [first[key] for key in ("message_id", "seq", "epoch")])
            self.assertEqual(refused["code"], "idempotency_conflict")
            self.assertEqual(self.post(room, "ana", "Something else", client_message_id="c-1").status, 409)
            delivered = [event for event in await ben.settled() if event["event_type"] == "collaboration_message"]
            self.assertEqual([event["message"]["client_message_id"] for event in delivered], ["c-1"])
        self.assertEqual(len(self.history(room).json), 1)

    async def test_a_message_outlives_a_restart_and_so_does_its_repetition(self):
        with session.server() as server:
            room = session.make_room(server, "ana")
            body = {"room_id": room, "content": "For good", "client_message_id": "c-1"}
            first = server.post("/collaboration/messages", body, server.token("ana")).json
            self.assertEqual(server.stop(), 0)
            server.start()
            again = server.post("/collaboration/messages", body, server.token("ana")).json
            self.assertEqual([again[key] for key in ("message_id", "seq", "epoch", "duplicate")],
                             [first["message_id"], first["seq"], first["epoch"], True])
            following = server.post("/collaboration/messages", {**body, "client_message_id": "c-2"}, server.token("ana")).json
            self.assertEqual((following["seq"], following["epoch"]), (2, first["epoch"]))

    def test_a_precondition_refuses_what_was_written_without_knowing_the_latest(self):
        room = session.make_room(self.server, "ana")
        self.assertEqual(self.post(room, "ana", "One", if_seq=0).json["seq"], 1)
        late = self.post(room, "ana", "Also one", if_seq=0)
        self.assertEqual((late.status, late.json["code"]), (409, "precondition_failed"))
        self.assertEqual(self.post(room, "ana", "Two", if_seq=1).json["seq"], 2)

    async def test_typing_goes_to_the_others(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ana", room) as ana, session.connect(self.server, "ben", room) as ben:
            await ana.send("typing_indicator", is_typing=True)
            self.assertIs((await ben.until("typing_indicator", user_id="ana"))["is_typing"], True)
            await ana.send("typing_indicator", is_typing=False)
            self.assertIs((await ben.until("typing_indicator", user_id="ana"))["is_typing"], False)
            self.assertNotIn("typing_indicator", [event["event_type"] for event in await ana.settled()])

    async def test_presence_follows_the_first_and_the_last_device(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ana", room) as ana:
            async with session.connect(self.server, "ben", room):
                online = await ana.until("presence_update", user_id="ben", status="online")
                async with session.connect(self.server, "ben", room):
                    pass
                await ana.settled()
            offline = await ana.until("presence_update", user_id="ben")  # The second device's coming and going was none of anybody's business.
            self.assertEqual(offline["status"], "offline")
            self.assertGreater(offline["version"], online["version"])

    async def test_presence_over_rest_reaches_live_sessions(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ana", room) as ana, session.connect(self.server, "ben", room):
            answer = self.server.put("/collaboration/presence", {"status": "in_call", "current_room_id": room}, self.server.token("ben"))
            self.assertEqual(answer.status, 204)
            update = await ana.until("presence_update", user_id="ben", status="in_call")
            self.assertEqual((update["room_id"], update["current_room_id"]), (room, room))

    async def test_members_are_told_of_members_and_changes(self):
        room = session.make_room(self.server, "ana")
        token = self.server.token("ana")
        async with session.connect(self.server, "ana", room) as ana:
            self.assertEqual(self.server.post(f"/collaboration/rooms/{room}/members", {"user_id": "cleo"}, token).status, 201)
            self.assertEqual((await ana.until("member_joined"))["member"]["user_id"], "cleo")
            self.assertEqual(self.server.patch(f"/collaboration/rooms/{room}/members/cleo", {"role": "moderator"}, token).status, 200)
            members = self.server.get(f"/collaboration/rooms/{room}", token).json["members"]
            self.assertEqual({member["user_id"]: member["role"] for member in members}, {"ana": "owner", "cleo": "moderator"})
            self.assertEqual(self.server.patch(f"/collaboration/rooms/{room}", {"name": "Renamed"}, token).json["name"], "Renamed")
            self.assertEqual((await ana.until("room_updated"))["room"]["room_id"], room)
            self.assertEqual(self.server.delete(f"/collaboration/rooms/{room}/members/cleo", token).status, 204)
            await ana.until("member_left")
            self.assertEqual(self.server.delete(f"/collaboration/rooms/{room}", token).status, 204)
        closed = self.post(room, "ana", "Too late")
        self.assertEqual((closed.status, closed.json["code"]), (409, "room_closed"))

    async def test_a_removed_member_hears_no_more(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ben", room) as ben:
            self.assertEqual(self.server.delete(f"/collaboration/rooms/{room}/members/ben", self.server.token("ana")).status, 204)
            code, last = await ben.closed()
            self.assertEqual((code, last["event_type"], last["code"]), (4503, "bye", 4503))

    async def test_an_announcement_reaches_the_whole_tenant_and_nobody_else(self):
        room = session.make_room(self.server, "ana")
        async with (session.connect(self.server, "ana", room) as ana, session.connect(self.server, "ben") as ben,
                    session.connect(self.server, "eve", tenant="other") as eve):
            body = {"content": "The office closes at five", "priority": "high"}
            self.assertEqual(self.server.post("/collaboration/broadcasts", body, self.server.token("ana")).status, 403)
            reply = self.server.post("/collaboration/broadcasts", body, self.server.token("boss", role="supervisor"))
            self.assertEqual(reply.status, 200, reply)
            self.assertGreaterEqual(reply.json["delivered_count"], 2)
            for receiver in (ana, ben):
                announcement = await receiver.until("broadcast")
                self.assertEqual([announcement[key] for key in ("content", "sender_id", "priority")], [body["content"], "boss", "high"])
            self.assertNotIn("broadcast", [event["event_type"] for event in await eve.settled()])
        self.assertEqual(self.history(room).json, [])

    def test_a_member_that_was_added_or_changed_is_answered_as_a_member(self):
        room = session.make_room(self.server, "ana")
        added = self.server.post(f"/collaboration/rooms/{room}/members", {"user_id": "cleo"}, self.server.token("ana"))
        self.assertEqual((added.json["user_id"], added.json["role"]), ("cleo", "member"))

    async def test_an_announcement_has_the_fields_of_its_table(self):
        async with session.connect(self.server, "ana") as ana:
            self.server.post("/collaboration/broadcasts", {"content": "Hello"}, self.server.token("boss", role="supervisor"))
            self.assertEqual((await ana.until("broadcast"))["content"], "Hello")

    async def test_a_member_who_left_is_named_as_in_the_table(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ana", room) as ana:
            self.server.delete(f"/collaboration/rooms/{room}/members/ben", self.server.token("ana"))
            self.assertEqual((await ana.until("member_left"))["user_id"], "ben")

    async def test_a_sub_protocol_client_is_refused_after_the_upgrade_with_a_reason(self):
        room = session.make_room(self.server, "ana")
        token = self.server.token("ana")
        async with session.connect(self.server, "ana", room, headers={}, subprotocols=["atrium.v1.json", f"bearer.{token}"]) as ana:
            self.assertEqual(ana.socket.subprotocol, "atrium.v1.json")
            await ana.say("Hello")
        socket = await websockets.connect(f"{self.server.ws_url}/collaboration/ws/{room}", subprotocols=["atrium.v1.json", "bearer.nonsense"])
        refused = session.Session(socket, "ana")
        code, last = await refused.closed()
        self.assertEqual((code, last["event_type"], last["code"]), (4500, "bye", 4500))


if __name__ == "__main__":
    unittest.main()
