"""Who is there: every status, what ends it, and who may see it."""
import unittest

import session

statuses = ("online", "away", "busy", "offline", "in_call", "do_not_disturb")


class Presence(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(session.server(presence="linger: 1s"))

    def presence_of(self, user, room, reader="ana"):
        answer = self.server.get(f"/collaboration/rooms/{room}/presence", self.server.token(reader))
        self.assertEqual(answer.status, 200, answer)
        return next(item for item in answer.json if item["user_id"] == user)

    async def test_every_status_can_be_set_over_both_doors(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ana", room) as ana, session.connect(self.server, "ben", room) as ben:
            for status in statuses:
                with self.subTest(status):
                    await ben.send("update_presence", status=status, status_message=f"Now {status}")
                    update = await ana.until("presence_update", user_id="ben", status=status, status_message=f"Now {status}")
                    self.assertEqual(update["current_room_id"], room)
                    self.assertEqual(self.presence_of("ben", room)["status"], status)
            for status in statuses:
                with self.subTest(f"{status} over REST"):
                    body = {"status": status, "status_message": f"Still {status}"}
                    self.assertEqual(self.server.put("/collaboration/presence", body, self.server.token("ben")).status, 204)
                    await ana.until("presence_update", user_id="ben", status=status, status_message=f"Still {status}")
                    self.assertEqual(self.presence_of("ben", room)["status_message"], f"Still {status}")

    async def test_a_connection_that_breaks_is_offline_after_the_linger_and_one_that_leaves_at_once(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ana", room) as ana:
            async with session.connect(self.server, "ben", room) as ben:
                online = await ana.until("presence_update", user_id="ben", status="online")
                ben.socket.transport.abort()
            broken = await ana.until("presence_update", user_id="ben", status="offline")
            self.assertGreater(broken["version"], online["version"])
            self.assertEqual(self.presence_of("ben", room)["status"], "offline")
            async with session.connect(self.server, "ben", room):
                await ana.until("presence_update", user_id="ben", status="online")
            self.assertIsNone((await ana.until("presence_update", user_id="ben", status="offline"))["current_room_id"])

    async def test_the_same_user_id_in_another_tenant_is_somebody_else(self):
        room = session.make_room(self.server, "ana", members=["ben"])
        async with session.connect(self.server, "ana", room) as ana, session.connect(self.server, "ben", room) as ben:
            namesake = self.server.token("ben", tenant="other")
            body = {"status": "do_not_disturb", "status_message": "Not this Ben"}
            self.assertEqual(self.server.put("/collaboration/presence", body, namesake).status, 204)
            await ben.send("update_presence", status="away")
            await ana.until("presence_update", user_id="ben", status="away")
            self.assertNotIn("do_not_disturb", [event.get("status") for event in ana.events])
            self.assertEqual(self.presence_of("ben", room)["status"], "away")
            self.assertEqual(self.server.get(f"/collaboration/rooms/{room}/presence", namesake).status, 404)


if __name__ == "__main__":
    unittest.main()
