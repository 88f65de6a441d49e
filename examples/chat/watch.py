#!/usr/bin/python3
"""Watches a topic of the caller's tenant from a terminal: watch.py URL TOKEN TOPIC

Prints what there is and then each change, a line each, as KEY JSON; a key that has gone is "KEY -". Ctrl-C leaves.
Needs python3-websockets. The protocol: docs/REALTIME_COLLABORATION.md
"""
import argparse
import asyncio
import json
import os
import sys

import websockets


async def watch(url, token, topic):
    address = url.replace("http", "ws", 1) + "/api/v1/collaboration/ws"
    async with websockets.connect(address, extra_headers={"Authorization": f"Bearer {token}"}) as socket:
        await socket.send(json.dumps({"event_type": "subscribe_topic", "topic": topic}))
        async for frame in socket:
            event = json.loads(frame)
            if event["event_type"] == "error":
                sys.exit(f"watch.py: {event['code']}: {event.get('detail', '')}")
            if event["event_type"] == "topic_update":
                for item in event.get("items", event.get("changes", [])):
                    value = item["value"]
                    print(item["key"], "-" if value is None else json.dumps(value), flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Watch a topic.")
    arguments.add_argument("url", help="as the server printed it, such as http://127.0.0.1:8000")
    arguments.add_argument("token")
    arguments.add_argument("topic", help="agents, queue, metrics or alerts; for supervisors also offers and decisions")
    chosen = arguments.parse_args()
    try:
        asyncio.run(watch(chosen.url, chosen.token, chosen.topic))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # Whoever read this has enough, as `head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, websockets.WebSocketException) as problem:
        sys.exit(f"watch.py: {problem}")
