"""Coaching and assistance: the rules that come with the platform, a model behind a local server that speaks the Messages API, tips that
only their agent and supervisors read, and supervisors in conversations."""
import unittest

import messages_api
import session

seed = {"agent_id": "ana", "conversation_context": {"last": "They liked the garden."}, "prospect_message": "It is too expensive for us.",
        "conversation_stage": "negotiation"}


def coach(server, token, **changes):
    return server.post("/coordination/coaching", {**seed, **changes}, token)


def assist(server, token, task, **fields):
    return server.post("/coordination/assist", {"task": task, **fields}, token)


def with_model(api, first_piece="3s", assistants="", grant=None, **parts):
    grant = grant or f"http:127.0.0.1:{api.port}"
    return session.config(
        assistants=f"use: claude\nfirst_piece: {first_piece}\ntotal: 20s\n{assistants}",
        plugins=f"""use:
  atrium.assistant.claude:
    grants: [log, clock, metrics, secrets, "{grant}"]
    config: {{model: some-model, base_url: "{api.url}", input_price: 1000, output_price: 1000}}
    secrets: {{api_key: {api.key}}}""", **parts)


class Playbook(unittest.IsolatedAsyncioTestCase):
    def test_the_seeds_call_brings_a_tip_that_is_accepted_or_dismissed(self):
        with session.server() as server:
            ana, ben, sue = server.token("ana"), server.token("ben"), server.token("sue", role="supervisor")
            tip = coach(server, ana)
            self.assertEqual(tip.status, 200, tip)
            self.assertIn("They worry about the price", tip.json["tip"])
            self.assertEqual((tip.json["assistant"], tip.json["degraded"], tip.json["details"]["objections"]), ("playbook", None, ["price"]))
            path = f"/coordination/coaching/{tip.json['tip_id']}"
            self.assertEqual(server.post(f"{path}/accepted", None, ben).status, 404)
            self.assertEqual(server.post(f"{path}/accepted", None, server.token("eve", tenant="other", role="admin")).status, 404)
            accepted = server.post(f"{path}/accepted", None, ana)
            self.assertEqual((accepted.status, accepted.json["state"], accepted.json["judged_by"]), (200, "accepted", "ana"))
            self.assertEqual(server.post(f"{path}/accepted", None, ana).status, 200)
            late = server.post(f"{path}/dismissed", None, sue)
            self.assertEqual((late.status, late.json["code"]), (409, "tip_judged"))
            self.assertIn("ana has accepted it", late.json["detail"])
            coach(server, sue, agent_id="ben")
            self.assertEqual([item["state"] for item in server.get("/coordination/coaching", ana).json["items"]], ["accepted"])
            page = server.get("/coordination/coaching?limit=1", sue).json
            self.assertEqual([item["agent_id"] for item in page["items"]], ["ben"])
            rest = server.get(f"/coordination/coaching?limit=1&cursor={page['next_cursor']}", sue).json
            self.assertEqual([item["agent_id"] for item in rest["items"]], ["ana"])

    def test_what_is_wrong_is_named(self):
        with session.server() as server:
            ana = server.token("ana")
            for body, code, path in (({}, "validation_failed", "/prospect_message"), ({"prospect_message": 7}, "validation_failed", "/prospect_message"),
                                     ({"prospect_message": "x", "lead": []}, "validation_failed", "/lead"),
                                     ({"prospect_message": "x", "agent_id": "ben"}, "identity_mismatch", None),
                                     ({"prospect_message": "x", "room_id": "room_x"}, "not_found", None)):
                answer = server.post("/coordination/coaching", body, ana)
                self.assertEqual(answer.json["code"], code, body)
                if path:
                    self.assertEqual(answer.json["errors"][0]["path"], path)
            self.assertEqual(assist(server, ana, "poetry", prospect_message="x").json["errors"][0]["path"], "/task")
            self.assertEqual(coach(server, server.token("cleo", role="client"), agent_id="cleo").status, 403)
            self.assertEqual(server.get("/coordination/coaching?agent_id=ben", ana).status, 403)
            self.assertEqual(server.get("/coordination/coaching?limit=0", ana).status, 422)
            self.assertEqual(server.get("/coordination/coaching?cursor=x", ana).status, 422)
            self.assertEqual(server.post("/coordination/coaching/tip_x/accepted", None, ana).status, 404)

    async def test_a_tip_in_a_room_is_for_its_agent_and_supervisors_alone(self):
        with session.server() as server:
            room = session.make_room(server, "ana", members=["ben", "cleo", "sue"])
            async with session.connect(server, "ana", room) as ana, session.connect(server, "ben", room) as ben, \
                    session.connect(server, "cleo", room, role="client") as cleo, session.connect(server, "sue", room, role="supervisor") as sue:
                await ben.say("We love the garden, but the roof worries me.")
                tip = coach(server, server.token("ana"), room_id=room).json
                self.assertIsNotNone(tip["message_id"], tip)
                for who in (ana, sue):
                    told = await who.message(tip["tip"])
                    self.assertEqual((told["message_type"], told["message_id"], told["metadata"]["tip_id"]), ("coaching_tip", tip["message_id"], tip["tip_id"]))
                    self.assertEqual(told["metadata"]["agent_id"], "ana")
                for who in (ben, cleo):
                    events = await who.settled()
                    self.assertIn("withheld", [event["event_type"] for event in events])
                    self.assertNotIn(tip["tip"], str(events))
                contents = lambda user, **claims: [m.get("content") for m in server.get(f"/collaboration/rooms/{room}/history", server.token(user, **claims)).json]
                self.assertIn(tip["tip"], contents("ana"))
                self.assertIn(tip["tip"], contents("sue", role="supervisor"))
                self.assertNotIn(tip["tip"], contents("ben"))
                self.assertNotIn(tip["tip"], contents("cleo", role="client"))
            self.assertEqual(coach(server, server.token("dan"), agent_id="dan", room_id=room).json["code"], "not_a_member")

    def test_the_other_tasks(self):
        with session.server() as server:
            ana = server.token("ana")
            said = [{"from": "Ben", "text": "I am very frustrated, nobody called me for days."}, {"from": "Ana", "text": "Sorry, I will call you today."}]
            suggestion = assist(server, ana, "message_suggestion", prospect_message="too expensive", lead={"name": "Ben Okafor"}).json
            self.assertIn("Ben", suggestion["tip"])
            self.assertIsNotNone(suggestion["tip_id"])
            handoff = assist(server, ana, "handoff_recommendation", prospect_message="Let me speak to your manager", candidates=["sue"]).json
            self.assertEqual((handoff["details"]["recommended"], handoff["details"]["to"]), (True, "sue"))
            mood = assist(server, ana, "sentiment", conversation_context=said).json
            self.assertEqual((mood["tip_id"], mood["details"]["people"][0]["name"]), (None, "Ben"))
            self.assertEqual(assist(server, ana, "notification_priority", notification={"title": "The site is down"}).json["details"]["priority"], "critical")
            self.assertIn("I will call you today", assist(server, ana, "summary", conversation_context=said).json["tip"])

    def test_assistants_that_are_not_there_are_told_at_the_start(self):
        with session.server(assistants="{use: claude, fallback: nix, sentiment: playbook}") as server:
            for name in ("claude", "nix"):
                server.logged("assistants.unknown", assistant=name)
            refused = coach(server, server.token("ana"))
            self.assertEqual((refused.status, refused.json["code"]), (503, "plugin_unavailable"))
            self.assertNotIn('"assistant":"playbook"', "".join(server.tail(1000)))

    def test_tips_outlive_the_process(self):
        with session.server() as server:
            tip = coach(server, server.token("ana")).json["tip_id"]
            server.stop()
            server.start()
            self.assertEqual(server.get("/coordination/coaching", server.token("ana")).json["items"][0]["tip_id"], tip)
            self.assertEqual(server.post(f"/coordination/coaching/{tip}/dismissed", None, server.token("ana")).json["state"], "dismissed")


class Supervision(unittest.IsolatedAsyncioTestCase):
    async def test_a_supervisor_whispers_monitors_and_takes_over(self):
        with session.server() as server:
            room, sue = session.make_room(server, "ana", members=["ben"], room_type="client_session"), server.token("sue", role="supervisor", name="Sue Park")
            path = f"/coordination/supervision/{room}"
            async with session.connect(server, "ana", room) as ana, session.connect(server, "ben", room) as ben:
                whisper = server.post(f"{path}/whisper", {"agent_id": "ana", "tip": "Hold the price.", "topic": "price"}, sue)
                self.assertEqual(whisper.status, 200, whisper)
                told = await ana.message("Hold the price.")
                self.assertEqual((told["message_type"], told["sender_id"], told["metadata"]["topic"]), ("coaching_tip", "sue", "price"))
                self.assertNotIn("Hold the price.", str(await ben.settled()))
                accepted = server.post(f"/coordination/coaching/{whisper.json['tip_id']}/accepted", None, server.token("ana"))
                self.assertEqual((accepted.json["state"], accepted.json["task"], accepted.json["asked_by"]), ("accepted", "whisper", "sue"))

                watching = server.post(f"{path}/monitor", None, sue)
                self.assertEqual((watching.status, watching.json["member"]["role"]), (200, "observer"), watching)
                joined = await ben.until("member_joined")
                self.assertEqual((joined["member"]["user_id"], joined["member"]["role"]), ("sue", "observer"))
                self.assertEqual((await ben.message("Sue Park watches this conversation."))["message_type"], "system")
                again = server.post(f"{path}/monitor", None, sue)
                self.assertEqual(again.json["message_id"], watching.json["message_id"], "of one membership it is told once")

                taken = server.post(f"{path}/take-over", None, sue)
                self.assertEqual((taken.status, taken.json["member"]["role"]), (200, "moderator"), taken)
                self.assertEqual((await ben.message("Sue Park has taken over this conversation."))["metadata"]["supervision"], "take_over")

    def test_nobody_else_does(self):
        with session.server() as server:
            room, path = session.make_room(server, "ana"), "/coordination/supervision"
            ana, sue = server.token("ana"), server.token("sue", role="supervisor")
            for what, body in (("whisper", {"agent_id": "ana", "tip": "x"}), ("monitor", None), ("take-over", None)):
                self.assertEqual(server.post(f"{path}/{room}/{what}", body, ana).json["code"], "forbidden", what)
                self.assertEqual(server.post(f"{path}/{room}/{what}", body, server.token("eve", tenant="other", role="admin")).status, 404, what)
            self.assertEqual(server.post(f"{path}/{room}/whisper", {"tip": ""}, sue).json["code"], "validation_failed")


class Claude(unittest.TestCase):
    def test_a_models_answer_comes_without_what_is_private_to_it(self):
        with messages_api.Api() as api, session.atrium.Server(with_model(api)) as server:
            api.answers.append(api.text("Ask what they ", "compare it with."))
            tip = coach(server, server.token("ana"), prospect_message="Call me at +34 600 123 456 or ben@example.com",
                        lead={"name": "Ben", "email": "ben@example.com", "budget": 650000}).json
            self.assertEqual((tip["tip"], tip["assistant"], tip["degraded"]), ("Ask what they compare it with.", "claude", None))
            self.assertEqual((tip["details"]["input_tokens"], tip["details"]["output_tokens"], tip["details"]["cost"]), (25, 15, 0.04))
            asked = str(api.requests[0])
            self.assertIn("[phone] or [email]", asked)
            self.assertIn("650000", asked)
            self.assertNotIn("ben@example.com", asked)
            self.assertNotIn("600 123", asked)
            self.assertNotIn(api.key, "".join(server.tail(1000)))

    def test_a_tenant_marks_what_is_private_to_it(self):
        with messages_api.Api() as api, session.atrium.Server(with_model(api)) as server:
            sue, path = server.token("sue", role="supervisor"), "/coordination/coaching/privacy"
            marks = {"redact": [], "redact_fields": ["salary"]}
            kept = server.put(path, marks, sue)
            self.assertEqual((kept.status, kept.json["marked"]), (200, marks), kept)
            self.assertIn("ssn", kept.json["always"]["redact_fields"])
            server.stop()
            server.start()
            self.assertEqual(server.get(path, sue).json, kept.json)
            for name, tenant, seen in (("ana", "acme", False), ("eve", "other", True)):
                token = server.token(name, tenant=tenant)
                self.assertEqual(coach(server, token, agent_id=name, lead={"salary": 91234, "email": "bo@example.com"}).json["assistant"], "claude")
                self.assertEqual("91234" in str(api.requests[-1]), seen, tenant)
                self.assertNotIn("bo@example.com", str(api.requests[-1]))
                self.assertEqual(server.put(path, marks, token).json["code"], "forbidden")
                self.assertEqual(server.get(path, token).json["code"], "forbidden")
            self.assertEqual(server.put(path, {"redact": ["names"]}, sue).json["errors"][0]["path"], "/redact/0")

    def test_whatever_goes_wrong_the_rules_answer_and_the_reply_says_so(self):
        with messages_api.Api() as api, session.atrium.Server(with_model(api)) as server:
            ana = server.token("ana")
            for answer in (api.cut("Half a"), api.raw(messages_api.start() + b"event: content_block_delta\ndata: {broken\n\n"),
                           api.raw(messages_api.start() + b"data: " + b"x" * 300_000 + b"\n\n")):
                api.answers.append(answer)
                tip = coach(server, ana).json
                self.assertEqual((tip["assistant"], tip["degraded"]), ("playbook", {"assistant": "claude", "reason": "failed"}))
                self.assertNotIn("Half a", tip["tip"])
                api.answers.append(api.text("Fine."))
                self.assertEqual(coach(server, ana).json["tip"], "Fine.", "and the next one is asked again")

    def test_a_model_that_says_nothing_is_not_waited_for(self):
        with messages_api.Api() as api, session.atrium.Server(with_model(api, first_piece="200ms")) as server:
            api.then = api.silence()
            slow = coach(server, server.token("ana")).json
            self.assertEqual((slow["assistant"], slow["degraded"]["reason"]), ("playbook", "timed_out"))

    def test_a_busy_api_is_left_alone(self):
        for status, kind in ((429, "rate_limit_error"), (529, "overloaded_error")):
            with self.subTest(status), messages_api.Api() as api, session.atrium.Server(with_model(api)) as server:
                api.then = api.refusal(status, kind, "Slow down", retry_after="60")
                for _ in range(3):
                    tip = coach(server, server.token("ana")).json
                    self.assertEqual((tip["assistant"], tip["degraded"]["reason"]), ("playbook", "failed"))
                self.assertEqual(len(api.requests), 1, "asked once in a minute")

    def test_the_day_has_a_budget_that_outlives_the_process(self):
        with messages_api.Api() as api, session.atrium.Server(with_model(api, assistants="tokens_per_day: 40")) as server:
            self.assertEqual(coach(server, server.token("ana")).json["assistant"], "claude")
            for _ in range(2):
                spent = coach(server, server.token("ana")).json
                self.assertEqual((spent["assistant"], spent["degraded"]), ("playbook", {"assistant": "claude", "reason": "budget"}))
                server.stop()
                server.start()
            self.assertEqual(coach(server, server.token("eve", tenant="other"), agent_id="eve").json["assistant"], "claude", "each tenant has its own")

    def test_over_tls_with_a_certificate_that_is_checked(self):
        with messages_api.Api(tls=True) as api:
            config = with_model(api, grant=f"http:localhost:{api.port}")
            with session.atrium.Server(config, env={"SSL_CERT_FILE": str(api.certificate)}) as server:
                self.assertEqual(coach(server, server.token("ana")).json["assistant"], "claude")
            with session.atrium.Server(config) as server:
                self.assertEqual(coach(server, server.token("ana")).json["assistant"], "playbook", "nobody vouches for it")
            self.assertEqual(len(api.requests), 1)

    def test_isolated_it_answers_as_well(self):
        with messages_api.Api() as api:
            config = with_model(api).replace("config: {model", "run: isolated\n      config: {model")
            with session.atrium.Server(config) as server:
                # Its first piece is there in time, its end is not: so the pieces come while they are made.
                api.answers.append(api.slow("From ", "afar.", pause_s=4))
                self.assertEqual(coach(server, server.token("ana")).json["tip"], "From afar.")


if __name__ == "__main__":
    unittest.main()
