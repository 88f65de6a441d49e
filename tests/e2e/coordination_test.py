"""Coordination over the public API: who is on the team, which lead goes to whom and why, offers, handoffs, and what happens when people go."""
import unittest

import atrium
import session

agents = {"ana": {"condo": 1.0, "house": 0.4}, "ben": {"house": 1.0}, "cem": {"condo": 0.6, "house": 0.6}}


class Coordination(unittest.IsolatedAsyncioTestCase):
    def start(self, **parts):
        self.server = self.enterContext(atrium.Server(session.config(server="{loops: 2}", **parts)))
        self.sue = self.server.token("sue", role="supervisor")
        self.tokens = {name: self.server.token(name) for name in agents}
        for name, skills in agents.items():
            answer = self.server.put(f"/coordination/agents/{name}", {"name": name.title(), "capacity": 2, "skills": skills}, self.sue)
            self.assertEqual(answer.status, 200, answer)

    async def connect(self, name):
        """A session of that agent, of which the desk knows: it is told by another loop."""
        opened = await self.enterAsyncContext(session.connect(self.server, name, token=self.tokens[name]))
        for _ in range(1000):
            if self.server.get(f"/coordination/agents/{name}", self.sue).json["sessions"] > 0:
                return opened
        self.fail(f"the desk does not hear of {name}")

    async def offer(self, who, kind):
        """The next offer of that kind that he is told of."""
        while True:
            offer = (await who.until("offer"))["offer"]
            if offer["kind"] == kind:
                return offer

    def told(self, name, summary):
        """What that agent can read of a handoff in his rooms, once it is told there."""
        for _ in range(1000):
            for room in self.server.get("/collaboration/rooms?type=lead_collaboration", self.tokens[name]).json["items"]:
                for message in self.server.get(f"/collaboration/rooms/{room['room_id']}/history", self.tokens[name]).json:
                    if message["message_type"] == "lead_handoff" and message["metadata"]["handoff"]["summary"] == summary:
                        return message["metadata"]["handoff"]
        self.fail(f"{name} is not told of {summary}")

    def route(self, name="A lead", kind="condo", **more):
        return self.server.post("/coordination/leads/route", {"lead": {"name": name, "property_type": kind, "urgency": "High", "budget": 500000,
                                                                       "location": "Rancho", "score": 85}, **more}, self.sue)

    async def test_a_lead_goes_to_who_fits_with_the_reason(self):
        self.start()
        ana = await self.connect("ana")
        await self.connect("ben")
        answer = self.route()
        self.assertEqual(answer.status, 200, answer)
        reply = answer.json
        self.assertEqual(reply["agent_name"], "Ana")
        for field in ("match_score", "confidence", "assignment_time_ms"):
            self.assertIsInstance(reply[field], (int, float), field)
        self.assertIn("Ana", reply["reasoning"])
        offer = (await ana.until("offer"))["offer"]
        self.assertEqual((offer["lead_id"], offer["state"]), (reply["lead_id"], "pending"))
        decision = self.server.get(f"/coordination/decisions/{reply['decision_id']}", self.sue).json
        self.assertEqual({one["agent_id"]: one["rule"] for one in decision["excluded"]}, {"ben": "lacks_skill", "cem": "offline"})
        accepted = self.server.post(f"/coordination/offers/{offer['offer_id']}/accept", None, self.tokens["ana"])
        self.assertEqual((accepted.status, accepted.json["state"]), (200, "active"))
        self.assertEqual((await ana.until("offer"))["offer"]["state"], "active")
        lead = self.server.get(f"/coordination/leads/{reply['lead_id']}", self.sue).json
        self.assertEqual((lead["state"], lead["owner"]), ("active", "ana"))
        done = self.server.post(f"/coordination/offers/{offer['offer_id']}/complete", {"outcome": "won", "value": 12000}, self.tokens["ana"])
        self.assertEqual(done.json["state"], "closed")

    async def test_nobody_there_is_an_answer_and_the_lead_waits(self):
        self.start()
        reply = self.route(lead_id="crm-7").json
        self.assertEqual((reply["agent_name"], reply["queued"], reply["lead_id"]), (None, True, "crm-7"))
        self.assertEqual({one["rule"] for one in reply["excluded"]}, {"offline"})
        waiting = self.server.get("/coordination/queue", self.sue).json["items"]
        self.assertEqual([lead["lead_id"] for lead in waiting], ["crm-7"])
        ana = await self.connect("ana")
        self.assertEqual((await ana.until("offer"))["offer"]["lead_id"], "crm-7")

    async def test_a_dry_run_changes_nothing(self):
        self.start()
        await self.connect("ana")
        reply = self.route(dry_run=True).json
        self.assertEqual(reply["agent_name"], "Ana")
        self.assertEqual(self.server.get("/coordination/leads", self.sue).json["items"], [])
        self.assertEqual(self.server.get("/coordination/offers", self.sue).json["items"], [])

    async def test_the_seeds_workload(self):
        self.start()
        await self.connect("ana")
        told = self.server.put("/coordination/agents/ana/workload",
                               {"name": "Ana", "status": "in_call", "active_leads": 2, "active_conversations": 1, "capacity_utilization": 0.4,
                                "avg_response_time": 3, "conversion_rate": 0.25, "satisfaction": 4.5}, self.tokens["ana"])
        self.assertEqual(told.status, 200, told)
        board = await self.enterAsyncContext(session.connect(self.server, "sue", token=self.sue))
        await board.send("subscribe_topic", topic="agents")
        ana = None
        while ana is None or ana["status"] != "in_call":
            update = await board.until("topic_update")
            for item in update.get("items", update.get("changes", [])):
                if item["key"] == "ana":
                    ana = item["value"]
        self.assertEqual((ana["conversion_rate"], ana["satisfaction"]), (0.25, 4.5))
        self.assertEqual(self.server.put("/coordination/agents/nobody/workload", {}, self.sue).json["code"], "agent_unknown")
        self.assertEqual(self.server.put("/coordination/agents/ben/workload", {}, self.tokens["ana"]).json["code"], "forbidden")

    async def test_bad_input_has_its_own_code_and_names_its_fields(self):
        self.start()
        await self.connect("ana")
        wrong = self.server.post("/coordination/leads/route", {"lead": {"score": 200, "budget": -1}}, self.sue)
        self.assertEqual((wrong.status, {field["path"] for field in wrong.json["errors"]}), (422, {"/lead/name", "/lead/score", "/lead/budget"}))
        self.assertEqual(self.route(lead_id="never", policy="nothing").json["code"], "validation_failed")
        self.assertEqual(self.server.get("/coordination/leads/never", self.sue).json["code"], "lead_unknown")
        self.assertEqual(self.server.put("/coordination/agents/x", {"skills": {"condo": 2}}, self.sue).json["errors"][0]["path"], "/skills/condo")
        reply = self.route(lead_id="one").json
        self.assertEqual(self.route(lead_id="one").json["code"], "lead_taken")
        offer = self.server.get("/coordination/offers", self.tokens["ana"]).json["items"][0]
        self.assertEqual(offer["lead_id"], reply["lead_id"])
        post = lambda path, body, who: self.server.post(f"/coordination/offers/{offer['offer_id']}/{path}", body, self.tokens[who])
        self.assertEqual(post("accept", None, "ben").json["code"], "forbidden")
        self.assertEqual(post("reject", {}, "ana").json["errors"][0]["path"], "/reason")
        self.assertEqual(post("reject", {"reason": "at lunch"}, "ana").json["state"], "rejected")
        self.assertEqual(post("accept", None, "ana").json["code"], "offer_ended")
        self.assertEqual(self.server.get("/coordination/offers/offer_none", self.sue).status, 404)
        for path, body, field in (("rebalance", {"preview": "true"}, "/preview"), ("leads/one/withdraw", {"reason": 7}, "/reason"),
                                  (f"decisions/{reply['decision_id']}/replay", {"policy": 7}, "/policy")):
            self.assertEqual(self.server.post(f"/coordination/{path}", body, self.sue).json["errors"][0]["path"], field)
        client = self.server.token("kunde", role="client")
        self.assertEqual(self.server.get("/coordination/agents", client).status, 403)

    async def test_the_cap_holds_on_every_path(self):
        self.start()
        await self.connect("ben")
        for number in range(3):
            self.route(kind="house", lead_id=f"lead{number}")
        self.assertEqual(len(self.server.get("/coordination/offers", self.sue).json["items"]), 2)
        assign = lambda **body: self.server.post("/coordination/leads/lead2/assign", {"agent_id": "ben", **body}, self.sue)
        self.assertEqual(assign().json["code"], "at_cap")
        self.assertEqual(assign(over_cap=True).json["errors"][0]["path"], "/reason")
        meant = assign(over_cap=True, reason="he asked for it").json
        self.assertEqual((meant["over_cap"], meant["by"]), (True, "sue"))
        self.server.logged("coordination.over_cap", lead="lead2")

    async def test_a_handoff_is_told_in_the_leads_room(self):
        self.start()
        ana, cem = await self.connect("ana"), await self.connect("cem")
        reply = self.route(lead_id="moving").json
        owner, other = ("ana", "cem") if reply["agent_name"] == "Ana" else ("cem", "ana")
        self.server.post(f"/coordination/offers/{reply['offer_id']}/accept", None, self.tokens[owner])
        begun = self.server.post("/coordination/handoffs", {"lead_id": "moving", "to": other, "summary": "wants a balcony",
                                                            "commitments": ["call on Friday"]}, self.tokens[owner])
        self.assertEqual((begun.status, begun.json["state"]), (201, "pending"))
        receiver = ana if other == "ana" else cem
        offer = await self.offer(receiver, "handoff")
        self.server.post(f"/coordination/offers/{offer['offer_id']}/accept", None, self.tokens[other])
        self.assertEqual(self.server.get("/coordination/leads/moving", self.sue).json["owner"], other)
        self.assertEqual(self.told(other, "wants a balcony")["commitments"], ["call on Friday"])
        (room,) = self.server.get("/collaboration/rooms?type=lead_collaboration", self.tokens[other]).json["items"]
        for _ in range(1000):
            handoff = self.server.get(f"/coordination/handoffs/{begun.json['handoff_id']}", self.sue).json
            if handoff["room_id"]:
                break
        self.assertEqual((handoff["state"], handoff["room_id"]), ("accepted", room["room_id"]), "also where its room came after its end")
        decision = self.server.get(f"/coordination/decisions/{offer['decision_id']}", self.sue).json
        self.assertEqual((decision["trigger"], decision["reasoning"]), ("handoff", f"Named by {owner}."))
        again = self.server.post(f"/coordination/decisions/{offer['decision_id']}/replay", None, self.sue).json
        self.assertTrue(again["identical"], again)

    async def test_whom_a_handoff_asks_can_read_what_it_is_about(self):
        self.start()
        await self.connect("ana")
        reply = self.route(lead_id="moving").json
        self.server.post(f"/coordination/offers/{reply['offer_id']}/accept", None, self.tokens["ana"])
        cem = await self.connect("cem")
        private = self.server.post("/collaboration/rooms", {"room_type": "client_session", "name": "Ben's"}, self.tokens["ben"]).json["room_id"]
        begin = lambda **more: self.server.post("/coordination/handoffs", {"lead_id": "moving", "summary": "wants a balcony", **more}, self.tokens["ana"])
        self.assertEqual(begin(room_id=private).json["code"], "not_a_member", "nothing is said in a room for somebody who may not enter it")
        self.assertEqual(begin(room_id="room_none").status, 404)
        self.assertEqual(begin().status, 201)  # The policy finds cem.
        offer = await self.offer(cem, "handoff")
        told = self.told("cem", "wants a balcony")
        self.assertEqual((told["to"], told["lead"]["name"]), ("cem", "A lead"))
        self.server.post(f"/coordination/offers/{offer['offer_id']}/accept", None, self.tokens["cem"])
        # He hands it on in the same room, to somebody who never was there.
        await self.connect("ben")
        self.server.post("/coordination/handoffs", {"lead_id": "moving", "to": "ben", "summary": "and a cellar"}, self.tokens["cem"])
        self.assertEqual(self.told("ben", "and a cellar")["commitments"], [])

    async def test_an_agent_who_goes_loses_what_he_was_offered(self):
        self.start(coordination="{lost_after: 1s}")
        async with session.connect(self.server, "ana", token=self.tokens["ana"]) as ana:
            self.route(lead_id="lost")
            await ana.until("offer")
        cem = await self.connect("cem")
        offer = (await cem.until("offer"))["offer"]
        self.assertEqual(offer["lead_id"], "lost")

    async def test_decisions_come_out_the_same_again(self):
        self.start(coordination="{shadow_policies: [seed]}")
        await self.connect("ana")
        await self.connect("cem")
        decisions = [self.route(lead_id=f"lead{number}").json["decision_id"] for number in range(3)]
        for decision in decisions:
            again = self.server.post(f"/coordination/decisions/{decision}/replay", None, self.sue)
            self.assertEqual((again.status, again.json["identical"]), (200, True), again)
        other = self.server.post(f"/coordination/decisions/{decisions[0]}/replay", {"policy": "seed"}, self.sue).json
        self.assertEqual(other["policy"], "seed")
        traffic = self.server.post("/coordination/decisions/replay", {"policy": "match"}, self.sue).json
        self.assertEqual((traffic["policy"], traffic["decisions"]), ("match", 3))
        self.assertEqual(self.server.post("/coordination/decisions/replay", {"policy": "none"}, self.sue).json["errors"][0]["path"], "/policy")
        shadows = self.server.get("/coordination/policies/shadow", self.sue).json
        self.assertEqual([(policy["policy"], policy["decisions"]) for policy in shadows["policies"]], [("seed", 3)])
        self.assertEqual(self.server.get("/coordination/policies/shadow", self.tokens["ana"]).status, 403)

    async def test_what_would_have_changed_it_is_on_record(self):
        self.start()
        ana = await self.connect("ana")
        await self.connect("cem")
        self.route(lead_id="first")
        offer = await self.offer(ana, "routed")
        self.server.post(f"/coordination/offers/{offer['offer_id']}/accept", None, self.tokens["ana"])
        reply = self.route(lead_id="second").json
        self.assertEqual(reply["agent_name"], "Cem", "who has nothing to do")
        weights = [change for change in reply["counterfactuals"] if change["what"].startswith("weight.")]
        self.assertTrue(weights, reply)
        self.assertEqual({change["agent_name"] for change in weights}, {"Ana"})
        kept = self.server.get(f"/coordination/decisions/{reply['decision_id']}", self.sue).json
        self.assertEqual(kept["counterfactuals"], reply["counterfactuals"])

    async def test_everything_outlives_a_kill(self):
        self.start()
        ana = await self.connect("ana")
        reply = self.route(lead_id="kept").json
        offer = reply["offer_id"]
        self.assertEqual(self.server.post(f"/coordination/offers/{offer}/accept", None, self.tokens["ana"]).status, 200)
        del ana
        self.server.kill()
        self.server.start()
        lead = self.server.get("/coordination/leads/kept", self.sue).json
        self.assertEqual((lead["state"], lead["owner"]), ("active", "ana"))
        self.assertEqual(self.server.get(f"/coordination/offers/{offer}", self.sue).json["state"], "active")
        decision = self.server.get(f"/coordination/decisions/{reply['decision_id']}", self.sue)
        self.assertEqual(decision.status, 200)

    async def test_no_tenant_sees_anothers(self):
        self.start()
        await self.connect("ana")
        self.route(lead_id="ours")
        stranger = self.server.token("mallory", tenant="other", role="admin")
        self.assertEqual(self.server.get("/coordination/agents", stranger).json["items"], [])
        self.assertEqual(self.server.get("/coordination/leads/ours", stranger).status, 404)
        self.assertEqual(self.server.get("/coordination/offers", stranger).json["items"], [])
        self.assertEqual(self.server.get("/coordination/decisions", stranger).json["items"], [])

    async def test_what_is_too_long_is_refused_or_nobodys(self):
        self.start()
        long = "z" * 3000
        for path in ("agents", "leads", "leads?ended=true", "offers?ended=true", "handoffs", "decisions"):
            answer = self.server.get(f"/coordination/{path}{'&' if '?' in path else '?'}cursor={long}", self.sue)
            self.assertEqual((answer.status, answer.json["errors"][0]["path"]), (422, "/cursor"), path)
        for path, code in (("leads", "lead_unknown"), ("offers", "not_found"), ("handoffs", "not_found"), ("decisions", "not_found")):
            self.assertEqual(self.server.get(f"/coordination/{path}/{long}", self.sue).json["code"], code)
        for path in (f"offers/{long}/accept", f"decisions/{long}/replay"):
            self.assertEqual(self.server.post(f"/coordination/{path}", None, self.sue).status, 404, path)

    async def test_a_handoff_of_any_size_is_told(self):
        self.start()
        self.server.put("/coordination/agents/cem", {"capacity": 2, "skills": agents["ana"]}, self.sue)
        await self.connect("ana")
        lead_id = "\u00e9" * 100  # 200 bytes, the longest there is.
        lead = {"name": "A lead", "property_type": "condo", "notes": "n" * 16000}
        reply = self.server.post("/coordination/leads/route", {"lead_id": lead_id, "lead": lead}, self.sue).json
        self.server.post(f"/coordination/offers/{reply['offer_id']}/accept", None, self.tokens["ana"])
        await self.connect("cem")
        begun = self.server.post("/coordination/handoffs", {"lead_id": lead_id, "to": "cem", "summary": "s" * 8000, "commitments": ["c" * 500] * 20},
                                 self.tokens["ana"])
        self.assertEqual(begun.status, 201, begun)
        offer = begun.json
        self.assertEqual(self.server.post(f"/coordination/offers/{offer['offer_id']}/accept", None, self.tokens["cem"]).status, 200)
        (room,) = self.server.get("/collaboration/rooms?type=lead_collaboration", self.tokens["ana"]).json["items"]
        self.assertEqual(room["name"], "Lead " + "\u00e9" * 97, "whole signs")
        for _ in range(1000):
            told = self.server.get(f"/collaboration/rooms/{room['room_id']}/history", self.tokens["ana"]).body.decode()
            if told.count("lead_handoff") >= 2:  # Its beginning and its end.
                break
        self.assertIn("s" * 8000, told)



if __name__ == "__main__":
    unittest.main()
