#!/usr/bin/python3
"""How long an author of plugins waits: kit_bench.py [--rounds N] [--hold], with tests/e2e/lib on the path of modules.

Installs the SDK of ATRIUM_BUILD_DIR (build/release) under a temporary prefix and does in an empty folder what docs/plugins/tutorial.md begins with.
Prints the median of each figure; with --hold ends with 3 when one misses its line.
"""
import argparse
import os
import statistics
import sys
import time

import kit

lines_s = {
    "from `atrium new` to running, three commands": 60,
    "a one-file plugin, configured already, built from nothing": 5,
    "a change, from saving the file to running": 10,
}


def measure(sdk, name):
    """The figures of one author's first minutes, in the order of lines_s."""
    began = time.monotonic()
    running = kit.Terminal(sdk, f"atrium new message-type {name} && cd {name} && atrium dev", sdk.work)
    try:
        _, seen = running.line(r"^Running .* after")
        first = time.monotonic() - began
        source = sdk.work / name / f"{name.replace('-', '_')}.cpp"
        text = source.read_text()
        began = time.monotonic()
        source.write_text(text.replace("A note is one line.", "One line makes a note."))
        running.line(r"^(Swapped|Running) .* (in|after) [0-9.]+ s", seen)
        change = time.monotonic() - began
    finally:
        status = running.end()
    assert status == 0, f"atrium dev ended with {status}\n" + "\n".join(running.lines[-20:])
    project = sdk.work / name
    sdk.run("cmake", "--build", "build", "--target", "clean", cwd=project)
    began = time.monotonic()
    sdk.run("cmake", "--build", "build", "--target", name.replace("-", "_"), cwd=project)
    return first, time.monotonic() - began, change


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hold", action="store_true", help="end with 3 when a figure misses its line")
    arguments = parser.parse_args()
    # A compiler cache would make the second round another measurement than the first.
    os.environ["CCACHE_DISABLE"] = "1"
    with kit.Kit() as sdk:
        rounds = [measure(sdk, f"plugin-{n}") for n in range(arguments.rounds)]
    missed = 0
    for (what, line_s), values in zip(lines_s.items(), zip(*rounds)):
        median = statistics.median(values)
        missed += median >= line_s
        print(f"{what:<60} {median:6.2f} s   (line {line_s} s, {min(values):.2f} to {max(values):.2f})")
    sys.exit(3 if arguments.hold and missed else 0)
