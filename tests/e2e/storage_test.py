"""What docs/storage.md tells an operator to do with the database, done with Python's own SQLite in place of the shell's."""
import pathlib
import sqlite3
import unittest

import session


class Backup(unittest.IsolatedAsyncioTestCase):
    def say(self, server, room, content):
        return server.post("/collaboration/messages", {"room_id": room, "content": content}, server.token("ana")).json

    def test_a_copy_of_a_running_server_can_be_put_back(self):
        with session.server() as server:
            room = session.make_room(server, "ana")
            before = self.say(server, room, "In the copy")
            database = pathlib.Path(server.data_dir, "atrium.db")
            copy = pathlib.Path(server.data_dir, "copy.db")
            live = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
            live.execute("VACUUM INTO ?", (str(copy),))
            live.close()
            self.say(server, room, "After the copy")
            self.assertEqual(server.stop(), 0)

            copy.replace(database)
            for name in ("atrium.db-wal", "atrium.db-shm"):
                pathlib.Path(server.data_dir, name).unlink(missing_ok=True)
            restored = sqlite3.connect(database)
            restored.execute("UPDATE rooms SET epoch = lower(hex(randomblob(8)))")
            restored.commit()
            restored.close()

            server.start()
            history = server.get(f"/collaboration/rooms/{room}/history", server.token("ana")).json
            self.assertEqual([message["content"] for message in history], ["In the copy"])
            after = self.say(server, room, "After all")
            self.assertEqual(after["seq"], before["seq"] + 1)
            self.assertNotEqual(after["epoch"], before["epoch"])  # Who saw what is gone now begins anew.

    async def test_memory_begins_anew_with_another_epoch(self):
        with session.server(storage="backend: memory\nallow_less_durable: true\ndeadline: 1m") as server:
            self.assertIn("storage: memory (received)", server.log)
            room = session.make_room(server, "ana")
            sent = self.say(server, room, "For now")
            self.assertEqual(sent["durability"], "received")
            self.assertTrue(server.logged("storage.less_durable")["room_type"])
            self.assertEqual(server.stop(), 0)
            server.start()
            self.assertEqual(server.get(f"/collaboration/rooms/{room}", server.token("ana")).status, 404)
            self.assertNotEqual(self.say(server, session.make_room(server, "ana"), "Again")["epoch"], sent["epoch"])


if __name__ == "__main__":
    unittest.main()
