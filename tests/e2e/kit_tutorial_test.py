"""docs/plugins/tutorial.md, step by step in an empty folder with the installed SDK: its files and commands are those of examples/tutorial."""
import json
import re
import shutil
import unittest

import atrium
import kit

steps = atrium.source_dir / "examples" / "tutorial"


def region(file, name):
    """The lines that the page shows of that file."""
    return re.search(rf"\[snippet:{name}\][^\n]*\n(.*?)^[^\n]*\[/snippet\]", (steps / file).read_text(), flags=re.S | re.M)[1]


class Tutorial(unittest.TestCase):
    def shell(self, sdk, script, cwd):
        return sdk.run("bash", "-c", "set -e\n" + script, cwd=cwd)

    def test_the_page_does_what_it_says(self):
        with kit.Kit() as sdk:
            project = sdk.work / "sticky-note"
            running = kit.Terminal(sdk, region("begin.sh", "begin"), sdk.work)
            try:
                self.develop(sdk, running, project)
            finally:
                status = running.end()
            self.assertEqual(status, 0, "\n".join(running.lines[-20:]))
            self.hand_on(sdk, project)

    def develop(self, sdk, running, project):
        running.line("Ctrl-C stops")
        script = region("room.sh", "room") + region("room.sh", "post")
        good, bad = map(json.loads, self.shell(sdk, script, project).splitlines())
        self.assertIn("seq", good)
        self.assertEqual((bad["status"], bad["errors"][0]["path"]), (422, "/metadata/colour"))

        # A mistake is shown, and the old plugin goes on.
        source = project / "sticky_note.cpp"
        whole = source.read_text()
        source.write_text(whole.replace("reply.deny", "reply.refuse"))
        _, seen = running.line(r"sticky_note\.cpp:\d+:\d+: error")
        _, seen = running.line("Waiting for a change", seen)
        shout = region("room.sh", "room") + region("room.sh", "post").splitlines()[0] + "\n" + region("room.sh", "shout")
        self.assertIn("seq", json.loads(self.shell(sdk, shout, project)))

        shutil.copy(steps / "sticky_note.cpp", source)
        running.line(r"Swapped com\.example\.sticky-note|Running com\.example\.sticky-note", seen)
        refused = json.loads(self.shell(sdk, shout, project))
        self.assertEqual((refused["code"], refused["detail"]), ("rejected_by_plugin", "A note does not shout."))

        # Options of the server's that come while it runs, and others that it refuses.
        seen = len(running.lines)
        (project / "dev.yaml").write_text("log: {level: debug}\n")
        _, seen = running.line("configuration changed: starting it again", seen)
        _, seen = running.line(r"Running com\.example\.sticky-note", seen)
        (project / "dev.yaml").write_text("plugins: {use: {com.example.sticky-note: {config: {colour: red}}}}\n")
        running.line(rf"{project / 'dev.yaml'}:.*the plugin has no option", seen)

    def hand_on(self, sdk, project):
        shutil.copy(steps / "sticky_note_test.cpp", project)
        self.assertIn("doesNotShout", self.shell(sdk, region("hand_on.sh", "test") + "ctest --test-dir build -N", project))
        told = self.shell(sdk, region("hand_on.sh", "replay"), project)
        self.assertIn("2 calls, 2 answers recorded", told)
        self.assertIn("2 calls, 0 answered otherwise", told)
        self.assertIn("id          com.example.sticky-note", self.shell(sdk, region("hand_on.sh", "pack"), project))
        self.shell(sdk, region("hand_on.sh", "install"), project)
        server = sdk.work / "server"
        (server / "atrium.yaml").write_text("server: {port: 0}\n" + region("atrium.yaml", "yaml"))
        serving = kit.Terminal(sdk, "set -e\n" + region("serve.sh", "serve").replace("\natriumd", "\nexec atriumd"), project)
        try:
            serving.line("listening on http://")
            serving.line(r'"plugin\.active","plugin":"com\.example\.sticky-note"')  # The log comes by another way, before or after.
        finally:
            self.assertEqual(serving.end(), 0)


if __name__ == "__main__":
    unittest.main()
