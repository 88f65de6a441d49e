#!/usr/bin/python3
"""What is made from tables and kept in the tree says what the tables say: the pages of docs/, config/atrium.yaml and its schema."""
import subprocess

import tree

generators = [
    ["kernel/protocol/generate.py", "--check", "docs"],
    ["kernel/config/generate.py", "--check", "kernel/config", "."],
]

if __name__ == "__main__":
    found = []
    for command in generators:
        ran = subprocess.run(["/usr/bin/python3", "-B", *command], cwd=tree.root, capture_output=True, text=True)
        if ran.returncode:
            found.append((ran.stderr or ran.stdout).strip())
    tree.finish("generated", found, f"{len(generators)} generators")
