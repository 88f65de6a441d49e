"""Room types that stand in the configuration alone, and plugins that go along with others."""
import unittest

import atrium
import session

plugins = f"directories: [{atrium.build_dir / 'plugins'}, {atrium.build_dir / 'example_plugins'}]"
vip_team = """
vip_team: {based_on: agent_team, max_members: 3, entry: invitation, message_types: [text, file_share],
           permissions: {member: [read, post]}, with: [word_filter]}
agent_team: {with: [word_filter]}
"""


def server(room_types=vip_team, use=""):
    return session.server(plugins=plugins + ("\nuse: " + use if use else ""), room_types=room_types)


def say(started, token, room, content, **fields):
    return started.post("/collaboration/messages", {"room_id": room, "content": content, **fields}, token)


class RoomTypes(unittest.TestCase):
    def test_a_type_of_the_configuration_is_like_its_base_but_for_what_it_says(self):
        with server() as started:
            ana, ben, eve = (started.token(user) for user in ("ana", "ben", "eve"))
            room = session.make_room(started, "ana", room_type="vip_team", members=["ben"])
            shown = started.get(f"/collaboration/rooms/{room}", ana).json
            self.assertEqual((shown["room_type"], shown["max_members"]), ("vip_team", 3))
            entering = started.post(f"/collaboration/rooms/{room}/members", {}, eve)
            self.assertEqual((entering.status, entering.json["code"]), (403, "invitation_needed"))
            adding = started.post(f"/collaboration/rooms/{room}/members", {"user_id": "eve"}, ben)
            self.assertEqual((adding.status, adding.json["code"]), (403, "forbidden"), "the base lets members bring in others")
            self.assertEqual(say(started, ben, room, "hello").status, 200)
            other = say(started, ben, room, "hello", message_type="lead_handoff", metadata={})
            self.assertEqual(other.json["code"], "rejected_by_plugin", "not among its message types")
            # What the base's own hooks refuse is refused here, too.
            wrong = {"room_type": "vip_team", "name": "x", "settings": {"message_retention_days": "many"}}
            self.assertEqual(started.post("/collaboration/rooms", wrong, ana).status, 422)

    def test_rooms_begin_with_the_settings_of_their_type(self):
        room_types = """
crew: {based_on: agent_team, settings: {allow_file_sharing: false, message_retention_days: 30}}
vip_crew: {based_on: crew, settings: {message_retention_days: 60, greeting: "Hello"}}
"""
        with server(room_types) as started:
            ana = started.token("ana")
            file = {"message_type": "file_share", "metadata": {"file_id": "f1"}}
            begun = lambda room: started.get(f"/collaboration/rooms/{room}", ana).json["settings"]
            plain = session.make_room(started, "ana", room_type="crew")
            self.assertEqual(begun(plain), {"allow_file_sharing": False, "message_retention_days": 30})
            refused = say(started, ana, plain, "a file", **file)
            self.assertEqual((refused.status, refused.json["code"]), (422, "rejected_by_plugin"), refused)
            own = session.make_room(started, "ana", room_type="vip_crew", settings={"allow_file_sharing": True, "a": 1})
            self.assertEqual(begun(own), {"allow_file_sharing": True, "message_retention_days": 60, "greeting": "Hello", "a": 1})
            self.assertEqual(begun(session.make_room(started, "ana")), {}, "other types begin with nothing")
            huge = {"room_type": "crew", "name": "x", "settings": {"a": "x" * (16 * 1024 - 10)}}
            answer = started.post("/collaboration/rooms", huge, ana)
            self.assertEqual((answer.status, answer.json["errors"][0]["path"]), (422, "/settings"))

    def test_a_base_that_runs_isolated_is_asked_of_the_settings_as_well(self):
        room_types = "crew: {based_on: agent_team, settings: {message_retention_days: many}}"
        with self.assertRaises(Exception) as raised:
            with server(room_types, use="{atrium.room-type.agent-team: {run: isolated, deadline: 10s}}"):
                pass
        self.assertIn("says the plugin atrium.room-type.agent-team", str(raised.exception))

    def test_a_change_with_settings_that_a_plugin_refuses_is_none(self):
        crew = "room_types:\n  crew: {based_on: agent_team, settings: {message_retention_days: %s}}\n"
        with session.server(plugins=plugins) as started:
            admin = started.token("root", role="admin")
            change = lambda what: started.post(f"/admin/config/{what}", {}, admin)
            good = started.config.read_text()
            started.config.write_text(good + crew % "many" + "  property_tour: false\n")
            for what in ("plan", "apply"):
                refused = change(what)
                self.assertEqual((refused.status, refused.json["code"]), (409, "change_refused"), refused)
                self.assertIn("room_types.crew: settings/message_retention_days must be a whole number from 1 to 3650, says the plugin "
                              "atrium.room-type.agent-team", refused.json["errors"][0]["message"])
            session.make_room(started, "ana", room_type="property_tour")  # Nothing of it happened.
            started.config.write_text(good + crew % "30" + "  property_tour: false\n")
            self.assertEqual(change("plan").json["restart"], ["room_types"])
            self.assertEqual(change("apply").status, 200)

    def test_the_hooks_of_a_plugin_run_along(self):
        with server() as started:
            ana, admin = started.token("ana"), started.token("root", role="admin")
            for room_type in ("vip_team", "agent_team"):
                room = session.make_room(started, "ana", room_type=room_type)
                refused = say(started, ana, room, "Darn it", client_message_id="bad-" + room_type)
                self.assertEqual((refused.status, refused.json["detail"]), (422, "Mind your words."))
                kept = say(started, ana, room, "Never mind").json["message_id"]
                calls = lambda message: [(call["plugin"], call["hook"], call["verdict"])
                                         for call in started.get(f"/admin/trace/{message}", admin).json["items"]]
                self.assertEqual(calls(kept)[-1], ("com.acme.word-filter", "will_post", "allowed"))
                self.assertEqual(calls("bad-" + room_type)[-1], ("com.acme.word-filter", "will_post", "denied"))
                self.assertIn("atrium.room-type.agent-team", [plugin for plugin, _, _ in calls(kept)], "the type's own comes first")
            self.assertEqual(started.get("/admin/trace/msg_01J00000000000000000000000", admin).status, 404)
            self.assertEqual(started.get(f"/admin/trace/{kept}", ana).status, 403)
            there = started.post("/collaboration/rooms", {"room_type": "word_filter", "name": "x"}, ana)
            self.assertEqual(there.status, 422, "no room is of a type that only goes along")

    def test_what_a_plugin_changes_is_stored(self):
        with server(use="{com.acme.word-filter: {config: {words: [roof], deny: false}}}") as started:
            ana = started.token("ana")
            room = session.make_room(started, "ana", room_type="vip_team")
            self.assertEqual(say(started, ana, room, "The ROOF leaks", metadata={"a": 1}).status, 200)
            stored = started.get(f"/collaboration/rooms/{room}/history", ana).json[0]
            self.assertEqual(stored["metadata"], {"a": 1, "moderation": {"word": "roof"}})

    def test_mistakes_end_the_start_with_their_place(self):
        cases = {
            "vip: {based_on: agent_taem}": 'there is no room type agent_taem to be based on',
            "vip: {based_on: agent_team, with: [word_filer]}": 'did you mean "word_filter"?',
            "vip: {based_on: agent_team, message_types: [txt]}": "no plugin provides the message type txt",
            "vip: {based_on: word_filter}": "no room can be of the type word_filter",
            "a: {based_on: b}\nb: {based_on: a}": "it is based on itself, by way of others",
            "vip: {based_on: agent_team, maxmembers: 5}": 'did you mean "max_members"?',
            "vip: {based_on: agent_team, settings: [a]}": "settings is not a mapping",
            "vip: {based_on: agent_team, settings: {a: 1, message_retention_days: many}}":
                ":72: room_types.vip: settings/message_retention_days must be a whole number from 1 to 3650",
            "agent_team: {settings: {a: 1}}": "settings is for a room type that is based on another one",
            "agent_team: {max_members: 5}": "max_members is for a room type that is based on another one",
            "client_session: {based_on: agent_team}": "a plugin provides a room type of that name",
        }
        for room_types, sentence in cases.items():
            with self.subTest(room_types):
                with self.assertRaises(Exception) as raised:
                    with server(room_types):
                        pass
                self.assertRegex(str(raised.exception), r"atrium\.yaml:\d+:\d+: ")
                self.assertIn(sentence, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
