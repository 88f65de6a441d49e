#!/usr/bin/python3
"""How long a plugin of one file takes to compile, as an author does: compile_bench.py [--runs N] [--compiler g++].

For each example it prints the fastest run's wall time and the CPU's share of it, and the size of the object, which shows that it was made."""
import argparse
import os
import pathlib
import subprocess
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[3]
sources = [root / "examples" / "plugins" / name / f"{name}.cpp" for name in ("vip_scorer", "note", "briefing", "crowded_desk", "model_tips")]

arguments = argparse.ArgumentParser()
arguments.add_argument("--runs", type=int, default=5)
arguments.add_argument("--compiler", default="g++")
given = arguments.parse_args()

with tempfile.TemporaryDirectory() as folder:
    for source in sources:
        made, best, cpu = pathlib.Path(folder, source.stem + ".o"), None, None
        for _ in range(given.runs):
            before, start = os.times(), time.monotonic()
            subprocess.run([given.compiler, "-std=c++20", "-O2", "-fPIC", "-fvisibility=hidden", f"-I{root / 'sdk' / 'include'}", f"-I{root / 'sdk' / 'cpp'}",
                            "-c", source, "-o", made], check=True)
            took, after = time.monotonic() - start, os.times()
            if best is None or took < best:
                best, cpu = took, after.children_user + after.children_system - before.children_user - before.children_system
        print(f"{source.name}: {best:.2f} s, of it {cpu:.2f} s CPU, an object of {made.stat().st_size:,} bytes")
