#!/usr/bin/python3
"""Every feature that docs/seed-map.md calls here, wholly or partly, names the tests that prove it, and every test it names exists.

A table with the columns State and Test is held to this; a state that begins with `open` or `departed` needs no test. A test is named as ctest
names it, without the instance of a parameterised one (`room_type.RoomTypeContract.refusesFilesWhereSharingIsOff`); a part of an end-to-end test
is `e2e.<file>.<method>`, a transcript `golden.<file>`, and what only a command does is that command, `./dev test`. A test that is expected to fail
proves nothing and counts as missing.
"""
import ast
import re

import tree

page = tree.root / "docs" / "seed-map.md"
needs_no_test = ("open", "departed")


def of_gtest(text, cmake):
    """The names in a C++ file, with the prefix that the CMakeLists.txt beside it gives them."""
    prefix = re.search(r"atrium_gtest\(\w+ (\w+)", cmake) or re.search(r"atrium_unit_test\((\w+)", cmake)
    if not prefix:
        return set()
    return {f"{prefix[1]}.{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", text, flags=re.M)}


def of_unittest(stem, text):
    """The names in a Python file: the whole and each method, without those that are expected to fail."""
    names = {stem}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_"):
            if not any("expectedFailure" in ast.unparse(mark) or "skip" in ast.unparse(mark) for mark in node.decorator_list):
                names.add(f"{stem}.{node.name}")
    return names


def of_cmake(text):
    """The names that add_test() gives, also those made in a loop over words."""
    names = set()
    for name in re.findall(r"add_test\(NAME (\S+)\s", text):
        variable = re.search(r"\$\{(\w+)\}", name)
        loop = re.search(rf"foreach\({variable[1]} ([\w ]+)\)", text) if variable else None
        names |= {name.replace(variable[0], word) for word in loop[1].split()} if loop else {name}
    return {name for name in names if "$" not in name}


def known_tests():
    """Every name a row may use."""
    names = set()
    for path in tree.files(".cpp", ".py", ".txt"):
        name = path.relative_to(tree.root).as_posix()
        if not name.startswith("tests/"):
            continue
        if path.suffix == ".cpp" and (beside := path.parent / "CMakeLists.txt").exists():
            names |= of_gtest(path.read_text(), beside.read_text())
        elif name.startswith("tests/e2e/") and name.endswith("_test.py"):
            names |= of_unittest("e2e." + path.stem.removesuffix("_test"), path.read_text())
        elif name.startswith("tests/golden/transcripts/"):
            names.add("golden." + path.stem)
        elif path.name == "CMakeLists.txt":
            names |= of_cmake(path.read_text())
    return names | {f"./dev {command}" for command in re.findall(r"^  (\w+)\) cmd", (tree.root / "dev").read_text(), flags=re.M)}


def rows(text):
    """(line number, {column: cell}) of every row of every table."""
    columns = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            columns = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if columns is None:
            columns = cells
        elif not all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            yield number, dict(zip(columns, cells))


def findings(text, known):
    """(line number, sentence) of everything that is wrong in the page `text`; and how many names it has."""
    found, named = [], 0
    for number, row in rows(text):
        if "State" not in row:
            continue
        tests = re.findall(r"`([^`]+)`", row.get("Test", ""))
        named += len(tests)
        found += [(number, f"there is no test {test}") for test in tests if test not in known]
        if not tests and not row["State"].startswith(needs_no_test):
            found.append((number, f"\"{row['State'][:40]}\" names no test"))
    return found, named


if __name__ == "__main__":
    known = known_tests()
    found, named = findings(page.read_text(), known)
    tree.finish("seed_map", [f"{tree.place(page, number)}: {sentence}" for number, sentence in found], f"{named} names of tests, {len(known)} known,")
