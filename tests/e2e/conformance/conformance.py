#!/usr/bin/python3
"""Runs wsconf.py against the echo route of the real server: conformance.py [wsconf options]; needs tests/e2e/lib on the path.

Passes without a FAIL, with at most three NONSTRICT, if every check ran, and if the server then ends in good order."""
import json
import pathlib
import subprocess
import sys
import tempfile

import atrium

echo_path = "/echo"
nonstrict_max = 3
checks_min = 583


def main():
    with atrium.Server(env={"ATRIUM_ECHO_PATH": echo_path}) as server, tempfile.TemporaryDirectory(prefix="atrium-wsconf-") as folder:
        report = pathlib.Path(folder) / "report.json"
        wsconf = pathlib.Path(__file__).with_name("wsconf.py")
        checks = subprocess.run([sys.executable, "-B", wsconf, server.ws_url + echo_path, "--json", report, *sys.argv[1:]])
        if checks.returncode == 2:
            return f"the server cannot be reached\n{server.tail()}"
        results = json.loads(report.read_text())["results"]
        lax = [f"{result['id']}: {result['note']}" for result in results if result["verdict"] == "NONSTRICT"]
        print(*lax, sep="\n")
        if checks.returncode:
            return f"some checks failed\n{server.tail()}"
        if len(lax) > nonstrict_max:
            return f"{len(lax)} checks are only tolerated"
        if len(results) < checks_min and not sys.argv[1:]:
            return f"only {len(results)} checks of {checks_min} were made"
    return 0


if __name__ == "__main__":
    sys.exit(main())
