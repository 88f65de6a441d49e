"""The simulated team of `atriumctl demo`: it works through its leads by the public API, says everywhere what it is, and leaves nothing behind."""
import os
import signal
import subprocess
import unittest

import atrium
import session

# Offers that are let pass are over soon, and nobody is spared who has just come.
queue = "{queues: {everyone: {lease: 2s, declined_for: 1s, ramp_in: 0s}}}"


class DemoTeam(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(atrium.Server(session.config(server="loops: 2", coordination=queue, analytics="sampling: 1s", alerts="interval: 1s")))
        self.sue = self.server.token("sue", tenant="demo", role="supervisor")

    def play(self, *arguments, **options):
        return subprocess.Popen([atrium.build_dir / "bin" / "atriumctl", "demo", "--guest", "sue", *arguments],
                                env={**os.environ, "JWT_SECRET_KEY": self.server.secret}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, start_new_session=True, **options)

    def played(self, *arguments):
        demo = self.play("--url", self.server.url, *arguments)
        out, _ = demo.communicate(timeout=240)
        return demo.returncode, out

    def line(self, demo, part):
        """Reads to the first line that holds `part`."""
        lines = []
        for line in demo.stdout:
            lines.append(line)
            if part in line:
                return line
        self.fail(f"{part} was not said in\n{''.join(lines)}")

    def stopped(self, demo):
        demo.send_signal(signal.SIGINT)
        out, _ = demo.communicate(timeout=60)
        return demo.returncode, out

    def items(self, path):
        answer = self.server.get(path, self.sue)
        self.assertEqual(answer.status, 200, answer)
        return answer.json["items"]

    def test_the_team_works_through_its_leads(self):
        code, out = self.played("--speed", "300", "--leads", "30")
        self.assertEqual(code, 0, out)

        agents = self.items("/coordination/agents")
        self.assertEqual([agent["agent_id"] for agent in agents], [f"demo-agent-{number}" for number in range(1, 9)])
        for agent in agents:
            self.assertRegex(agent["name"], r"^Demo Agent \d \([a-z]+\)$")
            self.assertEqual(agent["active_leads"], 0)
        self.assertEqual(self.items("/coordination/leads"), [])
        self.assertEqual(self.items("/coordination/offers"), [])
        leads = self.items("/coordination/leads?ended=true&limit=100")
        self.assertEqual(len(leads), 30)
        self.assertEqual({(lead["state"], lead["lead"]["simulated"]) for lead in leads}, {("closed", True)})
        offers = self.items("/coordination/offers?ended=true&limit=100")
        self.assertTrue({"won", "lost"} <= {offer["outcome"] for offer in offers}, out)
        self.assertIn("rejected", {offer["state"] for offer in offers})
        self.assertTrue(self.items("/coordination/decisions"))

        (handoffs,) = [room for room in self.items("/collaboration/rooms") if room["name"] == "Handoffs"]
        told = self.server.get(f"/collaboration/rooms/{handoffs['room_id']}/history?message_type=lead_handoff", self.sue).json
        self.assertTrue({message["metadata"]["handoff"]["state"] for message in told} >= {"pending", "accepted"}, out)
        self.assertTrue({tip["state"] for tip in self.items("/coordination/coaching")} & {"accepted", "dismissed"})

        # Who worked is in the reports, and how soon clients were answered.
        figures = self.server.get("/coordination/metrics", self.sue).json
        self.assertIsNotNone(figures["avg_response_time"])
        self.assertIsNotNone(figures["lead_assignment_time"])

    def test_a_team_that_has_too_much_to_do_leads_to_alerts(self):
        code, out = self.played("--speed", "100", "--leads", "30", "--load", "1.5")
        self.assertEqual(code, 0, out)
        overloaded = [alert["subject"] for alert in self.items("/coordination/alerts?rule=agent_overload")]
        self.assertTrue(overloaded, out)
        for agent in overloaded:
            self.assertRegex(agent, r"^demo-agent-\d$")

    def test_every_room_says_that_it_is_a_simulation(self):
        code, out = self.played("--speed", "1000", "--leads", "1")
        self.assertEqual(code, 0, out)
        rooms = {room["name"]: room for room in self.items("/collaboration/rooms")}
        self.assertEqual({name: room["room_type"] for name, room in rooms.items()},
                         {"Main Team": "agent_team", "Urgent Leads": "emergency_response", "Training & Coaching": "training_session",
                          "Wins & Celebrations": "agent_team", "Handoffs": "lead_collaboration"})
        for room in rooms.values():
            whole = self.server.get(f"/collaboration/rooms/{room['room_id']}", self.sue).json
            self.assertIs(whole["context"]["simulated"], True)
            first = self.server.get(f"/collaboration/rooms/{room['room_id']}/history?after=0", self.sue).json[0]
            self.assertIn("This is a simulation", first["content"])
            self.assertIs(first["metadata"]["simulated"], True)
        # Another run takes the same rooms, and has fewer agents on the roster.
        self.assertEqual(self.played("--speed", "1000", "--leads", "1", "--agents", "3")[0], 0)
        self.assertEqual({room["room_id"] for room in self.items("/collaboration/rooms")}, {room["room_id"] for room in rooms.values()})
        self.assertEqual(len(self.items("/coordination/agents")), 3)
        # The client's room was closed with the lead.
        host = self.server.token("demo-host", tenant="demo", role="supervisor")
        chats = self.server.get("/collaboration/rooms?type=client_session", host).json["items"]
        self.assertEqual([chat for chat in chats if chat["is_active"]], [])

    def test_it_plays_on_after_a_restart_and_ends_when_interrupted(self):
        demo = self.play("--url", self.server.url, "--speed", "100")
        self.addCleanup(demo.stdout.close)
        self.line(demo, "takes")
        port = self.server.port
        self.server.kill()
        self.server._env["ATRIUM_PORT"] = str(port)
        self.server.start()
        self.line(demo, "takes")
        while not any(agent["sessions"] for agent in self.items("/coordination/agents")):
            pass
        code, out = self.stopped(demo)
        self.assertEqual(code, 0, out)
        self.assertEqual(self.items("/coordination/leads"), [])

    def test_what_cannot_be_is_told(self):
        for arguments, part in ((["--speed", "nan"], "--speed"), (["--speed", "0"], "--speed"), (["--agents", "0"], "--agents"),
                                (["--leads", "0"], "--leads"), (["--load", "-1"], "--load")):
            code, out = self.played(*arguments)
            self.assertEqual((code, part in out), (2, True), out)
        url = self.server.url
        self.assertEqual(self.server.stop(), 0)
        out, _ = (demo := self.play("--url", url)).communicate(timeout=60)
        self.assertEqual((demo.returncode, "does not answer" in out), (1, True), out)


if __name__ == "__main__":
    unittest.main()
