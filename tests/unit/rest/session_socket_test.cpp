#include <algorithm>
#include <set>
#include <string>

#include "api.hpp"
#include "protocol/errors.hpp"
#include "protocol/events.hpp"

// A WebSocket from its handshake to its session, and the events that travel on it.
namespace atrium {
namespace {

// The types of the events a client got, in order.
std::vector<std::string> types(const sim::Client& client) {
  std::vector<std::string> found;
  for (const JsonDocument& event : client.received) found.push_back(event.root()["event_type"].text());
  return found;
}

class Sockets : public Api {
 protected:
  // Lets what was pushed arrive.
  void deliver() {
    world.settle();
    client.flush(100);
  }
  sim::Client client{"acme", "ana", 0};  // The link of the socket under test.
};

TEST_F(Sockets, becomeSessions) {
  const auto entered = ask(handshake("/collaboration/ws", "token=" + token("ana")));
  ASSERT_TRUE(entered->socket);
  EXPECT_EQ(entered->upgraded->sub_protocol, "");
  EXPECT_EQ(entered->upgraded->message_max, 64u * 1024);
  entered->socket->onOpen(client);
  deliver();
  EXPECT_EQ(types(client), (std::vector<std::string>{"connection_established"}));
  const std::string frame = R"({"event_type":"ping","ref":"1"})" + std::string(JsonIndexer::padding, ' ');
  entered->socket->onText(std::string_view(frame).substr(0, frame.size() - JsonIndexer::padding));
  deliver();
  EXPECT_EQ(types(client).back(), "pong");
  entered->socket->onClosed(true);
  EXPECT_EQ(world.figures("acme").sessions, 0u);
}

TEST_F(Sockets, enterTheRoomOfTheirPath) {
  const std::string room_id = room(token("ana"));
  const auto entered =
      ask(handshake("/api/v1/collaboration/ws/" + room_id, "", {{"Sec-WebSocket-Protocol", "atrium.v1.json, bearer." + token("ana")}}));
  ASSERT_TRUE(entered->socket);
  EXPECT_EQ(entered->upgraded->sub_protocol, "atrium.v1.json");
  entered->socket->onOpen(client);
  deliver();
  EXPECT_EQ(types(client).at(1), "room_joined");
  entered->socket->onClosed(true);
}

TEST_F(Sockets, binaryFramesAreRefusedAndTheSessionGoesOn) {
  const auto entered = ask(handshake("/collaboration/ws", "token=" + token("ana")));
  entered->socket->onOpen(client);
  entered->socket->onBinary("\x81");
  deliver();
  EXPECT_EQ(client.last("error")->root()["code"].text(), "unsupported_media");
  EXPECT_FALSE(client.closed);
  entered->socket->onClosed(true);
}

TEST_F(Sockets, seedClientsAreRefusedBeforeTheUpgrade) {
  EXPECT_EQ(ask(handshake("/collaboration/ws"))->status(), 401);
  EXPECT_EQ(ask(handshake("/collaboration/ws", "token=" + token("ana") + "&user_id=bob"))->status(), 403);
  EXPECT_EQ(ask(handshake("/collaboration/ws/room_1", "token=" + token("ana")))->status(), 404);
  EXPECT_EQ(ask(handshake("/collaboration/ws", "token=" + token("ana"), {{"Sec-WebSocket-Protocol", "chat"}}))->code(), "unknown_protocol");
}

TEST_F(Sockets, otherPagesAreRefusedWhateverTheyOffer) {
  for (const char* protocols : {"chat", "atrium.v1.json"}) {
    const auto refused = ask(handshake("/collaboration/ws", "token=" + token("ana"),
                                       {{"Origin", "https://evil.example.com"}, {"Sec-WebSocket-Protocol", protocols}}));
    EXPECT_EQ(refused->status(), 403);
    EXPECT_FALSE(refused->socket);
  }
  EXPECT_TRUE(ask(handshake("/collaboration/ws", "token=" + token("ana"), {{"Origin", "https://app.example.com"}}))->socket);
}

TEST_F(Sockets, plainRequestsAreToldToUpgrade) {
  const auto answer = askAs(token("ana"), "GET", "/collaboration/ws");
  EXPECT_EQ(answer->status(), 426);
  EXPECT_EQ(answer->header("Upgrade"), "websocket");
}

struct Refusal {
  const char* protocols;
  const char* query;
  const char* path;
  CloseCode close;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.path << ' ' << refusal.query << ' ' << refusal.protocols; }

class OpenRefusal : public Sockets, public testing::WithParamInterface<Refusal> {};

TEST_P(OpenRefusal, saysByeToClientsThatKnowIt) {
  std::string query = GetParam().query;
  if (const std::size_t at = query.find("TOKEN"); at != query.npos) query.replace(at, 5, token("ana"));
  const auto refused = ask(handshake(GetParam().path, query, {{"Sec-WebSocket-Protocol", GetParam().protocols}}));
  ASSERT_TRUE(refused->socket);
  refused->socket->onOpen(client);
  client.flush(10);
  ASSERT_EQ(types(client), (std::vector<std::string>{"bye"}));
  std::int64_t code = 0;
  EXPECT_TRUE(client.received[0].root()["code"].integer(code));
  EXPECT_EQ(code, static_cast<int>(GetParam().close));
  EXPECT_EQ(client.closed, GetParam().close);
  EXPECT_FALSE(client.received[0].root()["resume"].boolean(true));
  refused->socket->onClosed(true);
}

INSTANTIATE_TEST_SUITE_P(Corpus, OpenRefusal,
                         testing::Values(Refusal{"atrium.v1.json", "", "/collaboration/ws", CloseCode::bad_token},
                                         Refusal{"atrium.v1.json, bearer.x", "", "/collaboration/ws", CloseCode::bad_token},
                                         Refusal{"atrium.v1.json", "token=TOKEN&user_id=bob", "/collaboration/ws", CloseCode::forbidden},
                                         Refusal{"atrium.v1.json", "token=TOKEN", "/collaboration/ws/room_1", CloseCode::forbidden},
                                         Refusal{"atrium.v9.json", "token=TOKEN", "/collaboration/ws", CloseCode::unknown_protocol}));

TEST_F(Sockets, aClientThatIsCutIsToldWhy) {
  const auto entered = ask(handshake("/collaboration/ws", "token=" + token("ana")));
  entered->socket->onOpen(client);
  const FramePtr last = entered->socket->onCut(CloseCode::slow);
  ASSERT_TRUE(last);
  const auto bye = JsonDocument::parse(last->payload());
  ASSERT_TRUE(bye);
  EXPECT_EQ(bye->root()["event_type"].text(), "bye");
  EXPECT_TRUE(bye->root()["resume"].boolean(false));
  entered->socket->onClosed(false);
}

// ---- protocol/events.yaml says what the engine does.

class EventTable : public Api {
 protected:
  void send(sim::Client& client, const std::string& frame) {
    world.send(client, frame);
    world.settle();
  }
  // Whether the session knew what was meant.
  bool known(sim::Client& client, std::string_view event_type) {
    client.received.clear();
    send(client, R"({"event_type":")" + std::string(event_type) + "\"}");
    const JsonDocument* error = client.last("error");
    return !error || error->root()["detail"].text() != "This event_type is not known.";
  }
};

TEST_F(EventTable, holdsWhatClientsMaySend) {
  sim::Client& ana = world.connect("acme", "ana");
  for (const std::string_view event : client_events) EXPECT_TRUE(known(ana, event)) << event;
  EXPECT_FALSE(known(ana, "no_such_event"));
}

TEST_F(EventTable, holdsWhatTheServerSends) {
  const std::string room_id = room(token("ana"));
  const std::string in_room = R"(,"room_id":")" + room_id + "\"}";
  sim::Client& ana = world.connect("acme", "ana", room_id);
  world.settle();
  sim::Client& bob = world.connect("acme", "bob", room_id);
  sim::Client& carl = world.connect("acme", "carl", room_id);
  world.settle();
  send(bob, R"({"event_type":"send_message","message_type":"whisper","content":"psst")" + in_room);
  send(bob, R"({"event_type":"typing_indicator","is_typing":true)" + in_room);
  send(bob, R"({"event_type":"subscribe_topic","topic":"agents"})");
  send(bob, R"({"event_type":"ping"})");
  send(bob, R"({"event_type":"run_command","text":"/echo hello")" + in_room);
  send(bob, R"({"event_type":"no_such_event"})");
  send(bob, R"({"event_type":"leave_room")" + in_room);
  askAs(token("ana"), "PATCH", "/collaboration/rooms/" + room_id, R"({"name":"Crew"})");
  askAs(token("ana"), "DELETE", "/collaboration/rooms/" + room_id + "/members/bob");
  askAs(token("sue", "supervisor"), "POST", "/collaboration/broadcasts", R"({"content":"all hands"})");
  // One who was added under a label goes by his own name once he comes.
  askAs(token("ana"), "POST", "/collaboration/rooms/" + room_id + "/members", R"({"user_id":"fay","display_name":"F."})");
  world.connect("acme", "fay", room_id);
  world.settle();
  // One who reads nothing gets a gap, and is told when there is place again.
  carl.outbox_max = 300;
  carl.reads_per_turn = 0;
  for (int n = 0; n < 5; ++n) send(ana, R"({"event_type":"send_message","content":"busy")" + in_room);
  carl.reads_per_turn = 100;
  carl.outbox_max = 100'000;
  world.pass(2s);
  // One whose token ends.
  Principal leaving = *sim::World::principal("acme", "dora");
  leaving.expires = world.clock.now().wall + 10s;
  sim::Client& dora = world.connect(0, std::make_shared<const Principal>(leaving), {});
  world.pass(11s);

  std::set<std::string> sent;
  for (const sim::Client* client : {&ana, &bob, &carl, &dora}) std::ranges::copy(types(*client), std::inserter(sent, sent.end()));
  // Which kernel/plugin and kernel/app make: plugin_news_test.cpp, and the e2e tests of alerts and coordination.
  sent.insert({"plugin_state", "alert", "offer"});
  EXPECT_EQ(sent, std::set<std::string>(std::begin(server_events), std::end(server_events)));
}

}  // namespace
}  // namespace atrium
