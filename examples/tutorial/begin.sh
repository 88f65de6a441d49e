# Three commands from nothing to a plugin that runs. The last one goes on until it is stopped.
set -e
# [snippet:begin]
atrium new message-type sticky-note
cd sticky-note
atrium dev
# [/snippet]
