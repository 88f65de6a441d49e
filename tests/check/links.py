#!/usr/bin/python3
"""Every relative link in a Markdown page leads to a file, and to a heading of it when it names one.

links.py [DIRECTORY]: the pages of the tree, or those below a directory, such as the installed ones, and then no link leads out of it.
"""
import os
import pathlib
import re
import sys

import tree


def anchors(text):
    """The names GitHub gives to a page's headings."""
    slugs = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slugs.add(re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-"))
    return slugs


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else tree.root
    pages = sorted(root.rglob("*.md")) if len(sys.argv) > 1 else tree.files(".md")
    found, links = [], 0
    for page in pages:
        text = page.read_text()
        code = re.sub(r"```.*?```", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
        for number, line in enumerate(code.splitlines(), 1):
            for target in re.findall(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", target):
                    continue
                links += 1
                name, _, anchor = target.partition("#")
                file = pathlib.Path(os.path.normpath(page.parent / name)) if name else page
                place = f"{page.relative_to(root)}:{number}"
                if not file.exists() or not file.is_relative_to(root):
                    found.append(f"{place}: {target} leads nowhere")
                elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
                    found.append(f"{place}: {name or page.name} has no heading #{anchor}")
    tree.finish("links", found, f"{links} links in {len(pages)} pages")
