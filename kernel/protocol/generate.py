#!/usr/bin/python3
"""Makes everything that comes from the tables of kernel/protocol.

generate.py SOURCE_DIR OUTPUT_DIR VERSION   the headers and the embedded documents, for the build
generate.py --docs DOCS_DIR                 the tables in docs/
generate.py --check DOCS_DIR                fails when those are not what --docs would write
"""
import json
import pathlib
import sys

import yaml

import asyncapi
import documents
import openapi


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


def routes(rows):
    operations = [r["operation"] for r in rows]
    body = ["// One REST operation; its handler is the case of that name in rest/rest_handler.cpp.",
            "enum class Operation : std::uint8_t {"]
    body += [f"  {name}," for name in operations]
    body += ["};", f"inline constexpr std::size_t operation_count = {len(operations)};", "",
             "// Who may call a route.",
             "enum class Access : std::uint8_t {",
             "  open,       // Anyone.",
             "  token,      // Anyone with a valid token.",
             "  admin,      // The role admin.",
             "  operators,  // The role admin in a tenant of auth.operator_tenants.",
             "  ops,        // Anyone on loopback or with ops.public; else an operator's token.",
             "  socket,     // A valid token, also as a sub-protocol or in the query.",
             "};", "",
             "struct RouteInfo {",
             "  std::string_view method;",
             "  std::string_view path;  // A segment in braces is a parameter.",
             "  Operation operation;",
             "  Access access;",
             "};", "",
             "inline constexpr RouteInfo route_table[] = {"]
    body += [f"    {{{quoted(r['method'])}, {quoted(r['path'])}, Operation::{r['operation']}, Access::{r['access']}}}," for r in rows]
    body += ["};"]
    return header("routes.yaml", body, ["<cstddef>", "<cstdint>", "<string_view>"])


def events(rows):
    body = []
    for side in ("client", "server"):
        body += [f"inline constexpr std::string_view {side}_events[] = {{"]
        body += [f"    {quoted(r['event'])}," for r in rows if r["from"] == side]
        body += ["};"]
    return header("events.yaml", body, ["<string_view>"])


def as_bytes(text):
    """A C++ initialiser: compilers bound the length of a literal, not that of an array."""
    data = text.encode()
    return "\n".join("    " + ",".join(str(b) for b in data[at:at + 64]) + "," for at in range(0, len(data), 64))


DOCUMENTS_HEADER = """#pragma once
// Made from kernel/protocol/routes.yaml and events.yaml by generate.py; edit those tables.

#include <string_view>

namespace atrium {

// Texts that live as long as the process.
[[nodiscard]] std::string_view openapiDocument();    // JSON
[[nodiscard]] std::string_view openapiPage();        // HTML, without a script.
[[nodiscard]] std::string_view openapiPagePolicy();  // The page's Content-Security-Policy.
[[nodiscard]] std::string_view asyncapiDocument();   // JSON

}  // namespace atrium
"""


def embedded(tables, version):
    document = openapi.document(tables, version)
    page, policy = openapi.page(document)
    out = ['#include "protocol/openapi.hpp"', "", "namespace atrium {", "", "namespace {"]
    compact = lambda value: json.dumps(value, separators=(",", ":"))
    for name, text in (("document", compact(document)), ("page", page), ("events", compact(asyncapi.document(tables, version)))):
        out += [f"constexpr unsigned char {name}[] = {{", as_bytes(text), "};"]
    out += ["std::string_view view(const unsigned char* bytes, std::size_t size) { return {reinterpret_cast<const char*>(bytes), size}; }", "}  // namespace", "",
            "std::string_view openapiDocument() { return view(document, sizeof document); }",
            "std::string_view openapiPage() { return view(page, sizeof page); }",
            "std::string_view asyncapiDocument() { return view(events, sizeof events); }",
            f"std::string_view openapiPagePolicy() {{ return {quoted(policy)}; }}", "", "}  // namespace atrium", ""]
    return "\n".join(out)


HEADERS = {"errors": errors, "close_codes": close_codes, "metrics": metrics, "routes": routes, "events": events}


def read_tables(source):
    return {name: yaml.safe_load((source / f"{name}.yaml").read_text()) for name in (*HEADERS, "schemas")}


def write_changed(target, text):
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def main(arguments):
    here = pathlib.Path(__file__).resolve().parent
    if arguments[0] in ("--docs", "--check"):
        folder = pathlib.Path(arguments[1])
        stale = []
        for name, text in documents.all_documents(read_tables(here)).items():
            if arguments[0] == "--docs":
                write_changed(folder / name, text)
            elif not (folder / name).exists() or (folder / name).read_text() != text:
                stale.append(name)
        if stale:
            sys.exit(f"docs/{', docs/'.join(stale)}: not what the tables say; run kernel/protocol/generate.py --docs docs")
        return
    source, output = map(pathlib.Path, arguments[:2])
    output.mkdir(parents=True, exist_ok=True)
    tables = read_tables(source)
    for name, make in HEADERS.items():
        write_changed(output / f"{name}.hpp", make(tables[name]))
    write_changed(output / "openapi.hpp", DOCUMENTS_HEADER)
    write_changed(output / "openapi.cpp", embedded(tables, arguments[2]))


if __name__ == "__main__":
    main(sys.argv[1:])
