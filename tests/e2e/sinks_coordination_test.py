"""What event sinks are told of a team's work: leads, offers, handoffs, decisions and alerts, by the webhook plugin of a real server; across crashes, of
each tenant in its order, and of no other tenant."""
import unittest

import atrium
import receiver
import session
from sinks_test import quick, use

ours = "lead.*,offer.*,decision.*,handoff.*,alert.*"


class Team(unittest.IsolatedAsyncioTestCase):
    def start(self, crm, events=ours, rules="", **parts):
        plugins = use(crm, events) + (f"  {rules}\n" if rules else "")
        self.crm = crm
        self.server = self.enterContext(atrium.Server(session.config(events=quick, server="{loops: 2}", plugins=plugins, **parts)))
        self.ready()

    def ready(self):
        self.admin = self.server.token("root", role="admin")
        self.sue = self.server.token("sue", role="supervisor")
        while not any(sink["plugin"] == "atrium.sink.webhook" for sink in self.server.get("/admin/sinks", self.admin).json["items"]):
            pass

    def hire(self, *names, tenant="acme"):
        boss = self.server.token("sue", role="supervisor", tenant=tenant)
        for name in names:
            answer = self.server.put(f"/coordination/agents/{name}", {"name": name.title(), "capacity": 20, "skills": {"condo": 1}}, boss)
            self.assertEqual(answer.status, 200, answer)

    async def connect(self, name, **claims):
        """A session of that agent, of which the desk knows."""
        opened = await self.enterAsyncContext(session.connect(self.server, name, **claims))
        boss = self.server.token("sue", role="supervisor", **claims)
        while self.server.get(f"/coordination/agents/{name}", boss).json["sessions"] == 0:
            pass
        return opened

    def route(self, lead_id, **claims):
        lead = {"name": lead_id, "property_type": "condo", "score": 80}
        answer = self.server.post("/coordination/leads/route", {"lead_id": lead_id, "lead": lead},
                                  self.server.token("sue", role="supervisor", **claims))
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def answer(self, offer_id, name, verb="accept", body=None, **claims):
        answer = self.server.post(f"/coordination/offers/{offer_id}/{verb}", body, self.server.token(name, **claims))
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def told(self, **fields):
        """The types of the events with these fields, each once and but for decisions, in the order of the log."""
        by_id = {event["event_id"]: event for event in self.crm.taken}
        events = sorted(by_id.values(), key=lambda event: event["offset"])
        return [event["type"] for event in events if event["type"] != "decision.made" and all(event["data"].get(key) == value for key, value in fields.items())]

    def until_told(self, *types, **fields):
        self.crm.until(lambda: self.told(**fields) == list(types), f"{types} with {fields} and not {self.told(**fields)}")

    async def test_what_becomes_of_a_lead(self):
        with receiver.Receiver() as crm:
            self.start(crm)
            self.hire("ana", "ben")
            await self.connect("ana")
            offer = self.route("crm-1")["offer_id"]
            self.answer(offer, "ana", "reject", {"reason": "at lunch"})
            self.until_told("lead.created", "offer.made", "offer.rejected", lead_id="crm-1")
            ben = await self.connect("ben")
            offer = (await ben.until("offer"))["offer"]["offer_id"]
            self.answer(offer, "ben")
            self.hire("cem")
            cem = await self.connect("cem")
            body = {"lead_id": "crm-1", "to": "cem", "summary": "Wants a garden", "commitments": ["a call on Monday"]}
            handoff = self.server.post("/coordination/handoffs", body, self.server.token("ben")).json["handoff_id"]
            taken = (await cem.until("offer"))["offer"]["offer_id"]
            self.answer(taken, "cem")
            self.answer(taken, "cem", "complete", {"outcome": "won", "value": 12000})
            self.until_told("lead.created", "offer.made", "offer.rejected", "offer.made", "offer.accepted", "lead.assigned",
                            "handoff.started", "offer.made", "offer.accepted", "offer.closed", "handoff.accepted", "lead.assigned",
                            "lead.completed", "offer.closed", lead_id="crm-1")
            data = {event["type"]: event["data"] for event in crm.taken}
            self.assertEqual(data["lead.created"]["lead"]["name"], "crm-1")
            self.assertEqual((data["lead.completed"]["owner"], data["lead.completed"]["outcome"], data["lead.completed"]["value"]),
                             ("cem", "won", 12000))
            self.assertEqual((data["handoff.accepted"]["from"], data["handoff.accepted"]["to"]), ("ben", "cem"))
            kept = self.server.get(f"/coordination/handoffs/{handoff}", self.sue).json
            self.assertEqual({**kept, "room_id": None}, {**data["handoff.accepted"], "room_id": None}, "its room may be made later")
            self.assertEqual(self.server.get(f"/coordination/offers/{taken}", self.sue).json, data["offer.closed"])
            decided = [event["data"]["decision_id"] for event in crm.taken if event["type"] == "decision.made"]
            kept = [decision["decision_id"] for decision in self.server.get("/coordination/decisions", self.sue).json["items"]]
            self.assertEqual(decided, kept)

    async def test_nothing_that_was_confirmed_is_lost_by_crashes(self):
        with receiver.Receiver() as crm:
            self.start(crm, coordination="queues: {all: {skill_field: '', ramp_in: 0s}}")
            self.hire("ana")
            accepted, waiting = [], []
            for round_number in range(3):
                crm.then = 500 if round_number % 2 else 200
                await self.connect("ana")
                for n in range(5):
                    lead = f"crm-{round_number}-{n}"
                    self.answer(self.route(lead)["offer_id"], "ana")
                    accepted.append(lead)
                self.route(f"crm-{round_number}-last")
                waiting.append(f"crm-{round_number}-last")
                self.server.kill()
                self.server.start()
                self.ready()
            crm.then = 200
            for lead in accepted:
                self.until_told("lead.created", "offer.made", "offer.accepted", "lead.assigned", lead_id=lead)
            for lead in waiting:
                crm.until(lambda: self.told(lead_id=lead)[:2] == ["lead.created", "offer.made"], f"what became of {lead}")
            begun = [event["data"]["lead_id"] for event in sorted(crm.taken, key=lambda event: event["offset"]) if event["type"] == "lead.created"]
            routed = [f"crm-{round_number}-{n}" for round_number in range(3) for n in [*range(5), "last"]]
            self.assertEqual(list(dict.fromkeys(begun)), routed, "in the order in which they came")

    async def test_alerts_across_a_crash(self):
        with receiver.Receiver() as crm:
            self.start(crm, rules="atrium.alert-rule.system-performance: {config: {queue_length: 0.5}}",
                       analytics="{sampling: 1s}", alerts="{interval: 1s, rules: {information: false}}")
            crm.then = 500
            self.hire("ana")
            self.route("crm-1")  # Nobody is there: it waits.
            firing = lambda: self.server.get("/coordination/alerts?state=firing", self.sue).json["items"]
            while not firing():
                pass
            (alert,) = firing()
            self.server.post(f"/coordination/alerts/{alert['id']}/acknowledge", {"note": "on it"}, self.sue)
            self.server.kill()
            self.server.start()
            self.ready()
            self.assertEqual(self.server.post(f"/coordination/alerts/{alert['id']}/resolve", {"note": "done"}, self.sue).status, 200)
            crm.then = 200
            self.until_told("alert.fired", "alert.acknowledged", "alert.resolved", id=alert["id"])
            data = {event["type"]: event["data"] for event in crm.taken}
            self.assertEqual((data["alert.fired"]["subject"], data["alert.fired"]["state"]), ("queue_length", "firing"))
            self.assertEqual((data["alert.acknowledged"]["acknowledged_by"], data["alert.resolved"]["resolved_by"]), ("sue", "sue"))

    async def test_each_event_names_its_tenant(self):
        with receiver.Receiver() as crm:
            self.start(crm, "lead.*,offer.*")
            for tenant in ("acme", "bolt", "core"):
                self.hire("ana", tenant=tenant)
                await self.connect("ana", tenant=tenant)
            for n in range(3):
                for tenant in ("acme", "bolt", "core"):
                    self.answer(self.route(f"{tenant}-{n}", tenant=tenant)["offer_id"], "ana", tenant=tenant)
            for tenant in ("acme", "bolt", "core"):
                for n in range(3):
                    self.until_told("lead.created", "offer.made", "offer.accepted", "lead.assigned", lead_id=f"{tenant}-{n}")
            for event in crm.taken:
                self.assertEqual(event["data"]["lead_id"].split("-")[0], event["tenant_id"])

    async def test_only_what_is_asked_for(self):
        with receiver.Receiver() as crm:
            self.start(crm, "lead.assigned")
            self.hire("ana")
            await self.connect("ana")
            self.answer(self.route("crm-1")["offer_id"], "ana")
            self.until_told("lead.assigned")
            metrics = self.server.get("/metrics", self.admin).body.decode()
            self.assertIn('atrium_events_total{outcome="failed"} 0', metrics)


if __name__ == "__main__":
    unittest.main()
