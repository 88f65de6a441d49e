#!/usr/bin/python3
"""Files that are compiled together define no name twice.

Release compiles the tests, and the sanitizers' builds everything of the kernel, two dozen files of a target as one (`atrium_compile_together` in
kernel/kernel.cmake). What is unnamed or static in one file is then seen by those after it, so that two helpers of one name fail there, long
after the preset dev took them. This reads the sources of each such target and looks at what they define outside of classes and functions.
Functions of one name are told apart by how their parameters are written; an alias may be said twice in the same words.
"""
import re

import tree

# What is given sources; the first two compile them together by themselves.
targets = re.compile(r"\b(atrium_kernel_library|atrium_unit_test|add_executable|add_library)\s*\(\s*(\S+)([^)]*)\)")
together = re.compile(r"\batrium_compile_together\s*\(\s*(\S+)")
apart = re.compile(r"set_source_files_properties\(([^)]*?)\s+PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON")

literal_or_comment = re.compile(r"""R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)" | "(?:\\.|[^"\\\n])*" | (?<!\w)'(?:\\.|[^'\\\n])+'
                                | //[^\n]* | /\*.*?\*/ | ^[ \t]*\#(?:\\\n|[^\n])*""", re.DOTALL | re.MULTILINE | re.VERBOSE)
alias = re.compile(r"(?:using|namespace) (\w+) ?=")
named_type = re.compile(r"(?:class|struct|union|enum(?: class| struct)?) (\w+)")
function = re.compile(r"([\w:]+|operator ?[^\s\w(]+) ?\(((?:[^()]|\([^()]*\))*)\)")
variable = re.compile(r"([\w:]+) ?(?:\[[^]]*\] ?)*$")


def sources_of(cmake):
    """{target: names of the .cpp files compiled together} of a CMakeLists.txt."""
    cmake = re.sub(r"#[^\n]*", "", cmake)
    listed = set(together.findall(cmake))
    alone = {name for names in apart.findall(cmake) for name in names.split()}
    return {name: [word for word in rest.split() if word.endswith(".cpp") and "$" not in word and word not in alone]
            for kind, name, rest in targets.findall(cmake) if kind.startswith("atrium_") or name in listed}


def code_alone(text):
    """Without comments, directives and what stands in texts; every line where it was."""
    def emptied(found):
        return ('""' if found[0].lstrip("R")[0] in "\"'" else "") + "\n" * found[0].count("\n")
    return literal_or_comment.sub(emptied, text)


def statements(code):
    """(line, namespace it stands in, its text up to a body or its end, which of `{` and `;` that is) of everything outside of bodies.

    An unnamed namespace is called `{}`.
    """
    spaces, depth, start = [], 0, 0
    for at, char in enumerate(code):
        if depth == 0 and char in "{};":
            raw = code[start:at]
            text = " ".join(raw.split())
            space = re.fullmatch(r"(?:inline )?namespace ?([\w:]*)", text)
            start = at + 1
            if char == "{" and space:
                spaces.append(space[1] or "{}")
            elif char == "}":
                del spaces[-1:]
            elif text:
                yield code.count("\n", 0, at - len(raw.lstrip())) + 1, "::".join(spaces), text, char
            if char != "{" or space:
                continue
        if char in "{}":
            depth += 1 if char == "{" else -1
            start = at + 1


def definitions(code):
    """(line, name, what tells it from others of that name, what may be said twice) for each name that the files compiled with this one see."""
    for line, space, text, end in statements(code):
        text = re.sub(r"^template ?<.*?> (?=[a-z])", "", text)
        hidden = "{}" in space or re.match(r"(?:static|constexpr|constinit|const) ", text)
        if found := alias.match(text):
            yield line, found[1], space, text
        elif found := named_type.match(text):
            if end == "{":
                yield line, found[1], space, None
        elif not hidden or text.startswith(("using ", "extern ")):
            continue  # Of what has one name for the whole program the linker tells.
        elif (found := function.search(text)) and "=" not in text[:found.start()]:
            if end == "{" and "::" not in found[1] and not found[1].isupper():
                yield line, found[1], space + "(" + re.sub(r" ?= ?[^,]+", "", found[2]), None
        elif (found := variable.search(text.split("=")[0].strip())) and "::" not in found[1]:
            yield line, found[1], space, None


def findings(files):
    """(file, line, sentence) for each name that two of `files`, {name: text}, define."""
    seen = {}
    for file, text in files.items():
        for line, name, others, same in definitions(code_alone(text)):
            other, said = seen.setdefault((name, others), (file, same))
            if other != file and (same is None or said != same):
                yield file, line, f"{name} is defined in {other} as well, and the two are compiled together"


if __name__ == "__main__":
    found, looked_at = [], 0
    for cmake in tree.files(".txt"):
        if cmake.name != "CMakeLists.txt":
            continue
        for target, names in sources_of(cmake.read_text()).items():
            files = {name: (cmake.parent / name).read_text() for name in names if (cmake.parent / name).is_file()}
            looked_at += len(files)
            found += [f"{tree.place(cmake.parent / file, line)}: {sentence}" for file, line, sentence in findings(files)]
    tree.finish("together", found, f"{looked_at} files")
