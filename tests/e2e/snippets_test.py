"""The programs of examples/browser, from which docs/REALTIME_COLLABORATION.md is cut (tests/check/snippets.py), do what the page says."""
import json
import os
import shutil
import subprocess
import unittest

import atrium
import contract
import session

examples = atrium.source_dir / "examples" / "browser"
modules = f"/usr/share/nodejs:{atrium.source_dir / 'tests' / 'e2e' / 'node_modules'}"
deadline_s = 60

# What a browser has and Node 18 has not, then the page's code until its own message has come back.
page = """
globalThis.WebSocket = require('ws');
globalThis.crypto ??= require('node:crypto').webcrypto;
const ws = require(process.argv[1])(process.argv[2], process.argv[3], process.argv[4], (message) => {
  console.log(JSON.stringify(message));
  ws.close();
});
ws.onerror = (event) => { console.error(event.message); process.exit(1); };
"""


class Snippets(unittest.TestCase):
    def test_a_room_is_made_and_said_hello_in(self):
        node = shutil.which("node")
        self.assertTrue(node, "Node is missing: the Debian packages nodejs and node-ws have what this test needs")
        with session.server() as server:
            john = server.token("user_456", tenant="tenant_123", name="John Agent")
            made = subprocess.run([examples / "room.sh"], env={**os.environ, "ATRIUM": server.url, "TOKEN": john}, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=deadline_s)
            self.assertEqual(made.returncode, 0, made.stderr)
            room = json.loads(made.stdout)
            self.assertEqual(contract.problems(room, contract.schemas["Room"]), [])
            self.assertEqual({member["user_id"] for member in room["members"]}, {"user_456", "user_789"})
            said = subprocess.run([node, "-e", page, examples / "hello.js", f"127.0.0.1:{server.port}", room["room_id"], john],
                                  env={**os.environ, "NODE_PATH": modules}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=deadline_s)
            self.assertEqual(said.returncode, 0, f"{said.stderr}\n{server.tail()}")
            message = json.loads(said.stdout)
            self.assertEqual((message["content"], message["sender_name"]), ("Hello team!", "John Agent"))
            self.assertEqual(contract.problems(message, contract.schemas["Message"]), [])


if __name__ == "__main__":
    unittest.main()
