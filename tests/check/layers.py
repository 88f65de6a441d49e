#!/usr/bin/python3
"""Reads every #include and compares it with the table of who may include whom in docs/ARCHITECTURE.md."""
import re

import tree

# A library is known by how its headers begin. What is in no row here is the standard library or the system.
libraries = {
    "Poco/": "Poco", "boost/": "boost", "yaml-cpp/": "yaml-cpp", "spdlog/": "spdlog", "fmt/": "fmt", "simdjson": "simdjson",
    "sqlite3": "sqlite3", "openssl/": "openssl", "CLI/": "CLI", "llhttp": "llhttp", "gtest/": "gtest", "gmock/": "gtest",
}

# The engine runs in a simulator, and the SDK in plugins of any kind: neither may touch what these stand for.
system_forbidden = {
    "kernel/engine": re.compile(r"<(thread|mutex|condition_variable|future|iostream|fstream|filesystem|unistd\.h|sys/.*|netinet/.*|pthread\.h|ctime|time\.h)>"),
    "kernel/protocol": re.compile(r"<(thread|mutex|condition_variable|iostream|fstream|filesystem|unistd\.h|sys/.*)>"),
    "sdk/include": re.compile(r"<(?!std(int|def|bool)\.h>).*>"),
}


def read_table():
    """Folder -> (kernel folders and sdk it may include, libraries)."""
    table = {}
    for line in (tree.root / "docs" / "ARCHITECTURE.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.fullmatch(r"`(sdk|kernel|plugins)[a-z_/]*`", cells[0]):
            words = lambda text: {word.strip() for word in text.split(",") if word.strip()}
            table[cells[0].strip("`")] = (words(cells[2]), words(cells[3]))
    return table


def findings(table, path, text):
    name = str(path)
    folder = next((f for f in table if name.startswith(f + "/")), None)
    if folder is None:
        yield 1, "is in no folder of the table in docs/ARCHITECTURE.md"
        return
    own = folder.split("/")[-1]
    folders, allowed_libraries = table[folder]
    known = {f.split("/")[1] for f in table if f.startswith("kernel/")}
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not found:
            continue
        header = found[2]
        first = header.split("/")[0]
        library = next((lib for start, lib in libraries.items() if header.startswith(start)), None)
        forbidden = system_forbidden.get(folder)
        if first == "atrium":
            if not folder.startswith("sdk") and "sdk" not in folders:
                yield number, f"{folder} may not include the sdk"
        elif "/" in header and first in known and found[1] == '"':
            if not folder.startswith("kernel/") and first not in folders:
                yield number, f"{folder} may not include the kernel ({header})"
            elif first != own and first not in folders:
                yield number, f"{folder} may not include kernel/{first}"
        elif library:
            if library not in allowed_libraries:
                yield number, f"{folder} may not include {library} ({header})"
        elif found[1] == '"' and ".." in header and folder != "sdk/include":
            yield number, f"includes by a path that climbs ({header})"
        elif found[1] == "<" and forbidden and forbidden.fullmatch(f"<{header}>"):
            yield number, f"{folder} may not include <{header}>"


if __name__ == "__main__":
    table = read_table()
    assert len(table) > 8, "the table in docs/ARCHITECTURE.md was not found"
    sources = [p for p in tree.files(".h", ".hpp", ".c", ".cpp") if p.relative_to(tree.root).parts[0] in ("kernel", "plugins", "sdk")]
    found = []
    for source in sources:
        for number, sentence in findings(table, source.relative_to(tree.root), source.read_text()):
            found.append(f"{tree.place(source, number)}: {sentence}")
    tree.finish("layers", found, f"{len(sources)} files")
