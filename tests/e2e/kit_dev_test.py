"""`atrium dev --server`: a plugin that its author changes, in a server that somebody else runs."""
import re
import unittest

import atrium
import kit

plugin = "com.acme.my-note"


class DevElsewhere(unittest.TestCase):
    changes = 0

    @classmethod
    def setUpClass(cls):
        cls.sdk = kit.Kit()
        cls.addClassCleanup(cls.sdk.remove)
        cls.sdk.__enter__()
        cls.sdk.run("atrium", "new", "message-type", "my-note", "--id", plugin)
        cls.project = cls.sdk.work / "my-note"
        (cls.project / "build" / "plugins").mkdir(parents=True)

    def server(self, directories):
        config = f"include: [{self.sdk.prefix / 'lib/atrium/config/demo.yaml'}]\nplugins:\n  directories: [../plugins{directories}]\n"
        server = self.enterContext(atrium.Server(config, program=self.sdk.prefix / "bin" / "atriumd"))
        self.admin = server.token("root", role="admin")
        return server

    def develop(self, server, token):
        script = f"exec atrium dev {self.project} --server http://127.0.0.1:{server.port} --token {token}"
        running = kit.Terminal(self.sdk, script, self.sdk.work)
        self.addCleanup(running.end)
        return running

    def shown(self, server):
        return server.get(f"/admin/plugins/{plugin}", self.admin).json

    def change(self):
        """Another file of the plugin, which does the same."""
        manifest = self.project / "plugin.yaml"
        type(self).changes += 1
        manifest.write_text(re.sub(r"(?m)^description: .*$", f"description: As it is after {self.changes} changes.", manifest.read_text()))

    def test_each_build_goes_into_the_server_that_runs(self):
        server = self.server(f", {self.project / 'build' / 'plugins'}")
        running = self.develop(server, self.admin)
        _, seen = running.line(rf"(Loaded|Swapped) {plugin} in ")  # It was there at the start when another test has built it.
        first = self.shown(server)
        self.assertEqual(first["state"], "active")
        self.change()
        _, seen = running.line(rf"Swapped {plugin} in ", seen)
        second = self.shown(server)
        self.assertEqual((second["state"], second["generation"]), ("active", first["generation"] + 1))
        self.assertNotEqual(second["sha256"], first["sha256"])

        # A mistake is shown, and what runs there goes on; so it does when the author has gone.
        source = self.project / "my_note.cpp"
        whole = source.read_text()
        source.write_text("no code\n" + whole)
        _, seen = running.line("Waiting for a change", seen)
        source.write_text(whole)
        running.line("Nothing of the plugin changed", seen)
        self.assertEqual(running.end(), 0)
        self.assertEqual(self.shown(server)["generation"], second["generation"])

    def test_what_the_server_refuses_is_told_and_tried_again(self):
        server = self.server("")
        running = self.develop(server, self.admin)
        _, seen = running.line(f"The server has not loaded {plugin}: it must find {self.project / 'build' / 'plugins'} by its plugins.directories")
        self.change()
        running.line(f"The server has not loaded {plugin}", seen)
        stranger = self.develop(server, server.token("ana"))
        stranger.line(rf"The server refused {plugin} \(403\)")

    def test_a_server_that_is_not_there_and_a_token_that_is_missing(self):
        told = self.sdk.run("atrium", "dev", self.project, "--server", "http://127.0.0.1:1", status=2)
        self.assertIn("--server takes --token, too", told)
        server = self.server("")
        server.stop()
        running = self.develop(server, self.admin)
        running.line("Building")
        running.line(str(server.port))
        self.assertEqual(running.end(), 0)


if __name__ == "__main__":
    unittest.main()
