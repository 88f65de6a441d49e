"""What docs/operations.md tells an operator: health, figures, signals and the log."""
import asyncio
import resource
import signal
import unittest

import atrium
import session


class Operations(unittest.IsolatedAsyncioTestCase):
    def test_what_operators_see_is_for_this_machine_and_for_admins(self):
        with session.server() as server:
            self.assertEqual(server.get("/health/live").json, {"status": "live"})
            ready = server.get("/health/ready").json
            self.assertEqual((ready["status"], {component["name"]: component["state"] for component in ready["components"]}),
                             ("ready", {"storage": "answering", "plugins": "active", "loops": "turning"}))
            figures = server.get("/metrics").body.decode()
            for name in ("atrium_sessions", "atrium_delivery_seconds_bucket", "atrium_breaker_open", "process_resident_memory_bytes",
                         "process_open_fds", "process_cpu_seconds_total"):
                self.assertRegex(figures, rf"(?m)^{name}\b")
            for path in ("/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs", "/api/v1/docs", "/api/v1/openapi.json"):
                with self.subTest(path):
                    self.assertEqual(server.get(path).status, 200)
                    for header in ("X-Forwarded-For", "Forwarded"):
                        elsewhere = {"headers": {header: "for=192.0.2.1"}}
                        self.assertEqual(server.get(path, **elsewhere).status, 401)
                        self.assertEqual(server.get(path, server.token("ana"), **elsewhere).status, 403)
                        self.assertEqual(server.get(path, server.token("root", role="admin"), **elsewhere).status, 200)
        with session.server(ops="public: true") as server:
            self.assertEqual(server.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status, 200)

    async def test_figures_are_the_tenants_and_the_nodes_for_admins(self):
        with session.server() as server:
            room = session.make_room(server, "ana", members=["ben"])
            async with session.connect(server, "ana", room) as ana, session.connect(server, "eve", tenant="other"):
                await ana.say("Hello")
                seen = lambda token: server.get("/collaboration/metrics", token).json
                own, other = seen(server.token("ben")), seen(server.token("eve", tenant="other"))
                node = seen(server.token("root", role="admin"))
                self.assertEqual([each["scope"] for each in (own, other, node)], ["tenant", "tenant", "node"])
                self.assertEqual([each["collaboration_engine"]["total_messages_sent"] for each in (own, other, node)], [1, 0, 1])
                self.assertEqual([each["collaboration_engine"]["total_connections"] for each in (own, other, node)], [1, 1, 2])
                self.assertEqual(node["circuit_breakers"], {"storage": "closed"})
                self.assertEqual((node["websocket_health"], node["connection_success_rate"], node["message_delivery_rate"]), ("healthy", 1, 1))
                self.assertIn("open_descriptors", node["resource_utilization"])
                self.assertNotIn("open_descriptors", own["resource_utilization"])
                status = node["performance_status"]
                self.assertEqual(status["overall_healthy"], status["latency_target_met"] and status["throughput_target_met"])
                self.assertEqual(set(node["target_compliance"]["message_latency_ms_p95"]), {"target", "actual", "met"})

    def test_the_limit_of_open_files_is_raised_to_what_the_connections_need(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.assertGreater(hard, 600)
        for connections, raised in ((300, 556), (hard - 100, hard)):
            with self.subTest(connections):
                config = session.config(server=f"max_connections: {min(connections, 1_000_000)}")
                few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
                with atrium.Server(config, preexec_fn=few) as server:
                    self.assertRegex(server.get("/metrics").body.decode(), rf"(?m)^process_max_fds {min(raised, 1_000_256)}$")

    def test_a_second_signal_ends_it_at_once(self):
        with session.server(server="drain_delay: 15s") as server:
            server.process.terminate()
            while server.get("/health/ready").status == 200:
                pass  # The signal is on its way.
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.wait(), 1)

    def test_a_signal_reads_the_configuration_again(self):
        with session.server() as server:
            good = server.config.read_text()
            server.config.write_text(good.replace("deadline", "dead_line"))
            server.process.send_signal(signal.SIGHUP)
            refused = server.logged("config.refused")
            self.assertEqual(refused["level"], "error")
            self.assertIn("dead_line", refused["detail"])
            server.config.write_text(good + "log:\n  level: error\nrooms:\n  max_members_default: 3\n")
            server.process.send_signal(signal.SIGHUP)
            read = server.logged("config.read")
            self.assertEqual((read["applied"], read["needs_restart"]), ("log", "rooms"))
            self.assertEqual(server.get("/health/live").status, 200)

    async def test_what_goes_wrong_with_a_client_is_in_the_confirmation_and_in_the_log(self):
        with session.server(websocket="outbox_max: 64KiB") as server:
            room = session.make_room(server, "ana", members=["ben"])
            async with session.connect(server, "ana", room) as ana, session.connect(server, "ben", room) as deaf:
                deaf.socket.transport.pause_reading()
                for number in range(2000):  # Until what the system holds for him is full, and then his outbox.
                    confirmation = await ana.say("x" * 50_000 + str(number))
                    if confirmation["failed_recipients"]:
                        break
                self.assertEqual(confirmation["failed_recipients"], ["ben"])
                self.assertNotIn("ben", confirmation["delivered_to"])
                self.assertNotEqual(confirmation["delivery_status"], "delivered")
                failed = await asyncio.to_thread(server.logged, "message.delivery_failed")
                self.assertEqual((failed["level"], failed["room_id"], failed["recipients"]), ("warning", room, 1))
                deaf.socket.transport.abort()
                broken = await asyncio.to_thread(server.logged, "connection.error")
                self.assertEqual((broken["level"], broken["user_id"]), ("info", "ben"))
            self.assertLess(server.get("/collaboration/metrics", server.token("ana")).json["message_delivery_rate"], 1)


if __name__ == "__main__":
    unittest.main()
