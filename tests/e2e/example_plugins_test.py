"""The plugins that docs/plugins/ shows, in a real server beside those that come with it."""
import re
import unittest

import atrium
import session

pages = atrium.source_dir / "docs" / "plugins"
examples = atrium.source_dir / "examples" / "plugins"


def server(**more):
    directories = f"directories: [{atrium.build_dir / 'plugins'}, {atrium.build_dir / 'example_plugins'}]"
    return session.server(plugins="\n".join([directories, *more.values()]))


class ExamplePlugins(unittest.IsolatedAsyncioTestCase):
    def test_the_pages_show_these_files(self):
        sources = [path.read_text() for path in examples.parent.rglob("*") if path.suffix in (".cpp", ".yaml")]
        shown = 0
        for page in pages.glob("*.md"):
            for block in re.findall(r"```(?:cpp|yaml)\n(.*?)```", page.read_text(), flags=re.S):
                if "ATRIUM_PLUGIN" in block or block.startswith("id:"):
                    shown += 1
                    self.assertTrue(any(block in source for source in sources), f"{page.name} shows what no file of examples/plugins has:\n{block}")
        self.assertGreaterEqual(shown, 9)

    def test_the_switches_of_the_page_work_as_it_says(self):
        (switches,) = (block for block in re.findall(r"```yaml\n(.*?)```", (pages / "README.md").read_text(), flags=re.S) if "enabled_by_default" in block)
        states = {}
        for default in ("true", "false"):
            config = f"include: [{atrium.source_dir / 'config' / 'demo.yaml'}]\n" + switches.replace("by_default: true", f"by_default: {default}")
            with atrium.Server(config) as started:
                items = started.get("/admin/plugins", started.token("root", role="admin")).json["items"]
                states[default] = {item["id"].removeprefix("atrium."): item["state"] for item in items}
        for default in states:
            self.assertEqual([states[default][name] for name in ("room-type.agent-team", "storage.sqlite", "storage.memory", "room-type.training-session",
                                                                 "room-type.property-tour", "message-type.command")],
                             ["active", "active", "verified", "verified", "verified", "verified"], default)
        self.assertEqual((states["true"]["message-type.text"], states["false"]["message-type.text"]), ("active", "verified"))

    async def test_a_note_is_seen_by_its_author_alone(self):
        with server() as started:
            room = session.make_room(started, "ana", members=["ben"])
            async with session.connect(started, "ana", room) as ana, session.connect(started, "ben", room) as ben:
                confirmation = await ana.say("Ask about the roof", message_type="note")
                await ana.message("Ask about the roof")
                self.assertEqual((await ben.until("withheld"))["seq"], confirmation["seq"])
                self.assertNotIn("roof", str(ben.events))

    def test_only_supervisors_speak_in_a_briefing(self):
        with server() as started:
            boss, ana = started.token("boss", role="supervisor"), started.token("ana")
            room = session.make_room(started, "boss", room_type="briefing", members=["ana"], token=boss)
            self.assertEqual(started.get(f"/collaboration/rooms/{room}", ana).json["max_members"], 200)
            say = lambda token: started.post("/collaboration/messages", {"room_id": room, "content": "Listen"}, token)
            self.assertEqual(say(boss).status, 200)
            refused = say(ana)
            self.assertEqual((refused.status, refused.json["code"], refused.json["detail"]),
                             (422, "rejected_by_plugin", "Only supervisors speak in a briefing."))

    def test_a_poll_has_a_schema_and_an_option(self):
        with server(use="use:\n    com.acme.poll: {config: {answers_max: 3}}") as started:
            room = session.make_room(started, "ana")

            def ask(**metadata):
                body = {"room_id": room, "message_type": "poll", "content": "", "metadata": metadata}
                return started.post("/collaboration/messages", body, started.token("ana"))

            self.assertEqual(ask(question="When?", answers=["Now", "Later"]).status, 200)
            for metadata, wrong in (({"answers": ["a", "b"]}, "/metadata/question"), ({"question": "Who?", "answers": list("abcd")}, "/metadata/answers")):
                refused = ask(**metadata)
                self.assertEqual((refused.status, [error["path"] for error in refused.json["errors"]]), (422, [wrong]), refused)
            shown = started.get("/admin/plugins", started.token("root", role="admin")).json["items"]
            poll = next(item for item in shown if item.get("id") == "com.acme.poll")
            self.assertEqual((poll["state"], poll["options"], poll["maturity"]), ("active", {"answers_max": 3}, "beta"))
        refused = server(use="use:\n    com.acme.poll: {config: {answers_max: 21}}")
        try:
            refused.spawn()
            self.assertEqual(refused.wait(atrium.start_deadline_s), 2)
        finally:
            refused.remove()
        self.assertIn("answers_max", "\n".join(refused.log))


if __name__ == "__main__":
    unittest.main()
