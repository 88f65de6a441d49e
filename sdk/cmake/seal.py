#!/usr/bin/python3
"""Seals a plugin: seal.py FILE writes the SHA-256 of FILE, taken with the seal's own bytes as zeros, into its seal note.

The last step of a build: whatever changes the file afterwards (strip, a copy that broke off) breaks the seal, and the server refuses it.
The file also loses write permission for group and others, which the server insists on.
"""
import hashlib
import os
import stat
import sys

HEADER = (7).to_bytes(4, "little") + (32).to_bytes(4, "little") + (2).to_bytes(4, "little") + b"Atrium\0\0"

path = sys.argv[1]
with open(path, "r+b") as file:
    content = bytearray(file.read())
    at = content.find(HEADER)
    if at < 0 or content.find(HEADER, at + 1) >= 0:
        sys.exit(f"{path}: no seal note, or more than one; build it with atrium_add_plugin()")
    at += len(HEADER)
    content[at:at + 32] = bytes(32)
    file.seek(at)
    file.write(hashlib.sha256(content).digest())
os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) & ~(stat.S_IWGRP | stat.S_IWOTH))
