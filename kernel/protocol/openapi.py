"""The OpenAPI document, its page and its table, made from routes.yaml, schemas.yaml and errors.yaml."""
import base64
import hashlib
import html
import re

TOKEN_CODES = ["unauthorized", "token_expired"]
JUDGE_CODES = ["overloaded", "plugin_failed"]  # Of a token that an authenticator has to judge.
BODY_CODES = ["malformed_json", "unsupported_media", "too_large", "validation_failed", "identity_mismatch"]
ENGINE_CODES = ["storage_unavailable", "overloaded", "shutting_down"]
COMMON_CODES = ["bad_request", "uri_too_long", "header_too_large", "internal"]


def codes_of(route):
    """Every code this route may answer, in the order of the error table."""
    codes = list(COMMON_CODES) + list(route.get("errors", []))
    if route["access"] != "open":
        codes += TOKEN_CODES
        codes += JUDGE_CODES
    if route["access"] in ("ops", "admin", "operators"):
        codes.append("forbidden")
    if route["access"] in ("token", "socket"):
        codes += ENGINE_CODES
    if "body" in route:
        codes += BODY_CODES
    return codes


def parameters_of(route, tables):
    """The parameters of the path, then those of the query, as rows of schemas.yaml."""
    names = [{"user_id": "user_id_path"}.get(n, n) for n in re.findall(r"{(\w+)}", route["path"])]
    names += route.get("parameters", [])
    return [(n, tables["schemas"]["parameters"][n]) for n in names]


def responses_of(route, errors):
    returns = route["returns"]
    status = returns["status"]
    success = {"description": {101: "The connection speaks WebSocket from here on.", 204: "Done.", 308: "It is elsewhere."}.get(status, "Done; the body shows the result.")}
    if "schema" in returns:
        success["content"] = {"application/json": {"schema": {"$ref": f"#/components/schemas/{returns['schema']}"}}}
    elif "media" in returns:
        success["content"] = {returns["media"]: {"schema": {"type": "object" if "json" in returns["media"] else "string"}}}
    for media in returns.get("exports", []):
        success["content"][media] = {"schema": {"type": "string"}}
    if returns.get("location"):
        success["headers"] = {"Location": {"description": "Where it is now.", "schema": {"type": "string"}}}
    if returns.get("link"):
        success["headers"] = {"Link": {"description": 'The next page, rel="next"; absent on the last.', "schema": {"type": "string"}}}
    responses = {str(status): success}
    for bare in returns.get("bare", []):
        responses[str(bare)] = {"description": {304: "What you have is still what it is."}[bare]}
    for also, schema in returns.get("also", {}).items():
        responses[str(also)] = {"description": "Not now; the body says why.", "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
    table = {row["code"]: row for row in errors}
    by_status = {}
    for code in codes_of(route):
        row = table[code]
        codes = by_status.setdefault(row["status"], [])
        if code not in codes:
            codes.append(code)
    for number, codes in sorted(by_status.items()):
        if str(number) in responses:
            continue
        answer = {"description": " ".join(f"`{c}`: {table[c]['title']}" for c in codes),
                  "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        if number in (429, 503):
            answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
        responses[str(number)] = answer
    return responses


def schemas_of(tables):
    """All schemas by name, that of the error codes with them."""
    return {**tables["schemas"]["schemas"],
            "Code": {"type": "string", "description": "A stable word.", "enum": [row["code"] for row in tables["errors"]]}}


def document(tables, version):
    paths = {}
    used = {}
    for route in tables["routes"]:
        operation = {"operationId": route["operation"], "tags": [route["group"]], "summary": route["summary"] + "."}
        if "description" in route:
            operation["description"] = route["description"]
        parameters = parameters_of(route, tables)
        if parameters:
            operation["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name, _ in parameters]
        for name, row in parameters:
            used[name] = {"name": row.get("name", name), "required": row["in"] == "path", **{k: v for k, v in row.items() if k != "name"}}
        if "body" in route:
            operation["requestBody"] = {"required": not route.get("body_optional", False),
                                        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{route['body']}"}}}}
        operation["responses"] = responses_of(route, tables["errors"])
        operation["security"] = {"ops": [{}, {"bearer": []}], "socket": [{"bearer": []}, {"query_token": []}], "open": [{}]}.get(route["access"], [{"bearer": []}])
        paths.setdefault(route["path"], {})[route["method"].lower()] = operation
    schemas = schemas_of(tables)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Atrium", "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                 "description": "Real-time collaboration for teams of live agents. The WebSocket events stand in /asyncapi.json."},
        "servers": [{"url": "/api/v1"}, {"url": "/", "description": "The same without a prefix, for older clients."}],
        "tags": [{"name": group} for group in dict.fromkeys(r["group"] for r in tables["routes"])],
        "paths": paths,
        "components": {
            "parameters": used,
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                                "query_token": {"type": "apiKey", "in": "query", "name": "token"}},
        },
    }


def inline_html(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def shown_schema(node):
    """One line for a schema: its name, or what it is made of."""
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{name}">{name}</a>'
    kind = node.get("type", "object")
    text = " or ".join(kind) if isinstance(kind, list) else kind
    if "enum" in node:
        text = " | ".join(html.escape(str(v)) for v in node["enum"])
    if kind == "array":
        text = f"list of {shown_schema(node.get('items', {}))}"
    notes = [f"{word} {node[key]}" for key, word in (("minimum", "at least"), ("maximum", "at most"), ("maxLength", "at most"), ("maxItems", "up to"), ("default", "default")) if key in node]
    return text + (f" ({', '.join(notes)})" if notes else "")


STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:62rem;padding:1rem;color:#1b1b1b;background:#fff}
h2{margin-top:2.5rem}details{border:1px solid #ccc;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}summary{cursor:pointer}
.method{display:inline-block;min-width:4.5rem;font-weight:700}code{font-family:ui-monospace,monospace}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #ddd;padding:.25rem .5rem;text-align:left;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}a{color:#8ab4f8}details,td,th{border-color:#444}}"""


def page(doc):
    """The document as one page without a script; returns it and the Content-Security-Policy it needs."""
    out = []

    def table(head, rows):
        if rows:
            out.append("<table><tr>" + "".join(f"<th>{h}</th>" for h in head) + "</tr>" + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in r) + "</tr>" for r in rows) + "</table>")

    for tag in doc["tags"]:
        out.append(f"<h2>{tag['name'].capitalize()}</h2>")
        for path, methods in doc["paths"].items():
            for method, op in methods.items():
                if tag["name"] not in op["tags"]:
                    continue
                out.append(f'<details id="{op["operationId"]}"><summary><span class="method">{method.upper()}</span> <code>{html.escape(path)}</code> {inline_html(op["summary"])}</summary>')
                if "description" in op:
                    out.append(f"<p>{inline_html(op['description'])}</p>")
                rows = [doc["components"]["parameters"][p["$ref"].rsplit("/", 1)[1]] for p in op.get("parameters", [])]
                table(["Parameter", "In", "Type", "Meaning"], [[f"<code>{p['name']}</code>", p["in"], shown_schema(p["schema"]), inline_html(p["description"])] for p in rows])
                if "requestBody" in op:
                    out.append(f"<p>Body: {shown_schema(op['requestBody']['content']['application/json']['schema'])}</p>")
                table(["Status", "Answer"], [[status, " ".join([inline_html(r["description"]), *(shown_schema(c["schema"]) for c in r.get("content", {}).values())])] for status, r in op["responses"].items()])
                out.append("</details>")
    out.append("<h2>Schemas</h2>")
    for name, schema in doc["components"]["schemas"].items():
        out.append(f'<details id="{name}"><summary><code>{name}</code></summary>')
        if "description" in schema:
            out.append(f"<p>{inline_html(schema['description'])}</p>")
        if "properties" in schema:
            required = schema.get("required", [])
            table(["Member", "Type", ""], [[f"<code>{n}</code>", shown_schema(s), ("required. " if n in required else "") + inline_html(s.get("description", ""))] for n, s in schema["properties"].items()])
        else:
            out.append(f"<p>{shown_schema(schema)}</p>")
        out.append("</details>")
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    text = (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Atrium API</title>'
            f"<style>{STYLE}</style></head><body><h1>Atrium API {html.escape(doc['info']['version'])}</h1>"
            f"<p>{inline_html(doc['info']['description'])} Every path answers under <code>/api/v1</code> and without it. The same as a machine reads it: "
            f'<a href="openapi.json">openapi.json</a>.</p>' + "\n".join(out) + "</body></html>\n")
    return text, f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def api_table(tables):
    """docs/api.md."""
    out = ["# REST", "", "Made from `kernel/protocol/routes.yaml`; edit that table and run `kernel/protocol/generate.py --docs`. Bodies and replies stand in",
           "`/openapi.json`, and as a page at `/docs`. Every path answers under `/api/v1` and without it.", ""]
    access = {"open": "nothing", "token": "a valid token", "admin": "an admin's token", "operators": "an operator's token", "ops": "nothing on loopback or with `ops.public`, else an operator's token", "socket": "a valid token, also as sub-protocol or `?token=`"}
    for group in dict.fromkeys(r["group"] for r in tables["routes"]):
        out += [f"## {group.capitalize()}", "", "| Method and path | Does | Needs | Success | Refused with |", "|---|---|---|---|---|"]
        for r in (r for r in tables["routes"] if r["group"] == group):
            codes = ", ".join(f"`{c}`" for c in dict.fromkeys(r.get("errors", [])))
            out.append(f"| {r['method']} `{r['path']}` | {r['summary']} | {access[r['access']]} | {r['returns']['status']} | {codes} |")
        out.append("")
    out += ["Beside these, every route may answer " + ", ".join(f"`{c}`" for c in COMMON_CODES) + "; those with a token " + ", ".join(f"`{c}`" for c in dict.fromkeys([*TOKEN_CODES, *JUDGE_CODES, *ENGINE_CODES])) + "; those with a body " + ", ".join(f"`{c}`" for c in BODY_CODES) + ". What each means: [errors.md](errors.md).", ""]
    return "\n".join(out)
