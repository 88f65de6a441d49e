"""Routing policies: what the configuration says, what a tenant changes of it while the server runs, and what is refused, with its place."""
import re
import textwrap
import unittest

import atrium
import session

section = textwrap.dedent("""
    policies:
      house:
        agents: {match: 1, load: 0.8}
        queue: {urgency: 1}
        ageing_guard: 5m
      seed: {agents: {expertise: 1}}
    default_policy: house
    """)


def names(answer):
    return [policy["name"] for policy in answer.json["items"]]


class Policies(unittest.TestCase):
    def start(self, coordination=section, **parts):
        server = self.enterContext(atrium.Server(session.config(server="{loops: 2}", coordination=coordination, **parts)))
        self.people(server)
        return server

    def people(self, server):
        self.ana, self.eve, self.root = server.token("ana"), server.token("eve", role="supervisor"), server.token("root", role="admin")

    def test_what_the_configuration_says_is_there_for_all(self):
        server = self.start()
        answer = server.get("/coordination/policies", self.ana)
        self.assertEqual(names(answer), ["balanced", "house", "match", "seed"])
        house = answer.json["items"][1]
        self.assertEqual(house, {"name": "house", "origin": "configuration", "version": 0, "default": True, "agents": {"match": 1, "load": 0.8},
                                 "queue": {"urgency": 1}, "ageing_guard_ms": 300000})
        self.assertEqual(server.get("/coordination/policies/balanced", self.ana).json["origin"], "built_in")
        self.assertEqual(server.get("/coordination/policies/seed", self.ana).json["agents"], {"expertise": 1})
        self.assertEqual(server.get("/coordination/policies/nothing", self.ana).status, 404)

    def test_a_tenant_changes_its_own_and_keeps_them(self):
        server = self.start()
        weights = {"agents": {"match": 0.1, "load": 0.30000000000000004}, "queue": {"match": 1}, "ageing_guard_ms": 1000}
        changed = server.put("/coordination/policies/seed", weights, self.eve)
        self.assertEqual((changed.status, changed.json), (200, {"name": "seed", "origin": "tenant", "version": 1, "default": False, **weights}))
        self.assertEqual(server.put("/coordination/policies/own", {"agents": {"match": 1}}, self.root).json["version"], 2)
        chosen = server.put("/coordination/policies/default", {"name": "own"}, self.eve)
        self.assertEqual((chosen.json["name"], chosen.json["default"]), ("own", True))
        stranger = server.token("mallory", tenant="other", role="admin")
        self.assertEqual(names(server.get("/coordination/policies", stranger)), ["balanced", "house", "match", "seed"])
        self.assertEqual(server.get("/coordination/policies/own", stranger).status, 404)
        server.kill()
        server.start()
        answer = server.get("/coordination/policies", self.ana)
        self.assertEqual([(policy["name"], policy["origin"], policy["default"]) for policy in answer.json["items"]],
                         [("balanced", "built_in", False), ("house", "configuration", False), ("match", "built_in", False), ("own", "tenant", True),
                          ("seed", "tenant", False)])
        self.assertEqual(server.get("/coordination/policies/seed", self.ana).json, changed.json)
        # Back to what the file says; a version never comes twice.
        self.assertEqual(server.delete("/coordination/policies/own", self.eve).json["code"], "conflict")
        self.assertEqual(server.delete("/coordination/policies/seed", self.eve).status, 204)
        seed = server.get("/coordination/policies/seed", self.ana).json
        self.assertEqual((seed["origin"], seed["agents"]), ("configuration", {"expertise": 1}))
        self.assertGreater(seed["version"], 1)

    def test_bad_changes_name_their_fields(self):
        server = self.start()
        put = lambda body: server.put("/coordination/policies/seed", body, self.eve)
        for body, path in [({"agents": {"match": -1}}, "/agents/match"), ({"agents": {"match": "NaN"}}, "/agents/match"),
                           ({"agents": {"match": 0, "load": 0}}, "/agents"), ({"agents": {"mach": 1}}, "/agents/mach"), ({}, "/agents"),
                           ({"agents": {"match": 1}, "queue": {"match": 0}}, "/queue"), ({"agents": {"match": 1}, "ageing_guard_ms": -1}, "/ageing_guard_ms")]:
            answer = put(body)
            self.assertEqual((answer.status, answer.json["code"]), (422, "validation_failed"), body)
            self.assertEqual([problem["path"] for problem in answer.json["errors"]], [path], body)
        self.assertIn("availability", put({"agents": {"mach": 1}}).json["errors"][0]["message"])
        self.assertEqual(server.put("/coordination/policies/a%20b", {"agents": {"match": 1}}, self.eve).json["errors"][0]["path"], "/name")
        self.assertEqual(server.put("/coordination/policies/default", {"name": "nothing"}, self.eve).status, 404)
        self.assertEqual(server.put("/coordination/policies/seed", {"agents": {"match": 1}}, self.ana).status, 403)
        self.assertEqual(server.delete("/coordination/policies/seed", self.ana).status, 403)
        self.assertEqual(server.get("/coordination/policies/seed", self.ana).json["version"], 0)

    def test_the_file_is_read_again_while_the_server_runs(self):
        server = self.start()
        self.assertEqual(server.put("/coordination/policies/seed", {"agents": {"match": 1}}, self.eve).status, 200)
        text = server.config.read_text()
        server.config.write_text(text.replace("load: 0.8", "load: 0.5").replace("expertise: 1", "expertise: 2"))
        change = server.post("/admin/config/apply", None, self.root)
        self.assertEqual((change.status, change.json["restart"]), (200, []))
        self.assertEqual(server.get("/coordination/policies/house", self.ana).json["agents"], {"match": 1, "load": 0.5})
        self.assertEqual(server.get("/coordination/policies/seed", self.ana).json["agents"], {"match": 1}, "the tenant's own comes first")
        self.assertIn("coordination", server.logged("config.read")["applied"])
        server.config.write_text(text.replace("load: 0.8", "lod: 0.8"))
        refused = server.post("/admin/config/apply", None, self.root)
        self.assertEqual(refused.json["code"], "change_refused")
        self.assertIn("no plugin provides the routing-scorer lod", refused.body.decode())
        self.assertEqual(server.get("/coordination/policies/house", self.ana).json["agents"], {"match": 1, "load": 0.5})

    def test_a_wrong_section_ends_the_start_with_its_place(self):
        for wrong, said in [("queues: {a: {overflow: {after: 1m, to: b}}, b: {overflow: {after: 1m, to: a}}}", "leads would go round in a circle: a -> b -> a"),
                            ("queues: {a: {overflow: {after: 1m, to: nowhere}}}", 'there is no queue "nowhere"'),
                            ("queues: {a: {policy: mine}}", 'there is no policy "mine"'),
                            ("policies: {mine: {agents: {match: -0.5}}}", "the weight of match is not a number from 0"),
                            ("policies: {mine: {agents: {match: .nan}}}", "the weight of match is not a number from 0"),
                            ("policies: {mine: {agents: {match: 0}}}", "all weights are 0"),
                            ("policies: {mine: {agents: {mach: 1}}}", 'no plugin provides the routing-scorer mach\n    did you mean "match"?')]:
            server = atrium.Server(session.config(coordination=f"\n  {wrong}\n"))
            try:
                server.spawn()
                self.assertEqual(server.wait(), 2, server.tail())
                self.assertRegex(server.tail(), r"atrium\.yaml:\d+:\d+: .*" + re.escape(said), wrong)
            finally:
                server.remove()


if __name__ == "__main__":
    unittest.main()
