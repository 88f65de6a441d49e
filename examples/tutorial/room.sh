# In the plugin's folder, while `atrium dev` runs.
set -e
# [snippet:room]
. build/dev.env
call() { curl -s -H "Authorization: Bearer $1" -H "Content-Type: application/json" -d "$3" "$ATRIUM/api/v1/collaboration/$2"; }
ROOM=$(call $ANA rooms '{"room_type": "agent_team", "name": "Kitchen"}' | grep -o 'room_[0-9A-Z]\{26\}' | head -1)
# [/snippet]
# [snippet:post]
post() { call $ANA messages '{"room_id": "'$ROOM'", "message_type": "sticky_note", "content": "'"$1"'", "metadata": '"$2"'}'; echo; }
post 'Buy milk' '{"colour": "yellow"}'
post 'Buy milk' '{"colour": "mauve"}'
# [/snippet]
# [snippet:shout]
post 'BUY MILK' '{"colour": "yellow"}'
# [/snippet]
