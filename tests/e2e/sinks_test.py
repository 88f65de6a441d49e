"""Event sinks: the webhook plugin in a real server, against a receiver that is up, down, slow or refuses; dead letters; restarts and crashes."""
import json
import os
import signal
import subprocess
import textwrap
import threading
import unittest

import atrium
import receiver
import session

# As docs/plugins/event-sink.md shows it, with an address on this machine.
operator = textwrap.dedent("""
    # [snippet:operator]
    plugins:
      use:
        atrium.sink.webhook:
          grants: [log, secrets, "http:events.example.com"]
          secrets: {signing: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"}
          config:
            url: https://events.example.com/atrium
            events: message.*,room.created
    # [/snippet]
    """)


def use(crm, events="", placement=None, more=""):
    return textwrap.dedent(f"""
        use:
          atrium.sink.webhook:
            {f"run: {placement}" if placement else ""}
            grants: [log, secrets, "http:127.0.0.1:{crm.port}"]
            {f'secrets: {{signing: "{crm.secret}"}}' if crm.key else ""}
            config:
              url: {crm.url}
              events: "{events}"
              {"" if crm.key else "unsigned: true"}
              {more}
        """)


quick = "{retry_min: 5ms, retry_max: 20ms}"


class Sinks(unittest.TestCase):
    def start(self, crm, **parts):
        sections = {"events": quick, "plugins": use(crm)}
        server = self.enterContext(atrium.Server(session.config(**{**sections, **parts})))
        self.ready(server)
        return server

    def ready(self, server):
        self.admin = server.token("root", role="admin")
        self.ana = server.token("ana")
        self.when(server, lambda sink: sink["plugin"] == "atrium.sink.webhook")

    def sink(self, server):
        items = server.get("/admin/sinks", self.admin).json["items"]
        return items[0] if items else None

    def when(self, server, condition, what="the sink's state"):
        """The sink once it is so. The server is asked again and again, because no event tells of it."""
        for _ in range(20_000):
            sink = self.sink(server)
            if sink and condition(sink):
                return sink
        self.fail(f"{what} did not come: {sink}")

    def drains(self, server, generation):
        """Returns once that generation of the plugin lets nobody new in."""
        for _ in range(20_000):
            plugins = server.get("/admin/plugins", self.admin).json["items"]
            history = next(plugin for plugin in plugins if plugin.get("id") == "atrium.sink.webhook")["history"]
            if any((step["generation"], step["state"]) == (generation, "draining") for step in history):
                return
        self.fail(f"generation {generation} did not drain: {history}")

    def say(self, server, room, content, **fields):
        answer = server.post("/collaboration/messages", {"room_id": room, "content": content, **fields}, self.ana)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def test_what_happens_arrives_in_order_and_signed(self):
        with receiver.Receiver() as crm:
            server = self.start(crm)
            room = session.make_room(server, "ana")
            said = [self.say(server, room, f"m{n}", client_message_id=f"c{n}") for n in range(5)]
            self.say(server, room, "m0", client_message_id="c0")  # A repeat.
            member = {"user_id": "ben", "role": "member"}
            self.assertEqual(server.post(f"/collaboration/rooms/{room}/members", member, self.ana).status, 201)
            self.assertEqual(server.request("PATCH", f"/collaboration/rooms/{room}/members/ben", {"role": "moderator"}, self.ana).status, 200)
            self.assertEqual(server.request("DELETE", f"/collaboration/rooms/{room}/members/ben", None, self.ana).status, 204)
            self.assertEqual(server.request("PATCH", f"/collaboration/rooms/{room}", {"name": "Renamed"}, self.ana).status, 200)
            self.assertEqual(server.request("DELETE", f"/collaboration/rooms/{room}", None, self.ana).status, 204)
            crm.until(lambda: crm.taken and crm.taken[-1]["type"] == "room.closed")
            self.assertEqual([event["type"] for event in crm.taken], ["room.created"] + 5 * ["message.posted"] +
                             ["member.joined", "member.changed", "member.left", "room.changed", "room.closed"])
            offsets = [event["offset"] for event in crm.taken]
            self.assertEqual(offsets, sorted(set(offsets)))
            self.assertEqual(len({event["event_id"] for event in crm.taken}), len(crm.taken))
            self.assertEqual({event["tenant_id"] for event in crm.taken}, {"acme"})
            self.assertEqual([(event["data"]["seq"], event["data"]["message_id"]) for event in crm.taken[1:6]],
                             [(answer["seq"], answer["message_id"]) for answer in said])
            self.assertFalse(crm.taken[1]["data"]["restricted"])
            joined, changed, left, renamed, closed = [event["data"] for event in crm.taken[6:]]
            self.assertEqual((joined["user_id"], joined["role"], joined["by"]), ("ben", "member", "ana"))
            self.assertEqual((changed["role"], left["user_id"]), ("moderator", "ben"))
            self.assertEqual((renamed["name"], renamed["is_active"], closed["is_active"]), ("Renamed", True, False))
            self.assertEqual(crm.requests[0][0]["atrium-attempt"], "1")
            figures = self.when(server, lambda sink: sink["lag"] == 0)
            self.assertEqual((figures["delivered"], figures["state"], figures["dead_letters"]), (11, "idle", 0))
            metrics = server.get("/metrics", self.admin).body.decode()
            self.assertIn('atrium_sink_events_total{sink="webhook",outcome="delivered"} 11', metrics)

    def test_in_a_process_of_its_own(self):
        with receiver.Receiver() as crm:
            server = self.start(crm, plugins=use(crm, placement="isolated"))
            room = session.make_room(server, "ana")
            self.say(server, room, "first")
            crm.until(lambda: "first" in crm.contents)
            os.kill(self.plugin(server)["runner"]["pid"], signal.SIGKILL)
            self.say(server, room, "second")
            crm.until(lambda: "second" in crm.contents)

    def test_only_what_is_asked_for(self):
        with receiver.Receiver(signed=False) as crm:
            server = self.start(crm, plugins=use(crm, "room.*"))
            room = session.make_room(server, "ana")
            self.say(server, room, "not for them")
            self.assertEqual(server.request("DELETE", f"/collaboration/rooms/{room}", None, self.ana).status, 204)
            crm.until(lambda: len(crm.taken) == 2)
            self.assertEqual([event["type"] for event in crm.taken], ["room.created", "room.closed"])

    def test_a_receiver_that_fails_gets_it_again(self):
        with receiver.Receiver() as crm:
            server = self.start(crm)
            crm.answers = [500, 404, (503, {"Retry-After": "1"}), 301]
            room = session.make_room(server, "ana")
            self.say(server, room, "after all")
            crm.until(lambda: "after all" in crm.contents)
            first = [json.loads(body)["events"][0]["event_id"] for _, body in crm.requests[:5]]
            self.assertEqual(len(set(first)), 1, "nothing overtakes what is not taken")
            self.assertEqual([headers["webhook-id"] for headers, _ in crm.requests[:5]], first)
            self.assertGreater(int(crm.requests[4][0]["atrium-attempt"]), 4, "the pause that was asked for counts as attempts, too")
            self.assertGreaterEqual(self.when(server, lambda sink: sink["lag"] == 0)["failures"], 4)
            self.assertEqual(self.plugin(server)["state"], "active", "its breaker hears nothing of a receiver's failures")

    def plugin(self, server):
        return server.get("/admin/plugins/atrium.sink.webhook", self.admin).json

    def test_what_is_refused_becomes_a_dead_letter(self):
        with receiver.Receiver() as crm:
            server = self.start(crm)
            crm.refuse = lambda events: 422 if any(event["data"].get("content") == "poison" for event in events) else None
            room = session.make_room(server, "ana")
            for content in ("before", "poison", "behind"):
                self.say(server, room, content)
            crm.until(lambda: "behind" in crm.contents)
            self.assertEqual(crm.contents, ["before", "behind"])
            self.when(server, lambda sink: sink["dead_letters"] == 1 and sink["lag"] == 0)
            letters = server.get("/admin/sinks/webhook/dead-letters", self.admin).json
            (letter,) = letters["items"]
            self.assertEqual((letter["type"], letter["data"]["content"], letter["reason"]), ("message.posted", "poison", "the receiver answered 422"))
            self.assertIsNone(letters["next_cursor"])
            retry = lambda: server.post("/admin/sinks/webhook/dead-letters/retry", None, self.admin)
            self.assertEqual(retry().json, {"count": 1})  # In vain.
            self.when(server, lambda _: server.get("/admin/sinks/webhook/dead-letters", self.admin).json["items"][0]["attempts"] > letter["attempts"])
            crm.refuse = lambda events: None
            self.assertEqual(retry().json, {"count": 1})
            crm.until(lambda: "poison" in crm.contents)
            self.when(server, lambda sink: sink["dead_letters"] == 0)
            self.assertEqual(server.get("/admin/sinks/webhook/dead-letters", self.admin).json["items"], [])
            # Once more, and thrown away, by the operator's own program.
            crm.refuse = lambda events: 400 if any(event["data"].get("content") == "second" for event in events) else None
            self.say(server, room, "second")
            self.when(server, lambda sink: sink["dead_letters"] == 1)
            self.assertIn("the receiver answered 400", self.ctl(server, "dead-letters", "webhook"))
            self.assertEqual(self.ctl(server, "drop", "webhook"), "1 dead letter\n")
            self.assertIn("webhook", self.ctl(server, "list"))
            self.when(server, lambda sink: sink["dead_letters"] == 0)

    def ctl(self, server, *arguments, status=0):
        ran = subprocess.run([atrium.build_dir / "bin" / "atriumctl", "sink", *arguments, "--url", server.url], capture_output=True, text=True,
                             env={"JWT_SECRET_KEY": server.secret}, timeout=60)
        self.assertEqual(ran.returncode, status, ran)
        return ran.stdout if status == 0 else ran.stderr

    def test_given_up_after_a_time(self):
        with receiver.Receiver() as crm:
            server = self.start(crm, events="{retry_min: 5ms, retry_max: 10ms, give_up_after: 1s, dead_letters_max: 2}")
            crm.then = 500
            session.make_room(server, "ana")
            self.when(server, lambda sink: sink["dead_letters"] == 1)
            (letter,) = server.get("/admin/sinks/webhook/dead-letters", self.admin).json["items"]
            self.assertEqual(letter["reason"], "given up: the receiver answered 500")
            # No more than two are kept: the newest.
            for _ in range(2):
                session.make_room(server, "ana")
            sink = self.when(server, lambda sink: sink["lag"] == 0 and sink["dead_letters"] == 2)
            self.assertEqual(sink["state"], "idle")
            self.assertNotIn(letter["offset"], [item["offset"] for item in server.get("/admin/sinks/webhook/dead-letters", self.admin).json["items"]])

    def test_nothing_is_lost_by_crashes(self):
        with receiver.Receiver() as crm:
            server = self.start(crm)
            room = session.make_room(server, "ana")
            said = []
            for round_number in range(4):
                crm.then = 500 if round_number % 2 else 200
                for n in range(10):
                    said.append(self.say(server, room, f"{round_number}.{n}")["message_id"])
                server.kill()
                server.start()
                self.ready(server)
            crm.then = 200
            crm.until(lambda: {event["data"].get("message_id") for event in crm.taken} >= set(said))
            self.when(server, lambda sink: sink["lag"] == 0)
            by_id = {event["event_id"]: event for event in crm.taken}  # Repeats are told by their ids.
            events = sorted(by_id.values(), key=lambda event: event["offset"])
            self.assertEqual([event["data"]["message_id"] for event in events if event["type"] == "message.posted"], said)
            self.assertEqual([event["type"] for event in events].count("room.created"), 1)

    def test_a_sink_that_is_away_misses_nothing(self):
        with receiver.Receiver() as crm:
            server = self.start(crm)
            room = session.make_room(server, "ana")
            self.say(server, room, "here")
            crm.until(lambda: "here" in crm.contents)
            self.assertEqual(server.post("/admin/plugins/atrium.sink.webhook/disable", None, self.admin).status, 200)
            self.when(server, lambda sink: sink["state"] == "absent")
            self.say(server, room, "away")
            self.assertEqual(server.post("/admin/sinks/webhook/dead-letters/retry", None, self.admin).status, 409)
            self.assertEqual(server.post("/admin/plugins/atrium.sink.webhook/enable", None, self.admin).status, 200)
            crm.until(lambda: "away" in crm.contents)
            self.assertEqual(server.post("/admin/plugins/atrium.sink.webhook/disable", None, self.admin).status, 200)
            self.when(server, lambda sink: sink["state"] == "absent" and sink["lag"] == 0)
            self.assertEqual(server.request("DELETE", "/admin/sinks/webhook", None, self.admin).status, 204)
            self.assertIsNone(self.sink(server))
            self.say(server, room, "for nobody")
            self.assertEqual(server.post("/admin/plugins/atrium.sink.webhook/enable", None, self.admin).status, 200)
            self.when(server, lambda sink: sink["state"] == "idle")
            self.say(server, room, "anew")
            crm.until(lambda: "anew" in crm.contents)
            self.assertEqual(crm.contents, ["here", "away", "anew"])

    def test_reload_while_a_delivery_is_under_way(self):
        with receiver.Receiver() as crm:
            server = self.start(crm)
            room = session.make_room(server, "ana")
            crm.hold()
            self.say(server, room, "held")
            self.when(server, lambda sink: sink["state"] == "delivering")
            answers = []
            swap = threading.Thread(
                target=lambda: answers.append(server.post("/admin/plugins/atrium.sink.webhook/reload", None, self.admin).status))
            swap.start()
            self.drains(server, generation=1)
            self.assertEqual((answers, crm.contents), ([], []), "the new one is there, and the delivery of the old one still under way")
            self.say(server, room, "behind")
            crm.release()
            swap.join()
            self.assertEqual(answers, [200])
            crm.until(lambda: "behind" in crm.contents)
            self.assertEqual(crm.contents, ["held", "behind"])

    def test_a_backlog_of_large_messages_is_no_more_than_a_request_may_be(self):
        with receiver.Receiver() as crm:
            server = self.start(crm)
            room = session.make_room(server, "ana")
            crm.then = 503
            for n in range(20):
                self.say(server, room, f"{n} " + "x" * 60_000)
            self.when(server, lambda sink: sink["lag"] == 21 and sink["failures"] > 0)
            crm.then = 200
            crm.until(lambda: len(crm.contents) == 20)
            self.assertEqual([content.split()[0] for content in crm.contents], [str(n) for n in range(20)])
            self.assertEqual(self.when(server, lambda sink: sink["lag"] == 0)["dead_letters"], 0)

    def test_what_happens_right_after_a_sink_was_switched_on_is_told(self):
        with receiver.Receiver() as crm:
            server = self.enterContext(atrium.Server(session.config(events=quick, plugins=use(crm))))
            self.admin = server.token("root", role="admin")
            self.ana = server.token("ana")
            room = session.make_room(server, "ana")
            crm.until(lambda: crm.taken, "the room")

            def forget():
                self.assertEqual(server.post("/admin/plugins/atrium.sink.webhook/disable", None, self.admin).status, 200)
                self.when(server, lambda sink: sink["state"] == "absent" and sink["lag"] == 0)
                self.assertEqual(server.request("DELETE", "/admin/sinks/webhook", None, self.admin).status, 204)

            forget()
            for n in range(5):
                self.say(server, room, f"before {n}")
                self.assertEqual(server.post("/admin/plugins/atrium.sink.webhook/enable", None, self.admin).status, 200)
                self.say(server, room, f"behind {n}")
                crm.until(lambda: f"behind {n}" in crm.contents)
                forget()
            self.assertEqual(crm.contents, [f"behind {n}" for n in range(5)])

    def test_an_event_that_does_not_exist_is_told_to_the_operator(self):
        with receiver.Receiver() as crm:
            server = self.start(crm, plugins=use(crm, "mesage.*,room.created"))
            self.assertEqual(server.logged("sink.unknown_events")["events"], "mesage.*")

    def test_bad_requests_and_strangers(self):
        with receiver.Receiver() as crm:
            server = self.start(crm)
            for method, path, status in (("GET", "/admin/sinks/nobody/dead-letters", 404), ("POST", "/admin/sinks/nobody/dead-letters/retry", 404),
                                         ("DELETE", "/admin/sinks/nobody", 404), ("DELETE", "/admin/sinks/webhook", 409),
                                         ("GET", "/admin/sinks/webhook/dead-letters?limit=0", 422), ("GET", "/admin/sinks/webhook/dead-letters?cursor=x", 422),
                                         ("POST", "/admin/sinks/webhook/dead-letters/retry?offset=-1", 422),
                                         ("DELETE", "/admin/sinks/webhook/dead-letters?offset=0", 422),
                                         ("POST", "/admin/sinks/webhook/dead-letters/retry?offset=7", 404)):
                with self.subTest(f"{method} {path}"):
                    self.assertEqual(server.request(method, path, None, self.admin).status, status)
                    self.assertEqual(server.request(method, path, None, self.ana).status, 403)
            self.assertEqual(server.get("/admin/sinks", self.ana).status, 403)
            self.assertIn("no event sink", self.ctl(server, "retry", "nobody", status=1))

    def test_wrong_options_are_told(self):
        with receiver.Receiver() as crm:
            for change, sentence in ((lambda text: text.replace(crm.url, "http://events.example.com"), "url is no address with https"),
                                     (lambda text: text.replace(crm.secret, "short"), "the secret signing is too short"),
                                     (lambda text: text.replace("secrets: {", "# {"), "there is no secret")):
                text = change(use(crm))
                with self.subTest(sentence):
                    server = atrium.Server(session.config(plugins=text)).spawn()
                    self.addCleanup(server.remove)
                    self.assertNotEqual(server.wait(), 0)
                    self.assertIn(sentence, server.tail())


if __name__ == "__main__":
    unittest.main()
