#!/usr/bin/python3
"""Prints the id of a room of that name, made if the caller is in none: room.py URL TOKEN NAME. Standard library only."""
import json
import sys
import urllib.error
import urllib.request


def call(method, url, token, body=None):
    request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body is not None else None,
                                     headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def room_id(url, token, name):
    rooms = f"{url}/api/v1/collaboration/rooms"
    for room in call("GET", rooms, token)["items"]:
        if room["name"] == name:
            return room["room_id"]
    return call("POST", rooms, token, {"room_type": "agent_team", "name": name})["room_id"]


if __name__ == "__main__":
    try:
        print(room_id(*sys.argv[1:4]))
    except urllib.error.HTTPError as refusal:
        sys.exit(f"room.py: {refusal.code} {refusal.read().decode(errors='replace')}")
    except OSError as problem:
        sys.exit(f"room.py: {problem}")
