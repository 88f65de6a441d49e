"""A token is a key. It never stands in anything the server writes, whichever way it came and whatever became of it."""
import json
import pathlib
import unittest

import websockets

import atrium
import session


class Canary(unittest.IsolatedAsyncioTestCase):
    async def test_no_token_is_ever_logged(self):
        with session.server(log="level: debug") as server:
            room = session.make_room(server, "ana")
            good = server.token("ana")
            expired = server.token("ana", ttl_s=-3600)
            forged = atrium.mint("another secret, long enough to be one", "ana")
            for token in (good, expired, forged):
                server.get("/collaboration/rooms", token)
                server.get(f"/collaboration/rooms/{room}/history?token={token}")
                server.get(f"/nothing/{token}", token)
                server.get(f"/collaboration/rooms/{token}", forged)
                handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "A" * 22 + "=="}
                server.get(f"/collaboration/ws/{token}?token={expired}", headers=handshake)
                server.post("/collaboration/messages", f'{{"token":"{token}", broken', token)
                server.request("GET", "/collaboration/rooms", headers={"Authorization": f"Basic {token}"})
                for way in ({"query": {"token": token}, "headers": {}}, {"token": token},
                            {"subprotocols": ["atrium.v1.json", f"bearer.{token}"], "headers": {}}):
                    try:
                        async with session.connect(server, "ana", room, **way) as ana:
                            await ana.refusal(token, token=token)
                            await ana.refusal("send_message", content="x", client_message_id=token)
                    except (websockets.WebSocketException, AssertionError):
                        self.assertIsNot(token, good)  # The other two are refused, each in its way.
            async with session.connect(server, "ana", room) as ana:
                await ana.say("The log has a last line to wait for")
            self.assertEqual(server.stop(), 0)

            written = {"the log": "\n".join(server.log)}
            for path in pathlib.Path(server.data_dir).rglob("*"):
                if path.is_file() and not path.name.startswith("atrium.db"):
                    written[path.name] = path.read_text(errors="replace")
            for name, text in written.items():
                for token in (good, expired, forged):
                    for part in token.split(".")[1:]:  # The first part is the same in all tokens of the world.
                        self.assertNotIn(part, text, name)
                self.assertNotIn(server.secret, text, name)

    async def test_what_is_logged_is_one_json_object_a_line(self):
        with session.server(log="level: debug") as server:
            server.get("/collaboration/rooms", 'a token with "quotes" and \\')
            self.assertEqual(server.stop(), 0)
            # Two lines are for the person who started it; all others are for programs.
            self.assertEqual([line.split(":")[0] for line in server.log if not line.startswith("{")], ["listening on http", "storage"])
            objects = [line for line in server.log if line.startswith("{")]
            for line in objects:
                entry = json.loads(line)
                for field in ("time", "level"):
                    self.assertIn(field, entry)


if __name__ == "__main__":
    unittest.main()
