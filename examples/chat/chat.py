#!/usr/bin/python3
"""Talks in one room from a terminal: chat.py URL TOKEN ROOM [--listen]

Every line typed is a message; Ctrl-D or Ctrl-C leaves. With --listen nothing is read, only shown.
Needs python3-websockets. The protocol: docs/REALTIME_COLLABORATION.md
"""
import argparse
import asyncio
import json
import sys
import uuid

import websockets


def shown(event):
    """One event as a line for a person, or None for what a chat does not show."""
    kind = event["event_type"]
    if kind == "collaboration_message":
        message = event["message"]
        return f"{message['sender_name']}: {message['content']}"
    if kind == "typing_indicator" and event["is_typing"]:
        return f"({event['display_name']} is typing)"
    if kind == "error":
        return f"! {event['code']}: {event.get('detail', '')}"
    if kind == "bye":
        return f"! the server says goodbye: {event.get('reason', event['code'])}"
    return None


async def show(socket, confirmed):
    async for frame in socket:
        event = json.loads(frame)
        line = shown(event)
        if line:
            print(line, flush=True)
        if event["event_type"] in ("message_confirmation", "error"):
            confirmed.release()


async def say(socket, lines, confirmed):
    """Sends each line as a message and waits until the server confirms it, which means that it is stored."""
    while line := await lines.readline():
        if text := line.decode().rstrip("\n"):
            # The id makes the message safe to send again: the server keeps the first and says `duplicate` to the rest.
            await socket.send(json.dumps({"event_type": "send_message", "message_type": "text", "content": text,
                                          "priority": "normal", "client_message_id": str(uuid.uuid4())}))
            await confirmed.acquire()


async def standard_input():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def chat(url, token, room, listen):
    address = url.replace("http", "ws", 1) + f"/api/v1/collaboration/ws/{room}"
    async with websockets.connect(address, extra_headers={"Authorization": f"Bearer {token}"}) as socket:
        hello = json.loads(await socket.recv())
        print(f"-- connected ({hello['event_type']}); type to talk, Ctrl-D leaves" if not listen else "-- listening", flush=True)
        confirmed = asyncio.Semaphore(0)
        tasks = [asyncio.create_task(show(socket, confirmed))]
        if not listen:
            tasks.append(asyncio.create_task(say(socket, await standard_input(), confirmed)))
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        for task in done:
            task.result()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Talk in one room.")
    arguments.add_argument("url", help="as the server printed it, such as http://127.0.0.1:8000")
    arguments.add_argument("token")
    arguments.add_argument("room", help="the room's id")
    arguments.add_argument("--listen", action="store_true", help="show what is said, read nothing")
    chosen = arguments.parse_args()
    try:
        asyncio.run(chat(chosen.url, chosen.token, chosen.room, chosen.listen))
    except KeyboardInterrupt:
        pass
    except (OSError, websockets.WebSocketException) as problem:
        sys.exit(f"chat.py: {problem}")
