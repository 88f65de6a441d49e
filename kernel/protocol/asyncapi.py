"""The AsyncAPI document, made from events.yaml, schemas.yaml, close_codes.yaml and errors.yaml; and the schema of one event by itself."""
import openapi


def referred(name):
    return {"$ref": f"#/components/schemas/{name}"}


def field_schema(field):
    """The JSON Schema of one row of an event's fields."""
    if "schema" not in field:
        return field
    wanted = field["schema"]
    description = {"description": field["description"]} if "description" in field else {}
    if isinstance(wanted, dict):
        return {"type": "array", "items": referred(wanted["array"]), **description}
    return {"allOf": [referred(wanted)], **description}


def event_schema(row):
    """The JSON Schema of one event; its references lead to components/schemas."""
    fields = dict(row["fields"])
    if row["from"] == "client":
        fields["ref?"] = {"schema": "Ref", "description": "A name of the client's own; the answer carries it."}
    return {
        "type": "object",
        "required": ["event_type", *(name for name in fields if not name.endswith("?"))],
        "properties": {"event_type": {"const": row["event"]}, **{name.rstrip("?"): field_schema(field) for name, field in fields.items()}},
    }


def references(node):
    """The names of the schemas a schema refers to."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rsplit("/", 1)[1]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def document(tables, version):
    messages = {f"{row['from']}.{row['event']}": row for row in tables["events"]}
    schemas = openapi.schemas_of(tables)
    used, waiting = {}, [name for row in messages.values() for name in references(event_schema(row))]
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = schemas[name]
            waiting += references(schemas[name])
    addresses = {
        "rooms": ("/collaboration/ws", "One connection for many rooms, entered by join_room."),
        "room": ("/collaboration/ws/{room_id}", "A connection for one room, entered at once; frames that name no room mean this one."),
    }
    close_codes = "; ".join(f"{row['code']} {row['title']}" for row in tables["close_codes"])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Atrium",
            "version": version,
            "license": {"name": "Apache-2.0"},
            "description": "The WebSocket of Atrium: text frames, one JSON object each. A valid token is needed: in the Authorization header, as the "
                           "sub-protocol bearer.<jwt> beside atrium.v1.json, or as ?token=. Close codes, 4000-4499: come back; 4500-4999: do not. "
                           + close_codes,
        },
        "defaultContentType": "application/json",
        "servers": {"default": {"host": "localhost:8000", "pathname": "/api/v1", "protocol": "ws"}},
        "channels": {
            channel: {
                "address": address,
                "description": about,
                **({"parameters": {"room_id": {"description": "The room's id."}}} if "{room_id}" in address else {}),
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
            for channel, (address, about) in addresses.items()
        },
        "operations": {
            f"{name}_{channel}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{channel}"},
                "summary": summary,
                "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"} for message, row in messages.items() if row["from"] == side],
            }
            for channel in addresses
            for name, action, side, summary in (("hear", "receive", "client", "What the server takes."), ("tell", "send", "server", "What it sends."))
        },
        "components": {
            "messages": {
                name: {"name": row["event"], "summary": row["summary"], "payload": event_schema(row)} for name, row in messages.items()
            },
            "schemas": dict(sorted(used.items())),
        },
    }
