"""The environment variables of the seed, each with what it does to a server."""
import asyncio
import unittest

import websockets

import atrium
import session


def server(**variables):
    return atrium.Server(session.config(), env=variables)


class Environment(unittest.IsolatedAsyncioTestCase):
    def refused(self, variable, value):
        """Such a value must end the start, and the sentence must name the variable."""
        started = server(**{variable: value})
        try:
            started.spawn()
            self.assertEqual(started.wait(atrium.start_deadline_s), 2, started.tail())
        finally:
            started.remove()
        self.assertIn(variable, "\n".join(started.log))

    async def test_the_heartbeat_is_told_to_clients(self):
        with server(WEBSOCKET_HEARTBEAT_INTERVAL="7") as started:
            async with session.connect(started, "ana") as ana:
                self.assertEqual(ana.established["heartbeat_interval_ms"], 7000)
        self.refused("WEBSOCKET_HEARTBEAT_INTERVAL", "soon")

    async def test_a_silent_client_is_pinged(self):
        with server(WEBSOCKET_HEARTBEAT_INTERVAL="1") as started:
            reader, writer = await asyncio.open_connection("127.0.0.1", started.port)
            writer.write(f"GET /collaboration/ws?token={started.token('ana')} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode())
            self.assertIn(b" 101 ", await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), session.deadline_s))
            opcode = 0
            while opcode != 9:
                opcode, length = await asyncio.wait_for(reader.readexactly(2), session.deadline_s)
                opcode &= 0x0F
                await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big") if length == 126 else length)
            writer.close()
            await writer.wait_closed()

    async def test_connections_are_bounded(self):
        with server(WEBSOCKET_MAX_CONNECTIONS="2") as started:
            async with session.connect(started, "ana"), session.connect(started, "ben"):
                with self.assertRaises(websockets.InvalidStatusCode) as refused:
                    async with session.connect(started, "cleo"):
                        pass
                self.assertEqual(refused.exception.status_code, 503)
                self.assertTrue(refused.exception.headers["Retry-After"])

    async def test_a_short_secret_warns_and_works(self):
        with server(JWT_SECRET_KEY="your-secret-key-here") as started:  # As in the seed: 20 bytes.
            started.secret = "your-secret-key-here"
            self.assertEqual(started.get("/collaboration/rooms", started.token("ana")).status, 200)
            self.assertEqual(started.stop(), 0)
            self.assertIn("auth.weak_secret", "\n".join(started.log))

    def test_a_start_that_fails_ends_with_its_sentence_and_not_behind_a_list_of_plugins(self):
        with server() as first:
            second = server(ATRIUM_PORT=str(first.port))
            try:
                second.spawn()
                self.assertNotEqual(second.wait(atrium.start_deadline_s), 0, second.tail())
            finally:
                second.remove()
        told = "\n".join(second.log)
        self.assertIn(str(first.port), told)
        self.assertNotIn("plugin.unloaded", told)

    def test_one_algorithm_is_known(self):
        with server(JWT_ALGORITHM="HS256") as started:
            self.assertEqual(started.get("/collaboration/rooms", started.token("ana")).status, 200)
        self.refused("JWT_ALGORITHM", "RS256")

    def test_redis_is_named_and_not_used(self):
        with server(REDIS_URL="redis://nobody.invalid:1", REDIS_MAX_CONNECTIONS="7") as started:
            self.assertIn("storage: sqlite (fsynced)", started.log)
            for option in ("redis.url", "redis.max_connections"):
                self.assertEqual(started.logged("config.without_effect", option=option)["level"], "warning")
            self.assertEqual(started.get("/collaboration/metrics", started.token("ana")).json["redis_health"], "not_configured")
        self.refused("REDIS_URL", "http://localhost")
        self.refused("REDIS_MAX_CONNECTIONS", "0")

    def test_the_other_bounds_are_read_and_checked(self):
        with server(COLLABORATION_MAX_CONCURRENT_PROCESSING="200", COLLABORATION_MESSAGE_HISTORY_LIMIT="1000",
                    COLLABORATION_MESSAGE_TTL="604800") as started:
            session.make_room(started, "ana")
        for variable in ("COLLABORATION_MAX_CONCURRENT_PROCESSING", "COLLABORATION_MESSAGE_HISTORY_LIMIT", "COLLABORATION_MESSAGE_TTL"):
            with self.subTest(variable):
                self.refused(variable, "0")


if __name__ == "__main__":
    unittest.main()
