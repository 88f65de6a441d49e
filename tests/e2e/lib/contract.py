"""Holds what the server says against the tables of kernel/protocol: every REST answer of atrium.Server and every event of session.Session
comes through here, so whatever a test is about, an answer that its table does not describe fails it.

Stricter than the published schemas in one point: a property that no table names is a fault, too. An object whose schema names no properties
(settings, metadata) may hold anything.
"""
import functools
import json
import pathlib
import re
import sys

import yaml

protocol_dir = pathlib.Path(__file__).resolve().parents[3] / "kernel" / "protocol"
sys.path.insert(0, str(protocol_dir))
import asyncapi  # noqa: E402
import openapi  # noqa: E402

tables = {path.stem: yaml.safe_load(path.read_text()) for path in protocol_dir.glob("*.yaml")}
schemas = openapi.schemas_of(tables)
server_events = {row["event"]: asyncapi.event_schema(row) for row in tables["events"] if row["from"] == "server"}

types = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
time_pattern = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
understood = {"type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum", "maximum", "minLength", "maxLength",
              "maxItems", "pattern", "format", "anyOf", "allOf", "$ref", "description", "default", "example", "examples"}


def is_of(value, name):
    if name in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, (int, float) if name == "number" else int)
    return isinstance(value, types[name])


def problems(value, schema, path=""):
    """What is wrong with a value, one sentence each."""
    unknown = set(schema) - understood
    assert not unknown, f"tests/e2e/lib/contract.py does not know what {unknown} means"
    found = []
    say = lambda text: found.append(f"{path or '/'} {text}")
    if "$ref" in schema:
        found += problems(value, schemas[schema["$ref"].rsplit("/", 1)[1]], path)
    for part in schema.get("allOf", []):
        found += problems(value, part, path)
    if "anyOf" in schema:
        each = [problems(value, part, path) for part in schema["anyOf"]]
        found += [] if [] in each else min(each, key=len)
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if names and not any(is_of(value, name) for name in names):
        return found + [f"{path or '/'} is {value!r}, not {' or '.join(names)}"]
    if "enum" in schema and value not in schema["enum"]:
        say(f"is {value!r}, none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        say(f"is {value!r}, not {schema['const']!r}")
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value.encode()) <= schema.get("maxLength", sys.maxsize):
            say(f"is {len(value.encode())} bytes long")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            say(f"is {value!r}")
        if schema.get("format") == "date-time" and not time_pattern.fullmatch(value):
            say(f"is {value!r}, not a time in UTC with milliseconds")
    if is_of(value, "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        say(f"is {value}")
    if isinstance(value, list):
        if len(value) > schema.get("maxItems", sys.maxsize):
            say(f"has {len(value)} items")
        for at, item in enumerate(value):
            found += problems(item, schema.get("items", {}), f"{path}/{at}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{path}/{name} is missing" for name in schema.get("required", []) if name not in value]
        others = schema.get("additionalProperties", not properties)
        for name, item in value.items():
            if name in properties:
                found += problems(item, properties[name], f"{path}/{name}")
            elif isinstance(others, dict):
                found += problems(item, others, f"{path}/{name}")
            elif not others:
                found.append(f"{path}/{name} stands in no table")
    return found


def event_problems(event):
    if not isinstance(event, dict) or event.get("event_type") not in server_events:
        return ["/event_type stands in no table"]
    return problems(event, server_events[event["event_type"]])


def check_event(event):
    found = event_problems(event)
    assert not found, f"events.yaml knows no such event: {'; '.join(found)}\n{json.dumps(event, indent=1)}"


@functools.cache
def patterns():
    form = lambda path: re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path).replace(r"\{path\}", ".*"))
    return [(re.compile(form(row["path"])), row) for row in tables["routes"]]


def route_of(method, path):
    """The row of routes.yaml that answers, and whether the path stands in the table at all."""
    path = path.split("?")[0].removeprefix("/api/v1")
    rows = [row for pattern, row in patterns() if pattern.fullmatch(path)]
    rows = [row for row in rows if row["path"] == rows[0]["path"]]
    return next((row for row in rows if row["method"] == method), None), bool(rows)


def answer_problems(method, path, status, headers, body):
    """What is wrong with an answer. `headers` by names in lower case."""
    route, known_path = route_of(method, path)
    media = headers.get("content-type", "").split(";")[0]
    returns = route["returns"] if route else {}
    expected = {returns.get("status"): returns.get("schema"), **returns.get("also", {})}
    if returns.get("any") and media != "application/problem+json":
        return []
    if status in returns.get("bare", []):
        return ["there is a body"] if body else []
    if status == returns.get("status") and media in returns.get("exports", []):
        return []
    if status in expected:
        if expected[status] is None:
            wanted = returns.get("media", "")
            if wanted == "*/*":
                return [] if media else ["the body has no media type"]
            missing = [] if media == wanted and bool(body) == bool(wanted) else [f"the body is {media or 'none'}, not {wanted or 'none'}"]
        else:
            missing = problems(json.loads(body), schemas[expected[status]])
        return missing + [f"the header {name} is missing" for name in ("location",) if returns.get(name) and name not in headers]
    if method == "OPTIONS" and status == 204:
        return []
    if media != "application/problem+json":
        return [f"routes.yaml knows no answer {status} of {media or 'nothing'}"]
    problem = json.loads(body)
    found = problems(problem, schemas["Problem"])
    codes = {"malformed_request", "bad_request"} | ({"not_found"} if not known_path else {"method_not_allowed", "forbidden"})
    if route:
        codes = set(openapi.codes_of(route))
    if problem.get("code") not in codes:
        found.append(f"/code is {problem.get('code')!r}, none of what routes.yaml names for {route['operation'] if route else 'no route'}")
    if problem.get("status") != status:
        found.append(f"/status is {problem.get('status')}")
    return found


def check_answer(method, path, answer):
    found = answer_problems(method, path, answer.status, answer.headers, answer.body)
    assert not found, f"{method} {path} is answered as no table says: {'; '.join(found)}\n{answer}"
