"""The storage's plugin is exchanged while the server serves: nothing confirmed is lost, and what cannot be opened leaves the old one in use."""
import concurrent.futures
import pathlib
import sqlite3
import threading
import unittest

import atrium
import session

storage = "/admin/plugins/atrium.storage.sqlite"


class StorageExchange(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(session.server())
        self.admin = self.server.token("root", role="admin")
        self.ana = self.server.token("ana")
        self.room = session.make_room(self.server, "ana")

    def say(self, content):
        return self.server.post("/collaboration/messages", {"room_id": self.room, "content": content}, self.ana)

    def history(self):
        messages, before = [], ""
        while True:
            page = self.server.get(f"/collaboration/rooms/{self.room}/history?limit=100{before}", self.ana).json
            messages += page
            if len(page) < 100:
                return sorted(messages, key=lambda message: message["seq"])
            before = f"&before_seq={min(message['seq'] for message in page)}"

    def change(self, status=200, config=None):
        answer = self.server.put(f"{storage}/config", config, self.admin) if config is not None else self.server.post(f"{storage}/reload", None, self.admin)
        self.assertEqual(answer.status, status, answer)
        return answer.json["steps"] if status == 200 else answer.json

    def test_an_exchange_under_traffic_loses_and_doubles_nothing(self):
        enough = threading.Event()

        def talk(name):
            confirmed = []
            while not enough.is_set():
                answer = self.say(f"{name} {len(confirmed)}")
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(self.server.get(f"/collaboration/rooms/{self.room}/history?limit=1", self.ana).status, 200)
                confirmed.append((answer.json["seq"], answer.json["epoch"], f"{name} {len(confirmed)}"))
            return confirmed

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            talkers = [pool.submit(talk, name) for name in ("a", "b", "c", "d")]
            try:
                for _ in range(10):
                    (step,) = self.change()
                    self.assertEqual((step["action"], step["plugin"]), ("swap", "atrium.storage.sqlite"))
                    self.assertGreater(step["parked_us"], 0)
            finally:
                enough.set()
            confirmed = sorted(one for talker in talkers for one in talker.result())
        stored = [(message["seq"], confirmed[0][1], message["content"]) for message in self.history()]
        self.assertEqual(stored, confirmed)
        self.assertEqual([seq for seq, _, _ in stored], list(range(1, len(stored) + 1)))
        shown = self.server.get(storage, self.admin).json
        self.assertEqual((shown["state"], shown["generation"]), ("active", 11))
        self.assertNotIn("pinned_generations", shown)

    def test_other_options_come_with_a_new_generation(self):
        self.say("Before")
        (step,) = self.change(config={"cache_mib": 8})
        self.assertEqual(step["action"], "reconfigure")
        self.say("After")
        self.assertEqual([message["content"] for message in self.history()], ["Before", "After"])

    def test_another_database_is_refused_and_the_old_one_goes_on(self):
        self.say("Before")
        refused = self.change(409, {"path": "other.db"})
        self.assertEqual(refused["code"], "change_refused")
        self.assertIn("it opened another store than the one that is in use", refused["detail"])
        self.assertIn("Nothing was changed", refused["detail"])
        self.assertEqual(self.say("After").json["seq"], 2)
        self.assertEqual(self.server.get("/health/ready").status, 200)
        self.assertEqual(self.server.get(storage, self.admin).json["state"], "active")

    def test_what_cannot_be_opened_leaves_the_old_one_in_use(self):
        self.say("Before")
        self.assertIn("The plugin atrium.storage.sqlite stays as it is", self.change(409, {"path": "/nowhere/at/all.db"})["detail"])
        self.assertEqual(self.say("After").json["seq"], 2)
        self.change()  # And can be exchanged later.
        self.assertEqual(self.say("Later").json["seq"], 3)

    def test_a_storage_that_takes_no_write_is_left_alone(self):
        self.say("Before")
        other = sqlite3.connect(pathlib.Path(self.server.data_dir, "atrium.db"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # Somebody else holds the lock for writing.
        self.assertIn("it does not take a write", self.change(409)["detail"])
        other.execute("ROLLBACK")
        other.close()
        self.assertEqual(self.say("After").json["seq"], 2)

    def test_when_neither_can_be_opened_nothing_more_is_confirmed_and_nothing_is_lost(self):
        self.say("Confirmed")
        lock = pathlib.Path(self.server.data_dir, "atrium.db-lock")
        lock.unlink()
        lock.mkdir()
        self.assertIn("restart the server", self.change(409)["detail"])
        self.server.logged("storage.lost")
        answer = self.say("Refused")
        self.assertEqual((answer.status, answer.json["code"]), (503, "storage_unavailable"))
        answer = self.server.get(f"/collaboration/rooms/{self.room}/history", self.ana)
        self.assertEqual((answer.status, answer.json["code"]), (503, "storage_unavailable"))
        self.assertEqual(self.server.get("/health/ready").status, 503)
        self.assertEqual(self.change(409)["code"], "change_refused")
        self.assertEqual(self.server.stop(), 0)
        lock.rmdir()
        self.server.start()
        self.assertEqual([message["content"] for message in self.history()], ["Confirmed"])


class StorageInMemory(unittest.TestCase):
    def test_what_would_be_lost_is_not_exchanged(self):
        server = self.enterContext(session.server(storage="backend: memory\nallow_less_durable: true"))
        refused = server.post("/admin/plugins/atrium.storage.memory/reload", None, server.token("root", role="admin"))
        self.assertEqual(refused.status, 409, refused)
        self.assertIn("would lose all of it: only a restart of the server exchanges it", refused.json["detail"])


if __name__ == "__main__":
    unittest.main()
