"""Alerts over REST: from a message that takes too long to what people read in the emergency room; who may, silences, what is refused."""
import datetime
import pathlib
import sqlite3
import unittest

import atrium
import session


def later(**time):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def silence(**parts):
    return {"matchers": [{"label": "rule", "value": "agent_overload"}], "reason": "maintenance", "expires_at": later(hours=1), **parts}


class Alerts(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(atrium.Server())
        self.ana = self.server.token("ana")
        self.sue = self.server.token("sue", role="supervisor")

    def test_the_team_sees_alerts_and_clients_do_not(self):
        self.assertEqual(self.server.get("/coordination/alerts?state=open", self.ana).json, {"items": [], "next_cursor": None})
        self.assertEqual(self.server.get("/coordination/alerts", self.server.token("cli", role="client")).status, 403)
        self.assertEqual(self.server.get("/coordination/alerts?state=worse", self.ana).json["errors"][0]["path"], "/state")
        nobody = "/coordination/alerts/alert_01J00000000000000000000000"
        self.assertEqual(self.server.get(nobody, self.ana).status, 404)
        self.assertEqual(self.server.post(f"{nobody}/acknowledge", {}, self.sue).status, 404)
        self.assertEqual(self.server.post(f"{nobody}/actions/1", {}, self.ana).status, 403)

    def test_silences_are_previewed_made_listed_and_ended(self):
        preview = self.server.post("/coordination/silences", {"matchers": silence()["matchers"], "dry_run": True}, self.sue).json
        self.assertEqual((preview["silence"], preview["match_count"]), (None, 0))
        made = self.server.post("/coordination/silences", silence(), self.sue).json["silence"]
        self.assertEqual((made["created_by"], made["reason"]), ("sue", "maintenance"))
        self.assertEqual(self.server.get("/coordination/silences", self.ana).json["items"], [made])
        other = self.server.token("eve", role="admin", tenant="elsewhere")
        self.assertEqual(self.server.get("/coordination/silences", other).json["items"], [])
        self.assertEqual(self.server.delete(f"/coordination/silences/{made['id']}", other).status, 404)
        self.assertEqual(self.server.delete(f"/coordination/silences/{made['id']}", self.sue).status, 204)
        self.assertEqual(self.server.get("/coordination/silences", self.ana).json["items"], [])

    def test_a_silence_without_a_reason_or_an_end_is_refused(self):
        refused = self.server.post("/coordination/silences", {"matchers": [{"label": "team", "value": "x"}]}, self.sue)
        self.assertEqual(refused.status, 422)
        self.assertEqual([error["path"] for error in refused.json["errors"]], ["/matchers/0/label", "/reason", "/expires_at"])
        self.assertEqual(self.server.post("/coordination/silences", silence(), self.ana).status, 403)


class Firing(unittest.TestCase):
    """Every message is too slow for this rule, which is evaluated each second."""
    slow = "{use: {atrium.alert-rule.system-performance: {config: {latency_ms: 0.001}}}}"

    def setUp(self):
        self.server = self.enterContext(atrium.Server(session.config(
            analytics="{sampling: 1s}", alerts="{interval: 1s, rules: {information: false}}", plugins=self.slow)))
        self.ana = self.server.token("ana")
        self.sue = self.server.token("sue", role="supervisor")

    def fired(self):
        """The alert, once people were told of it."""
        room = session.make_room(self.server, "ana")
        self.assertEqual(self.server.post("/collaboration/messages", {"room_id": room, "content": "Hello"}, self.ana).status, 200)
        while True:
            items = self.server.get("/coordination/alerts?state=firing&rule=system_performance", self.ana).json["items"]
            if items and items[0]["room_id"]:
                return items[0]

    def test_people_are_told_in_the_emergency_room_and_take_care_of_it(self):
        began = later(seconds=-5)
        alert = self.fired()
        self.assertEqual((alert["subject"], alert["severity"], alert["title"]), ("message_latency_ms", "high", "Messages are slow"))
        room = f"/collaboration/rooms/{alert['room_id']}"
        self.assertEqual(self.server.get(room, self.ana).status, 403, "it is by invitation")
        self.server.post(f"{room}/members", {}, self.sue)
        told = self.server.get(f"{room}/history", self.sue).json
        self.assertEqual([(message["message_type"], message["metadata"]["alert_id"]) for message in told], [("alert", alert["id"])])
        alert_path = f"/coordination/alerts/{alert['id']}"
        taken = self.server.post(f"{alert_path}/acknowledge", {"note": "on it", "until": later(hours=1)}, self.sue).json
        self.assertEqual((taken["acknowledged_by"], taken["acknowledged_note"]), ("sue", "on it"))
        self.assertEqual(self.server.post(f"{alert_path}/actions/1", {}, self.sue).status, 404, "it is advice only")
        tried = self.server.post("/coordination/alerts/backtest", {"rule": "system_performance", "from": began, "step_seconds": 1}, self.sue).json
        self.assertGreaterEqual(tried["fired"], 1)
        self.assertEqual(self.server.post(f"{alert_path}/resolve", {"note": "done"}, self.sue).json["state"], "resolved")
        self.assertEqual(self.server.post(f"{alert_path}/resolve", {}, self.sue).json["code"], "conflict")

    def test_a_restart_finds_the_alert_and_tells_nobody_twice(self):
        alert = self.fired()
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        again = self.server.get(f"/coordination/alerts/{alert['id']}", self.ana).json
        self.assertEqual((again["fired_at"], again["room_id"]), (alert["fired_at"], alert["room_id"]))
        self.server.post(f"/collaboration/rooms/{alert['room_id']}/members", {}, self.sue)
        told = self.server.get(f"/collaboration/rooms/{alert['room_id']}/history", self.sue).json
        states = [message["metadata"]["state"] for message in told if message["metadata"]["alert_id"] == alert["id"]]
        self.assertEqual(states.count("firing"), 1)


class Refusing(unittest.TestCase):
    def test_messages_that_the_server_has_to_refuse_raise_an_alert_in_their_tenant_alone(self):
        server = self.enterContext(atrium.Server(session.config(
            analytics="{sampling: 1s}", alerts="{interval: 1s, rules: {information: false}}")))
        ana, other = server.token("ana"), server.token("eve", role="supervisor", tenant="elsewhere")
        room = session.make_room(server, "ana")
        session.make_room(server, "eve", token=other)
        post = lambda content: server.post("/collaboration/messages", {"room_id": room, "content": content}, ana)
        # What no operator should do: somebody else holds the lock for writing, and every write fails at once.
        lock = sqlite3.connect(pathlib.Path(server.data_dir, "atrium.db"), isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        for _ in range(11):
            self.assertEqual(post("Hello").status, 503)
        for _ in range(11):
            self.assertEqual(post("").status, 422, "this is the sender's own fault")
        lock.execute("ROLLBACK")
        lock.close()
        alerts = []
        while not alerts:  # The breaker of the storage lets its rules' writes through when its time has come.
            alerts = [alert for alert in server.get("/coordination/alerts?state=firing", ana).json["items"] if alert["subject"] == "message_errors"]
        self.assertEqual((alerts[0]["severity"], alerts[0]["value"], alerts[0]["threshold"]), ("critical", 11, 10))
        self.assertEqual(server.get("/coordination/alerts", other).json["items"], [])


class Actions(unittest.IsolatedAsyncioTestCase):
    """Alerts about a team, and what supervisors do about them from the alert itself. One lead that waits is a long queue here, and its end a
    backlog that is cleared; every response is slow."""
    queues = "{queues: {condos: {match: {property_type: [condo]}, overflow: {after: 1d, to: rest}}, rest: {skill_field: ''}}}"
    rules = """use:
  atrium.alert-rule.system-performance: {config: {queue_length: 0.5}}
  atrium.alert-rule.information: {config: {backlog: 1}}
  atrium.alert-rule.response-time: {config: {seconds: 0.001}}"""

    def setUp(self):
        self.server = self.enterContext(atrium.Server(session.config(
            server="{loops: 2}", analytics="{sampling: 1s}", alerts="interval: 1s", plugins=self.rules, coordination=self.queues)))
        self.sue = self.server.token("sue", role="supervisor")
        for name in ("ana", "cem"):
            self.assertEqual(self.server.put(f"/coordination/agents/{name}", {"capacity": 2, "skills": {"condo": 1}}, self.sue).status, 200)

    async def connect(self, name, **claims):
        return await self.enterAsyncContext(session.connect(self.server, name, **claims))

    def route(self, lead_id):
        lead = {"name": "A lead", "property_type": "condo", "score": 80}
        return self.server.post("/coordination/leads/route", {"lead_id": lead_id, "lead": lead}, self.sue).json

    def fill(self, name, *leads):
        """He takes these leads; nobody else is there."""
        for lead_id in leads:
            reply = self.route(lead_id)
            accepted = self.server.post(f"/coordination/offers/{reply['offer_id']}/accept", None, self.server.token(name))
            self.assertEqual(accepted.status, 200, accepted)

    async def alert(self, who, rule, state="firing"):
        """The next one of that rule that he is told of."""
        while True:
            alert = (await who.until("alert"))["alert"]
            if (alert["rule"], alert["state"]) == (rule, state):
                return alert

    def act(self, alert, command):
        (action,) = [action for action in alert["actions"] if action["command"] == command]
        return self.server.post(f"/coordination/alerts/{alert['id']}/actions/{action['id']}", {}, self.sue)

    async def test_an_agent_at_capacity_leads_to_an_alert_that_supervisors_act_on(self):
        ana, sue, client = await self.connect("ana"), await self.connect("sue", role="supervisor"), await self.connect("cli", role="client")
        self.fill("ana", "one", "two")
        alert = await self.alert(sue, "agent_overload")
        self.assertEqual((alert["subject"], alert["severity"], alert["title"]), ("ana", "critical", "Agent overload"))
        self.assertIn("100 %", alert["message"])
        self.assertEqual((await self.alert(ana, "agent_overload"))["id"], alert["id"], "agents are told, too")
        self.assertEqual(self.act(alert, "pause ana").status, 200)
        self.assertTrue(self.server.get("/coordination/agents/ana", self.sue).json["paused"])
        self.server.post("/coordination/agents/ana/resume", None, self.sue)
        cem = await self.connect("cem")
        evened = self.act(alert, "rebalance ana")
        self.assertEqual(evened.status, 200, evened)
        (move,) = evened.json["moves"]
        self.assertEqual((move["from"], move["to"]), ("ana", "cem"))
        offer = (await cem.until("offer"))["offer"]
        self.assertEqual((offer["kind"], offer["lead_id"]), ("handoff", move["lead_id"]))
        self.assertEqual(self.server.post(f"/coordination/offers/{offer['offer_id']}/accept", None, self.server.token("cem")).status, 200)
        over = await self.alert(sue, "agent_overload", "resolved")
        self.assertEqual((over["id"], over["resolved_by"]), (alert["id"], None))
        self.assertNotIn("alert", [event["event_type"] for event in await client.settled()])

    async def test_an_action_about_somebody_who_has_left_the_team_is_refused(self):
        await self.connect("ana")
        sue = await self.connect("sue", role="supervisor")
        self.fill("ana", "one", "two")
        alert = await self.alert(sue, "agent_overload")
        for offer in self.server.get("/coordination/offers", self.sue).json["items"]:
            done = self.server.post(f"/coordination/offers/{offer['offer_id']}/complete", {"outcome": "won"}, self.server.token("ana"))
            self.assertEqual(done.status, 200, done)
        self.assertEqual(self.server.delete("/coordination/agents/ana", self.sue).status, 204)
        self.assertEqual(self.act(alert, "pause ana").json["code"], "agent_unknown")

    async def test_leads_that_wait_overflow_to_another_queue(self):
        sue = await self.connect("sue", role="supervisor")
        self.assertTrue(self.route("one")["queued"])
        alert = await self.alert(sue, "system_performance")
        self.assertEqual((alert["subject"], alert["title"]), ("queue_length", "The queue is long"))
        moved = self.act(alert, "overflow").json
        self.assertEqual(moved, {"moved": [{"lead_id": "one", "from": "condos", "to": "rest"}], "left": 0})
        self.assertEqual(self.server.get("/coordination/leads/one", self.sue).json["queue"], "rest")
        await self.connect("ana")
        good = await self.alert(sue, "information")
        self.assertEqual((good["title"], good["severity"]), ("The backlog is cleared", "low"))

    async def test_slow_responses_are_an_alert_of_the_team_and_of_the_agent(self):
        await self.connect("ana")
        sue = await self.connect("sue", role="supervisor")
        self.fill("ana", "one", "two")
        await self.alert(sue, "agent_overload")  # She has been seen, and her responses count as hers.
        room = session.make_room(self.server, "ana", room_type="lead_collaboration", context={"lead_id": "one"})
        self.server.post("/collaboration/messages", {"room_id": room, "content": "Hello"}, self.server.token("ana"))
        told = [await self.alert(sue, "response_time") for _ in range(2)]
        self.assertEqual({(alert["subject"], alert["severity"]) for alert in told}, {("", "high"), ("ana", "medium")})


if __name__ == "__main__":
    unittest.main()
