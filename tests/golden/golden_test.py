"""Plays the conversations in transcripts/ against the real server and compares every answer with what is recorded there.

    python3 tests/golden/golden_test.py                    all of them, as a test
    python3 tests/golden/golden_test.py Golden.test_members      one
    python3 tests/golden/golden_test.py --update           records the answers anew; read the diff before you commit it

A transcript is a text that holds both sides. What clients do, one step a line:

    # a comment; blank lines are kept, too
    user boss role=supervisor tenant=other     whose token is not that of an agent of the tenant acme
    ana POST /collaboration/rooms {"room_type":"agent_team","name":"Team"}
    ana opens /collaboration/ws/<room 1>       a WebSocket called ana; `ben opens PATH as ben's phone` gives it another name,
                                               `with atrium.v1.json` at the end offers a sub-protocol
    ana -> {"event_type":"send_message","content":"Hello","ref":"1"}
    ana closes
    the server stops

What came back stands indented under each step: everything every connection got until all was quiet; of several presence_update of one user in
one room only the last, because a server that knows the newest need not tell the others. Ids are written <room 1>, <msg 2> in order
of appearance and may be used in later steps; times are <time>, durations <ms>.
"""
import asyncio
import difflib
import json
import pathlib
import re
import sys
import unittest

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "e2e"), str(here.parent / "e2e" / "lib")]
import session  # noqa: E402
import websockets  # noqa: E402

transcripts = here / "transcripts"
# The answers to these come from storage, so a ping may overtake them; each carries the step's ref.
answered_later = {"send_message", "join_room", "leave_room"}
line_max = 120
quiet_rounds_min = 3
# Frames on a busy connection may wait 1 ms for company (the flush window) and pings make it busy: further apart than that, they do not.
round_apart_s = 0.005

id_pattern = re.compile(r"\b([a-z]+)_([0-9A-HJKMNP-TV-Z]{26})\b")
time_pattern = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
duration_fields = {"latency_ms", "retry_after_ms"}


class Masks:
    """Writes what differs from run to run as what it stands for, and reads it back."""

    def __init__(self):
        self._names = {}  # real text -> mask
        self._counts = {}

    def name(self, kind, real):
        if real not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[real] = f"<{kind} {self._counts[kind]}>"
        return self._names[real]

    def hide(self, value, key=None):
        if isinstance(value, dict):
            return {name: self.hide(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.hide(item) for item in value]
        if key in duration_fields:
            return "<ms>"
        if not isinstance(value, str):
            return value
        if key == "epoch" and value:
            return self.name("epoch", value)
        value = id_pattern.sub(lambda found: self.name(found[1], found[0]), value)
        return time_pattern.sub("<time>", value)

    def reveal(self, text):
        for real, mask in self._names.items():
            text = text.replace(mask, real)
        return text


def shown(prefix, value, indent=4):
    """A value on one line or, when that is too long, one member a line."""
    line = prefix + json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    if len(line) <= line_max or not isinstance(value, (dict, list)):
        return [line]
    members = [(json.dumps(key) + ": ", item) for key, item in value.items()] if isinstance(value, dict) else [("", item) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inner = " " * (indent + 2)
    return [prefix + opening] + [part for key, item in members for part in shown(inner + key, item, indent + 2)] + [" " * indent + closing]


def newest(events):
    """Without each presence_update that a later one of the same user in the same room has overtaken."""
    key = lambda event: (event["user_id"], event["room_id"]) if isinstance(event, dict) and event["event_type"] == "presence_update" else None
    return [event for n, event in enumerate(events) if key(event) is None or key(event) not in map(key, events[n + 1:])]


class Play:
    """One transcript on its way through a server."""

    def __init__(self, server):
        self.server = server
        self.masks = Masks()
        self.claims = {}
        self.open = {}
        self.lines = []

    def token(self, user):
        return self.server.token(user, **self.claims.get(user, {}))

    async def step(self, line):
        line = self.masks.reveal(line)
        if found := re.fullmatch(r"user (\w+)((?: \w+=\S+)+)", line):
            self.claims[found[1]] = dict(pair.split("=", 1) for pair in found[2].split())
        elif found := re.fullmatch(r"(\w+) (GET|POST|PUT|PATCH|DELETE) (\S+)(?: (.*))?", line):
            await self.rest(found[1], found[2], found[3], found[4])
        elif found := re.fullmatch(r"(\w+) opens (\S+?)(?: as (.+?))?(?: with (\S+))?", line):
            await self.opens(found[1], found[2], found[3] or found[1], found[4])
        elif found := re.fullmatch(r"(.+?) -> (.*)", line):
            await self.sends(self.open[found[1]], found[2])
        elif found := re.fullmatch(r"(.+?) closes", line):
            await self.open.pop(found[1]).socket.close()
        elif line == "the server stops":
            await self.stops()
        else:
            raise ValueError(f"no step looks like this: {line}")
        await self.quiet()

    async def rest(self, user, method, path, body):
        answer = await asyncio.to_thread(self.server.request, method, path, body, self.token(user),
                                         headers={"Content-Type": "application/json"} if body else None)
        if answer.body:
            self.show(f"  {answer.status} ", answer.json)
        else:
            self.lines.append(f"  {answer.status}")
        if "link" in answer.headers:
            self.lines.append("  Link: " + self.masks.hide(answer.headers["link"]))

    async def opens(self, user, path, name, protocol):
        try:
            socket = await websockets.connect(self.server.ws_url + path, extra_headers={"Authorization": f"Bearer {self.token(user)}"},
                                              subprotocols=[protocol] if protocol else None, ping_interval=None)
        except websockets.InvalidStatusCode as refused:
            self.lines.append(f"  {refused.status_code} instead of a WebSocket")
            return
        opened = self.open[name] = session.Session(socket, name)
        await opened.peek("connection_established")
        if re.search(r"/ws/.", path):
            await opened.peek("room_joined", "bye")

    async def sends(self, sender, text):
        await sender.socket.send(text)
        event = json.loads(text) if text.startswith("{") and text.endswith("}") else {}
        if event.get("event_type") in answered_later:
            await sender.peek("message_confirmation", "room_joined", "room_left", "error", ref=event["ref"])

    async def stops(self):
        self.server.process.terminate()
        came = {}
        for name, each in self.open.items():
            code, _ = await each.closed()
            came[name] = each.take() + [f"is closed with {code}"]
        self.open.clear()
        self.show_all(came)
        await asyncio.to_thread(self.server.wait)

    async def quiet(self):
        came = {name: [] for name in self.open}
        # One thing leads to another (who enters a room changes his presence, which the room tells), each a turn of the server's loop later
        # and some of it behind the answer to a ping. So it is quiet when nothing came for some rounds of pings.
        quiet_rounds = 0
        while quiet_rounds < quiet_rounds_min:
            quiet_rounds += 1
            await asyncio.sleep(round_apart_s)
            for name, each in list(self.open.items()):
                try:
                    events = await each.settled()
                    came[name] += events
                    quiet_rounds = 0 if events else quiet_rounds
                except (AssertionError, websockets.ConnectionClosed):
                    code, _ = await each.closed()
                    came[name] += each.take() + [f"is closed with {code}"]
                    del self.open[name]
        self.show_all(came)

    def show_all(self, came):
        """Shows what each connection got; those that got the same stand together."""
        masked = {name: [self.masks.hide(event) for event in newest(events)] for name, events in came.items() if events}
        while masked:
            events = next(iter(masked.values()))
            names = [name for name, others in masked.items() if others == events]
            for name in names:
                del masked[name]
            for event in events:
                self.lines += [f"  {', '.join(names)} {event}"] if isinstance(event, str) else shown(f"  {', '.join(names)} <- ", event)

    def show(self, prefix, value):
        self.lines += shown(prefix, self.masks.hide(value))


async def play(text):
    """The transcript `text` with the answers a server gives today."""
    steps = [line for line in text.splitlines() if not line.startswith("  ")]
    # One loop, so that what follows from a step comes in one order.
    with session.server(server="loops: 1") as server:
        play = Play(server)
        try:
            for line in steps:
                play.lines.append(line)
                if line and not line.startswith("#"):
                    await play.step(line)
        finally:
            for each in play.open.values():
                await each.socket.close()
    return "\n".join(play.lines) + "\n"


class Golden(unittest.TestCase):
    maxDiff = None


def add_test(path):
    def test(self):
        recorded = path.read_text()
        played = asyncio.run(play(recorded))
        difference = "".join(difflib.unified_diff(recorded.splitlines(True), played.splitlines(True), str(path), "what came"))
        self.assertFalse(difference, "\n" + difference)

    setattr(Golden, f"test_{path.stem}", test)


paths = sorted(transcripts.glob("*.txt"))
assert paths, f"there are no transcripts in {transcripts}"
for each in paths:
    add_test(each)

if __name__ == "__main__":
    if "--update" in sys.argv:
        for each in paths:
            each.write_text(asyncio.run(play(each.read_text())))
            print(f"recorded {each.name}")
    else:
        unittest.main()
