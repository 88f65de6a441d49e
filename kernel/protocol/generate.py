#!/usr/bin/python3
"""Makes the headers of kernel/protocol from its tables: generate.py SOURCE_DIR OUTPUT_DIR."""
import pathlib
import sys

import yaml


def quoted(text):
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def header(name, body, includes=()):
    lines = ["#pragma once", f"// Made from kernel/protocol/{name} by generate.py; edit that table.", ""]
    lines += [f"#include {i}" for i in includes]
    return "\n".join(lines + ["", "namespace atrium {", "", *body, "", "}  // namespace atrium", ""])


def errors(rows):
    body = ["enum class Code : std::uint16_t {"]
    body += [f"  {r['code']}," for r in rows]
    body += ["};", "",
             "// What the table says of one code.",
             "struct CodeInfo {",
             "  std::string_view word;",
             "  std::uint16_t http_status;",
             "  bool retry;  // Whether the same request may succeed later.",
             "  std::string_view title;",
             "};", "",
             "inline constexpr CodeInfo code_table[] = {"]
    body += [f"    {{{quoted(r['code'])}, {r['status']}, {'true' if r['retry'] else 'false'}, {quoted(r['title'])}}}," for r in rows]
    body += ["};", "[[nodiscard]] constexpr const CodeInfo& info(Code code) { return code_table[static_cast<std::size_t>(code)]; }"]
    return header("errors.yaml", body, ["<cstddef>", "<cstdint>", "<string_view>", '"base/result.hpp"'])


def close_codes(rows):
    body = ["enum class CloseCode : std::uint16_t {"]
    body += [f"  {r['name']} = {r['code']},  // {r['title']}" for r in rows]
    body += ["};", "[[nodiscard]] constexpr std::string_view title(CloseCode code) {", "  switch (code) {"]
    body += [f"    case CloseCode::{r['name']}: return {quoted(r['title'])};" for r in rows]
    body += ["  }", "  return {};", "}",
             "// Whether a client closed with this code should come back.",
             "[[nodiscard]] constexpr bool mayReconnect(CloseCode code) { return static_cast<unsigned>(code) < 4500; }"]
    return header("close_codes.yaml", body, ["<cstdint>", "<string_view>"])


def metrics(rows):
    slots = {"cell": 0, "histogram": 0}
    body = ["enum class Metric : std::uint16_t {"]
    body += [f"  {r['id']}," for r in rows]
    body += ["};", "", "inline constexpr MetricInfo metric_table[] = {"]
    for r in rows:
        kind = "histogram" if r["kind"] == "histogram" else "cell"
        body.append(f"    {{{quoted(r['name'])}, {quoted(r.get('labels', ''))}, {quoted(r['help'])}, MetricKind::{r['kind']}, {slots[kind]}}},")
        slots[kind] += 1
    body += ["};"]
    return header("metrics.yaml", body, ['"base/metrics.hpp"'])


TABLES = {"errors": errors, "close_codes": close_codes, "metrics": metrics}

if __name__ == "__main__":
    source, output = map(pathlib.Path, sys.argv[1:3])
    output.mkdir(parents=True, exist_ok=True)
    for name, make in TABLES.items():
        text = make(yaml.safe_load((source / f"{name}.yaml").read_text()))
        target = output / f"{name}.hpp"
        if not target.exists() or target.read_text() != text:
            target.write_text(text)
