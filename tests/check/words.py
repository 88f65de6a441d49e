#!/usr/bin/python3
"""Looks for what must not be in the tree: paths of one machine, hosts of package registries, secrets, leftovers, unnamed debt."""
import re

import tree

# Written in pieces, so that this file is not a finding itself.
rules = [
    (re.compile(r"(?<![\w./-])/(" + "work|home|Users" + r")/[\w.-]+"), "a path of one machine"),
    (re.compile(r"(?<![\w./-])/" + r"root/[\w.-]+"), "a path of one machine"),
    (re.compile("registry" + r"\.(npmjs|yarnpkg)|" + "pypi" + r"\.org|" + "crates" + r"\.io|deb\." + r"debian\.org|proxy\." + "golang"), "the host of a registry"),
    (re.compile("BEGIN [A-Z ]*" + "PRIVATE KEY"), "a private key"),
    (re.compile(r"^(<{7}|>{7}) "), "a merge conflict"),
    (re.compile(r"\bFIX" + "ME\b|\bX" + r"XX\b|\bTO" + r"DO(?!\((perf|security|cleanup)\):)"), "debt without its kind: TO" + "DO(perf|security|cleanup):"),
    (re.compile("\t"), "a tab"),
    (re.compile(r"[ \t]+$"), "trailing blanks"),
]
# In tests alone: a server may well wait for a while.
sleep_rule = (re.compile(r"\bsleep_" + r"for|\bu" + r"sleep\(|\btime\." + r"sleep\("), "a sleep; wait for what is to happen instead")
text_suffixes = {".h", ".hpp", ".c", ".cpp", ".py", ".md", ".yaml", ".txt", ".json", ".cmake", ".in", ".map", ".sh", ".ts", ""}
# Recorded bytes and corpora are what they are.
exempt = ("tests/fuzz/corpus/", "tests/golden/", "LICENSE")


if __name__ == "__main__":
    found, looked_at = [], 0
    for path in tree.files():
        name = str(path.relative_to(tree.root))
        if path.suffix not in text_suffixes or name.startswith(exempt):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        looked_at += 1
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, what in [*rules, sleep_rule] if name.startswith("tests/") else rules:
                if pattern.search(line):
                    found.append(f"{tree.place(path, number)}: {what}: {line.strip()[:100]}")
        if text and not text.endswith("\n"):
            found.append(f"{tree.place(path, text.count(chr(10)) + 1)}: no newline at the end of the file")
    tree.finish("words", found, f"{looked_at} files")
