"""Alerts over REST: from a message that takes too long to what people read in the emergency room; who may, silences, what is refused."""
import datetime
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


if __name__ == "__main__":
    unittest.main()
