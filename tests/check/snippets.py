#!/usr/bin/python3
"""The code that a page shows is cut from a program that is built or run. A block of code under `<!-- snippet: FILE NAME -->` equals the lines
of FILE between `[snippet:NAME]` and `[/snippet]`; a page that has such marks has one above each of its blocks of code, and no page hides code
from this by indenting it.

snippets.py --update writes the programs' lines into the pages."""
import re
import sys
import textwrap

import tree

block_pattern = re.compile(r"(?:<!-- snippet: (\S+) (\w+) -->\n)?^(```(\w+)\n)(.*?)^```$", flags=re.S | re.M)


def region(text, name):
    """The lines of that snippet without their common indent; None when there is none or more than one."""
    found = re.findall(rf"^[^\n]*\[snippet:{name}\][^\n]*\n(.*?)^[^\n]*\[/snippet\]", text, flags=re.S | re.M)
    return textwrap.dedent(found[0]) if len(found) == 1 else None


def indented(page):
    """The lines where a block of code begins by its indent alone; what belongs to an item of a list is none."""
    outside = re.sub(r"^```.*?^```$", lambda fenced: "```" + "\n" * fenced[0].count("\n"), page, flags=re.S | re.M)
    before, item = "", False
    for number, line in enumerate(outside.split("\n"), 1):
        if line and not line.startswith(" "):
            item = bool(re.match(r"([-*]|\d+\.) ", line))
        if line.startswith("    ") and line.strip() and not before.strip() and not item:
            yield number
        before = line


def compared(page, read):
    """What is wrong in a page, as (line, sentence) each, the page as it should be, and how many marks it has. `read` gives a file's text."""
    found, marks = [], 0
    marked = re.search(r"^<!-- snippet:", page, flags=re.M)

    def block(match):
        nonlocal marks
        file, name, fence, _, shown = match.groups()
        line = page.count("\n", 0, match.start(3)) + 1
        if file is None:
            if marked:
                found.append((line, "this code has no mark that says which program it is cut from"))
            return match[0]
        marks += 1
        text = read(file)
        wanted = None if text is None else region(text, name)
        if wanted is None:
            found.append((line, f"{file} has not one snippet {name}"))
            return match[0]
        if shown != wanted:
            found.append((line, f"this is not the snippet {name} of {file}; run tests/check/snippets.py --update"))
        return match[0].replace(fence + shown, fence + wanted)

    mended = block_pattern.sub(block, page)
    found += [(line, "this code is indented; put it between ``` and cut it from a program") for line in indented(page)]
    return found, mended, marks


def read_file(name):
    path = tree.root / name
    return path.read_text() if path.is_file() else None


if __name__ == "__main__":
    found, marks = [], 0
    for path in tree.files(".md"):
        page = path.read_text()
        wrong, mended, count = compared(page, read_file)
        marks += count
        if "--update" in sys.argv:
            path.write_text(mended)
            wrong = [(line, text) for line, text in wrong if not text.endswith("--update")]
        found += [f"{tree.place(path, line)}: {text}" for line, text in wrong]
    tree.finish("snippets", found, f"{marks} snippets")
