// The seed's JavaScript against a running server, with the `ws` package in place of a browser's WebSocket; node_ws_test.py starts it.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const test = require('node:test');
const WebSocket = require('ws');

const { ATRIUM_HOST: host, ATRIUM_ROOM: room, ATRIUM_JOHN: john, ATRIUM_MARY: mary } = process.env;
const deadline = { timeout: 20_000 };
const heard = [];  // Everything that came, for node_ws_test.py to hold against the tables.
test.after(() => fs.writeFileSync(process.env.ATRIUM_HEARD, JSON.stringify(heard)));

// The two ways in which the seed writes the address.
const chapterUrl = (token, userId, displayName) =>
  `ws://${host}/collaboration/ws/${room}?token=${token}&user_id=${userId}&display_name=${displayName}`;
const reactUrl = (token, userId, displayName) =>
  `ws://${host}/api/v1/collaboration/ws/${room}?token=${token}&user_id=${userId}&display_name=${displayName}`;

// A client as the seed's React component is one: what came, and a way to wait for it.
class Client {
  constructor(url) {
    this.events = [];
    this.waiting = [];
    this.ws = new WebSocket(url);
    this.ws.onmessage = (event) => {
      const data = JSON.parse(event.data);
      this.events.push(data);
      heard.push(data);
      this.waiting = this.waiting.filter(({ matches, resolve }) => !matches(data) || resolve(data));
    };
    this.ended = new Promise((resolve) => { this.ws.onclose = (event) => resolve(event.code); });
    this.failed = new Promise((_, reject) => { this.ws.onerror = (event) => reject(event.error); });
    this.failed.catch(() => {});
  }

  when(type, matches = () => true) {
    const wanted = (event) => event.event_type === type && matches(event);
    const seen = this.events.find(wanted);
    if (seen) return Promise.resolve(seen);
    return Promise.race([this.failed, new Promise((resolve) => this.waiting.push({ matches: wanted, resolve }))]);
  }

  send(event) { this.ws.send(JSON.stringify(event)); }

  async close() {
    this.ws.close();
    await this.ended;
  }
}

for (const [name, url] of [['the connection chapter', chapterUrl], ['the React example', reactUrl]]) {
  test(`two browsers talk at the address of ${name}`, deadline, async () => {
    const a = new Client(url(john, 'user_456', 'John%20Agent'));
    const b = new Client(url(mary, 'user_789', 'Mary%20Agent'));
    await Promise.all([a.when('room_joined'), b.when('room_joined')]);

    const content = `Hello team, at ${name}!`;
    a.send({ event_type: 'send_message', message_type: 'text', content, priority: 'normal', metadata: { lead_id: 'lead_789' } });
    for (const client of [a, b]) {
      const { message } = await client.when('collaboration_message', (event) => event.message.content === content);
      assert.equal(message.sender_id, 'user_456');
      assert.equal(message.sender_name, 'John Agent');
      assert.equal(message.metadata.lead_id, 'lead_789');
    }
    const confirmation = await a.when('message_confirmation');
    assert.deepEqual([...confirmation.delivered_to].sort(), ['user_456', 'user_789']);

    a.send({ event_type: 'typing_indicator', is_typing: true });
    assert.equal((await b.when('typing_indicator')).user_id, 'user_456');

    a.send({ event_type: 'update_presence', tenant_id: 'tenant_123', status: 'busy', status_message: 'In client meeting' });
    const presence = await b.when('presence_update', (event) => event.user_id === 'user_456' && event.status === 'busy');
    assert.equal(presence.status_message, 'In client meeting');

    await Promise.all([a.close(), b.close()]);
  });
}

test('a seed client gets one JSON object a frame', deadline, async () => {
  const client = new Client(chapterUrl(john, 'user_456', 'John%20Agent'));
  await client.when('room_joined');
  for (let i = 0; i < 50; ++i) client.send({ event_type: 'send_message', message_type: 'text', content: `burst ${i}`, priority: 'normal' });
  await client.when('collaboration_message', (event) => event.message.content === 'burst 49');
  for (const event of client.events) assert.equal(typeof event.event_type, 'string');
  const seqs = client.events.filter((event) => event.event_type === 'collaboration_message').map((event) => event.message.seq);
  assert.deepEqual(seqs, [...seqs].sort((x, y) => x - y));
  assert.equal(new Set(seqs).size, seqs.length);
  await client.close();
});

test('a token that is none is refused before the upgrade', deadline, async () => {
  const client = new Client(chapterUrl('nonsense', 'user_456', 'John'));
  await assert.rejects(client.failed, /401/);
});

test('the server answers pings and a closing handshake', deadline, async () => {
  const client = new Client(chapterUrl(mary, 'user_789', 'Mary'));
  await client.when('connection_established');
  const pong = new Promise((resolve) => client.ws.once('pong', (data) => resolve(data.toString())));
  client.ws.ping('are you there?');
  assert.equal(await pong, 'are you there?');
  client.ws.close(1000);
  assert.equal(await client.ended, 1000);
});
