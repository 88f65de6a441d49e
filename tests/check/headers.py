#!/usr/bin/python3
"""Every header compiles on its own: headers.py BUILD_DIR JOBS.

A header that some source of the build includes before anything else has been compiled so already. For the others this takes the compiler and
flags of a source file nearby from the build's compile_commands.json, and lets ninja do the work, so that headers
are checked in parallel and only again when something they include has changed.
"""
import json
import pathlib
import re
import shlex
import subprocess
import sys

import tree


def nearest(header, commands):
    """The command of the source that shares the longest path with the header."""
    def shared(entry):
        a, b = header.parts, pathlib.Path(entry["file"]).parts
        return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return max(commands, key=shared)


def flags(entry):
    words = shlex.split(entry["command"])
    words = words[next(i for i, word in enumerate(words) if "=" not in word and not word.endswith(("env", "ccache"))):]  # The compiler itself.
    kept, skip = [], False
    for word in words:
        if skip or word == "-c":
            skip = False
        elif word in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
        elif word not in ("-MD", entry["file"]):
            kept.append(word)
    return kept


def proven(commands):
    """The headers that what was built begins with, as far as their names say which they are."""
    first = re.compile(rb'^#include "([^"]+)"', re.MULTILINE)
    included = re.compile(rb"^#include ", re.MULTILINE)
    found = set()
    for entry in commands:
        source = pathlib.Path(entry["file"])
        compiled = pathlib.Path(entry["directory"], entry["command"].split(" -o ")[1].split()[0])
        if not compiled.is_file():  # `./dev check` builds the kernel alone.
            continue
        text = source.read_bytes()
        match = first.search(text)
        if match is None or included.search(text).start() != match.start():
            continue
        named = match.group(1).decode()
        for folder in (*source.parents, tree.root / "kernel"):  # A library's root of includes is the folder it is in, or the kernel's.
            if (folder / named).is_file():
                found.add((folder / named).resolve())
                break
    return found


if __name__ == "__main__":
    build, jobs = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    commands = json.loads((build / "compile_commands.json").read_text())
    by_language = {suffix: [c for c in commands if c["file"].endswith(suffix)] for suffix in (".cpp", ".c")}
    headers = [h for h in tree.files(".h", ".hpp") if h.relative_to(tree.root).parts[0] in ("kernel", "sdk", "plugins")]
    seen = proven(commands)
    rest = [h for h in headers if h.resolve() not in seen]
    out = tree.root / "build" / "check-headers"
    out.mkdir(parents=True, exist_ok=True)
    lines = ["rule header", "  command = $compiler -fsyntax-only -MD -MF $out.d -MT $out -x $language $in && touch $out",
             "  depfile = $out.d", "  deps = gcc", "  description = $in", ""]
    for header in rest:
        name = header.relative_to(tree.root)
        language, suffix = ("c++", ".cpp") if header.suffix == ".hpp" else ("c", ".c")
        words = flags(nearest(header, by_language[suffix]))
        if name.parts[0] == "sdk" and name.parts[1] in ("include", "cpp", "testkit"):  # What a plugin author has: the SDK, nothing of the kernel, and the standards it promises.
            words = [words[0], "-std=c11" if language == "c" else "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                     f"-I{tree.root / 'sdk' / 'include'}", f"-I{tree.root / 'sdk' / 'cpp'}", f"-I{tree.root / 'sdk' / 'testkit'}"]
        source = out / (str(name).replace("/", "__") + suffix)
        text = f'#include "{header}"\n'
        if not source.exists() or source.read_text() != text:
            source.write_text(text)
        lines += [f"build {source.name}.ok: header {source.name}", f"  compiler = {shlex.join(words)}".replace("$", "$$"), f"  language = {language}", ""]
    (out / "build.ninja").write_text("\n".join(lines))
    ran = subprocess.run(["ninja", "-C", out, "-j", jobs, "-k", "0"])
    tree.finish("headers", ["a header does not compile on its own (see above)"] if ran.returncode else [], f"{len(headers)} headers, {len(rest)} of them here and the others by the build,")
