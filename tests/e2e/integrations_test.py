"""The integrations in a real server, against systems on this machine: a GoHighLevel that signs its webhooks, a CRM that is there, slow or down, and a
server of calendars."""
import datetime
import hashlib
import hmac
import json
import pathlib
import tempfile
import textwrap
import threading
import time
import unittest

import atrium
import local_http
import provider
import session

# As docs/integrations.md shows them, with addresses on this machine.
ghl = textwrap.dedent("""
    # [snippet:ghl]
    plugins:
      use:
        atrium.integration.ghl:
          grants: [log, clock, metrics, kv, coordination, secrets, "http:crm.example.com"]
          secrets: {signing: "${GHL_SECRET}", crm_key: "${CRM_KEY}"}
          config:
            tenant: acme
            locations: [ve9EPM428h8vShlRW1KT]
            public_key: MCowBQYDK2VwAyEA...
            fields: {urgency: customFields.k3Xb, property_type: customData.kind}
            enrich_url: https://crm.example.com/lookup
    # [/snippet]
    """)
ical = textwrap.dedent("""
    # [snippet:ical]
    plugins:
      use:
        atrium.integration.ical:
          grants: [log, clock, metrics, timer, coordination, secrets, "http:calendar.example.com"]
          secrets: {ana_calendar: "${ANA_CALENDAR}"}
          config:
            tenant: acme
            zone: Europe/Berlin
            interval: 5m
            calendars:
              - {agent: ana, secret: ana_calendar}
              - {agent: ben, url: "https://calendar.example.com/ben.ics"}
    # [/snippet]
    """)
location = "ve9EPM428h8vShlRW1KT"
secret = "a secret that signs what a workflow sends"


class Web(local_http.Server):
    """Another system: answers GET with what `pages` has for the path, and tells what it was asked. A page that is an Event is answered when that is
    set."""

    class Handler(local_http.Handler):
        protocol_version = "HTTP/1.0"

        def do_GET(self):
            page = self.owner.pages.get(self.path.split("?")[0], 404)
            self.owner.asked.append(self.path)
            if isinstance(page, threading.Event):
                page.wait(60)
                page = 503
            body = page.encode() if isinstance(page, str) else b""
            try:
                self.send_response(page if isinstance(page, int) else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # Nobody waits any more.

    def __init__(self):
        super().__init__()
        self.pages, self.asked = {}, []

    def __exit__(self, *_):
        for page in self.pages.values():
            if isinstance(page, threading.Event):
                page.set()
        super().__exit__()


class GoHighLevel(unittest.TestCase):
    def setUp(self):
        self.crm = self.enterContext(Web())
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.key = directory / "key.pem"
        provider.openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        self.body_file = directory / "body"
        public = "".join(provider.openssl("pkey", "-in", self.key, "-pubout").decode().split("\n")[1:-2])
        text = ghl.replace("https://crm.example.com", f"http://127.0.0.1:{self.crm.port}").replace("http:crm.example.com", f"http:127.0.0.1:{self.crm.port}")
        text = text.replace("MCowBQYDK2VwAyEA...", public).replace("${GHL_SECRET}", secret).replace("${CRM_KEY}", "k3y")
        self.server = self.enterContext(atrium.Server(session.config() + text))
        self.sue = self.server.token("sue", role="supervisor")

    def signature(self, body):
        self.body_file.write_bytes(body)
        return provider.base64.b64encode(provider.openssl("pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", self.body_file)).decode()

    def tell(self, signature=None, **event):
        """GoHighLevel tells of something."""
        body = json.dumps({"locationId": location, **event}).encode()
        return self.server.post("/hooks/ghl/events", body, headers={"X-GHL-Signature": signature or self.signature(body)})

    def contact(self, contact_id, **more):
        return self.tell(type="ContactCreate", id=contact_id, firstName="Bo", lastName="Diaz", email=f"{contact_id}@example.com", city="Rancho", **more)

    def lead(self, lead_id):
        answer = self.server.get(f"/coordination/leads/{lead_id}", self.sue)
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def test_a_signed_contact_becomes_a_lead_once(self):
        answer = self.contact("c1", customFields=[{"id": "k3Xb", "value": "High"}])
        self.assertEqual((answer.status, answer.json["lead_id"], answer.json["state"]), (200, "ghl_c1", "routed"), answer)
        lead = self.lead("ghl_c1")
        self.assertEqual((lead["state"], lead["lead"]["name"], lead["lead"]["urgency"], lead["lead"]["location"]), ("waiting", "Bo Diaz", "High", "Rancho"))
        self.assertEqual(self.contact("c1").json["state"], "known")
        self.assertEqual(self.server.post("/coordination/leads/ghl_c1/withdraw", None, self.sue).status, 200)
        self.assertEqual(self.contact("c1").json["state"], "known", "it does not come back")
        self.assertEqual(self.server.get("/coordination/leads", self.sue).json["items"], [])

    def test_nobody_else_is_believed(self):
        for signature in ("", "AAAA", self.signature(b"something else")):
            self.assertEqual(self.tell(signature or " ", type="ContactCreate", id="c1", name="Eve").status, 403)
        self.assertEqual(self.tell(type="ContactCreate", id="c1", name="Eve", locationId="another's").status, 422)
        self.assertEqual(self.server.get("/coordination/leads", self.sue).json["items"], [])

    def test_bad_payloads_are_told_what_is_wrong(self):
        wrong = self.tell(type="ContactCreate", score=500)
        self.assertEqual((wrong.status, {error["path"] for error in wrong.json["errors"]}), (422, {"/id", "/name", "/score"}))
        self.assertEqual(self.server.post("/hooks/ghl/events", b"{", headers={"X-GHL-Signature": self.signature(b"{")}).status, 400)

    def test_a_workflow_signed_by_a_secret(self):
        body = json.dumps({"contact_id": "w1", "full_name": "Di Roe", "location": {"id": location}, "customData": {"budget": "$450,000", "kind": "condo"}}).encode()
        signed = {"X-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
        self.assertEqual(self.server.post("/hooks/ghl/signed", body, headers=signed).json["state"], "routed")
        self.assertEqual(self.server.post("/hooks/ghl/signed", body + b" ", headers=signed).status, 403)
        lead = self.lead("ghl_w1")["lead"]
        self.assertEqual((lead["budget"], lead["property_type"]), (450000, "condo"))

    def test_a_crm_that_answers(self):
        self.crm.pages["/lookup"] = json.dumps({"score": 85, "language": "es", "secret": 1})
        self.assertEqual(self.contact("c1").json["enrichment"], "done")
        lead = self.lead("ghl_c1")["lead"]
        self.assertEqual((lead["score"], lead["language"], lead["enrichment"]), (85, "es", "done"))
        self.assertNotIn("secret", lead)
        self.assertEqual(self.crm.asked, ["/lookup?email=c1%40example.com"])

    def test_a_slow_crm_holds_up_no_lead(self):
        self.crm.pages["/lookup"] = threading.Event()
        for number in range(5):
            answer = self.contact(f"c{number}")
            self.assertEqual((answer.status, answer.json["state"], answer.json["enrichment"]), (200, "routed", "failed"))
            self.assertEqual(self.lead(f"ghl_c{number}")["lead"]["enrichment"], "failed")
        self.assertEqual(len(self.crm.asked), 3, "after three failures it is left alone")

    def test_what_is_taken_outlives_the_process(self):
        self.assertEqual(self.contact("c1").json["state"], "routed")
        self.server.kill()
        self.server.start()
        self.assertEqual(self.contact("c1").json["state"], "known")


class Calendars(unittest.TestCase):
    def start(self, web, **pages):
        web.pages.update({f"/{name}.ics": page for name, page in pages.items()})
        text = ical.replace("https://calendar.example.com", f"http://127.0.0.1:{web.port}").replace("http:calendar.example.com", f"http:127.0.0.1:{web.port}")
        text = text.replace("${ANA_CALENDAR}", f"http://127.0.0.1:{web.port}/ana.ics").replace("interval: 5m", "interval: 1s")
        server = self.enterContext(atrium.Server(session.config() + text))
        self.sue = server.token("sue", role="supervisor")
        for name in ("ana", "ben"):
            self.assertEqual(server.put(f"/coordination/agents/{name}", {"name": name.title()}, self.sue).status, 200)
        return server

    @staticmethod
    def calendar(begin_s, end_s, extra=""):
        moment = lambda s: (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=s)).strftime("%Y%m%dT%H%M%SZ")
        return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", "BEGIN:VEVENT", "UID:1", f"DTSTART:{moment(begin_s)}",
                            f"DTEND:{moment(end_s)}", *filter(None, [extra]), "END:VEVENT", "END:VCALENDAR", ""])

    def when(self, server, agent, condition):
        """The agent once it is so. The server is asked again and again, because the calendar acts when it is time."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = server.get(f"/coordination/agents/{agent}", self.sue).json
            if condition(found):
                return found
        self.fail(f"it did not come: {found}")

    def test_a_busy_agent_is_offered_nothing_and_a_supervisors_pause_stays(self):
        with Web() as web:
            server = self.start(web, ana=self.calendar(-60, 3600), ben=self.calendar(-60, 3600, "TRANSP:TRANSPARENT"))
            held = lambda agent: agent.get("held_by") == ["atrium.integration.ical"]
            self.when(server, "ana", held)
            reply = server.post("/coordination/leads/route", {"lead": {"name": "Bo"}}, self.sue).json
            rules = {one["agent_id"]: one["rule"] for one in reply["excluded"]}
            self.assertEqual(rules["ana"], "paused", rules)
            self.assertNotEqual(rules["ben"], "paused", "that event leaves him free")
            self.assertEqual(server.post("/coordination/agents/ana/pause", None, self.sue).status, 200)
            web.pages["/ana.ics"] = self.calendar(-120, -60)
            ana = self.when(server, "ana", lambda agent: not held(agent))
            self.assertTrue(ana["paused"], "what a supervisor paused, no calendar resumes")
            items = server.get("/ui/ical/api/calendars", self.sue).json["items"]
            self.assertEqual([(item["agent_id"], item["busy"], item["trouble"]) for item in items], [("ana", False, None), ("ben", False, None)])

    def test_a_server_of_calendars_that_fails_changes_nothing(self):
        with Web() as web:
            server = self.start(web, ana=self.calendar(-60, 3600), ben=self.calendar(-60, 3600))
            self.when(server, "ben", lambda agent: agent.get("held_by"))
            web.pages.update({"/ana.ics": 500, "/ben.ics": "<html>"})
            server.logged("plugin.atrium.integration.ical", plugin_event="calendar_failed")
            self.assertTrue(server.get("/coordination/agents/ben", self.sue).json["held_by"])
            self.assertNotIn(f"{web.port}/ana.ics", "\n".join(line for line in server.log if "calendar" in line), "its address is a secret")


if __name__ == "__main__":
    unittest.main()
