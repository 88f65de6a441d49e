"""Plugins of a running server: exchanged, switched and configured by REST, atriumctl and SIGHUP, and what becomes of one that does harm."""
import asyncio
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

import atrium
import session

test_plugins = atrium.build_dir / "tests" / "unit" / "plugin" / "life"
life = "test.life"


class PluginLife(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="atrium-life-")))
        self.put("1.0.0")
        self.directories = f"directories: [{atrium.build_dir / 'plugins'}, {self.directory}]"

    def put(self, version):
        fresh = self.directory / "fresh"
        shutil.copy2(test_plugins / f"test_life_{version}.so", fresh)
        fresh.rename(self.directory / "test_life.so")

    def server(self, **sections):
        sections.setdefault("plugins", self.directories)
        return session.config(**sections)

    def serve(self, **sections):
        server = self.enterContext(atrium.Server(self.server(**sections)))
        self.admin = server.token("root", role="admin")
        self.ana = server.token("ana")
        self.room = session.make_room(server, "ana")
        return server

    def say(self, server, content):
        return server.post("/collaboration/messages", {"room_id": self.room, "content": content, "message_type": "test_life"}, self.ana)

    def annotation(self, server, content):
        answer = self.say(server, content)
        self.assertEqual(answer.status, 200, answer)
        (message,) = server.get(f"/collaboration/rooms/{self.room}/history?limit=1", self.ana).json
        return message["metadata"][content]

    def plugin(self, server):
        return server.get(f"/admin/plugins/{life}", self.admin).json

    def do(self, server, verb, status=200, path=None):
        answer = server.post(path or f"/admin/plugins/{life}/{verb}", None, self.admin)
        self.assertEqual(answer.status, status, answer)
        return answer.json

    def ctl(self, server, *arguments):
        return subprocess.run([atrium.build_dir / "bin" / "atriumctl", "plugin", *arguments, "--url", server.url], capture_output=True, text=True,
                              timeout=60, env={**os.environ, "JWT_SECRET_KEY": server.secret})

    def test_a_swap_under_traffic_fails_no_call_and_keeps_what_the_plugin_knows(self):
        server = self.serve()
        enough = threading.Event()

        def talk():
            answers = []
            while not enough.is_set():
                answers.append(self.say(server, "count").status)
            return answers

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            talkers = [pool.submit(talk) for _ in range(4)]
            for number in range(10):
                self.put("1.1.0" if number % 2 == 0 else "1.0.0")
                (step,) = self.do(server, "reload")["steps"]
                self.assertEqual(step["action"], "swap")
            enough.set()
            statuses = [status for talker in talkers for status in talker.result()]
        self.assertEqual(set(statuses), {200})
        self.assertEqual(self.annotation(server, "count"), len(statuses) + 1)
        shown = self.plugin(server)
        self.assertEqual((shown["state"], shown["generation"]), ("active", 11))
        self.assertNotIn("pinned_generations", shown)

    def test_switching_off_and_on_and_other_options(self):
        server = self.serve()
        self.assertEqual(self.do(server, "disable")["steps"][0]["action"], "unload")
        self.assertEqual(self.say(server, "count").status, 422)
        self.assertEqual(self.plugin(server)["state"], "unloaded")
        self.do(server, "enable")
        self.assertEqual(self.annotation(server, "count"), 1)
        refused = server.put(f"/admin/plugins/{life}/config", {"start": "\U0001F600"}, self.admin)
        self.assertIn("start", refused.json["errors"][0]["message"], "JSON may write a character as two surrogates")
        refused = server.put(f"/admin/plugins/{life}/config", {"start": "badly"}, self.admin)
        self.assertEqual((refused.status, refused.json["code"]), (409, "change_refused"))
        self.assertIn("start", refused.json["errors"][0]["message"])
        refused = server.put(f"/admin/plugins/{life}/config", {"start": "fail"}, self.admin)
        self.assertEqual((refused.status, refused.json["code"]), (409, "change_refused"))
        self.assertIn("told to fail", refused.json["detail"])
        self.assertEqual(self.annotation(server, "count"), 2)
        self.assertEqual(server.put(f"/admin/plugins/{life}/config", [], self.admin).status, 422)
        self.assertEqual(self.do(server, "reload", 404, "/admin/plugins/com.acme.none/reload")["code"], "not_found")
        self.assertEqual(server.post(f"/admin/plugins/{life}/reload", None, self.ana).status, 403)

    def test_a_room_type_that_wants_more_than_the_storage_promises_is_not_switched_on(self):
        server = atrium.Server(self.server(plugins=self.directories + "\nenabled_by_default: false", storage="backend: memory"))
        self.enterContext(server)
        self.admin = server.token("root", role="admin")
        server.config.write_text(server.config.read_text() + "room_types: {agent_team: true}\n")
        refused = self.do(server, None, 409, "/admin/config/apply")
        self.assertIn("the storage promises less (received) than its room type agent_team asks for (fsynced)", refused["detail"])
        shown = server.get("/admin/plugins/atrium.room-type.agent-team", self.admin).json
        self.assertNotEqual(shown["state"], "active")

    def test_the_configuration_is_planned_and_applied_as_a_whole(self):
        server = self.serve()
        good = server.config.read_text()
        server.config.write_text(good.replace(self.directories, self.directories + f"\n  use: {{{life}: {{config: {{start: fail}}}}}}")
                                 + "room_types: {property_tour: false}\nrooms: {max_members_default: 7}\n")
        plan = self.do(server, None, path="/admin/config/plan")
        self.assertEqual({(step["action"], step["plugin"]) for step in plan["steps"]},
                         {("unload", "atrium.room-type.property-tour"), ("reconfigure", life)})
        self.assertEqual((plan["applied"], plan["restart"]), (False, ["rooms"]))
        self.do(server, None, 409, "/admin/config/apply")
        session.make_room(server, "ana", room_type="property_tour")  # Nothing of it happened.
        server.config.write_text(server.config.read_text().replace("start: fail", "takes_state: true"))
        server.process.send_signal(signal.SIGHUP)
        self.assertIn("room_types", server.logged("config.read")["applied"])
        answer = server.post("/collaboration/rooms", {"room_type": "property_tour", "name": "x"}, self.ana)
        self.assertEqual(answer.status, 422)
        self.assertEqual(self.do(server, None, path="/admin/config/plan")["steps"], [])

    def test_what_happened_can_be_asked_for(self):
        server = self.serve()
        events = server.get("/admin/plugins/events", self.admin).json["items"]
        last = server.get(f"/admin/plugins/events?after={events[-1]['number']}", self.admin).json
        while last["next_cursor"]:
            last = server.get(f"/admin/plugins/events?after={last['next_cursor']}", self.admin).json
        seen = (last["items"] or events)[-1]["number"]
        self.do(server, "disable")
        after = server.get(f"/admin/plugins/events?after={seen}", self.admin).json["items"]
        self.assertEqual([event["state"] for event in after], ["draining", "stopped", "unloaded"])
        metrics = server.get("/metrics").body.decode()
        self.assertIn('atrium_plugin_state{plugin="test.life",state="unloaded"} 1', metrics)
        self.assertIn('atrium_plugin_state{plugin="test.life",state="active"} 0', metrics)

    def test_who_operates_the_server_is_told_as_it_happens(self):
        server = self.serve(auth="operator_tenants: [acme]")

        async def watch():
            async with (session.connect(server, "root", role="admin") as root, session.connect(server, "ana") as ana,
                        session.connect(server, "boss", role="supervisor") as boss,
                        session.connect(server, "root", role="admin", tenant="other") as other):
                await asyncio.to_thread(self.do, server, "disable")
                await asyncio.to_thread(self.do, server, "enable")
                await root.until("plugin_state", plugin=life, state="active")
                for stranger in (ana, boss, other):
                    self.assertEqual(await stranger.settled(), [], stranger.user)
                return [event for event in root.events if event["event_type"] == "plugin_state"]

        told = asyncio.run(watch())
        states = [event["state"] for event in told if event["plugin"] == life]
        self.assertEqual((states[:3], states[-1]), (["draining", "stopped", "unloaded"], "active"))
        # The very steps that can be asked for, so that whoever misses a number knows where to look.
        listed = server.get(f"/admin/plugins/events?after={told[0]['number'] - 1}", self.admin).json["items"]
        self.assertEqual(told, [{"event_type": "plugin_state", **step} for step in listed[:len(told)]])

    def test_atriumctl_does_it_all(self):
        server = self.serve()
        listed = self.ctl(server, "list")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertRegex(listed.stdout, rf"(?m)^{life} +1\.0\.0 +active +1$")
        self.put("1.1.0")
        self.assertRegex(self.ctl(server, "reload", life).stdout, rf"^swap +{life} +1\.0\.0 -> 1\.1\.0\n$")
        self.assertRegex(self.ctl(server, "show", life).stdout, r"(?m)^version +1\.1\.0$")
        self.assertEqual(json.loads(self.ctl(server, "show", life, "--json").stdout)["version"], "1.1.0")
        self.assertRegex(self.ctl(server, "disable", life).stdout, rf"^unload +{life} +1\.1\.0 -> - +until it is enabled")
        self.assertEqual(self.ctl(server, "enable", life).returncode, 0)
        refused = self.ctl(server, "configure", life, '{"start": "fail"}')
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertIn("told to fail", refused.stderr)
        for command in ("rescan", "plan", "apply"):
            self.assertEqual(self.ctl(server, command).stdout, "nothing to do with the plugins\n")
        broken = self.directory / "broken.so"
        broken.write_text("no library")
        rescanned = self.ctl(server, "rescan")
        self.assertEqual((rescanned.returncode, rescanned.stdout), (0, "nothing to do with the plugins\n"))
        self.assertRegex(rescanned.stderr, rf"^{broken} is rejected: ")
        newest = server.get(f"/admin/plugins/{life}", self.admin).json["history"][-1]["number"]
        told = self.ctl(server, "events").stdout.splitlines()
        self.assertGreater(len(told), 101, "more than the server tells at a time")
        numbers = [int(line.split()[0]) for line in told[1:]]
        self.assertEqual(numbers, list(range(1, numbers[-1] + 1)))
        self.assertGreaterEqual(numbers[-1], newest)
        self.assertEqual(self.ctl(server, "reset", life).returncode, 0)
        self.assertEqual(self.ctl(server, "show", "com.acme.none").returncode, 1)

    def confirmed_then(self, server, deed):
        """Sends a message that is confirmed, then one that ends the server."""
        self.assertEqual(self.say(server, "version").status, 200)
        with self.assertRaises(OSError):
            self.say(server, deed)
        return server.wait()

    def comes_back_without_it(self, server, reason):
        server.start()
        shown = self.plugin(server)
        self.assertEqual(shown["state"], "quarantined", shown)
        self.assertIn(reason, shown["reason"])
        self.assertEqual(shown["quarantine"]["by"], "server")
        ready = server.get("/health/ready")
        (plugins,) = [part for part in ready.json["components"] if part["name"] == "plugins"]
        self.assertEqual((ready.status, plugins["healthy"]), (200, False))
        self.assertIn(life, plugins["detail"])

    @unittest.skipIf("asan" in str(atrium.build_dir) or "tsan" in str(atrium.build_dir), "the sanitizer's report is worth more")
    def test_one_that_crashes_in_a_hook_is_kept_out_and_nothing_confirmed_is_lost(self):
        # Named, so that only its quarantine can keep it out.
        server = self.serve(plugins=self.directories + f"\nuse: {{{life}: {{enabled: true}}}}")
        self.assertEqual(self.confirmed_then(server, "crash"), -signal.SIGABRT)
        self.comes_back_without_it(server, "it crashed the server with SIGABRT in check")
        history = server.get(f"/collaboration/rooms/{self.room}/history", self.ana).json
        self.assertEqual([message["content"] for message in history], ["version"])
        self.do(server, "reset")
        self.assertEqual(self.annotation(server, "version"), "1.0.0")

    @unittest.skipIf("asan" in str(atrium.build_dir) or "tsan" in str(atrium.build_dir), "the sanitizer's report is worth more")
    def test_one_that_ends_the_process_in_a_hook_is_kept_out(self):
        server = self.serve()
        self.assertEqual(self.confirmed_then(server, "exit"), 70)
        self.comes_back_without_it(server, "it ended the server by exit() in check")

    @unittest.skipIf("asan" in str(atrium.build_dir) or "tsan" in str(atrium.build_dir), "the sanitizer's report is worth more")
    def test_one_that_ends_the_process_without_ado_is_kept_out(self):
        server = self.serve()
        self.assertEqual(self.confirmed_then(server, "_exit"), 70, "and not 0, as the plugin asked for")
        self.comes_back_without_it(server, "it ended the server by _exit() in check")

    @unittest.skipIf("asan" in str(atrium.build_dir) or "tsan" in str(atrium.build_dir), "the sanitizer's report is worth more")
    def test_one_that_hangs_in_a_hook_is_kept_out(self):
        server = self.serve()
        self.assertEqual(self.confirmed_then(server, "hang"), -signal.SIGABRT)
        self.comes_back_without_it(server, "it did not come back from check")

    def test_a_new_file_is_tried_by_another_process_first(self):
        server = atrium.Server(self.server(plugins=self.directories + f"\nuse: {{{life}: {{config: {{start: exit}}}}}}"))
        self.addCleanup(server.remove)
        server.spawn()
        self.assertEqual(server.wait(), 2)
        self.assertIn(f"The plugin {life}", server.tail())
        self.assertIn("when a process of its own tried it, it ended its process with exit(3); atrium-validate ", server.tail())

    def test_one_that_ends_the_process_while_it_is_loaded_stops_only_one_start(self):
        # Its file was tried before, when its options were harmless.
        config = self.server(plugins=self.directories + f"\nuse: {{{life}: {{enabled: true}}}}")
        server = atrium.Server(config)
        self.addCleanup(server.remove)
        server.start()
        self.assertEqual(server.stop(), 0)
        server.config.write_text(server.config.read_text().replace("{enabled: true}", "{config: {start: exit}}"))
        server.spawn()
        sanitized = "asan" in str(atrium.build_dir) or "tsan" in str(atrium.build_dir)  # Which have an _exit() of their own.
        self.assertEqual(server.wait(), 3 if sanitized else 70)
        self.admin = server.token("root", role="admin")
        reason = "the server ended while it was being loaded" if sanitized else "it ended the server by _exit() in create"
        self.comes_back_without_it(server, reason)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
