// Frames on their way to a room's sessions, in slices: kernel/engine/fanout.cpp.
#include "engine/fanout.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/rooms.hpp"
#include "user.hpp"

namespace atrium::sim {
namespace {

// A room with many sessions on its own shard, so that one message takes many slices.
class BigRoom : public testing::Test {
 protected:
  static constexpr std::size_t sessions = ATRIUM_SLOWED ? 600 : 2000;  // More than two slices.
  // Members already, so that nobody has to be told of each.
  std::string storedRoom() {
    const RoomKey key{"acme", IdSource(Random(5)).next(world.clock.now().wall)};
    RoomDocument document;
    document.room_type = "open";
    document.name = "big";
    document.max_members = 3000;
    world.store.put(roomDocumentKey(key), encodeRoomDocument(document));
    for (std::size_t n = 0; n < sessions; ++n) {
      const std::string user = "user" + std::to_string(n);
      world.store.put(memberKey(key, user), encodeMember({user, Role::member, {}}));
    }
    return formatId(room_prefix, key.room);
  }
  void SetUp() override {
    for (std::size_t n = 0; n < sessions; ++n)
      clients.push_back(&world.connect(0, World::principal("acme", "user" + std::to_string(n)), {.room_id = room}));
    world.settle();
    for (Client* client : clients) ASSERT_EQ(count(*client, "room_joined"), 1u);
  }
  // So many have been handed `content`.
  std::size_t reached(const std::string& content) {
    return static_cast<std::size_t>(std::ranges::count_if(clients, [&](const Client* client) {
      const Strings seen = contents(*client);
      return std::ranges::find(seen, content) != seen.end();
    }));
  }
  World world{1, {.shards = 1, .engine = {.max_members = 3000}}};
  std::string room = storedRoom();
  std::vector<Client*> clients;
};

TEST_F(BigRoom, getsEveryMessageInOrder) {
  Client& sender = *clients.front();
  for (const char* content : {"one", "two", "three"}) world.send(sender, message(room, content));
  world.settle();
  for (const Client* client : clients) {
    ASSERT_EQ(contents(*client), Strings({"one", "two", "three"}));
    ASSERT_EQ(seqs(*client), std::vector<std::int64_t>({1, 2, 3}));
  }
  const JsonView confirmation = last(sender, "message_confirmation");
  EXPECT_EQ(number(confirmation["delivered_count"]), static_cast<std::int64_t>(sessions));
  EXPECT_EQ(confirmation["delivered_to"].size(), 100u);
  EXPECT_EQ(count(sender, "message_confirmation"), 3u);
}

TEST_F(BigRoom, stallsNobodyElse) {
  // A slice a turn: the answer to another's ping does not wait for all of them.
  Client& other = User(world, "olga").connect();
  world.send(*clients.front(), message(room, "big"));
  while (reached("big") == 0) world.stir(1);
  EXPECT_EQ(reached("big"), Fanout::slice_max);
  world.send(other, R"({"event_type":"ping"})");
  world.stir(1);
  EXPECT_EQ(count(other, "pong"), 1u);
  EXPECT_LT(reached("big"), sessions);
  world.settle();
  EXPECT_EQ(reached("big"), sessions);
}

TEST_F(BigRoom, mayBeEnteredAndLeftInTheMiddleOfAMessage) {
  world.send(*clients.front(), message(room, "big"));
  while (reached("big") == 0) world.stir(1);
  // Of those who leave now, some were served and some not.
  for (std::size_t n = 1; n < sessions; n += 7) world.disconnect(*clients[n]);
  world.send(*clients[sessions - 1], R"({"event_type":"leave_room"})");
  Client& late = world.connect(0, World::principal("acme", "late"), {.room_id = room});
  world.send(*clients.front(), message(room, "next"));
  world.settle();
  for (std::size_t n = 0; n < sessions - 1; ++n) {
    if (!clients[n]->session) continue;
    ASSERT_EQ(contents(*clients[n]), Strings({"big", "next"})) << n;
  }
  EXPECT_EQ(contents(*clients[sessions - 1]), Strings());
  const std::int64_t head = number(last(late, "room_joined")["seq"]);
  std::vector<std::int64_t> expected;
  for (std::int64_t seq = head + 1; seq <= 2; ++seq) expected.push_back(seq);
  EXPECT_EQ(seqs(late), expected) << "what his snapshot covers does not come again";
  EXPECT_EQ(count(*clients.front(), "message_confirmation"), 2u);
}

TEST_F(BigRoom, mayEmptyInTheMiddleOfAMessage) {
  Client& sender = *clients.front();
  world.send(sender, message(room, "big"));
  while (reached("big") == 0) world.stir(1);
  for (Client* client : clients)
    if (client != &sender) world.disconnect(*client);
  world.send(sender, R"({"event_type":"leave_room"})");
  world.settle();
  EXPECT_EQ(count(sender, "message_confirmation"), 1u);
  User(world, "ana").says(sender, R"({"event_type":"join_room","room_id":")" + room + R"("})");
  world.send(sender, message(room, "alone"));
  world.settle();
  EXPECT_EQ(contents(sender).back(), "alone");
}

TEST(Fanout, aMessageForASessionThatHasJustLeftIsReported) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  const unsigned home = world.homeOf(keyOf(room));
  Client& client = ana.connectAt(home, room);
  Client& far = ben.connectAt(1 - home, room);
  world.hold(home, true);
  world.send(far, R"({"event_type":"leave_room"})");
  world.settle();
  world.hold(home, false);
  world.hold(1 - home, true);
  world.send(client, message(room, "x"));
  world.settle();
  world.hold(1 - home, false);
  world.settle();
  ASSERT_EQ(count(client, "message_confirmation"), 1u);
  EXPECT_EQ(contents(far), Strings());
}

TEST(Fanout, theMessageThatMeetsALeavingSessionFindsNobodyThere) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  const unsigned home = world.homeOf(keyOf(room));
  Client& client = ana.connectAt(home, room);
  Client& far = ben.connectAt(1 - home, room);
  // The message is sent while the far shard stands still; its session leaves before the message is taken out of the mailbox.
  world.hold(1 - home, true);
  world.send(client, message(room, "x"));
  world.settle();
  world.disconnect(far);
  world.hold(1 - home, false);
  world.settle();
  const JsonView confirmation = last(client, "message_confirmation");
  EXPECT_EQ(strings(confirmation["delivered_to"]), Strings({"ana"}));
  EXPECT_EQ(strings(confirmation["offline_recipients"]), Strings({"ben"}));
}

TEST(Fanout, orderIsTheSameForEveryoneWhateverTheTurns) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    World world(seed, {.shards = 4, .store = {.turns_max = 3}});
    const User ana(world, "ana");
    const std::string room = ana.room();
    std::vector<Client*> clients;
    for (int n = 0; n < 12; ++n) clients.push_back(&User(world, "user" + std::to_string(n)).connect(room));
    for (int n = 0; n < 60; ++n) {
      world.send(*clients[world.random.below(clients.size())], message(room, "m" + std::to_string(n)));
      world.stir(static_cast<unsigned>(world.random.below(4)));
    }
    world.settle();
    for (const Client* client : clients) {
      EXPECT_EQ(contents(*client), contents(*clients.front())) << "seed " << seed;
      EXPECT_EQ(seqs(*client).size(), 60u) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace atrium::sim
