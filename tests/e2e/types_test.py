"""The kinds of rooms and messages that come with the server: each of them is there, does what its name says, and can be switched off."""
import unittest

import session

# A context that each room type looks at.
room_types = {
    "agent_team": {"team_id": "team_123", "region": "west_coast"},
    "client_session": {"client_id": "client_1"},
    "lead_collaboration": {"lead_id": "lead_1"},
    "property_tour": {"property_id": "property_1"},
    "training_session": {"topic": "objections"},
    "emergency_response": {"severity": "critical"},
}
# Metadata that is enough for each message type clients may send.
message_types = {
    "text": {},
    "file_share": {"file_id": "file_1", "file_name": "plan.pdf"},
    "document_share": {"url": "https://example.org/contract.pdf"},
    "lead_handoff": {"lead_id": "lead_1"},
    "property_share": {"property_id": "property_1"},
    "coaching_tip": {"topic": "pricing", "agent_id": "ben"},
    "alert": {"severity": "high"},
    "command": {"command": "/assign"},
}


class Types(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(session.server())
        cls.ana = cls.server.token("ana")

    def post(self, room, message_type, token=None, server=None, **fields):
        body = {"room_id": room, "content": "Look", "message_type": message_type, "metadata": message_types.get(message_type, {}), **fields}
        return (server or self.server).post("/collaboration/messages", body, token or self.ana)

    def test_all_six_room_types_take_rooms_with_their_context(self):
        for room_type, context in room_types.items():
            with self.subTest(room_type):
                room = session.make_room(self.server, "ana", room_type=room_type, context=context)
                shown = self.server.get(f"/collaboration/rooms/{room}", self.ana).json
                self.assertEqual((shown["room_type"], shown["context"]), (room_type, context))
                self.assertEqual(self.post(room, "text").status, 200)
                wrong = {"room_type": room_type, "name": "x", "context": dict.fromkeys(context, 7)}
                answer = self.server.post("/collaboration/rooms", wrong, self.ana)
                self.assertEqual((answer.status, {error["path"] for error in answer.json["errors"]}),
                                 (422, {f"/context/{name}" for name in context}))

    async def test_all_eight_message_types_of_clients_reach_the_others_and_stay(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ben", room) as ben:
            for message_type, metadata in message_types.items():
                with self.subTest(message_type):
                    self.assertEqual(self.post(room, message_type).status, 200)
                    message = (await ben.until("collaboration_message"))["message"]
                    self.assertEqual((message["message_type"], message["metadata"]), (message_type, metadata))
        history = self.server.get(f"/collaboration/rooms/{room}/history", self.ana).json
        self.assertEqual([message["message_type"] for message in reversed(history)], list(message_types))

    def test_nobody_speaks_as_the_system(self):
        room = session.make_room(self.server, "ana")
        for role in ("agent", "supervisor", "admin", "service"):
            answer = self.post(room, "system", self.server.token("ana", role=role))
            self.assertEqual((answer.status, answer.json["code"]), (403, "forbidden"), role)

    def test_a_setting_keeps_files_out(self):
        room = session.make_room(self.server, "ana", settings={"allow_file_sharing": False, "message_retention_days": 30})
        for message_type in ("file_share", "document_share"):
            answer = self.post(room, message_type)
            self.assertEqual((answer.status, answer.json["code"]), (422, "rejected_by_plugin"), message_type)
        self.assertEqual(self.post(room, "text").status, 200)
        change = self.server.patch(f"/collaboration/rooms/{room}", {"settings": {"allow_file_sharing": True}}, self.ana)
        self.assertEqual(change.status, 200, change)
        self.assertEqual(self.post(room, "file_share").status, 200)
        refused = self.server.patch(f"/collaboration/rooms/{room}", {"settings": {"allow_file_sharing": "maybe", "message_retention_days": 0}},
                                    self.ana)
        self.assertEqual({error["path"] for error in refused.json["errors"]},
                         {"/settings/allow_file_sharing", "/settings/message_retention_days"})

    async def test_a_coaching_tip_is_for_its_agent_and_supervisors(self):
        room = session.make_room(self.server, "ana", members=["ben", "cleo"])
        async with (session.connect(self.server, "ben", room) as ben, session.connect(self.server, "cleo", room) as cleo,
                    session.connect(self.server, "sue", room, role="supervisor") as sue):
            seq = self.post(room, "coaching_tip", content="Mention the garden").json["seq"]
            for reader in (ben, sue):
                self.assertEqual((await reader.message("Mention the garden"))["seq"], seq)
            stub = await cleo.until("withheld")
            self.assertEqual(stub["seq"], seq)
            self.assertNotIn("garden", str(await cleo.settled()) + str(stub))
        history = self.server.get(f"/collaboration/rooms/{room}/history", self.server.token("cleo"))
        self.assertNotIn("garden", history.body.decode())
        self.assertIs(history.json[0]["withheld"], True)

    async def test_priority_thread_and_metadata_travel_with_a_message(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        first = self.post(room, "text").json["message_id"]
        async with session.connect(self.server, "ben", room) as ben:
            for priority in ("low", "normal", "high", "urgent", "critical"):
                sent = self.post(room, "text", priority=priority, reply_to=first, thread=first, metadata={"lead_score": 95, "own": [1, None]})
                message = (await ben.until("collaboration_message"))["message"]
                self.assertEqual([message[key] for key in ("message_id", "priority", "reply_to", "thread", "metadata")],
                                 [sent.json["message_id"], priority, first, first, {"lead_score": 95, "own": [1, None]}])
        thread = self.server.get(f"/collaboration/rooms/{room}/history?thread={first}", self.ana).json
        self.assertEqual([message["priority"] for message in thread], ["critical", "urgent", "high", "normal", "low"])

    def test_yaml_switches_each_type_off(self):
        for room_type in room_types:
            with self.subTest(room_type), session.server(room_types=f"{room_type}: false") as server:
                body = {"room_type": room_type, "name": "x"}
                answer = server.post("/collaboration/rooms", body, server.token("ana"))
                self.assertEqual((answer.status, answer.json["errors"][0]["path"]), (422, "/room_type"))
                other = next(each for each in room_types if each != room_type)
                session.make_room(server, "ana", room_type=other)
        everything_off = "\n".join(f"{message_type}: false" for message_type in message_types if message_type != "text")
        with session.server(message_types=everything_off) as server:
            room = session.make_room(server, "ana")
            for message_type in message_types:
                with self.subTest(message_type):
                    answer = self.post(room, message_type, server.token("ana"), server)
                    self.assertEqual(answer.status, 200 if message_type == "text" else 422, answer)


if __name__ == "__main__":
    unittest.main()
