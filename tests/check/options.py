#!/usr/bin/python3
"""Every option of kernel/config/options.yaml is read by code outside kernel/config: one that nobody reads would be a promise to operators."""
import re

import yaml

import tree


def reading(section, option):
    """What code that reads an option looks like. No option: a section that is a list of names."""
    if option is None:
        return rf"settings_?\.{section}\b"
    field = option.get("field", option["name"])
    return rf"(->|\.)(second\.)?{field}\b" if "*" in section else rf"settings_?\.{section}\.{field}\b"


def findings(table, code):
    """The options of the table that the code, one text, does not read."""
    found = []
    for row in table:
        for option in row.get("options", [None]):
            # The reader enforces the one choice there is.
            if option is not None and len(option.get("enum", ["many", "choices"])) == 1:
                continue
            if not re.search(reading(row["section"], option), code):
                found.append(row["section"] if option is None else f"{row['section']}.{option['name']}")
    return found


if __name__ == "__main__":
    source = tree.root / "kernel" / "config" / "options.yaml"
    table = yaml.safe_load(source.read_text())
    code = "\n".join(path.read_text() for path in tree.files(".cpp", ".hpp")
                     if path.is_relative_to(tree.root / "kernel") and not path.is_relative_to(source.parent))
    count = sum(len(row.get("options", [None])) for row in table)
    tree.finish("options", [f"{source.relative_to(tree.root)}: no code reads {name}" for name in findings(table, code)], f"{count} options")
