"""The seed's browser code, run by Node with the package `ws`: clients_test.js has it, this starts the server and Node for it.

`ws` is Debian's package node-ws, or what `npm ci` put beside this file."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import contract
import session

here = pathlib.Path(__file__).resolve().parent
node_deadline_s = 120


class NodeClients(unittest.TestCase):
    def test_the_seeds_browser_code_works(self):
        node = shutil.which("node")
        self.assertTrue(node, "Node is missing: the Debian packages nodejs and node-ws have what this test needs")
        with session.server() as server, tempfile.NamedTemporaryFile() as heard:
            john = server.token("user_456", tenant="tenant_123", name="John Agent")
            mary = server.token("user_789", tenant="tenant_123", name="Mary Agent")
            room = session.make_room(server, "user_456", members=["user_789"], token=john)
            environment = {**os.environ, "NODE_PATH": "/usr/share/nodejs", "ATRIUM_HOST": f"127.0.0.1:{server.port}", "ATRIUM_ROOM": room,
                           "ATRIUM_JOHN": john, "ATRIUM_MARY": mary, "ATRIUM_HEARD": heard.name}
            done = subprocess.run([node, "--test", here / "clients.test.js"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=node_deadline_s)
            self.assertEqual(done.returncode, 0, f"{done.stdout}\n{server.tail()}")
            events = json.load(heard)
            self.assertGreater(len(events), 50)
            for event in events:
                contract.check_event(event)


if __name__ == "__main__":
    unittest.main()
