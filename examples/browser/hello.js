// Enters a room, shows what is said there, says hello. For a page that knows `host` (as in 127.0.0.1:8000), `roomId` and `token`.
function hello(host, roomId, token, show) {
  // [snippet:hello]
  const ws = new WebSocket(`ws://${host}/api/v1/collaboration/ws/${roomId}`, ["atrium.v1.json", `bearer.${token}`]);
  ws.onmessage = (frame) => {
    const event = JSON.parse(frame.data);
    if (event.event_type === "collaboration_message") show(event.message);
  };
  ws.onopen = () => ws.send(JSON.stringify({event_type: "send_message", content: "Hello team!", client_message_id: crypto.randomUUID()}));
  // [/snippet]
  return ws;
}

if (typeof module !== "undefined") module.exports = hello;
