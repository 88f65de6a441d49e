// What the engine tells whoever watches people at work: the port Workplace, called by kernel/engine/presence.cpp and posts.cpp.
#include <gtest/gtest.h>

#include "user.hpp"

namespace atrium::sim {
namespace {

// Notes what it is told, in words.
class Notes final : public Workplace {
 public:
  void presenceChanged(const UserKey& user, Status status, std::size_t sessions) override {
    told.push_back(user.tenant_id + '/' + user.user_id + ' ' + std::string(word(status)) + ' ' + std::to_string(sessions));
  }
  void posted(const RoomKey& room, std::string_view room_type, std::string_view lead_id, const Principal& sender, Wall at) override {
    told.push_back(formatId(room_prefix, room.room) + ' ' + std::string(room_type) + " lead=" + std::string(lead_id) + ' ' +
                   sender.user_id + ' ' + formatTime(at));
  }
  Strings take() { return std::exchange(told, {}); }
  Strings told;
};

TEST(Workplace, hearsOfEverySessionAndStatusOnce) {
  Notes notes;
  World world(1, {.workplace = &notes});
  const User ben(world, "ben");
  Client& phone = ben.connect();
  EXPECT_EQ(notes.take(), Strings({"acme/ben online 1"}));
  Client& desk = ben.connect();
  EXPECT_EQ(notes.take(), Strings({"acme/ben online 2"}));
  ben.says(desk, R"({"event_type":"update_presence","status":"busy"})");
  EXPECT_EQ(notes.take(), Strings({"acme/ben busy 2"}));
  ben.says(desk, R"({"event_type":"update_presence","status":"busy","status_message":"in a call"})");
  EXPECT_EQ(notes.take(), Strings()) << "neither status nor sessions changed";
  world.disconnect(phone);
  world.settle();
  EXPECT_EQ(notes.take(), Strings({"acme/ben busy 1"}));
  world.disconnect(desk);
  world.settle();
  EXPECT_EQ(notes.take(), Strings({"acme/ben offline 0"}));
}

TEST(Workplace, hearsOfABrokenConnectionBeforeTheLingerEnds) {
  Notes notes;
  World world(1, {.workplace = &notes});
  const User ben(world, "ben");
  world.disconnect(ben.connect(), false);
  world.settle();
  EXPECT_EQ(notes.take(), Strings({"acme/ben online 1", "acme/ben online 0"}));
  Client& back = ben.connect();
  EXPECT_EQ(notes.take(), Strings({"acme/ben online 1"}));
  world.disconnect(back, false);
  world.settle();
  notes.take();
  world.clock.advance(20s);
  world.settle();
  EXPECT_EQ(notes.take(), Strings({"acme/ben offline 0"}));
}

TEST(Workplace, hearsOfAStatusWithoutASessionAndOfItsEnd) {
  Notes notes;
  World world(1, {.workplace = &notes});
  const User ben(world, "ben");
  ASSERT_EQ(codeOf(ben.setPresence(R"({"status":"in_call"})")), "ok");
  EXPECT_EQ(notes.take(), Strings({"acme/ben in_call 0"}));
  world.clock.advance(300s);
  world.settle();
  EXPECT_EQ(notes.take(), Strings({"acme/ben offline 0"}));
}

// Who is there under the status "offline" ends without a change of status; his session counts all the same.
TEST(Workplace, hearsOfSessionsOfThoseWhoSayTheyAreOffline) {
  Notes notes;
  World world(1, {.workplace = &notes});
  const User ben(world, "ben");
  Client& client = ben.connect();
  ben.says(client, R"({"event_type":"update_presence","status":"offline"})");
  notes.take();
  world.disconnect(client);
  world.settle();
  EXPECT_EQ(notes.take(), Strings({"acme/ben offline 0"}));
}

TEST(Workplace, hearsNothingOfASessionThatIsOneTooMany) {
  Notes notes;
  World world(1, {.engine = {.sessions_per_user = 1}, .workplace = &notes});
  const User ben(world, "ben");
  ben.connect();
  ben.connect();
  EXPECT_EQ(notes.take(), Strings({"acme/ben online 1"}));
}

TEST(Workplace, hearsOfEveryMessageWhereAgentsWorkOnLeads) {
  Notes notes;
  World world(1, {.workplace = &notes});
  const User ana(world, "ana");
  const std::string client_room =
      ana.create(R"({"name":"a","room_type":"client_session","context":{"lead_id":"lead \"7\""}})")->root()["room_id"].text();
  const std::string lead_room = ana.create(R"({"name":"b","room_type":"lead_collaboration"})")->root()["room_id"].text();
  const std::string team_room = ana.room();
  ASSERT_EQ(codeOf(ana.post(message(client_room, "one", R"(,"client_message_id":"m1")"))), "ok");
  const std::string at = formatTime(world.clock.now().wall);
  EXPECT_EQ(notes.take(), Strings({client_room + " client_session lead=lead \"7\" ana " + at}));
  ASSERT_EQ(codeOf(ana.post(message(client_room, "one", R"(,"client_message_id":"m1")"))), "ok");
  EXPECT_EQ(notes.take(), Strings()) << "a repeat is no message";
  ASSERT_EQ(codeOf(ana.post(message(lead_room, "two"))), "ok");
  EXPECT_EQ(notes.take(), Strings({lead_room + " lead_collaboration lead= ana " + at}));
  ASSERT_EQ(codeOf(ana.post(message(team_room, "three"))), "ok");
  EXPECT_EQ(notes.take(), Strings()) << "another type of room";
}

TEST(Workplace, hearsOfNoMessageThatTheStoreDidNotKeep) {
  Notes notes;
  World world(1, {.workplace = &notes});
  const User ana(world, "ana");
  const std::string room = ana.create(R"({"name":"a","room_type":"client_session"})")->root()["room_id"].text();
  world.store.options.refuse_batch = 1000;
  EXPECT_NE(codeOf(ana.post(message(room, "one"))), "ok");
  EXPECT_EQ(notes.take(), Strings());
}

}  // namespace
}  // namespace atrium::sim
