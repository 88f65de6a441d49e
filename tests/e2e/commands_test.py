"""Commands over REST and WebSocket, and the plugins that come with the platform: help and remind."""
import unittest

import session


def run(server, token, room, **body):
    return server.post(f"/collaboration/rooms/{room}/commands", body, token)


class Commands(unittest.IsolatedAsyncioTestCase):
    def test_the_list_shows_what_the_caller_may_run(self):
        with session.server() as server:
            items = server.get("/collaboration/commands", server.token("ana")).json["items"]
            self.assertEqual([item["name"] for item in items], ["help", "remind"])
            self.assertEqual(items[1]["positional"], ["in", "what"])
            self.assertEqual(items[1]["arguments_schema"]["required"], ["in", "what"])
            names = [item["name"] for item in server.get("/collaboration/commands", server.token("cleo", role="client")).json["items"]]
            self.assertEqual(names, ["help"])

    def test_help_tells_of_all_and_of_one(self):
        with session.server() as server:
            room, ana = session.make_room(server, "ana"), server.token("ana")
            answer = run(server, ana, room, text="/help")
            self.assertEqual(answer.status, 200)
            self.assertIn("/remind <in> <what>: Posts a reminder", answer.json["result"]["text"])
            self.assertNotIn("/remind", run(server, ana, room, command="help", arguments={"command": "help"}).json["result"]["text"])

    def test_what_cannot_be_run_is_refused_with_a_reason(self):
        with session.server() as server:
            room, ana, eve = session.make_room(server, "ana"), server.token("ana"), server.token("eve")
            unknown = run(server, ana, room, text="/remnd 10m x")
            self.assertEqual((unknown.status, unknown.json["code"]), (404, "command_unknown"))
            self.assertIn("remind", unknown.json["detail"])
            self.assertEqual(run(server, eve, room, text="/help").json["code"], "not_a_member")
            wrong = run(server, ana, room, command="remind", arguments={"in": "10m"})
            self.assertEqual((wrong.status, wrong.json["code"], wrong.json["errors"][0]["path"]), (422, "validation_failed", "/arguments/what"))
            self.assertEqual(run(server, ana, room, text="/remind soon x").json["code"], "rejected_by_plugin")
            self.assertEqual(run(server, ana, room, text="help").json["code"], "validation_failed")
            self.assertEqual(run(server, ana, room).json["code"], "validation_failed")

    async def test_a_session_runs_a_command_and_hears_of_its_result(self):
        with session.server() as server:
            room = session.make_room(server, "ana")
            async with session.connect(server, "ana", room) as ana:
                await ana.send("run_command", text="/remind 1s Call Ben back", ref="r1")
                result = await ana.until("command_result", ref="r1")
                self.assertEqual((result["command"], result["room_id"]), ("remind", room))
                self.assertEqual(result["result"]["text"], "I will remind you in 1s.")
                told = await ana.message("Reminder for Ana: Call Ben back")
                self.assertEqual((told["sender_id"], told["message_type"]), ("atrium.command.remind", "system"))
                await ana.send("run_command", command="nothing", ref="r2")
                self.assertEqual((await ana.until("error", ref="r2"))["code"], "command_unknown")

    async def test_a_message_that_is_a_command_stays_and_runs(self):
        with session.server() as server:
            room = session.make_room(server, "ana", members=["ben"])
            async with session.connect(server, "ana", room) as ana, session.connect(server, "ben", room) as ben:
                await ana.send("send_message", content="/help remind", message_type="command", metadata={"command": "help"})
                self.assertIn("/remind", (await ana.until("command_result"))["result"]["text"])
                self.assertEqual((await ben.message("/help remind"))["message_type"], "command")
                await ana.send("send_message", content="/assign ben", message_type="command", metadata={"command": "assign"}, ref="m")
                await ana.until("message_confirmation")
                self.assertNotIn("error", [event["event_type"] for event in ana.events])

    async def test_a_reminder_outlives_a_crash(self):
        with session.server() as server:
            room, ana = session.make_room(server, "ana"), server.token("ana")
            self.assertEqual(run(server, ana, room, text="/remind 2s Look again").status, 200)
            server.kill()
            server.start()
            async with session.connect(server, "ana", room) as again:
                content = "Reminder for Ana: Look again"
                past = [message["content"] for message in server.get(f"/collaboration/rooms/{room}/history", ana).json]
                if content not in past:
                    await again.message(content)

    async def test_a_reminder_outlives_a_reload_of_its_plugin(self):
        with session.server() as server:
            room, ana, root = session.make_room(server, "ana"), server.token("ana"), server.token("root", role="admin")
            async with session.connect(server, "ana", room) as session_of_ana:
                self.assertEqual(run(server, ana, room, text="/remind 1s Before").status, 200)
                self.assertEqual(server.post("/admin/plugins/atrium.command.remind/reload", None, root).status, 200)
                self.assertEqual(run(server, ana, room, text="/remind 1s After").status, 200)
                await session_of_ana.message("Reminder for Ana: Before")
                await session_of_ana.message("Reminder for Ana: After")

    def test_one_tenant_does_not_use_up_the_reminders_of_all(self):
        with session.server(plugins="use: {atrium.command.remind: {config: {tenant_max: 2}}}") as server:
            room, ana = session.make_room(server, "ana"), server.token("ana")
            for n in range(2):
                self.assertEqual(run(server, ana, room, text=f"/remind 1h {n}").status, 200)
            refused = run(server, ana, room, text="/remind 1h more")
            self.assertEqual((refused.json["code"], "of your reminders" in refused.json["detail"]), ("rejected_by_plugin", True))
            zoe = server.token("zoe", tenant="other")
            other = server.post("/collaboration/rooms", {"room_type": "agent_team", "name": "Team"}, zoe).json["room_id"]
            self.assertEqual(run(server, zoe, other, text="/remind 1h Call").status, 200)


if __name__ == "__main__":
    unittest.main()
