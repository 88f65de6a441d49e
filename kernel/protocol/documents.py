"""What stands in docs/ and comes from kernel/protocol: api.md, errors.md, events.md, metrics.md and asyncapi.json."""
import json
import pathlib
import re

import asyncapi
import openapi

NOTE = "Made from `kernel/protocol/{0}` by `kernel/protocol/generate.py --docs docs`; edit that table."


def errors_table(tables):
    out = ["# Error codes", "", NOTE.format("errors.yaml"), "", "REST answers `application/problem+json` (RFC 9457) with `code`; WebSocket sends an `error` event with the same `code`.", "",
           "| Code | Status | Try again | Meaning |", "|---|---|---|---|"]
    out += [f"| `{r['code']}` | {r['status']} | {'yes' if r['retry'] else 'no'} | {r['title']} |" for r in tables["errors"]]
    out += ["", "# Close codes", "", "4000-4499: come back; 4500-4999: do not. Each is preceded by a `bye` event.", "", "| Code | Name | Meaning |", "|---|---|---|"]
    out += [f"| {r['code']} | `{r['name']}` | {r['title']} |" for r in tables["close_codes"]]
    return "\n".join(out + [""])


def events_table(tables):
    out = ["# WebSocket events", "", NOTE.format("events.yaml"), "",
           "Text frames, one JSON object each: `{\"event_type\": …}`. A client's event may carry `ref`, a string of its own; what the server answers to it carries the same.",
           "The same as a machine reads it: [asyncapi.json](asyncapi.json), served at `/asyncapi.json`.", ""]
    for side, title in (("client", "Client to server"), ("server", "Server to client")):
        out += [f"## {title}", ""]
        for row in (r for r in tables["events"] if r["from"] == side):
            shed = {"always": " Dropped for a client that reads slowly.", "latest": " For a client that reads slowly only the latest is kept."}.get(row.get("shed"), "")
            out += [f"### {row['event']}", "", row["summary"] + shed, ""]
            if row["fields"]:
                out += ["| Field | |", "|---|---|"]
                out += [f"| `{name.rstrip('?')}`{' (optional)' if name.endswith('?') else ''} | {field['description']} |" for name, field in row["fields"].items()]
                out.append("")
    return "\n".join(out)


def metrics_table(tables):
    out = ["# Metrics", "", NOTE.format("metrics.yaml"), "", "| Series | Kind | Meaning |", "|---|---|---|"]
    for r in tables["metrics"]:
        labels = f"{{{r['labels']}}}" if r.get("labels") else ""
        out.append(f"| `{r['name']}{labels}` | {r['kind']} | {r['help']} |")
    return "\n".join(out + [""])


def project_version():
    """As the build has it."""
    build = pathlib.Path(__file__).resolve().parents[2] / "CMakeLists.txt"
    return re.search(r"project\(\w+ VERSION ([0-9.]+)", build.read_text())[1]


def all_documents(tables):
    return {"asyncapi.json": json.dumps(asyncapi.document(tables, project_version()), indent=2, ensure_ascii=False) + "\n",
            "api.md": openapi.api_table(tables), "errors.md": errors_table(tables), "events.md": events_table(tables), "metrics.md": metrics_table(tables)}
