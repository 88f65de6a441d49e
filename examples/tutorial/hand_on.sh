# In the plugin's folder.
set -e
# [snippet:test]
atrium test
# [/snippet]
# [snippet:replay]
cat >notes.ndjson <<'CALLS'
{"hook": "check", "message": {"content": "Buy milk"}}
{"hook": "check", "message": {"content": "BUY MILK"}}
CALLS
atrium test --replay notes.ndjson --record
atrium test --replay notes.ndjson
# [/snippet]
# [snippet:pack]
atrium pack
atrium inspect com.example.sticky-note-0.1.0.atrium
# [/snippet]
# [snippet:install]
mkdir -p ../server/plugins
atriumctl plugin install com.example.sticky-note-0.1.0.atrium ../server/plugins
# [/snippet]
