"""A WebSocket session of Debian's python3-websockets, for tests that speak to the server as a stranger's program would.

    async with session.connect(server, "ana", room=room_id) as ana:
        await ana.send("send_message", content="Hello")
        confirmation = await ana.until("message_confirmation")

Every event is held against the tables of kernel/protocol. Every wait has a deadline and ends in an AssertionError that tells what came instead.
"""
import asyncio
import contextlib
import json
import urllib.parse

import websockets

import atrium
import contract

deadline_s = 20


class Session:
    """One open connection. `events` holds all that came, in order; until() and settled() take from what was not taken yet."""

    def __init__(self, socket, user):
        self.socket = socket
        self.user = user
        self.events = []
        self._fresh = []
        self._pings = 0
        self._said = 0

    async def send(self, event_type, **fields):
        await self.socket.send(json.dumps({"event_type": event_type, **fields}))

    async def _next(self):
        try:
            event = json.loads(await asyncio.wait_for(self.socket.recv(), deadline_s))
        except asyncio.TimeoutError:
            raise AssertionError(f"{self.user} waits in vain; so far came {self._types()}") from None
        self.events.append(event)
        contract.check_event(event)
        return event

    def _types(self):
        return [event["event_type"] for event in self.events]

    async def until(self, *event_types, **fields):
        """The first event not taken yet that has one of these types and these fields; what comes before it stays for later."""
        event = await self.peek(*event_types, **fields)
        self._fresh.remove(event)
        return event

    async def peek(self, *event_types, **fields):
        """The same, without taking it."""
        matches = lambda event: event["event_type"] in event_types and all(event.get(key) == value for key, value in fields.items())
        looked_at = 0
        while True:
            for event in self._fresh[looked_at:]:
                if matches(event):
                    return event
            looked_at = len(self._fresh)
            try:
                self._fresh.append(await self._next())
            except websockets.ConnectionClosed as closed:
                raise AssertionError(f"{self.user} was cut off ({closed}) waiting for {event_types}; so far came {self._types()}") from None

    def take(self):
        """Takes and returns everything that was read and not taken yet."""
        taken, self._fresh = self._fresh, []
        return taken

    async def settled(self):
        """Takes and returns everything the server had for this session before it answered a ping sent now."""
        self._pings += 1
        await self.send("ping", ref=f"settled-{self._pings}")
        await self.until("pong", ref=f"settled-{self._pings}")
        return self.take()

    async def message(self, content):
        """The delivery of a message with this content."""
        while True:
            event = await self.until("collaboration_message")
            if event["message"]["content"] == content:
                return event["message"]

    async def say(self, content, **fields):
        """Sends a message and returns its confirmation."""
        self._said += 1
        ref = f"say-{self._said}"
        await self.send("send_message", content=content, ref=ref, **fields)
        answer = await self.until("message_confirmation", "error", ref=ref)
        assert answer["event_type"] == "message_confirmation", answer
        return answer

    async def refusal(self, event_type, **fields):
        """Sends what must be refused and returns the error event."""
        self._said += 1
        ref = f"refused-{self._said}"
        await self.send(event_type, ref=ref, **fields)
        return await self.until("error", ref=ref)

    async def closed(self):
        """Reads to the end and returns (close code, the last event)."""
        while True:
            try:
                self._fresh.append(await self._next())
            except websockets.ConnectionClosed:
                return self.socket.close_code, self.events[-1] if self.events else None


@contextlib.asynccontextmanager
async def connect(server, user, room=None, token=None, prefix="/api/v1", subprotocols=None, query=None, headers=None, **claims):
    """Opens a session for `user` (with a token minted for him unless one is given), in `room` or in none."""
    token = token or server.token(user, **claims)
    if headers is None:
        headers = {"Authorization": f"Bearer {token}"}
    url = server.ws_url + prefix + "/collaboration/ws" + (f"/{room}" if room else "")
    if query:
        url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    socket = await asyncio.wait_for(
        websockets.connect(url, extra_headers=headers, subprotocols=subprotocols, ping_interval=None, max_size=None), deadline_s)
    session = Session(socket, user)
    try:
        session.established = await session.until("connection_established")
        if room:
            session.joined = await session.until("room_joined")
        yield session
    finally:
        await socket.close()


def config(**parts):
    """The demo with more options: each part is a top-level key and the YAML under it.

    Storage may take its time: a test machine's disk can be slower than any deadline one would set in earnest, and a room in doubt is not what
    these tests are about.
    """
    lines = [f"include: [{atrium.source_dir / 'config' / 'demo.yaml'}]"]
    for key, value in {"storage": "deadline: 1m", **parts}.items():
        lines += [f"{key}:"] + [f"  {line}" for line in value.splitlines()]
    return "\n".join(lines) + "\n"


def server(**parts):
    """A server with that configuration; a context manager."""
    return atrium.Server(config(**parts))


def make_room(server, owner, name="Team", room_type="agent_team", members=(), token=None, **fields):
    """Creates a room over REST as `owner` and returns its id."""
    body = {"room_type": room_type, "name": name, "initial_members": list(members), **fields}
    answer = server.post("/collaboration/rooms", body, token or server.token(owner))
    assert answer.status == 201, answer
    return answer.json["room_id"]
