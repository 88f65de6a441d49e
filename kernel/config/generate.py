#!/usr/bin/python3
"""Makes from kernel/config/options.yaml:
  generate.py --code SOURCE_DIR OUTPUT_DIR     settings.hpp and settings_table.cpp, for the build
  generate.py --documents SOURCE_DIR ROOT      config/atrium.yaml, config/atrium.schema.json and docs/configuration.md, to be committed
  generate.py --check SOURCE_DIR ROOT          fails when one of those differs from what --documents would write
"""
import json
import pathlib
import re
import sys
import textwrap

import yaml

MADE_FROM = "kernel/config/options.yaml"
DURATION_NS = {"us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86400 * 10**9}
SIZE_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
CHRONO = {"us": "microseconds", "ms": "milliseconds", "s": "seconds", "h": "hours"}
UNIT_WORDS = {"us": "microseconds", "ms": "milliseconds", "s": "seconds"}
SECTION_KEYS = {"section", "about", "options", "struct", "type", "max", "example"}
OPTION_KEYS = {"name", "field", "type", "default", "min", "max", "enum", "cpp", "unit", "env", "env_unit", "secret", "required", "description", "example"}
SHAPES = ("strings", "switches", "room_types", "alert_rules", "plugin_uses", "queues", "policies", "conditions", "weights", "tree")
LISTS = {"queues": "QueueWish", "policies": "PolicyWish"}  # Mappings whose order counts, by the struct of their entries.


def measured(text, units):
    number, unit = re.fullmatch(r"(\d+)([A-Za-z]+)", str(text)).groups()
    return int(number) * units[unit]


def value_of(option, text):
    """A default or bound as a number of nanoseconds, bytes or itself."""
    return {"duration": lambda: measured(text, DURATION_NS), "size": lambda: measured(text, SIZE_BYTES)}.get(option["type"], lambda: text)()


def read_table(source):
    sections = yaml.safe_load((source / "options.yaml").read_text())
    for section in sections:
        for row, keys in [(section, SECTION_KEYS)] + [(option, OPTION_KEYS) for option in section.get("options", [])]:
            if not row.keys() <= keys:
                sys.exit(f"{MADE_FROM}: {section['section']}: {', '.join(map(str, row.keys() - keys))} is no part of a row; is a comma in an unquoted text?")
    return sections


def quoted(text):
    return json.dumps(str(text), ensure_ascii=False)


# --- C++ ---------------------------------------------------------------------------------------------------------------------------


def field_name(option):
    return option.get("field", option["name"])


def cpp_type(option):
    return option.get("cpp") or {
        "string": "std::string", "boolean": "bool", "integer": "std::uint32_t", "number": "double", "size": "std::size_t", "strings": "std::vector<std::string>",
        "switches": "std::map<std::string, Switch>", "room_types": "std::map<std::string, RoomTypeWish>",
        "alert_rules": "std::map<std::string, AlertRuleWish>",
        "plugin_uses": "std::map<std::string, PluginUse>", "queues": "std::vector<QueueWish>", "policies": "std::vector<PolicyWish>",
        "conditions": "std::vector<ConditionWish>", "weights": "std::vector<WeightWish>", "tree": "YamlNode",
        "duration": f"std::chrono::{CHRONO[option.get('unit', 'ms')]}",
    }[option["type"]]


def enumerator(word):
    return word.replace("-", "_")


def cpp_default(option):
    value, kind = option.get("default"), option["type"]
    if value is None or value == {} or value == [] or value == "":
        return ""
    if option.get("enum") and "cpp" in option:
        return f" = {option['cpp']}::{enumerator(value)}"
    if kind == "duration":
        return "{" + str(value_of(option, value) // DURATION_NS[option.get("unit", "ms")]) + "}"
    if kind == "size":
        return f" = {value_of(option, value)}"
    if kind == "strings":
        return " = {" + ", ".join(map(quoted, value)) + "}"
    if kind == "boolean":
        return f" = {'true' if value else 'false'}"
    return f" = {quoted(value) if kind == 'string' else value}"


def member(option):
    kind = cpp_type(option)
    if "default" not in option and not option.get("required") and option["type"] != "tree":
        kind = f"std::optional<{kind}>"
    return textwrap.wrap(option["description"], 120), f"{kind} {field_name(option)}{cpp_default(option)};"


def struct(name, about, options, indent, extra=()):
    lines = [f"// {about}", f"struct {name} {{"] + [f"  {line}" for line in extra]
    for option in options:
        description, declaration = member(option)
        lines += [f"  // {line}" for line in description] + [f"  {declaration}"]
    if not extra:
        lines.append(f"  friend bool operator==(const {name}&, const {name}&) = default;")
    return [indent + line for line in lines + ["};"]]


def camel(name):
    return "".join(part.capitalize() for part in name.split("_")) if name != "websocket" else "WebSocket"


def settings_hpp(sections):
    body = []
    for section in sections:
        if "struct" in section:
            named = ["std::string name;"] if section["struct"] in LISTS.values() else []
            body += struct(section["struct"], section["about"], section["options"], "",
                           [*named, f"SourcePlace place;  // Of its {'name' if named else 'id'}."]) + [""]
    body += ["// The whole configuration of a server. A value; default-made, it holds the defaults.", "struct Settings {"]
    members = []
    for section in sections:
        if "struct" in section:
            continue
        if "type" in section:
            members += [f"  // {section['about']}", f"  {cpp_type(section)} {section['section']};"]
            continue
        body += struct(camel(section["section"]), section["about"], section["options"], "  ") + [""]
        members.append(f"  {camel(section['section'])} {section['section']};")
    body += members + ["};"]
    includes = ["<chrono>", "<cstddef>", "<cstdint>", "<map>", "<optional>", "<string>", "<vector>", None, '"base/log.hpp"', '"config/alert_rule_wish.hpp"', '"config/room_type_wish.hpp"', '"config/settings_types.hpp"',
                '"config/yaml.hpp"']
    return "\n".join(["#pragma once", f"// Made from {MADE_FROM} by generate.py; edit that table.", ""]
                     + [f"#include {i}" if i else "" for i in includes]
                     + ["", "namespace atrium {", "", *body, "", "}  // namespace atrium", ""])


def bounds(option):
    def side(key):
        return f"{float(value_of(option, option[key]))}" if key in option else "{}"
    return f"{{{side('min')}, {side('max')}}}"


def setter(target, field, option, choices):
    named = f", {choices}" if "cpp" in option and "enum" in option else ""
    return f"[]({target}& to, OptionValue&& value) {{ assign(to.{field}, std::move(value){named}); }}"


def row(target, path, option):
    field = field_name(option) or path
    if target == "Settings" and option["name"]:
        field = f"{path.split('.')[0]}.{field}"
    kind = option["type"]
    shape = kind if kind in SHAPES else "scalar"
    kind = kind if kind not in SHAPES else "string"
    choices = f"choices_{path.replace('.', '_')}" if "enum" in option else "{}"
    step = DURATION_NS[option.get("unit", "ms")] if kind == "duration" else 1
    flags = [str(bool(option.get(key, False))).lower() for key in ("secret", "required")]
    return (f"    {{{quoted(path)}, OptionShape::{shape}, OptionType::{kind}, {bounds(option)}, {choices}, {step}, {flags[0]}, {flags[1]}, "
            f"{quoted(option.get('env', ''))}, {quoted(option.get('env_unit', ''))},\n     {setter(target, field, option, choices)}}},")


def settings_table_cpp(sections):
    choices, rows = [], {"Settings": []}
    for section in sections:
        for option in section.get("options", [dict(section, name="")]):
            path = f"{section['section']}.{option['name']}".rstrip(".")
            target = section.get("struct", "Settings")
            if "struct" in section:
                path = option["name"]
            if "enum" in option:
                choices.append(f"constexpr std::string_view choices_{path.replace('.', '_')}[] = {{{', '.join(map(quoted, option['enum']))}}};")
                if "cpp" in option:
                    choices += [f"static_assert(static_cast<int>({option['cpp']}::{enumerator(name)}) == {at});" for at, name in enumerate(option["enum"])]
            rows.setdefault(target, []).append(row(target, path, option))
    tables = []
    for target, lines in rows.items():
        tables += [f"constexpr OptionRow<{target}> rows_{target}[] = {{", *lines, "};"]
    body = ["namespace {", *choices, "", *tables, "}  // namespace", "",
            *(f"std::span<const OptionRow<{target}>> {target[0].lower()}{target[1:]}Table() {{ return rows_{target}; }}" for target in rows)]
    return "\n".join([f"// Made from {MADE_FROM} by generate.py; edit that table.", "", '#include "config/settings_table.hpp"', "", "#include <utility>", "",
                      '#include "config/settings_assign.hpp"', "",
                      "namespace atrium {", "", *body, "", "}  // namespace atrium", ""])


# --- Documents ---------------------------------------------------------------------------------------------------------------------


def shown(option, value=None):
    """A default as an operator writes it in YAML."""
    value = option.get("default") if value is None else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    if value == "":
        return '""'
    return str(value)


def limits(option):
    kind, parts = option["type"], []
    noun = {"string": " bytes", "strings": " entries", "switches": " entries", "room_types": " entries", "alert_rules": " entries", "plugin_uses": " entries", "queues": " entries",
            "policies": " entries", "conditions": " entries", "weights": " entries"}.get(kind, "")
    if "enum" in option:
        return "one of " + ", ".join(option["enum"])
    if "min" in option and "max" in option:
        return f"{option['min']} to {option['max']}{noun}"
    for key, word in (("min", "at least"), ("max", "at most")):
        if key in option:
            parts.append(f"{word} {option[key]}{noun}")
    return ", ".join(parts)


TYPE_WORDS = {"strings": "list of text", "string": "text", "boolean": "true or false", "integer": "whole number", "switches": "name: true or false",
              "room_types": "name: true, false or a mapping", "alert_rules": "name: true, false or a mapping",
              "plugin_uses": "plugin id: mapping", "queues": "name: mapping", "policies": "name: mapping", "conditions": "field: what it must be",
              "weights": "scorer: number", "number": "number", "tree": "mapping", "duration": "duration", "size": "size"}


def names_schema(most):
    return {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": most}


# What kernel/config/room_type_wish.cpp reads.
ROOM_TYPE_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "based_on": {"type": "string"},
        "with": names_schema(32),
        "max_members": {"type": "integer", "minimum": 1, "maximum": 100000},
        "retention_days": {"type": "integer", "minimum": 1, "maximum": 36500},
        "entry": {"enum": ["open", "invitation"]},
        "message_types": names_schema(1000),
        "permissions": {
            "type": "object",
            "propertyNames": {"enum": ["observer", "member", "moderator", "owner"]},
            "additionalProperties": {
                "type": "array",
                "items": {"enum": ["read", "post", "add_members", "remove_members", "change_room", "change_roles", "close"]},
            },
        },
        "settings": {"type": "object"},
    },
}


# What kernel/config/alert_rule_wish.cpp reads.
ALERT_RULE_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "enabled": {"type": "boolean"},
        "for": {"type": "string"},
        "keep_firing_for": {"type": "string"},
        "severity": {"enum": ["low", "medium", "high", "critical"]},
        "group_by": {"type": "array", "items": {"enum": ["rule", "subject", "severity"]}, "maxItems": 3},
        "inhibits": {"type": "array", "items": {"type": "string"}, "maxItems": 100},
        "escalate_after": {"type": "string"},
    },
}


# What kernel/config/coordination_wish.cpp reads.
CONDITION_SCHEMA = {
    "anyOf": [
        {"type": ["string", "number", "boolean"]},
        {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}},
        {"type": "object", "additionalProperties": False, "properties": {"at_least": {"type": "number"}, "at_most": {"type": "number"}}},
    ],
}


def facts(option):
    words = ["required"] if option.get("required") else []
    words.append(TYPE_WORDS[option["type"]])
    if limits(option):
        words.append(limits(option))
    if option.get("env"):
        words.append(f"environment {option['env']}" + (f" (a bare number means {UNIT_WORDS[option['env_unit']]})" if option.get("env_unit") else ""))
    return "; ".join(words)


def commented(text, indent, width=110):
    return [f"{indent}# {line}" for line in textwrap.wrap(text, width)]


def atrium_yaml(sections):
    lines = [f"# Every option of the server with its default. Made from {MADE_FROM}; the build's tests tell when the two differ.",
             "# Take out the # in front of what you want to change, or write a file of your own with those lines alone; `include: [other.yaml]`",
             "# at the top level reads other files first. ${NAME} and ${NAME:-default} stand for environment variables.",
             "# `atriumctl check-config FILE` tells every mistake with its place. docs/configuration.md has the same list as a page."]
    for section in sections:
        if "struct" in section:
            continue
        lines += [""] + commented(section["about"], "")
        if "type" in section:
            lines += [f"#{section['section']}: {{}}"] + ["# For example:"] + [f"#   {line}" for line in section["example"].splitlines()]
            continue
        lines.append(f"{section['section']}:")
        for option in section["options"]:
            lines += commented(option["description"], "  ") + [f"  # ({facts(option)})"]
            lines.append(f"  #{option['name']}: {shown(option) if 'default' in option else ''}".rstrip())
            if option.get("example"):
                lines += ["  # For example:"] + [f"  #   {line}" for line in option["example"].splitlines()]
                for nested in [s for s in sections if s["section"] == f"{section['section']}.{option['name']}.*"]:
                    lines.append(f"  # What may stand under {'a name' if nested['struct'] in LISTS.values() else 'an id'}:")
                    for part in nested["options"]:
                        lines += [f"  #   {line}" for line in textwrap.wrap(f"{part['name']}: {part['description']} ({facts(part)})", 106, subsequent_indent="    ")]
    return "\n".join(lines) + "\n"


def configuration_md(sections):
    lines = ["# Configuration", "",
             f"<!-- Made from {MADE_FROM} by kernel/config/generate.py --documents; edit that table. -->", "",
             "`atriumd --config FILE` reads one YAML file. Everything has a default except `auth.jwt_secret`, so a file needs only what differs;",
             "`config/atrium.yaml` shows every option with its default. `atriumctl check-config FILE` checks a file without starting anything.", "",
             "- **Durations** are whole numbers with a unit: `us`, `ms`, `s`, `m`, `h` or `d`, as in `250ms`. **Sizes** likewise: `B`, `KiB`, `MiB` or `GiB`.",
             "- **Variables**: `${NAME}` in a value becomes the environment variable, `${NAME:-default}` the default when it is unset or empty, and",
             "  `$${` stands for `${`. An unset variable without a default is a mistake. Between braces or brackets it is quoted: `{jwt_secret: \"${NAME}\"}`.",
             "- **Includes**: `include: [common.yaml]` at the top level reads other files first, relative to the file it stands in. Mappings are joined;",
             "  everything else is replaced by the file that includes.",
             "- **Overrides**: where an option names an environment variable, that variable wins over the file. An empty variable counts as unset.",
             "- **Strictness**: an unknown option, a key that stands twice, a value of the wrong type or beyond its bounds, a number like `0777`, a tag,",
             "  a tab in the indentation, bad UTF-8, an unclosed quote and a second document are mistakes. All of them are told at once, as",
             "  `file:line:column: sentence` with a hint, and the server does not start (exit code 2). Where a file is no YAML, nothing after that place is read.",
             "- **Editors** complete and check the file with `config/atrium.schema.json`; put this in its first line:",
             "  `# yaml-language-server: $schema=atrium.schema.json`"]
    for section in sections:
        lines += ["", f"## `{section['section']}`", "", section["about"]]
        if section.get("example"):
            lines += ["", "```yaml", section["example"].rstrip(), "```"]
        if "options" not in section:
            continue
        lines += ["", "| Option | Default | What it may be | Meaning |", "|---|---|---|---|"]
        for option in section["options"]:
            default = f"`{shown(option)}`" if "default" in option else "(none)"
            lines.append(f"| `{option['name']}` | {default} | {facts(option)} | {option['description']} |".replace("||", "| |"))
        for option in section["options"]:
            if option.get("example"):
                lines += ["", "```yaml", f"{section['section']}:", textwrap.indent(option["example"].rstrip(), "  "), "```"]
    lines += ["", "## Environment variables", "", "| Variable | Option |", "|---|---|"]
    for section in sections:
        lines += [f"| `{o['env']}` | `{section['section']}.{o['name']}` |" for o in section.get("options", []) if "env" in o]
    return "\n".join(lines) + "\n"


VARIABLE = {"type": "string", "pattern": r"\$\{"}


def schema_of(option, sections, path):
    kind = option["type"]
    out = {"description": option.get("description") or option.get("about")}
    if "default" in option:
        out["default"] = option["default"]
    if kind == "strings":
        return out | {"type": "array", "items": {"type": "string"}} | ({"minItems": option["min"]} if "min" in option else {}) | {"maxItems": option["max"]}
    if kind == "switches":
        return out | {"type": "object", "additionalProperties": {"type": "boolean"}}
    if kind == "room_types":
        return out | {"type": "object", "additionalProperties": {"anyOf": [{"type": "boolean"}, ROOM_TYPE_SCHEMA]}}
    if kind == "alert_rules":
        return out | {"type": "object", "additionalProperties": {"anyOf": [{"type": "boolean"}, ALERT_RULE_SCHEMA]}}
    if kind == "tree":
        return out | {"type": "object"}
    if kind == "conditions":
        return out | {"type": "object", "additionalProperties": CONDITION_SCHEMA}
    if kind == "weights":
        return out | {"type": "object", "additionalProperties": {"anyOf": [{"type": "number", "minimum": 0}, VARIABLE]}}
    if kind == "plugin_uses" or kind in LISTS:
        nested = next(s for s in sections if s["section"] == f"{path}.*")
        return out | {"type": "object", "additionalProperties": object_schema(nested, sections)}
    if kind == "boolean":
        plain = {"type": "boolean"}
    elif kind in ("integer", "number"):
        plain = {"type": kind, "minimum": option["min"], "maximum": option["max"]}
    elif kind == "duration":
        plain = {"type": "string", "pattern": "^[0-9]+(us|ms|s|m|h|d)$"}
    elif kind == "size":
        plain = {"type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)$"}
    elif "enum" in option:
        plain = {"enum": option["enum"]}
    else:
        return out | {"type": "string"} | ({"minLength": option["min"]} if option.get("min") else {})
    return out | {"anyOf": [plain, VARIABLE]}


def object_schema(section, sections):
    out = {"description": section["about"], "type": ["object", "null"], "additionalProperties": False, "properties": {}}
    for option in section["options"]:
        *groups, name = option["name"].split(".")
        place = out
        for group in groups:
            place = place["properties"].setdefault(group, {"type": ["object", "null"], "additionalProperties": False, "properties": {}})
        place["properties"][name] = schema_of(option, sections, f"{section['section']}.{option['name']}")
    return out


def atrium_schema(sections):
    properties = {"include": {"description": "Other files, read first.", "type": "array", "items": {"type": "string"}}}
    for section in sections:
        if "struct" in section:
            continue
        properties[section["section"]] = schema_of(section, sections, section["section"]) if "type" in section else object_schema(section, sections)
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Configuration of an Atrium server",
              "$comment": f"Made from {MADE_FROM} by generate.py; edit that table.", "type": "object", "additionalProperties": False, "properties": properties}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


# -----------------------------------------------------------------------------------------------------------------------------------

CODE = {"config/settings.hpp": settings_hpp, "settings_table.cpp": settings_table_cpp}
DOCUMENTS = {"config/atrium.yaml": atrium_yaml, "config/atrium.schema.json": atrium_schema, "docs/configuration.md": configuration_md}


def main(mode, source, output):
    sections = read_table(source)
    stale = []
    for name, make in (CODE if mode == "--code" else DOCUMENTS).items():
        target, text = output / name, make(sections)
        if target.exists() and target.read_text() == text:
            continue
        if mode == "--check":
            stale.append(name)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    if stale:
        sys.exit(f"{', '.join(stale)}: not what {MADE_FROM} says; run kernel/config/generate.py --documents kernel/config .")


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("--code", "--documents", "--check"):
        sys.exit(__doc__)
    main(sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
