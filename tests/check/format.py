#!/usr/bin/python3
"""Asks clang-format-19 whether the sources look as .clang-format says. To repair: clang-format-19 -i FILE."""
import subprocess

import tree

if __name__ == "__main__":
    sources = tree.files(".h", ".hpp", ".c", ".cpp")
    ran = subprocess.run(["clang-format-19", "--dry-run", "--Werror", *sources], capture_output=True, text=True)
    lines = {}
    for line in ran.stderr.splitlines():
        if " error: " in line:
            name, number = line.removeprefix(f"{tree.root}/").split(":")[:2]
            lines.setdefault(name, number)
    found = [f"{name}:{number}: clang-format-19 would write this differently (first place)" for name, number in lines.items()]
    if ran.returncode and not found:
        found = [ran.stderr.strip()]
    tree.finish("format", found, f"{len(sources)} files")
