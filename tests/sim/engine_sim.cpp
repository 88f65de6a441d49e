// Seeded chaos over the engine: sessions come and go, write, repeat themselves, read slowly, join and leave, while the store answers late
// or refuses. Whatever happens must hold: what was confirmed stands in the log, once, where the confirmation said; every session sees a
// room's log from its snapshot on without a gap, in order, the same for all; every send is answered once; and the same seed does the same.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/world.hpp"

namespace atrium::sim {
namespace {

constexpr unsigned steps = 1000;

struct Outcome {
  std::uint64_t events = 0;
  std::uint64_t hash = 0;
  std::uint64_t confirmed = 0, refused = 0, delivered = 0;
};

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed)
      : world_(seed,
               {.shards = 2, .engine = {}, .store = {.refuse_batch = 30, .refuse_write = 20, .turns_max = 4}, .mailbox_tasks = 65536}) {
    world_.store.options.refuse_write = 0;
    for (const char* tenant : {"north", "south"})
      for (int n = 0; n < 2; ++n) rooms_.push_back({tenant, world_.createRoom(tenant, "owner", {"ana", "ben"})});
    world_.store.options.refuse_write = 20;
  }

  Outcome run() {
    for (unsigned step = 0; step < steps; ++step) {
      act();
      world_.stir(static_cast<unsigned>(world_.random.below(4)));
      if (world_.random.below(10) == 0) world_.clock.advance(std::chrono::milliseconds(world_.random.below(20)));
    }
    world_.store.stall(false);
    for (Client* client : clients_) client->reads_per_turn = static_cast<std::size_t>(-1);
    world_.settle();
    world_.pass(2s);
    check();
    return outcome_;
  }

 private:
  struct RoomOf {
    std::string tenant;
    std::string id;
  };
  struct Sent {
    const Client* client;
    std::string room;
    std::string tenant;
    std::string content;
    std::string client_message_id;
    std::string message_type;
  };

  template <typename T>
  const T& any(const std::vector<T>& things) {
    return things[world_.random.below(things.size())];
  }

  void act() {
    if (stalled_ && world_.random.below(5) == 0) {
      stalled_ = false;
      world_.store.stall(false);
    }
    const std::uint64_t dice = world_.random.below(100);
    if (clients_.empty() || dice < 12) {
      const RoomOf& room = any(rooms_);
      const char* users[] = {"owner", "ana", "ben", "cleo", "dan"};
      clients_.push_back(&world_.connect(room.tenant, users[world_.random.below(5)], world_.random.below(2) ? room.id : std::string(),
                                         world_.random.below(6) == 0 ? ATRIUM_ROLE_SUPERVISOR : ATRIUM_ROLE_AGENT));
      return;
    }
    Client& client = *any(clients_);
    const RoomOf& room = any(rooms_);
    if (dice < 70) {
      send(client, room);
    } else if (dice < 78) {
      world_.send(client, R"({"event_type":"join_room","room_id":")" + room.id + R"("})");
    } else if (dice < 82) {
      world_.send(client, R"({"event_type":"leave_room","room_id":")" + room.id + R"("})");
    } else if (dice < 86) {
      world_.send(client, R"({"event_type":"typing_indicator","room_id":")" + room.id + R"("})");
    } else if (dice < 90) {
      world_.disconnect(client, world_.random.below(2) == 0);
    } else if (dice < 94) {
      client.reads_per_turn = world_.random.below(3);
    } else if (dice < 96) {
      stalled_ = true;
      world_.store.stall(true);
    } else if (dice < 98) {
      world_.send(client, R"({"event_type":"update_presence","status":"busy"})");
    } else {
      world_.anyShard().removeMember(World::principal(room.tenant, "owner"), room.id, "cleo", [](Result<void>) {});
    }
  }

  void send(Client& client, const RoomOf& room) {
    if (!client.session || client.closed) return;
    std::string id, content;
    // Now and then a send is repeated, as a client does that heard nothing.
    if (!sent_.empty() && world_.random.below(8) == 0) {
      const Sent& old = any(sent_);
      if (old.client->user_id != client.user_id || old.tenant != client.tenant_id) return;
      transmit(client, old);
      return;
    }
    id = "c" + std::to_string(next_);
    content = "message " + std::to_string(next_++);
    sent_.push_back({&client, room.id, client.tenant_id, content, id, world_.random.below(5) == 0 ? "whisper" : "text"});
    transmit(client, sent_.back());
  }

  void transmit(Client& client, const Sent& sent) {
    // A session whose link the server has closed meanwhile ignores what still arrives; only the others owe an answer.
    world_.send(client, R"({"event_type":"send_message","ref":"r)" + std::to_string(refs_) + R"(","room_id":")" + sent.room +
                            R"(","message_type":")" + sent.message_type + R"(","content":")" + sent.content + R"(","client_message_id":")" +
                            sent.client_message_id + R"("})");
    asked_[&client].insert("r" + std::to_string(refs_++));
  }

  RoomKey keyOf(const std::string& tenant, const std::string& room) { return {tenant, *parseId(room_prefix, room)}; }

  void check() {
    for (Client* client : clients_) {
      checkAnswers(*client);
      checkOrder(*client);
      for (const JsonDocument& event : client->received) {
        ++outcome_.events;
        outcome_.hash = stableHash(event.text(), outcome_.hash + 1);
      }
    }
    checkLogs();
  }

  void checkAnswers(const Client& client) {
    std::map<std::string, int> answers;
    for (const JsonDocument& event : client.received) {
      const JsonView root = event.root();
      const std::string type = root["event_type"].text();
      if (type != "message_confirmation" && type != "error") continue;
      if (root["ref"].exists()) ++answers[root["ref"].text()];
      if (type == "error") {
        ++outcome_.refused;
        continue;
      }
      ++outcome_.confirmed;
      const SimLog* log = nullptr;
      for (const RoomOf& room : rooms_)
        if (room.id == root["room_id"].text()) log = world_.store.log(keyOf(room.tenant, room.id));
      ASSERT_NE(log, nullptr);
      std::int64_t seq = 0;
      ASSERT_TRUE(root["seq"].integer(seq));
      ASSERT_LE(static_cast<std::size_t>(seq), log->records.size());
      const Record& record = log->records[static_cast<std::size_t>(seq) - 1];
      EXPECT_EQ(formatId(message_prefix, record.message), root["message_id"].text());
      EXPECT_EQ(log->epoch, root["epoch"].text());
      EXPECT_NE(record.body.find(root["client_message_id"].raw()), std::string::npos);
    }
    for (const auto& [ref, count] : answers) EXPECT_EQ(count, 1) << ref;
    if (client.closed || !client.session) return;  // Gone before the answers could reach it.
    for (const std::string& ref : asked_[&client]) EXPECT_EQ(answers[ref], 1) << ref << " was not answered";
  }

  void checkOrder(const Client& client) {
    std::map<std::string, std::int64_t> heads;  // By room; none: not joined.
    for (const JsonDocument& event : client.received) {
      const JsonView root = event.root();
      const std::string type = root["event_type"].text();
      std::int64_t seq = 0;
      if (type == "room_joined") {
        ASSERT_TRUE(root["seq"].integer(seq));
        heads[root["room_id"].text()] = seq;
      } else if (type == "room_left") {
        heads.erase(root["room_id"].text());
      } else if (type == "collaboration_message" || type == "withheld") {
        const JsonView entry = type == "withheld" ? root : root["message"];
        const std::string room = entry["room_id"].text();
        ASSERT_TRUE(entry["seq"].integer(seq));
        ASSERT_TRUE(heads.contains(room)) << "an event of a room the session is not in";
        EXPECT_EQ(seq, heads[room] + 1) << "a gap or a repetition";
        heads[room] = seq;
        const SimLog* log = nullptr;
        for (const RoomOf& known : rooms_)
          if (known.id == room) {
            EXPECT_EQ(known.tenant, client.tenant_id) << "another tenant's message";
            log = world_.store.log(keyOf(known.tenant, known.id));
          }
        ASSERT_NE(log, nullptr);
        const Record& record = log->records[static_cast<std::size_t>(seq) - 1];
        if (type == "withheld") {
          EXPECT_FALSE(record.audience.empty());
        } else {
          EXPECT_EQ(entry["message_id"].text(), formatId(message_prefix, record.message));
          ++outcome_.delivered;
        }
      }
    }
  }

  void checkLogs() {
    for (const RoomOf& room : rooms_) {
      const SimLog* log = world_.store.log(keyOf(room.tenant, room.id));
      if (!log) continue;
      std::set<std::string> seen;
      for (const Record& record : log->records) {
        const auto body = JsonDocument::parse(record.body);
        ASSERT_TRUE(body);
        EXPECT_TRUE(seen.insert(body->root()["client_message_id"].text()).second) << "a message stands in the log twice";
        EXPECT_EQ(body->root()["tenant_id"].text(), room.tenant);
      }
    }
  }

  World world_;
  std::vector<RoomOf> rooms_;
  std::vector<Client*> clients_;
  std::vector<Sent> sent_;
  std::map<const Client*, std::set<std::string>> asked_;
  unsigned next_ = 0, refs_ = 0;
  bool stalled_ = false;
  Outcome outcome_;
};

class EngineChaos : public testing::TestWithParam<std::uint64_t> {};

TEST_P(EngineChaos, keepsItsPromises) {
  const Outcome outcome = Chaos(GetParam()).run();
  // A run in which nothing happened proves nothing.
  EXPECT_GT(outcome.confirmed, 20u);
  EXPECT_GT(outcome.delivered, 50u);
  EXPECT_GT(outcome.refused, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineChaos, testing::Range<std::uint64_t>(1, 51));

TEST(EngineChaos, isTheSameForTheSameSeed) {
  const Outcome first = Chaos(7).run(), second = Chaos(7).run(), other = Chaos(8).run();
  EXPECT_EQ(first.hash, second.hash);
  EXPECT_EQ(first.events, second.events);
  EXPECT_NE(first.hash, other.hash);
}

}  // namespace
}  // namespace atrium::sim
