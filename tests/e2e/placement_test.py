"""Plugins in runners of their own, `run: isolated`: the real server behaves as it does otherwise, and outlives what happens to them."""
import os
import signal
import unittest

import session

ids = ["atrium.room-type.agent-team", "atrium.message-type.text"]
uses = "use: {" + ", ".join(f"{id}: {{run: isolated, deadline: 1s}}" for id in ids) + "}"


class Placement(unittest.IsolatedAsyncioTestCase):
    def runner(self, server, id):
        (item,) = (item for item in server.get("/admin/plugins", server.token("root", role="admin")).json["items"] if item.get("id") == id)
        self.assertEqual(item["state"], "active")
        return item["runner"]

    async def test_rooms_work_with_isolated_plugins_and_outlive_them(self):
        with session.server(plugins=uses) as server:
            room = session.make_room(server, "ana", members=["ben"])
            async with session.connect(server, "ana", room) as ana, session.connect(server, "ben", room) as ben:
                for turn in range(10):
                    for id in ids:
                        # The pid may be one that has just ended: then this turn kills nothing.
                        pid = self.runner(server, id)["pid"]
                        if pid:
                            try:
                                os.kill(pid, signal.SIGKILL)
                            except ProcessLookupError:
                                pass
                    await ana.say(f"message {turn}")
                    await ben.message(f"message {turn}")
            self.assertGreater(self.runner(server, ids[0])["restarts"], 0)
            self.assertIn("killed from outside", self.runner(server, ids[0])["last_end"])

    async def test_a_runner_has_its_services_and_acts_once(self):
        remind = "atrium.command.remind"
        with session.server(plugins=f"use: {{{remind}: {{run: isolated}}}}") as server:
            room = session.make_room(server, "ana")
            self.assertFalse(self.runner(server, remind)["spare"])
            async with session.connect(server, "ana", room) as ana:
                await ana.send("run_command", text="/remind 1s Look again", ref="first")
                self.assertEqual((await ana.until("command_result"))["result"]["text"], "I will remind you in 1s.")
                await ana.message("Reminder for Ana: Look again")
                # What it keeps outlives it: its next runner reads it and tells of it.
                await ana.send("run_command", text="/remind 2s And again", ref="second")
                await ana.until("command_result")
                os.kill(self.runner(server, remind)["pid"], signal.SIGKILL)
                await ana.message("Reminder for Ana: And again")
            history = server.get(f"/collaboration/rooms/{room}/history", server.token("ana")).json
            self.assertEqual(sorted(message["content"] for message in history), ["Reminder for Ana: And again", "Reminder for Ana: Look again"])

    def test_a_storage_cannot_be_isolated(self):
        with self.assertRaises(Exception) as refused:
            with session.server(plugins="use: {atrium.storage.sqlite: {run: isolated}}"):
                pass
        self.assertIn("cannot be isolated", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
