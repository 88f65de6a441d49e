"""The loads of the seed's own tests: fifty rooms, and a hundred messages at once. How fast it was is for ./dev bench to say."""
import asyncio
import unittest

import session


class Crowd(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(session.server())

    async def test_a_hundred_messages_at_once_reach_everybody_in_one_order(self):
        room = session.make_room(self.server, "ana", members=["ben", "cleo", "dan"])
        async with (session.connect(self.server, "ana", room) as ana, session.connect(self.server, "ben", room) as ben,
                    session.connect(self.server, "cleo", room) as cleo, session.connect(self.server, "dan", room) as dan):
            people = (ana, ben, cleo, dan)
            confirmations = await asyncio.gather(*(self.send(person, 25) for person in people))
            for person in people:
                got = [(await person.until("collaboration_message"))["message"] for _ in range(100)]
                self.assertEqual([message["seq"] for message in got], list(range(1, 101)))
                self.assertEqual(len({message["message_id"] for message in got}), 100)
            confirmed = [confirmation for each in confirmations for confirmation in each]
            self.assertEqual(sorted(confirmation["seq"] for confirmation in confirmed), list(range(1, 101)))
            self.assertTrue(all(not confirmation["failed_recipients"] for confirmation in confirmed))

    async def send(self, person, count):
        for number in range(count):
            await person.send("send_message", content=f"{person.user} {number}", ref=str(number))
        return [await person.until("message_confirmation", ref=str(number)) for number in range(count)]

    def test_fifty_rooms_are_all_there(self):
        rooms = {session.make_room(self.server, "eve", f"Room {number}") for number in range(50)}
        self.assertEqual(len(rooms), 50)
        listed, path = set(), "/collaboration/rooms?limit=20"
        while path:
            page = self.server.get(path, self.server.token("eve")).json
            listed |= {room["room_id"] for room in page["items"]}
            path = f"/collaboration/rooms?limit=20&cursor={page['next_cursor']}" if page["next_cursor"] else None
        self.assertEqual(listed, rooms)
        for room in rooms:
            sent = self.server.post("/collaboration/messages", {"room_id": room, "content": "Works"}, self.server.token("eve"))
            self.assertEqual(sent.status, 200, sent)


if __name__ == "__main__":
    unittest.main()
