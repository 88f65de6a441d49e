"""What docs/storage.md tells an operator of trouble, and to do with the database, done with Python's own SQLite in place of the shell's."""
import asyncio
import pathlib
import resource
import shutil
import sqlite3
import unittest

import atrium
import session


class Trouble(unittest.IsolatedAsyncioTestCase):
    async def test_the_circuit_breaker_opens_after_five_failures_and_closes_by_itself(self):
        with session.server() as server:
            room = session.make_room(server, "ana")
            post = lambda: server.post("/collaboration/messages", {"room_id": room, "content": "Hello"}, server.token("ana"))
            figures = lambda: server.get("/collaboration/metrics", server.token("ana")).json
            self.assertEqual(post().status, 200)
            # What no operator should do: somebody else holds the lock for writing, and every write fails at once.
            other = sqlite3.connect(pathlib.Path(server.data_dir, "atrium.db"), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            for failure in range(5):
                self.assertEqual(figures()["circuit_breakers"], {"storage": "closed"}, failure)
                answer = post()
                self.assertEqual((answer.status, answer.json["code"]), (503, "storage_unavailable"))
            opened = await asyncio.to_thread(server.logged, "breaker.changed")
            self.assertEqual([opened[key] for key in ("level", "dependency", "from", "to")], ["error", "storage", "closed", "open"])
            refused = post()
            self.assertEqual((refused.status, refused.json["code"]), (503, "storage_unavailable"))
            self.assertGreater(int(refused.headers["retry-after"]), 0)
            self.assertEqual(figures()["circuit_breakers"], {"storage": "open"})
            self.assertIs(figures()["performance_status"]["overall_healthy"], False)
            ready = server.get("/health/ready")
            self.assertEqual(ready.status, 503)
            self.assertIn("storage", [part["name"] for part in ready.json["components"] if not part["healthy"]])
            self.assertEqual((await asyncio.to_thread(server.logged, "server.degraded", component="storage"))["level"], "error")
            self.assertEqual(len(server.get(f"/collaboration/rooms/{room}/history", server.token("ana")).json), 1)  # Reading goes on.

            other.execute("ROLLBACK")
            other.close()
            while server.get("/health/ready").status == 503:
                answer = post()  # Each is the probe when its time has come.
                if answer.status == 503:
                    await asyncio.sleep(answer.json["retry_after_ms"] / 1000)
            self.assertEqual(figures()["circuit_breakers"], {"storage": "closed"})
            await asyncio.to_thread(server.logged, "server.recovered")

    async def test_a_disk_that_fails_ends_confirmations_until_a_restart(self):
        # A write beyond the limit for files fails as a broken disk's would; ignored, the signal that comes with it ends nobody.
        with atrium.Server(session.config(), restore_signals=False) as server:
            room = session.make_room(server, "ana")
            post = lambda content: server.post("/collaboration/messages", {"room_id": room, "content": content}, server.token("ana"))
            self.assertEqual(post("Confirmed").status, 200)
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
            for content in ("Lost", "Refused"):
                answer = post(content)
                self.assertEqual((answer.status, answer.json["code"]), (503, "storage_unavailable"))
            self.assertEqual((await asyncio.to_thread(server.logged, "storage.failed"))["plugin"], "atrium.storage.sqlite")
            self.assertEqual((await asyncio.to_thread(server.logged, "plugin.atrium.storage.sqlite"))["plugin_event"], "storage_lost")
            self.assertEqual(server.get("/health/ready").status, 503)
            self.assertEqual(server.stop(), 0)
            server.start()
            history = server.get(f"/collaboration/rooms/{room}/history", server.token("ana")).json
            self.assertEqual([message["content"] for message in history], ["Confirmed"])
            self.assertEqual(post("Again").json["seq"], 2)

    async def test_nothing_is_confirmed_into_a_directory_that_was_removed(self):
        with session.server() as server:
            room = session.make_room(server, "ana")
            post = lambda: server.post("/collaboration/messages", {"room_id": room, "content": "Hello"}, server.token("ana"))
            self.assertEqual(post().status, 200)
            shutil.rmtree(server.data_dir)
            answer = post()
            self.assertEqual((answer.status, answer.json["code"]), (503, "storage_unavailable"))
            self.assertEqual((await asyncio.to_thread(server.logged, "plugin.atrium.storage.sqlite"))["plugin_event"], "storage_lost")
            self.assertEqual(server.get("/health/ready").status, 503)


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
