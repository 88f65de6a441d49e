"""Reports of what was measured: from messages that were sent to exports, across a restart."""
import csv
import io
import json
import unittest

import atrium
import session


class Analytics(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(atrium.Server(session.config(analytics="{sampling: 1s}")))
        self.ana = self.server.token("ana")

    def report(self, target, token=None):
        return self.server.get(f"/coordination/analytics/{target}", token or self.ana)

    def measured(self):
        """Sends a message and waits until the figures have it."""
        room = session.make_room(self.server, "ana")
        self.assertEqual(self.server.post("/collaboration/messages", {"room_id": room, "content": "Hello"}, self.ana).status, 200)
        while self.server.get("/coordination/metrics", self.ana).json["message_latency_ms"] is None:
            pass

    def test_what_was_measured_is_in_reports_after_a_restart(self):
        self.measured()
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        report = self.report("message_latency").json
        self.assertEqual((report["report"], report["summary"]["messages"], report["summary"]["target_met"]), ("message_latency", 1, True))
        self.assertEqual(sum(row["messages"] for row in report["rows"]), 1)
        # Another tenant has none of it.
        self.assertEqual(self.report("message_latency", self.server.token("eve", tenant="other")).json["rows"], [])
        table = self.report("message_latency?format=csv")
        self.assertEqual(table.headers["content-type"], "text/csv; charset=utf-8")
        body = table.body.decode() if isinstance(table.body, bytes) else table.body
        self.assertEqual([row["messages"] for row in csv.DictReader(io.StringIO(body))], ["1"])
        lines = self.report("message_latency?format=ndjson")
        self.assertEqual([json.loads(line)["messages"] for line in lines.body.splitlines()], [1])

    def test_the_seeds_figures_are_there_and_null_until_somebody_measures(self):
        figures = self.server.get("/coordination/metrics", self.ana).json
        self.assertEqual((figures["agents_online"], figures["active_leads"], figures["workload_balance"]), (0, 0, None))
        self.assertEqual(figures["target_compliance"]["avg_response_time"], {"target": 60, "actual": None, "met": None})
        self.measured()
        figures = self.server.get("/coordination/metrics", self.ana).json
        self.assertIs(figures["target_compliance"]["message_latency_ms"]["met"], True)

    def test_every_report_answers_and_nonsense_is_named(self):
        for name in ("response_time", "assignment", "message_latency", "load_balance", "sla", "utilisation", "heatmap", "agents", "forecast"):
            answer = self.report(name)
            self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.report("heatmap").json["rows"][167]["weekday"], 6)
        self.assertIs(self.report("forecast").json["summary"]["enough_history"], False)
        self.assertEqual(self.report("horoscope").status, 404)
        for query, field in (("format=xls", "/format"), ("from=yesterday", "/from"), ("from=2026-02-01&to=2026-01-01", "/from"),
                             ("from=2020-01-01&to=2026-01-01", "/from"), ("table=rows", "/table"), ("agent=ana&queue=north", "/queue")):
            answer = self.report(f"sla?{query}")
            self.assertEqual((answer.status, answer.json["errors"][0]["path"]), (422, field))
        self.assertEqual(self.report("sla?agent=ben").json["code"], "forbidden")
        self.assertEqual(self.report("sla?agent=ben", self.server.token("sue", role="supervisor")).status, 200)


class Live(unittest.IsolatedAsyncioTestCase):
    async def test_the_figures_of_now_come_by_themselves(self):
        server = self.enterContext(atrium.Server(session.config(server="{loops: 2}", analytics="{sampling: 1s}")))
        sue = server.token("sue", role="supervisor")
        async with session.connect(server, "ana") as ana:
            await ana.send("subscribe_topic", topic="metrics", ref="metrics")
            await ana.until("topic_update", ref="metrics", kind="snapshot")
            self.assertEqual(server.put("/coordination/agents/ana", {"capacity": 2}, sue).status, 200)
            figures = {}
            while figures.get("agents_online") != 1:
                update = await ana.until("topic_update", topic="metrics")
                figures = {change["key"]: change["value"] for change in update["changes"]}["coordination"]
            asked = server.get("/coordination/metrics", sue).json
            self.assertEqual(figures.keys(), asked.keys())
            self.assertEqual(figures["target_compliance"].keys(), asked["target_compliance"].keys())


if __name__ == "__main__":
    unittest.main()
