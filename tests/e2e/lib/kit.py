"""The SDK as an author of plugins has it: installed from the build under test, and used from a folder of one's own.

    with kit.Kit() as sdk:
        sdk.run("atrium", "new", "message-type", "sticky-note")
        sdk.run("cmake", "-B", "build", "-G", "Ninja", cwd=sdk.work / "sticky-note")
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading

import atrium

deadline_s = 900  # Generous: some fifty compilations on a busy machine.


class Kit:
    """`prefix` is where the SDK is installed, `work` an empty folder; both go with the object."""

    def __init__(self):
        self._own_dir = pathlib.Path(tempfile.mkdtemp(prefix="atrium-kit-"))
        self.prefix = self._own_dir / "prefix"
        self.work = self._own_dir / "work"
        self.work.mkdir()

    def __enter__(self):
        try:
            installed = subprocess.run(["cmake", "--install", atrium.build_dir, "--prefix", self._own_dir / "elsewhere"], capture_output=True, text=True)
            assert installed.returncode == 0, installed.stdout[-3000:] + installed.stderr
            # What is installed may be moved.
            (self._own_dir / "elsewhere").rename(self.prefix)
            return self
        except BaseException:
            self.remove()
            raise

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        shutil.rmtree(self._own_dir, ignore_errors=True)

    @property
    def environment(self):
        """Variables as an author has them who put the SDK's programs on the PATH; nothing of the build under test."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ATRIUM_") and name != "PYTHONPATH"}
        return {**kept, "PATH": f"{self.prefix / 'bin'}:{os.environ['PATH']}"}

    def run(self, *command, cwd=None, status=0, env=None):
        """Runs a command and returns what it wrote, both streams together; its exit code must be `status`."""
        ended = subprocess.run(command, cwd=cwd or self.work, env={**self.environment, **(env or {})}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=deadline_s)
        assert ended.returncode == status, f"{command} ended with {ended.returncode}\n{ended.stdout[-6000:]}"
        return ended.stdout

    def together(self, folders, *definitions):
        """Configures and builds several projects at once, so that the compilers are looked for once; the build folder."""
        top = pathlib.Path(tempfile.mkdtemp(prefix="together-", dir=self._own_dir))
        lines = ["cmake_minimum_required(VERSION 3.25)", "project(together LANGUAGES C CXX)", "enable_testing()"]
        lines += [f"add_subdirectory({folder} {pathlib.Path(folder).name})" for folder in folders]
        (top / "CMakeLists.txt").write_text("\n".join(lines) + "\n")
        # Where a compiler cache is installed, the next run finds everything in it, although the folders have other names then.
        cache = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        env = {"CCACHE_BASEDIR": str(self._own_dir), "CCACHE_NOHASHDIR": "1"}
        # Nobody debugs what comes of it.
        self.run("cmake", "-S", top, "-B", top / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=",
                 "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror", *cache, *definitions)
        self.run("cmake", "--build", top / "build", "--parallel", str(os.cpu_count()), env=env)
        return top / "build"


class Terminal:
    """A shell that runs on: its lines as they come, waited for by what they hold."""

    def __init__(self, sdk, script, cwd):
        self.lines = []
        self._grew = threading.Condition()
        self.process = subprocess.Popen(["bash", "-c", script], cwd=cwd, env=sdk.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._grew:
                self.lines.append(line.rstrip("\n"))
                self._grew.notify_all()
        with self._grew:
            self.lines.append("[the end]")
            self._grew.notify_all()

    def line(self, pattern, after=0):
        """Waits for a line; (its match, how many lines there were up to it)."""
        def find():
            for number, line in enumerate(self.lines[after:], after + 1):
                if found := re.search(pattern, line):
                    return found, number
            return (None, 0) if "[the end]" in self.lines else None

        with self._grew:
            found = self._grew.wait_for(find, deadline_s)
        assert found and found[0], f"no line has {pattern}\n" + "\n".join(self.lines[-40:])
        return found

    def end(self):
        """Presses Ctrl-C; the exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        status = self.process.wait(deadline_s)
        self._reader.join(deadline_s)
        self.process.stdout.close()
        return status
