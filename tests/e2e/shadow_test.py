"""Plugins that run as shadows, `run: shadow`: they see the traffic of the plugin that serves their type, are compared with it, and change nothing,
whatever they say and whatever becomes of them."""
import pathlib
import shutil
import tempfile
import time
import unittest

import atrium
import session

in_force = atrium.build_dir / "tests" / "unit" / "plugin" / "life" / "test_life_1.0.0.so"
shadows = atrium.build_dir / "shadow_plugins"
modes = ["agrees", "differs", "crashes", "hangs"]


class Shadow(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="atrium-shadow-")))
        shutil.copy2(in_force, self.directory / "test_life.so")
        for mode in modes:
            shutil.copy2(shadows / f"shadow_{mode}.so", self.directory)

    def config(self, *uses):
        return session.config(plugins=f"directories: [{atrium.build_dir / 'plugins'}, {self.directory}]\nuse: {{{', '.join(uses)}}}")

    def serve(self, *uses):
        server = self.enterContext(atrium.Server(self.config(*uses)))
        self.admin = server.token("root", role="admin")
        self.ana = server.token("ana")
        self.room = session.make_room(server, "ana")
        return server

    def say(self, server, content):
        answer = server.post("/collaboration/messages", {"room_id": self.room, "content": content, "message_type": "test_life"}, self.ana)
        self.assertEqual(answer.status, 200, answer)

    def plugin(self, server, mode):
        return server.get(f"/admin/plugins/test.shadow-{mode}", self.admin).json

    def answers(self, server, mode, seen):
        """What was counted of that shadow's checks, once all that was seen has been."""
        until = time.monotonic() + 60
        while True:
            answers = self.plugin(server, mode)["shadow"]["answers"]
            (counts,) = answers or [{"hook": "check"}]
            if sum(count for count in counts.values() if isinstance(count, int)) >= seen:
                return counts
            self.assertLess(time.monotonic(), until, answers)

    def test_they_are_compared_and_change_nothing(self):
        server = self.serve(*(f"test.shadow-{mode}: {{run: shadow, deadline: {'10ms' if mode == 'hangs' else '10s'}}}" for mode in modes))
        messages = 3
        for turn in range(messages):
            self.say(server, "version" if turn == 0 else f"message {turn}")
        self.assertEqual(self.answers(server, "agrees", messages), {"hook": "check", "agree": 2, "differ": 1, "told": 0, "failed": 0, "dropped": 0})
        self.assertEqual(self.answers(server, "differs", messages)["differ"], messages)
        for mode in ("crashes", "hangs"):
            # Three faults end in quarantine, as they do for every plugin; what comes afterwards it does not see.
            self.assertGreaterEqual(self.answers(server, mode, 1)["failed"], 1, mode)

        history = server.get(f"/collaboration/rooms/{self.room}/history", self.ana).json
        self.assertEqual([message["content"] for message in history], ["message 2", "message 1", "version"])
        self.assertEqual(history[-1]["metadata"], {"version": "1.0.0"})

        shadow = self.plugin(server, "differs")
        self.assertEqual((shadow["state"], shadow["run"], shadow["granted"]), ("active", "shadow", ["log"]))
        difference = shadow["shadow"]["differences"][0]
        self.assertEqual((difference["hook"], difference["tenant_id"], difference["room_id"]), ("check", "acme", self.room))
        self.assertEqual(difference["in_force"], '{"allowed":true,"annotations":{"version":"1.0.0"}}')
        self.assertEqual(difference["shadow"], '{"refused":"rejected_by_plugin","reason":"not with this one"}')
        metrics = server.get("/metrics").body.decode()
        self.assertIn('atrium_plugin_shadow_answers_total{plugin="test.shadow-differs",hook="check",outcome="differ"} 3', metrics)
        self.assertIn('atrium_plugin_runner_restarts_total{plugin="test.shadow-crashes"}', metrics)
        self.assertEqual(server.get("/health/ready").status, 200)

        # The plugin in force goes; its shadows have nothing left to be compared with.
        refused = server.post("/admin/plugins/test.life/disable", None, self.admin)
        self.assertEqual((refused.status, refused.json["code"]), (409, "change_refused"), refused)
        self.assertIn("that it could be the shadow of", str(refused.json))

    def test_what_cannot_be_a_shadow_is_refused_with_its_remedy(self):
        for use, sentence in {
            "atrium.storage.sqlite: {run: shadow}": "a storage-backend cannot be a shadow: only room types and message types can",
            "atrium.command.remind: {run: shadow}": "a command cannot be a shadow",
            "test.life: {run: shadow}, test.shadow-agrees: {run: shadow}, test.shadow-differs: {enabled: false}, "
            "test.shadow-crashes: {enabled: false}, test.shadow-hangs: {enabled: false}": "no other plugin provides the message-type test_life",
        }.items():
            with self.subTest(use):
                with self.assertRaises(Exception) as refused:
                    with atrium.Server(self.config(use)):
                        pass
                self.assertIn(sentence, str(refused.exception))


if __name__ == "__main__":
    unittest.main()
