"""The first command of the README, as a newcomer runs it: ./dev run, then the two lines it prints, each in a terminal of its own."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.request

import atrium


class Conversation:
    """A program whose lines come in on a thread, so that a test can wait for one with a deadline."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
                                        start_new_session=True, **options)
        self.lines = []
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def find(self, accept, deadline_s=120):
        """The lines that `accept` takes, once there is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or any(map(accept, self.lines)), deadline_s)
            found = [line for line in self.lines if accept(line)]
        assert found, "\n".join(["not seen in:", *self.lines])
        return found

    def type(self, text):
        self.process.stdin.write(text + "\n")

    def interrupt(self):
        """Ctrl-C: to everything in this terminal's foreground. Returns the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Demo(unittest.TestCase):
    def start(self, command, **options):
        conversation = Conversation(command, **options)
        self.addCleanup(conversation.end)
        return conversation

    def run_demo(self, data_dir, *arguments):
        # From another directory than the tree's own, as people do.
        return self.start([atrium.source_dir / "dev", "run", *arguments], cwd="/", env={**os.environ, "ATRIUM_PORT": "0", "ATRIUM_DATA_DIR": data_dir})

    def test_two_pasted_lines_make_two_people_talk(self):
        with tempfile.TemporaryDirectory() as data_dir:
            demo = self.run_demo(data_dir, "--no-demo")
            demo.find(lambda line: "Ctrl-C stops the server" in line)
            ana, ben = (self.start(["bash", "-c", line]) for line in demo.find(lambda line: "chat.py" in line))
            for person in (ana, ben):
                person.find(lambda line: line.startswith("-- connected"))
            ana.type("A lead came in, who takes it?")
            ben.find(lambda line: line == "Ana: A lead came in, who takes it?")
            ben.type("I do.")
            ana.find(lambda line: line == "Ben: I do.")
            self.assertEqual(demo.interrupt(), 0, "\n".join(demo.lines))
            demo.find(lambda line: line == "Stopped.")
            self.assertFalse([line for line in demo.lines if "watch.py" in line])

            self.assertEqual(os.stat(os.path.join(data_dir, "jwt-secret")).st_mode & 0o777, 0o600)

            # What was said is still there, the room is the same, and so are the tokens' key and owner.
            again = self.run_demo(data_dir)
            again.find(lambda line: "Ctrl-C stops the server" in line)
            line = again.find(lambda line: "chat.py" in line)[0].split()
            url, token, room = line[2:5]
            request = urllib.request.Request(f"{url}/api/v1/collaboration/rooms/{room}/history", headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=30) as history:
                self.assertIn("A lead came in, who takes it?", history.read().decode())

            # This time a team is at work, as the lines to paste show; it ends before its server does.
            watch = again.find(lambda line: "watch.py" in line)[0]
            board = self.start(["bash", "-c", watch])
            self.assertIn('"name": "Demo Agent 1 (', board.find(lambda line: line.startswith("demo-agent-1 "))[0])
            figures = subprocess.run(["bash", "-c", again.find(lambda line: line.startswith("curl "))[0]], capture_output=True, timeout=30)
            self.assertEqual(json.loads(figures.stdout)["agents_online"], 8)
            self.assertEqual(again.interrupt(), 0, "\n".join(again.lines))
            again.find(lambda line: line == "Stopped.")

    def test_a_port_in_use_is_told_before_anything_is_built(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            demo = self.start([atrium.source_dir / "dev", "run"], env={**os.environ, "ATRIUM_PORT": port})
            demo.find(lambda line: f"already listening on port {port}" in line)
            demo.find(lambda line: "ATRIUM_PORT=" in line)
            self.assertEqual(demo.process.wait(60), 1)

    def test_an_argument_that_nothing_reads_is_refused(self):
        for command, words in (("run", "takes no arguments but --no-demo"), ("check", "takes no arguments")):
            asked = subprocess.run([atrium.source_dir / "dev", command, "extra"], capture_output=True, text=True, timeout=60)
            self.assertEqual(asked.returncode, 1)
            # An empty line sets the message off; it is no blank in front of it.
            self.assertEqual(asked.stderr.splitlines()[:2], ["", f"./dev: '{command}' {words}, and got 'extra'"])

    def test_a_log_that_cannot_be_written_is_told_as_that(self):
        with tempfile.TemporaryDirectory() as tree:
            shutil.copy(atrium.source_dir / "dev", tree)
            log = os.path.realpath(os.path.join(tree, "build", "logs", "configure-release.log"))
            os.makedirs(log)
            built = subprocess.run([os.path.join(tree, "dev"), "build"], capture_output=True, text=True, timeout=300)
            self.assertEqual(built.returncode, 1)
            self.assertEqual(built.stderr.splitlines()[:2], ["", f"./dev: cannot write {log}"])


if __name__ == "__main__":
    unittest.main()
