#!/usr/bin/python3
"""Runs wsconf.py against the server that only echoes: conformance.py PATH_OF_ECHO_SERVER [wsconf options].

Passes without a FAIL, with at most three NONSTRICT, and if the server then ends in good order."""
import json
import pathlib
import subprocess
import sys
import tempfile

nonstrict_max = 3


def main():
    server = subprocess.Popen([sys.argv[1]], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().split()[-1].replace("http", "ws", 1)
        with tempfile.TemporaryDirectory(prefix="atrium-wsconf-") as folder:
            report = pathlib.Path(folder) / "report.json"
            checks = subprocess.run([sys.executable, "-B", pathlib.Path(__file__).with_name("wsconf.py"), url + "/echo", "--json", report, *sys.argv[2:]])
            if checks.returncode == 2:
                return "the server cannot be reached"
            results = json.loads(report.read_text())["results"]
        lax = [f"{result['id']}: {result['note']}" for result in results if result["verdict"] == "NONSTRICT"]
        print(*lax, sep="\n")
        if checks.returncode:
            return "some checks failed"
        if len(lax) > nonstrict_max:
            return f"{len(lax)} checks are only tolerated"
    finally:
        server.terminate()
        ended = server.wait(30)
    return f"the server ended with {ended}" if ended else 0


if __name__ == "__main__":
    sys.exit(main())
