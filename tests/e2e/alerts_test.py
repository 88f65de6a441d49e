"""Alerts over REST: who may, silences and their preview, what is refused. Nothing is measured here, so that no rule fires."""
import datetime
import unittest

import atrium


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


if __name__ == "__main__":
    unittest.main()
