"""What the seed's documents show, done as they show it: a client written from them alone must work."""
import unittest
import urllib.request

import atrium
import session

time_format = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


class SeedForms(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(session.server())
        cls.john = cls.server.token("user_456", tenant="tenant_123", name="John Agent")
        cls.mary = cls.server.token("user_789", tenant="tenant_123", name="Mary Agent")

    def create_room(self):
        answer = self.server.post("/collaboration/rooms", {
            "tenant_id": "tenant_123",
            "room_type": "agent_team",
            "name": "Q1 Sales Team",
            "description": "Real-time coordination for Q1 sales team",
            "created_by": "user_456",
            "initial_members": ["user_456", "user_789"],
            "max_members": 50,
            "settings": {"allow_file_sharing": True, "message_retention_days": 30},
            "context": {"team_id": "team_123", "region": "west_coast"},
        }, self.john)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def test_create_room(self):
        room = self.create_room()
        self.assertRegex(room["room_id"], "^room_")
        self.assertEqual(room["tenant_id"], "tenant_123")
        self.assertEqual(room["room_type"], "agent_team")
        self.assertEqual(room["name"], "Q1 Sales Team")
        self.assertEqual(room["description"], "Real-time coordination for Q1 sales team")
        self.assertEqual({member["user_id"] for member in room["members"]}, {"user_456", "user_789"})
        self.assertRegex(room["created_at"], f"^{time_format}$")
        self.assertIs(room["is_active"], True)
        self.assertEqual(room["settings"], {"allow_file_sharing": True, "message_retention_days": 30})
        self.assertEqual(room["context"], {"team_id": "team_123", "region": "west_coast"})

    def test_send_and_read_over_rest(self):
        room_id = self.create_room()["room_id"]
        sent = self.server.post("/collaboration/messages", {
            "room_id": room_id,
            "sender_id": "user_456",
            "sender_name": "John Agent",
            "message_type": "text",
            "content": "New high-priority lead just came in!",
            "priority": "high",
            "metadata": {"lead_id": "lead_789", "lead_score": 95},
        }, self.john)
        self.assertEqual(sent.status, 200, sent)
        reply = sent.json
        self.assertRegex(reply["message_id"], "^msg_")
        self.assertEqual(reply["room_id"], room_id)
        self.assertEqual(reply["failed_recipients"], [])
        self.assertEqual(reply["delivered_to"], [])  # Nobody is connected, and that is what it says.
        self.assertEqual(reply["delivery_status"], "stored")
        self.assertIsInstance(reply["latency_ms"], (int, float))
        self.assertRegex(reply["timestamp"], f"^{time_format}$")
        self.assertEqual(reply["durability"], "fsynced")

        history = self.server.get(f"/collaboration/rooms/{room_id}/history?limit=50", self.mary)
        self.assertEqual(history.status, 200)
        (message,) = history.json
        self.assertEqual(message["message_id"], reply["message_id"])
        self.assertEqual(message["room_id"], room_id)
        self.assertEqual(message["sender_id"], "user_456")
        self.assertEqual(message["sender_name"], "John Agent")
        self.assertEqual(message["message_type"], "text")
        self.assertEqual(message["content"], "New high-priority lead just came in!")
        self.assertEqual(message["priority"], "high")
        self.assertEqual(message["metadata"], {"lead_id": "lead_789", "lead_score": 95})
        self.assertRegex(message["sent_at"], f"^{time_format}$")
        self.assertIn("delivery_status", message)

    def test_presence_over_rest(self):
        room_id = self.create_room()["room_id"]
        put = self.server.put("/collaboration/presence", {
            "user_id": "user_456",
            "tenant_id": "tenant_123",
            "status": "busy",
            "status_message": "In client meeting",
            "current_room_id": room_id,
        }, self.john)
        self.assertEqual(put.status, 204, put)
        self.assertEqual(put.body, b"")
        answer = self.server.get(f"/collaboration/rooms/{room_id}/presence", self.mary)
        self.assertEqual(answer.status, 200)
        presence = {item["user_id"]: item for item in answer.json}
        self.assertEqual(set(presence), {"user_456", "user_789"})  # Members who are offline stand there too.
        john = presence["user_456"]
        self.assertEqual(john["tenant_id"], "tenant_123")
        self.assertEqual(john["status"], "busy")
        self.assertEqual(john["status_message"], "In client meeting")
        self.assertEqual(john["current_room_id"], room_id)
        self.assertRegex(john["last_seen"], f"^{time_format}$")
        self.assertEqual(presence["user_789"]["status"], "offline")
        self.assertIsNone(presence["user_789"]["status_message"])

    def test_metrics(self):
        answer = self.server.get("/collaboration/metrics", self.john)
        self.assertEqual(answer.status, 200)
        metrics = answer.json
        self.assertRegex(metrics["timestamp"], f"^{time_format}$")
        for name in ("total_connections", "active_rooms", "total_messages_sent", "average_message_latency_ms", "p95_message_latency_ms",
                     "p99_message_latency_ms", "messages_per_second"):
            self.assertIsInstance(metrics["collaboration_engine"][name], (int, float), name)
        for name in ("latency_target_met", "throughput_target_met", "overall_healthy"):
            self.assertIsInstance(metrics["performance_status"][name], bool, name)
        for name in ("connection_success_rate", "message_delivery_rate", "redis_health", "websocket_health", "circuit_breakers",
                     "resource_utilization", "target_compliance"):
            self.assertIn(name, metrics)

    def test_every_path_also_answers_without_the_prefix(self):
        room_id = self.create_room()["room_id"]
        for path in (f"/collaboration/rooms/{room_id}/history", f"/api/v1/collaboration/rooms/{room_id}/history"):
            request = urllib.request.Request(self.server.url + path, headers={"Authorization": f"Bearer {self.john}"})
            with urllib.request.urlopen(request, timeout=session.deadline_s) as answer:
                self.assertEqual((answer.status, answer.read()), (200, b"[]"))

    async def websocket(self, prefix):
        """The seed's three frames over one of its two URLs, with the token in the query."""
        room_id = self.create_room()["room_id"]
        query = lambda token, user, name: {"token": token, "user_id": user, "display_name": name}
        john = session.connect(self.server, "user_456", room_id, prefix=prefix, headers={}, query=query(self.john, "user_456", "John Agent"))
        mary = session.connect(self.server, "user_789", room_id, prefix=prefix, headers={}, query=query(self.mary, "user_789", "Mary Agent"))
        async with john as john, mary as mary:
            await john.send("send_message", message_type="text", content="Hello team!", priority="normal", metadata={"lead_id": "lead_789"})
            for receiver in (mary, john):  # The sender's own session gets it, too.
                message = await receiver.message("Hello team!")
                self.assertEqual(message["sender_id"], "user_456")
                self.assertEqual(message["sender_name"], "John Agent")
                self.assertEqual(message["metadata"], {"lead_id": "lead_789"})
                self.assertEqual((message["seq"], message["room_id"]), (1, room_id))
            confirmation = await john.until("message_confirmation")
            self.assertEqual(sorted(confirmation["delivered_to"]), ["user_456", "user_789"])
            self.assertEqual(confirmation["delivery_status"], "delivered")

            await john.send("typing_indicator", is_typing=True)
            typing = await mary.until("typing_indicator")
            self.assertEqual({key: typing[key] for key in ("room_id", "user_id", "display_name", "is_typing")},
                             {"room_id": room_id, "user_id": "user_456", "display_name": "John Agent", "is_typing": True})

            await john.send("update_presence", tenant_id="tenant_123", status="busy", status_message="In client meeting")
            presence = await mary.until("presence_update", user_id="user_456", status="busy")
            self.assertEqual(presence["status_message"], "In client meeting")
            self.assertEqual(presence["tenant_id"], "tenant_123")

    async def test_websocket_as_in_the_connection_chapter(self):
        await self.websocket("")

    async def test_websocket_as_in_the_react_example(self):
        await self.websocket("/api/v1")


if __name__ == "__main__":
    unittest.main()
