"""How the server starts, refuses to start, and stops."""
import asyncio
import hashlib
import os
import pathlib
import shutil
import signal
import tempfile
import time
import unittest

import atrium
import session

stop_promise_s = 20


class Stop(unittest.IsolatedAsyncioTestCase):
    async def test_everybody_is_told_and_nothing_confirmed_is_lost(self):
        with session.server(server="drain_delay: 2s") as server:
            room = session.make_room(server, "ana")
            async with session.connect(server, "ana", room) as ana, session.connect(server, "ben") as ben:
                confirmations = [await ana.say(f"Message {number}") for number in range(20)]
                self.assertEqual(server.get("/health/ready").status, 200)
                asked = time.monotonic()
                server.process.terminate()
                # For as long as drain_delay says, the server answers as before but calls itself not ready.
                while (ready := server.get("/health/ready")).status == 200:
                    self.assertLess(time.monotonic() - asked, stop_promise_s)
                self.assertEqual((ready.status, ready.json["status"]), (503, "draining"))
                self.assertEqual(server.get("/health/live").status, 200)
                for person in (ana, ben):
                    code, last = await person.closed()
                    self.assertEqual((code, last["event_type"], last["code"]), (4001, "bye", 4001))
                    self.assertIs(last["resume"], True)
                self.assertEqual(await asyncio.to_thread(server.wait), 0)
                self.assertLess(time.monotonic() - asked, stop_promise_s)
            server.start()
            history = server.get(f"/collaboration/rooms/{room}/history", server.token("ana")).json
            self.assertEqual([message["message_id"] for message in reversed(history)], [each["message_id"] for each in confirmations])

    def test_without_anybody_connected_it_stops_at_once(self):
        with session.server() as server:
            self.assertEqual(server.stop(stop_promise_s), 0)

    async def test_a_client_that_reads_nothing_does_not_hold_it_up(self):
        with session.server(server="shutdown_timeout: 3s") as server:
            room = session.make_room(server, "ana")
            async with session.connect(server, "ana", room) as ana, session.connect(server, "ben", room) as deaf:
                deaf.socket.transport.pause_reading()
                for number in range(200):
                    await ana.say("x" * 30_000 + str(number))
                asked = time.monotonic()
                server.process.terminate()
                self.assertEqual(await asyncio.to_thread(server.wait), 0)
                self.assertLess(time.monotonic() - asked, stop_promise_s)
                deaf.socket.transport.abort()


class Start(unittest.TestCase):
    def refused(self, server, *words):
        """The server must end with 2 and say why in one sentence (and, indented under it, what to do) that has these words."""
        server.log.clear()
        try:
            server.spawn()
            self.assertEqual(server.wait(atrium.start_deadline_s), 2, server.tail())
        finally:
            server.remove()
        # What is no log entry is meant for the person who started it.
        said = [line for line in server.log if not line.startswith("{")]
        self.assertTrue(said and said[0].startswith("atriumd: "), server.tail())
        for line in said[1:]:
            self.assertRegex(line, r"^(    |atriumd: |/\S+\.yaml:)", server.tail())
        for word in words:
            self.assertIn(word, "\n".join(said))
        return [line for line in said if line.startswith("atriumd: ")]

    def test_a_mistake_in_the_config_has_a_place_and_advice(self):
        said = self.refused(session.server(server="prot: 8000"), "atrium.yaml:5:3", "prot", "port")
        self.assertEqual(len(said), 1)

    def test_all_mistakes_are_told_at_once(self):
        self.refused(session.server(server="prot: 8000", rooms="pending_max: many"), "atrium.yaml:5:3", "atrium.yaml:7:16")

    def test_a_config_that_is_not_there(self):
        self.assertEqual(len(self.refused(atrium.Server("/nowhere/atrium.yaml"), "/nowhere/atrium.yaml")), 1)

    def test_a_storage_that_no_plugin_provides(self):
        self.assertEqual(len(self.refused(session.server(storage="backend: paper"), "paper")), 1)

    def test_a_storage_that_promises_less_than_a_room_type_asks_for(self):
        said = self.refused(session.server(storage="backend: memory"), "memory (received)", "agent_team (fsynced)", "storage.allow_less_durable")
        self.assertEqual(len(said), 1)
        with session.server(storage="backend: memory\nallow_less_durable: true") as server:
            room = session.make_room(server, "ana")
            sent = server.post("/collaboration/messages", {"room_id": room, "content": "x"}, server.token("ana"))
            self.assertEqual(sent.json["durability"], "received")

    def test_the_configuration_of_the_benchmarks(self):
        with atrium.Server(atrium.source_dir / "config" / "bench.yaml") as server:
            session.make_room(server, "ana")

    def test_a_working_directory_that_is_gone(self):
        directory = tempfile.mkdtemp(prefix="atrium-gone-")

        def leave_it():
            os.chdir(directory)
            os.rmdir(directory)

        said = self.refused(atrium.Server(session.config(), preexec_fn=leave_it), "the working directory cannot be entered")
        self.assertEqual(len(said), 1)

    def test_a_missing_secret(self):
        server = session.server()
        del server._env["JWT_SECRET_KEY"]
        self.assertEqual(len(self.refused(server, "JWT_SECRET_KEY")), 1)

    def test_a_port_that_is_taken(self):
        with session.server() as first:
            self.refused(atrium.Server(port=first.port), str(first.port))

    def test_a_data_directory_in_use(self):
        with session.server() as first:
            self.refused(atrium.Server(data_dir=first.data_dir), str(first.data_dir))

    def test_a_database_that_is_none(self):
        with session.server() as server:
            session.make_room(server, "ana")
            self.assertEqual(server.stop(), 0)
            (database,) = server.data_dir.glob("*.db")
            for left_over in server.data_dir.glob("*.db-*"):
                left_over.unlink()
            database.write_bytes(b"This is no database, and its length is no accident either. " * 300)
            (said,) = self.refused(server, database.name, "is not a SQLite database")
            self.assertTrue(said.endswith("database."), said)


class BadPlugins(unittest.TestCase):
    """A plugin file that is not what it should be is left out with a reason; a server that cannot do without it does not start."""

    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="atrium-plugins-")))
        shutil.copytree(atrium.build_dir / "plugins", self.directory / "plugins")
        self.config = session.config(plugins=f"directories: [{self.directory / 'plugins'}]")

    def plugin(self, name):
        (path,) = (self.directory / "plugins").rglob(f"*{name}*.so")
        return path

    def states(self, server):
        answer = server.get("/admin/plugins", server.token("root", role="admin"))
        self.assertEqual(answer.status, 200, answer)
        return answer.json["items"]

    def refused_plugin(self, damage):
        path = self.plugin("property_tour")
        damage(path)
        with atrium.Server(self.config) as server:
            rejected = [item for item in self.states(server) if item["state"] == "rejected"]
            self.assertEqual(len(rejected), 1, rejected)
            self.assertTrue(rejected[0]["reason"])
            ready = server.get("/health/ready")
            (plugins,) = [part for part in ready.json["components"] if part["name"] == "plugins"]
            self.assertEqual((ready.status, plugins["healthy"], plugins["state"]), (200, False, "degraded"))
            self.assertIn(path.name, plugins["detail"])
            answer = server.post("/collaboration/rooms", {"room_type": "property_tour", "name": "x"}, server.token("ana"))
            self.assertEqual(answer.status, 422, answer)
            session.make_room(server, "ana")  # All else goes on.

    def test_a_truncated_file(self):
        self.refused_plugin(lambda path: path.write_bytes(path.read_bytes()[:path.stat().st_size // 2]))

    def test_an_empty_file(self):
        self.refused_plugin(lambda path: path.write_bytes(b""))

    def test_a_file_of_another_kind(self):
        self.refused_plugin(lambda path: path.write_bytes(b"#!/bin/sh\necho no\n"))

    def test_a_library_that_is_no_plugin(self):
        foreign = next(pathlib.Path("/usr/lib").rglob("libsqlite3.so.0")).resolve()
        self.refused_plugin(lambda path: path.write_bytes(foreign.read_bytes()))

    def test_files_that_are_no_libraries_are_none_of_the_servers_business(self):
        for name in ("cmake_install.cmake", "README.md", "notes.so.txt", "backup.so~"):
            (self.directory / "plugins" / name).write_text("not a plugin")
        with atrium.Server(self.config) as server:
            self.assertEqual([item["file"] for item in self.states(server) if item["state"] == "rejected"], [])
            self.assertFalse([line for line in server.log if "plugin.rejected" in line])
            self.assertTrue(all(part["healthy"] for part in server.get("/health/ready").json["components"]))

    def test_one_that_never_ends_does_not_hold_up_the_stop(self):
        shutil.copy2(atrium.build_dir / "tests" / "fault" / "plugins" / "zoo" / "bad_hangs.so", self.directory / "plugins")
        server = atrium.Server(self.config + "server:\n  shutdown_timeout: 1s\n")
        try:
            # Its trial would have found out: it has one behind it that went well.
            digest = hashlib.sha256((self.directory / "plugins" / "bad_hangs.so").read_bytes()).hexdigest()
            (server.data_dir / "plugins").mkdir(mode=0o700)
            (server.data_dir / "plugins" / "probed.txt").write_text(digest + "\n")
            server.start()
            self.assertEqual(server.stop(stop_promise_s), -signal.SIGABRT, server.tail())
            self.assertIn("atriumd: the server did not stop in time", server.log)
        finally:
            server.remove()

    def test_a_store_one_cannot_do_without(self):
        path = self.plugin("sqlite")
        path.write_bytes(path.read_bytes()[:1000])
        Start.refused(self, atrium.Server(self.config), "sqlite")


if __name__ == "__main__":
    unittest.main()
