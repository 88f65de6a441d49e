"""Scorers that fail, hang or say what is no number, in a real server: the lead is routed all the same, the decision says who was left out and why, and
nothing else waits for the one that hangs."""
import pathlib
import unittest

import atrium
import session

plugins = atrium.build_dir / "scorer_plugins"
coordination = """
policies:
  tried:
    agents: {{load: 1, {mode}: 1}}
    queue: {{urgency: 1}}
default_policy: tried
queues: {{all: {{skill_field: '', ramp_in: 0s, lease: 60s, sticky: false}}}}
"""


class Scorers(unittest.TestCase):
    def start(self, mode):
        server = self.enterContext(session.server(
            server="{loops: 1, shutdown_timeout: 4s, drain_delay: 0s}", plugins=f"directories: [{atrium.build_dir / 'plugins'}, {plugins}]", coordination=coordination.format(mode=mode)))
        self.sue = server.token("sue", role="supervisor")
        answer = server.put("/coordination/agents/ana", {"name": "Ana", "capacity": 20}, self.sue)
        self.assertEqual(answer.status, 200, answer)
        return server

    def route(self, server, lead):
        answer = server.post("/coordination/leads/route", {"lead_id": lead, "lead": {"name": lead}}, self.sue)
        self.assertEqual((answer.status, answer.json["agent_id"], answer.json["degraded"]), (200, "ana", True), answer)
        return server.get(f"/coordination/decisions/{answer.json['decision_id']}", self.sue).json

    def failure(self, decision, mode):
        """Why that scorer was left out; the other one was not."""
        failures = {scorer["scorer"]: scorer["failure"] for scorer in decision["scorers"]}
        self.assertIsNone(failures["load"], decision)
        self.assertTrue(decision["degraded"])
        # What the issue promises is 100 ms. This is the server's own figure, with room for a machine that has other things to do.
        self.assertLess(decision["engine_us"], 1_000_000)
        return failures[mode]

    async def routed(self, mode, why):
        server = self.start(mode)
        async with session.connect(server, "ana") as ana:
            for lead in ("first", "second"):
                decision = self.route(server, lead)
                self.assertRegex(self.failure(decision, mode), why)
                self.assertEqual((await ana.until("offer"))["offer"]["lead_id"], lead)
        return server

    def test_one_that_throws_is_left_out(self):
        session.asyncio.run(self.routed("throws", "^failed$"))

    def test_one_that_says_what_is_no_number_is_left_out(self):
        session.asyncio.run(self.routed("nan", "is not between 0 and 1"))

    def test_one_that_hangs_is_left_out_and_holds_up_nothing(self):
        session.asyncio.run(self.hangs())

    async def hangs(self):
        server = self.start("hangs")
        async with session.connect(server, "ana") as ana:
            room = session.make_room(server, "ana")
            reasons = set()
            for number in range(12):
                decision = self.route(server, f"lead_{number}")
                reasons.add(self.failure(decision, "hangs"))
                await ana.until("offer")
            # It is waited for once, and keeps one worker; nobody waits for it again while that call has not come back.
            self.assertEqual(reasons, {"did not answer within 50 ms", "has not come back from an earlier call"})
            hooks = server.get("/admin/plugins/test.scorer.hangs", server.token("root", role="admin")).json["hooks"]
            self.assertEqual([hook["in_flight"] for hook in hooks], [1], hooks)
            # Calls of other plugins on workers are served, and messages.
            told = server.post("/collaboration/messages", {"room_id": room, "content": "Still here"}, server.token("ana"))
            self.assertEqual(told.status, 200, told)
            command = server.post(f"/collaboration/rooms/{room}/commands", {"command": "help"}, server.token("ana"))
            self.assertLess(command.status, 300, command)
        # A thread that is inside for ever cannot be ended: the server stops when its patience is over, and has kept everything.
        self.assertNotEqual(server.stop(), 0)
        server.start()
        leads = server.get("/coordination/leads", self.sue).json["items"]
        self.assertEqual(len(leads), 12)


if __name__ == "__main__":
    unittest.main()
