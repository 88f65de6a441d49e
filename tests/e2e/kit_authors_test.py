"""Every example and every template of `atrium new`, built in an empty folder from the installed SDK alone: its tests pass, and a server takes it."""
import json
import shutil
import unittest

import atrium
import kit

examples = atrium.source_dir / "examples" / "plugins"
kinds = ["alert-rule", "assistant", "authenticator", "bus", "command", "event-sink", "http-ui", "message-type", "room-type", "routing-scorer",
         "storage-backend"]


class Authors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sdk = kit.Kit()
        cls.addClassCleanup(cls.sdk.remove)
        cls.sdk.__enter__()
        folders = [cls.sdk.work / "examples" / path.parent.name for path in sorted(examples.glob("*/CMakeLists.txt"))]
        shutil.copytree(examples, cls.sdk.work / "examples")
        for kind in kinds:
            cls.sdk.run("atrium", "new", kind, f"my-{kind}", "--id", f"com.acme.my-{kind}")
        cls.sdk.run("atrium", "new", "message-type", "my-plain-c", "--language", "c")
        folders += [cls.sdk.work / f"my-{kind}" for kind in [*kinds, "plain-c"]]
        cls.folders = folders
        cls.build = cls.sdk.together(folders)

    def test_there_are_examples_enough(self):
        names = [folder.name for folder in self.folders if folder.parent.name == "examples"]
        self.assertGreaterEqual(len(names), 8, names)
        for folder in self.folders:
            present = {path.name for path in folder.iterdir()}
            self.assertLessEqual({"CMakeLists.txt", "README.md", "plugin.yaml"}, present, folder)

    def test_their_tests_pass(self):
        told = self.sdk.run("ctest", "--test-dir", self.build, "--output-on-failure", "--no-tests=error", "-j2")
        self.assertIn("100% tests passed", told)
        # Each of them has at least one.
        listed = self.sdk.run("ctest", "--test-dir", self.build, "-N")
        for folder in self.folders:
            name = folder.name.replace("-", "_")
            self.assertIn(f": {name}.", listed)
            self.assertIn(f": validate.{name}\n", listed)

    def test_a_server_takes_them(self):
        plugins = sorted((self.build / "plugins").glob("*.so"))
        self.assertEqual(len(plugins), len(self.folders))
        config = f"include: [{self.sdk.prefix / 'lib/atrium/config/demo.yaml'}]\nplugins:\n  directories: [../plugins, {self.build / 'plugins'}]\n"
        with atrium.Server(config, program=self.sdk.prefix / "bin" / "atriumd") as server:
            items = server.get("/admin/plugins", server.token("root", role="admin")).json["items"]
        idle = {item["id"]: item["reason"] for item in items if item["id"].startswith("com.acme.") and item["state"] != "active"}
        # These need something of the operator's: a secret, an address, a tenant.
        for plugin, missing in (("com.acme.api-keys", "signing"), ("com.acme.model-tips", "url"), ("com.acme.lead-form", "tenant")):
            self.assertIn(missing, idle.pop(plugin))
        # One storage is on at a time, and one bus.
        self.assertLessEqual(set(idle), {"com.acme.my-storage-backend", "com.acme.my-bus", "com.acme.loopback"}, idle)

    def test_a_decision_that_changed_is_told_with_its_line(self):
        folder = self.sdk.work / "examples" / "vip_scorer"
        recording = folder / "decisions.ndjson"
        self.assertIn("2 calls, 0 answered otherwise", self.sdk.run("atrium", "test", folder, "--replay", recording))
        lines = recording.read_text().splitlines()
        changed = json.loads(lines[1])
        changed["expect"]["scores"][0]["value"] = 0.3
        recording.write_text(lines[0] + "\n" + json.dumps(changed) + "\n")
        told = self.sdk.run("atrium", "test", folder, "--replay", recording, status=1)
        self.assertIn(f"{recording}:2: score_batch answered", told)
        self.assertIn("2 calls, 1 answered otherwise", told)
        self.sdk.run("atrium", "test", folder, "--replay", recording, "--record")
        self.assertEqual([json.loads(line) for line in recording.read_text().splitlines()], [json.loads(line) for line in lines])

    def test_calls_of_rooms_messages_and_alerts_are_replayed(self):
        calls = {
            "poll": [{"hook": "check", "message": {"metadata": {"answers": ["a"]}}}],
            "house_words": [{"hook": "will_post", "message": {"content": "the flat"}}],
            "crowded_desk": [{"hook": "evaluate", "window": {"series": [{"metric": "capacity_utilization", "subject": "ana", "values": [1]}]}}],
        }
        answers = {}
        for name, recorded in calls.items():
            folder = self.sdk.work / "examples" / name
            # Configured by its author, without the tests, which were built and run above.
            self.sdk.run("cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja", "-DBUILD_TESTING=OFF")
            recording = self.sdk.work / f"{name}.ndjson"
            recording.write_text("".join(json.dumps(call) + "\n" for call in recorded))
            self.sdk.run("atrium", "test", folder, "--replay", recording, "--record")
            answers[name] = json.loads(recording.read_text())["expect"]
            self.sdk.run("atrium", "test", folder, "--replay", recording)
        self.assertEqual(answers["poll"], {"deny_fields": {"/metadata/answers": "must be 2 to 5 texts"}})
        self.assertEqual(answers["house_words"], {"content": "the apartment", "annotations": {"house_words": 1}})
        self.assertEqual((answers["crowded_desk"]["alerts"][0]["subject"], answers["crowded_desk"]["alerts"][0]["value"]), ("ana", 1))
        wrong = self.sdk.work / "wrong.ndjson"
        for line, sentence in (('{"hook": "did_post"}', '"hook" must be'), ("{", "this is no JSON"), ("", "has no call in it"),
                               ('{"hook": "will_post"}', "does not offer")):
            wrong.write_text(line + "\n")
            self.assertIn(sentence, self.sdk.run("atrium", "test", self.sdk.work / "examples" / "poll", "--replay", wrong, status=1))


if __name__ == "__main__":
    unittest.main()
