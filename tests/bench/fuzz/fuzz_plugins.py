#!/usr/bin/python3
"""The validator's fuzz level over every plugin that ships: fuzz_plugins.py [--seconds 60] [--seed 1] [--jobs 1] [--build DIRECTORY] [PLUGIN ...].

Without --build it builds them under the address and undefined-behaviour sanitizers (the preset asan) first. Prints a row a plugin as each ends:
how many calls it was given, and whether it survived them and kept its contract. Exit code 1: one did not, and what came is told."""
import argparse
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[3]
rule = "fuzz.survives"


def build():
    """Builds what is needed under the sanitizers; the folder."""
    if not shutil.which("clang++-19"):
        sys.exit("clang-19 is missing, which the preset asan builds with: `./dev build dev` installs what the tests need")
    folder = root / "build" / "asan"
    for step in (["cmake", "--preset", "asan", "-DATRIUM_TESTS=ON"], ["ninja", "-C", folder, "atrium_validate", "atrium_all_plugins"]):
        done = subprocess.run(step, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            sys.exit(f"{done.stdout[-4000:]}\n{' '.join(map(str, step))} failed")
    return folder


def shipped(folder, wanted):
    """(name, command) of each plugin's test validate.NAME, of which the program, the library and its options are taken."""
    shown = subprocess.run(["ctest", "--test-dir", folder, "--show-only=json-v1", "-R", r"^validate\."], check=True, capture_output=True, text=True)
    rows = []
    for test in json.loads(shown.stdout)["tests"]:
        name = test["name"].removeprefix("validate.")
        if wanted and name not in wanted:
            continue
        command = list(test["command"])
        for option in ("--level", "--fuzz-seconds"):
            at = command.index(option)
            del command[at:at + 2]
        rows.append((name, command))
    unknown = set(wanted) - {name for name, _ in rows}
    if unknown or not rows:
        sys.exit(f"no plugin of that name ships: {', '.join(sorted(unknown))}" if unknown else f"{folder} has no plugins to fuzz")
    return rows


def fuzz(name, command, given):
    """What the validator says of one plugin, and how long it took."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        ran = subprocess.run([*command, "--only", rule, "--fuzz-seconds", str(given.seconds), "--seed", str(given.seed), "--json"], cwd=folder,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        took = time.monotonic() - start
        try:
            said = next(one for one in json.loads(ran.stdout)["rules"] if one["id"] == rule)
        except (ValueError, StopIteration):
            said = {"verdict": "not looked at", "came": f"exit code {ran.returncode}: {(ran.stdout + ran.stderr)[-2000:]}"}
        inputs = [file.read_text() for file in pathlib.Path(folder).glob("*.json")]
    return name, said, took, inputs


parser = argparse.ArgumentParser()
parser.add_argument("--seconds", type=int, default=60, help="for each plugin")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--jobs", type=int, default=1, help="plugins at once")
parser.add_argument("--build", type=pathlib.Path, help="a build folder that has them already")
parser.add_argument("plugins", nargs="*")
arguments = parser.parse_args()

rows = shipped(arguments.build or build(), arguments.plugins)
width = max(len(name) for name, _ in rows)
print(f"{'plugin':{width}}  {'calls':>10}  {'seconds':>7}  verdict", flush=True)
broken, calls = [], 0
with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
    for name, said, took, inputs in pool.map(lambda row: fuzz(*row, arguments), rows):
        calls += said.get("calls", 0)
        print(f"{name:{width}}  {said.get('calls', 0):>10,}  {took:>7.1f}  {said['verdict']}", flush=True)
        if said["verdict"] != "kept":
            broken.append((name, said, inputs))
for name, said, inputs in broken:
    print(f"\n{name}: expected {said.get('expected', 'a verdict')}\n  came {said['came']}", *(f"  input {text.strip()}" for text in inputs), sep="\n")
print(f"{len(rows)} plugins, {calls:,} calls, seed {arguments.seed}, {arguments.seconds} s each: {len(rows) - len(broken)} kept {rule}, {len(broken)} did not")
sys.exit(1 if broken else 0)
