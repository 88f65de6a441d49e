#!/bin/sh
# Makes a room. Wants ATRIUM (http://127.0.0.1:8000) and TOKEN in the environment.
set -eu
# [snippet:room]
curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
    -d '{"room_type": "agent_team", "name": "Q1 Sales Team", "initial_members": ["user_789"]}' \
    "$ATRIUM/api/v1/collaboration/rooms"
# [/snippet]
