#!/usr/bin/python3
"""The layout of the plugin interface, compared with what was recorded: every struct with the place, size and type of each field, every
function type, and every constant of sdk/include. Whoever removes, moves or changes one of them is told the rule that plugins rely on.

layout.py COMPILER            compares with layout.txt
layout.py COMPILER --update   records what is new; what breaks a rule is refused all the same

Types and names are read from the headers' text, places and sizes come from the compiler."""
import pathlib
import re
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
golden = here / "layout.txt"
include = here.parents[2] / "sdk" / "include"

grows = "a released struct only grows at its end, and a new meaning gets a new id (\"atrium.room-type/2\")"
struct_pattern = re.compile(r"typedef struct (\w+) \{(.*?)\} \1;", flags=re.S)
function_pattern = re.compile(r"typedef ([^;{}]*\(\*(\w+)\)[^;{}]*);")


def one_line(text):
    return re.sub(r"\s+", " ", text).strip()


def fields(body):
    """(name, declaration) of each field."""
    for declaration in map(one_line, body.split(";")):
        if declaration:
            found = re.search(r"\(\*(\w+)\)", declaration) or re.search(r"(\w+)(?:\[[^]]*\])*$", declaration)
            yield found[1], declaration


def declared(text):
    """What a header declares: structs {name: [(field, declaration)]}, function types {name: declaration}, names of constants."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    structs = {name: list(fields(body)) for name, body in struct_pattern.findall(text)}
    functions = {name: one_line(declaration) for declaration, name in function_pattern.findall(struct_pattern.sub("", text))}
    constants = []
    for body in re.findall(r"\benum \{(.*?)\}", text, flags=re.S):
        constants += [one_line(part.split("=")[0]) for part in body.split(",") if part.strip()]
    constants += re.findall(r"^#define (ATRIUM_\w+) +[^\s_]", text, flags=re.M)
    return structs, functions, constants


def program(headers):
    """A C program that prints the lines of the golden file, and how it begins."""
    lines = ["#include <stddef.h>", "#include <stdio.h>"] + [f'#include "{h.relative_to(include)}"' for h in headers]
    lines += ["#define SHOW(x) _Generic((x), char*: show_text, default: show_number)(#x, (long long)(size_t)(x))",
              'static void show_number(const char* name, long long value) { printf("constant %s = %lld\\n", name, value); }',
              'static void show_text(const char* name, long long value) { printf("constant %s = \\"%s\\"\\n", name, (const char*)(size_t)value); }',
              "int main(void) {"]
    for header in headers:
        structs, functions, constants = declared(header.read_text())
        lines.append(f'  puts("# {header.relative_to(include)}");')
        for name in constants:
            lines.append(f"  SHOW({name});")
        for name, declaration in functions.items():
            lines.append(f'  puts("function {name}: {declaration}");')
        for name, members in structs.items():
            lines.append(f'  printf("struct {name}: %zu bytes\\n", sizeof({name}));')
            for field, declaration in members:
                lines.append(f'  printf("field {name}.{field}: %zu at %zu: {declaration}\\n", sizeof((({name}*)0)->{field}), offsetof({name}, {field}));')
    return "\n".join(lines + ["  return 0;", "}", ""])


def present(compiler):
    """The layout as it is now."""
    headers = sorted(include.rglob("*.h"), key=lambda h: (len(h.relative_to(include).parts), h))
    headers = [h for h in headers if "draft" not in h.parts]
    with tempfile.TemporaryDirectory() as folder:
        source, binary = pathlib.Path(folder, "layout.c"), pathlib.Path(folder, "layout")
        source.write_text(program(headers))
        subprocess.run([compiler, "-std=c11", "-w", f"-I{include / 'atrium'}", f"-I{include}", "-o", binary, source], check=True)
        return subprocess.run([binary], check=True, capture_output=True, text=True).stdout


def read(text):
    """A layout's lines as {what: value}: fields as (size, place, declaration)."""
    known = {}
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "constant":
            name, _, value = rest.partition(" = ")
            known["constant", name] = value
        elif kind == "function":
            name, _, value = rest.partition(": ")
            known["function", name] = value
        elif kind == "struct":
            name, size = re.fullmatch(r"(\w+): (\d+) bytes", rest).groups()
            known["struct", name] = int(size)
        elif kind == "field":
            name, size, place, declaration = re.fullmatch(r"([\w.]+): (\d+) at (\d+): (.*)", rest).groups()
            known["field", name] = (int(size), int(place), declaration)
    return known


def compared(before, now):
    """What breaks a rule, a sentence each, and what is new."""
    broken, new = [], [what for what in now if what not in before]
    for what, was in before.items():
        kind, name = what
        struct = name.split(".")[0]
        if what not in now:
            if kind != "field" or ("struct", struct) in now:
                broken.append(f"{kind} {name} was removed: what was released stays; {grows}")
        elif name == "ATRIUM_ABI_MINOR" and now.get(what, "").isdigit() and int(now[what]) >= int(was):
            pass  # Rises with each interface; recorded with what it brings.
        elif kind == "constant" and now[what] != was:
            broken.append(f"constant {name} was {was} and is {now[what]}: a released constant keeps its value, a new one gets a new name")
        elif kind == "function" and now[what] != was:
            broken.append(f"function {name} was \"{was}\" and is \"{now[what]}\": a released function keeps its parameters")
        elif kind == "field" and now[what][:2] != was[:2]:
            broken.append(f"field {name} was {was[0]} bytes at {was[1]} and is {now[what][0]} at {now[what][1]}: {grows}")
        elif kind == "field" and now[what][2] != was[2]:
            broken.append(f"field {name} was \"{was[2]}\" and is \"{now[what][2]}\": a released field keeps its type and parameters")
    for kind, name in new:
        struct = name.split(".")[0]
        if kind != "field" or ("struct", struct) not in before:
            continue
        # What plugins state as struct_size, bytes behind the last field included: those say nothing, and are no place for one that does.
        end = before["struct", struct]
        if ("field", struct + ".struct_size") not in before:
            broken.append(f"field {name} is new in a struct without struct_size: such a struct never changes, since nobody could tell the two apart")
        elif now[kind, name][1] < end:
            broken.append(f"field {name} is new at {now[kind, name][1]}, among what plugins know already (to {end}): {grows}")
    return broken + list(padded(now)), new


def padded(known):
    """Structs that state their size and end in bytes of no field: whoever has the next interface could not tell whether a field stands there."""
    for (kind, struct), size in known.items():
        if kind != "struct" or ("field", struct + ".struct_size") not in known:
            continue
        end = max(place + width for (k, n), value in known.items() if k == "field" and n.startswith(struct + ".") for width, place, _ in [value])
        if end < size:
            yield f"struct {struct} ends in {size - end} bytes of no field: name them \"reserved\", which is 0"


if __name__ == "__main__":
    text = present(sys.argv[1])
    before, now = read(golden.read_text() if golden.exists() else ""), read(text)
    broken, new = compared(before, now)
    for sentence in broken:
        print(sentence)
    if broken:
        sys.exit(f"abi: {len(broken)} things break a released interface; one that no release has carried yet is recorded anew after removing layout.txt")
    if "--update" in sys.argv:
        golden.write_text(text)
        print(f"abi: {len(new)} new things recorded")
    elif new:
        print("\n".join(f"{kind} {name} is new" for kind, name in new))
        sys.exit("abi: record what is new with tests/contract/abi/layout.py COMPILER --update")
    else:
        print(f"abi: {len(now)} things are as they were")
