// A session's frames, answers and end: kernel/engine/session*.cpp.
#include "engine/session.hpp"

#include <gtest/gtest.h>

#include "user.hpp"

namespace atrium::sim {
namespace {

std::string bye(const Client& client) {
  const JsonView event = last(client, "bye");
  return event.exists() ? std::string(event["code"].raw()) : "none";
}

// ---- Hello

TEST(Session, isGreetedWithWhatItNeedsToKnow) {
  World world(1, {.engine = {.frame_max = 4096, .rooms_per_session = 7, .heartbeat_interval = 15s}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  const Client& client = ana.connect(room);
  ASSERT_FALSE(client.received.empty());
  const JsonView hello = client.received.front().root();
  EXPECT_EQ(keys(hello), Strings({"event_type", "connection_id", "user_id", "display_name", "name_verified", "tenant_id", "room_id",
                                  "server_time", "heartbeat_interval_ms", "limits", "reconnect"}));
  EXPECT_EQ(hello["event_type"].text(), "connection_established");
  EXPECT_TRUE(parseId(connection_prefix, hello["connection_id"].text()));
  EXPECT_EQ(hello["user_id"].text(), "ana");
  EXPECT_EQ(hello["display_name"].text(), "ana");
  EXPECT_TRUE(hello["name_verified"].boolean(false));
  EXPECT_EQ(hello["tenant_id"].text(), "acme");
  EXPECT_EQ(hello["room_id"].text(), room);
  EXPECT_EQ(hello["server_time"].text(), formatTime(world.clock.now().wall));
  EXPECT_EQ(number(hello["heartbeat_interval_ms"]), 15'000);
  EXPECT_EQ(number(hello["limits"]["frame_bytes"]), 4096);
  EXPECT_EQ(number(hello["limits"]["rooms"]), 7);
  EXPECT_EQ(number(hello["reconnect"]["base_ms"]), 500);
  EXPECT_EQ(number(hello["reconnect"]["cap_ms"]), 30'000);
  EXPECT_EQ(hello["reconnect"]["jitter"].text(), "full");
  EXPECT_EQ(client.received[1].root()["event_type"].text(), "room_joined");
  EXPECT_FALSE(ana.connect().received.front().root()["room_id"].exists()) << "a session of many rooms is bound to none";
}

TEST(Session, toARoomThatIsNotThereIsSentAway) {
  World world(1);
  const User ana(world, "ana");
  const std::string foreign = User(world, "ana", ATRIUM_ROLE_AGENT, "other").room();
  for (const std::string& room : {std::string("nonsense"), std::string("room_01KEKQYS00R4X8W6M9ZB2T5VNC"), foreign}) {
    const Client& client = ana.connect(room);
    EXPECT_EQ(client.closed, CloseCode::forbidden) << room;
    EXPECT_EQ(bye(client), "4507");
    EXPECT_EQ(last(client, "bye")["reason"].text(), "There is no such room.");
  }
}

// ---- Frames that are wrong

TEST(Session, survivesFramesThatAreWrong) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  const std::pair<std::string, std::string> frames[] = {
      {"", "malformed_json"},
      {"{", "malformed_json"},
      {R"({"a":1,"a":2})", "malformed_json"},
      {"[]", "bad_request"},
      {"\"send_message\"", "bad_request"},
      {"{}", "bad_request"},
      {R"({"event_type":7})", "bad_request"},
      {R"({"event_type":"fly"})", "bad_request"},
      {R"({"event_type":"send_message","content":7})", "validation_failed"},
      {R"({"event_type":"send_message","content":"x","sender_id":"ben"})", "identity_mismatch"},
      {R"({"event_type":"send_message","content":"x","room_id":"room_01KEKQYS00R4X8W6M9ZB2T5VNC"})", "not_found"},
      {R"({"event_type":"send_message","content":"x","room_id":"nonsense"})", "not_found"},
      {R"({"event_type":"typing_indicator","is_typing":1})", "validation_failed"},
      {R"({"event_type":"typing_indicator","room_id":"nonsense"})", "not_found"},
      {R"({"event_type":"typing_indicator","room_id":"room_01KEKQYS00R4X8W6M9ZB2T5VNC"})", "not_a_member"},
      {R"({"event_type":"update_presence","status":"asleep"})", "validation_failed"},
      {R"({"event_type":"join_room","room_id":"nonsense"})", "not_found"},
      {R"({"event_type":"leave_room","room_id":"nonsense"})", "not_found"},
      {R"({"event_type":"leave_room","room_id":7})", "validation_failed"},
      {R"({"event_type":"leave_room","room_id":""})", "validation_failed"},
      {R"({"event_type":"leave_room","user_id":"ben"})", "identity_mismatch"},
      {R"({"event_type":"join_room","room_id":["room"]})", "validation_failed"},
      {R"({"event_type":"join_room","tenant_id":"other"})", "identity_mismatch"},
      {R"({"event_type":"leave_room","room_id":"room_01KEKQYS00R4X8W6M9ZB2T5VNC"})", "not_found"},
      {R"({"event_type":"authenticate"})", "unauthorized"},
  };
  std::size_t errors = 0;
  for (const auto& [frame, code] : frames) {
    ana.says(client, frame);
    EXPECT_EQ(count(client, "error"), ++errors) << frame;
    EXPECT_EQ(last(client, "error")["code"].text(), code) << frame;
  }
  EXPECT_FALSE(client.closed);
  ana.says(client, message(room, "still here"));
  EXPECT_EQ(contents(client), Strings({"still here"}));
}

TEST(Session, anErrorSaysWhatWhereAndWhether) {
  World world(1);
  const User ana(world, "ana");
  Client& client = ana.connect();
  ana.says(client, R"({"event_type":"send_message","content":7,"priority":"huge","ref":"r"})");
  JsonView error = last(client, "error");
  EXPECT_EQ(keys(error), Strings({"event_type", "ref", "code", "status", "title", "detail", "retry", "errors"}));
  EXPECT_EQ(number(error["status"]), 422);
  EXPECT_EQ(error["title"].text(), info(Code::validation_failed).title);
  EXPECT_EQ(error["detail"].text(), "/content must be a string");
  EXPECT_FALSE(error["retry"].boolean(true));
  EXPECT_EQ(strings(error["errors"], "path"), Strings({"/content", "/priority"}));
  ana.says(client, R"({"event_type":"send_message","content":"x"})");
  error = last(client, "error");
  EXPECT_EQ(error["detail"].text(), "/room_id is required") << "this session is bound to no room";
}

TEST(Session, answersCarryTheFramesRef) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect();
  ana.says(client, R"({"event_type":"join_room","ref":"j","room_id":")" + room + R"("})");
  EXPECT_EQ(last(client, "room_joined")["ref"].text(), "j");
  EXPECT_EQ(last(client, "room_joined")["room"]["room_id"].text(), room);
  ana.says(client, message(room, "x", R"(,"ref":12)"));
  EXPECT_EQ(last(client, "message_confirmation")["ref"].raw(), "12");
  ana.says(client, R"({"event_type":"ping","ref":"p"})");
  EXPECT_EQ(last(client, "pong")["ref"].text(), "p");
  EXPECT_EQ(last(client, "pong")["server_time"].text(), formatTime(world.clock.now().wall));
  ana.says(client, R"({"event_type":"leave_room","ref":"l","room_id":")" + room + R"("})");
  EXPECT_EQ(last(client, "room_left")["ref"].text(), "l");
  EXPECT_EQ(last(client, "room_left")["room_id"].text(), room);
  for (const std::string& ref : Strings{"{}", "[1]", '"' + std::string(127, 'x') + '"'}) {
    ana.says(client, R"({"event_type":"ping","ref":)" + ref + "}");
    EXPECT_FALSE(last(client, "pong")["ref"].exists()) << ref;
  }
  EXPECT_EQ(count(client, "pong"), 4u);
}

// ---- Rooms

// A client that changes its mind does not wait for the answer: what it said last holds.
TEST(Session, leavesARoomThatItAskedForJustBefore) {
  for (const unsigned shard : {0u, 1u}) {
    World world(1);
    const User ana(world, "ana");
    const std::string room = ana.room();
    Client& client = ana.connectAt(shard);
    const auto frame = [&](std::string_view event, std::string_view ref) {
      return R"({"event_type":")" + std::string(event) + R"(","ref":")" + std::string(ref) + R"(","room_id":")" + room + R"("})";
    };
    world.send(client, frame("join_room", "j"));
    world.send(client, frame("leave_room", "l"));
    world.settle();
    EXPECT_EQ(count(client, "error"), 0u);
    EXPECT_EQ(last(client, "room_joined")["ref"].text(), "j");
    EXPECT_EQ(last(client, "room_left")["ref"].text(), "l");
    ASSERT_TRUE(ana.post(message(room, "x")));
    EXPECT_EQ(contents(client), Strings());
    ana.says(client, frame("leave_room", "again"));
    EXPECT_EQ(last(client, "error")["code"].text(), "not_found");
    ana.says(client, frame("join_room", "back"));
    EXPECT_EQ(last(client, "room_joined")["ref"].text(), "back");
    ASSERT_TRUE(ana.post(message(room, "y")));
    EXPECT_EQ(contents(client), Strings({"y"}));
  }
}

TEST(Session, carriesManyRoomsUpToItsLimit) {
  World world(1, {.engine = {.rooms_per_session = 3}});
  const User ana(world, "ana");
  Client& client = ana.connect();
  Strings rooms;
  for (int n = 0; n < 4; ++n) {
    rooms.push_back(ana.room());
    ana.joins(client, rooms.back());
  }
  EXPECT_EQ(count(client, "room_joined"), 3u);
  EXPECT_EQ(last(client, "error")["code"].text(), "too_many_rooms");
  ana.leaves(client, rooms[0]);
  ana.joins(client, rooms[3]);
  EXPECT_EQ(count(client, "room_joined"), 4u);
}

TEST(Session, aFrameMeansTheRoomOfTheUrlUnlessItNamesOne) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room(), other = ana.room();
  Client& client = ana.connect(room);
  ana.says(client, R"({"event_type":"send_message","content":"here"})");
  ana.joins(client, other);
  ana.says(client, message(other, "there"));
  ASSERT_EQ(contents(client), Strings({"here", "there"}));
  EXPECT_EQ(client.events("collaboration_message")[0]->root()["message"]["room_id"].text(), room);
  EXPECT_EQ(client.events("collaboration_message")[1]->root()["message"]["room_id"].text(), other);
}

TEST(Session, whoLeavesARoomHearsNoMoreOfIt) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ben.connect(room);
  ben.leaves(client, room);
  ASSERT_EQ(codeOf(ana.post(message(room, "x"))), "ok");
  EXPECT_EQ(contents(client), Strings());
  ben.says(client, message(room, "from outside"));
  EXPECT_EQ(count(client, "message_confirmation"), 1u) << "membership is what counts for sending";
  ben.joins(client, room);
  EXPECT_EQ(number(last(client, "room_joined")["seq"]), 2);
}

TEST(Session, aSnapshotThatDoesNotFitIsNoSilentJoin) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ben.connect();
  client.outbox_max = 500;
  ben.says(client, R"({"event_type":"join_room","ref":"j","room_id":")" + room + R"("})");
  EXPECT_EQ(count(client, "room_joined"), 0u);
  EXPECT_EQ(last(client, "error")["code"].text(), "overloaded");
  EXPECT_EQ(last(client, "error")["ref"].text(), "j");
  EXPECT_EQ(strings(ana.post(message(room, "x"))->root()["offline_recipients"]), Strings({"ana", "ben"})) << "he is not in the room";
  client.outbox_max = 5000;
  ben.joins(client, room);
  EXPECT_EQ(count(client, "room_joined"), 1u);
}

// ---- How many

TEST(Session, aUserHasSoManyAndTheNextIsSentAway) {
  World world(1, {.engine = {.sessions_per_user = 2}});
  const User ana(world, "ana");
  ana.connect();
  Client& second = ana.connect();
  Client& third = ana.connect();
  EXPECT_EQ(third.closed, CloseCode::too_many);
  EXPECT_EQ(bye(third), "4504");
  EXPECT_FALSE(last(third, "bye")["resume"].boolean(true));
  EXPECT_EQ(world.figures("acme").sessions_refused, 1u);
  EXPECT_EQ(world.figures("acme").sessions, 2u);
  EXPECT_FALSE(User(world, "ben").connect().closed);
  world.disconnect(second);
  world.settle();
  EXPECT_FALSE(ana.connect().closed);
}

TEST(Session, oneThatIsSentAwayAtOnceEntersNoRoom) {
  World world(1, {.shards = 1, .engine = {.sessions_per_user = 1}});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room();
  ben.connect();
  EXPECT_EQ(ben.connect(room).closed, CloseCode::too_many);
  Principal late = *World::principal("acme", "cleo");
  late.expires = world.clock.now().wall;
  EXPECT_EQ(world.connect(0, std::make_shared<const Principal>(late), {.room_id = room}).closed, CloseCode::token_expired);
  world.settle();
  EXPECT_EQ(strings(ana.read(room)->root()["members"], "user_id"), Strings({"ana"}));
}

TEST(Session, oneThatWasTooManyDoesNotCountWhenItEndsEarly) {
  World world(1, {.engine = {.sessions_per_user = 1}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  const unsigned away = 1 - world.homeOf(UserKey{"acme", "ana"});
  ana.connectAt(away);
  Client& refused = world.connect(away, ana.principal(), {});
  world.disconnect(refused);  // Before anyone could tell it that it was one too many.
  world.settle();
  EXPECT_EQ(ana.presenceOf(room, "ana").root()["status"].text(), "online") << "the first session is still there";
  EXPECT_EQ(ana.connect().closed, CloseCode::too_many);
}

// ---- Slow clients

TEST(Session, aSlowClientIsToldOnceToReadTheHistory) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"}), other = ana.room({"ben"});
  Client& slow = ben.connect(room);
  ben.joins(slow, other);
  slow.reads_per_turn = 0;
  slow.outbox_max = 1500;
  Client& sender = ana.connect();
  for (int n = 0; n < 10; ++n) ana.says(sender, message(room, "m" + std::to_string(n)));
  EXPECT_FALSE(slow.closed);
  slow.reads_per_turn = 100;
  world.pass(50ms);
  ASSERT_EQ(count(slow, "resync"), 1u);
  EXPECT_EQ(last(slow, "resync")["room_id"].text(), room);
  EXPECT_EQ(last(slow, "resync")["reason"].text(), "slow");
  EXPECT_EQ(world.metric(Metric::slow_resynced), 1);
  const std::size_t before = contents(slow).size();
  EXPECT_GT(before, 0u);
  EXPECT_LT(before, 10u);
  ASSERT_EQ(codeOf(ana.post(message(room, "after"))), "ok");
  EXPECT_EQ(contents(slow).back(), "after");
  EXPECT_EQ(contents(slow).size(), before + 1);
}

TEST(Session, aResyncWaitsUntilItFits) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& slow = ben.connect(room);
  slow.outbox_max = 0;
  ASSERT_EQ(codeOf(ana.post(message(room, "x"))), "ok");
  world.pass(200ms);
  EXPECT_EQ(count(slow, "resync"), 0u);
  slow.outbox_max = 1 << 20;
  world.pass(50ms);
  EXPECT_EQ(count(slow, "resync"), 1u);
  world.pass(200ms);
  EXPECT_EQ(count(slow, "resync"), 1u);
}

TEST(Session, whoIsTooSlowAgainWithinAMinuteIsClosed) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& slow = ben.connect(room);
  const auto fallBehind = [&] {
    slow.outbox_max = 0;
    EXPECT_EQ(codeOf(ana.post(message(room, "x"))), "ok");
    slow.outbox_max = 1 << 20;
    world.pass(50ms);
  };
  fallBehind();
  EXPECT_EQ(count(slow, "resync"), 1u);
  world.clock.advance(61s);
  fallBehind();
  EXPECT_EQ(count(slow, "resync"), 2u);
  EXPECT_FALSE(slow.closed);
  world.clock.advance(50s);
  fallBehind();
  EXPECT_EQ(slow.closed, CloseCode::slow);
  EXPECT_EQ(slow.received.back().root()["event_type"].text(), "bye") << "however full the outbox is";
  EXPECT_EQ(world.metric(Metric::slow_closed), 1);
}

TEST(Session, eventsOfMembersThatDoNotFitAreMadeUpForToo) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& slow = ben.connect(room);
  slow.outbox_max = 0;
  ASSERT_EQ(codeOf(ana.add(room, R"({"user_id":"cleo"})")), "ok");
  slow.outbox_max = 1 << 20;
  world.pass(50ms);
  EXPECT_EQ(count(slow, "member_joined"), 0u);
  EXPECT_EQ(count(slow, "resync"), 1u);
}

TEST(Session, presenceThatDoesNotFitIsNotMissed) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& slow = ben.connect(room);
  slow.outbox_max = 0;
  ASSERT_EQ(codeOf(ana.setPresence(R"({"status":"busy"})")), "ok");
  slow.outbox_max = 1 << 20;
  world.pass(100ms);
  EXPECT_EQ(count(slow, "resync"), 0u);
}

TEST(Session, whoCannotTakeAConfirmationIsClosed) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& slow = ana.connect();
  slow.outbox_max = 0;
  ana.says(slow, message(room, "kept", R"(,"client_message_id":"c1")"));
  EXPECT_EQ(slow.closed, CloseCode::slow) << "it would wait for its confirmation for ever";
  EXPECT_EQ(world.metric(Metric::slow_closed), 1);
  ASSERT_NE(world.store.log(keyOf(room)), nullptr);
  EXPECT_EQ(world.store.log(keyOf(room))->records.size(), 1u);
  Client& again = ana.connect();
  ana.says(again, message(room, "kept", R"(,"client_message_id":"c1")"));
  EXPECT_TRUE(last(again, "message_confirmation")["duplicate"].boolean(false));
  EXPECT_EQ(number(last(again, "message_confirmation")["seq"]), 1);
}

TEST(Session, whoCannotTakeAnAnswerIsClosed) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  for (const std::string& frame :
       {std::string("no frame"), std::string(R"({"event_type":"ping"})"), R"({"event_type":"leave_room","room_id":")" + room + R"("})",
        R"({"event_type":"typing_indicator","is_typing":true,"room_id":")" + ana.room() + R"("})", message(room, "")}) {
    Client& slow = ana.connect(room);
    slow.outbox_max = 0;
    ana.says(slow, frame);
    EXPECT_EQ(slow.closed, CloseCode::slow) << frame;
    world.settle();
  }
  EXPECT_EQ(world.metric(Metric::slow_closed), 5);
}

TEST(Session, thatLeavesByItselfIsNotTooSlow) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect();
  world.store.stall(true);
  ana.says(client, message(room, "last words"));
  client.closed = CloseCode::shutdown;  // Its Close frame has come; the engine is not told yet.
  client.reads_per_turn = 0;
  client.outbox_max = 0;
  world.store.stall(false);
  world.settle();
  EXPECT_EQ(world.metric(Metric::slow_closed), 0);
}

// ---- Tokens

TEST(Session, isWarnedBeforeItsTokenEndsAndClosedWhenItDoes) {
  World world(1);
  Principal who = *World::principal("acme", "ana");
  who.expires = world.clock.now().wall + 5min;
  Client& client = world.connect(0, std::make_shared<const Principal>(who), {});
  world.settle();
  world.clock.advance(239s);
  world.settle();
  EXPECT_EQ(count(client, "token_expiring"), 0u);
  world.clock.advance(1s);
  world.settle();
  ASSERT_EQ(count(client, "token_expiring"), 1u);
  EXPECT_EQ(last(client, "token_expiring")["expires_at"].text(), formatTime(who.expires));
  world.clock.advance(59s);
  world.settle();
  EXPECT_FALSE(client.closed);
  world.clock.advance(1s);
  world.settle();
  EXPECT_EQ(client.closed, CloseCode::token_expired);
  EXPECT_EQ(bye(client), "4005");
  EXPECT_EQ(count(client, "token_expiring"), 1u);
}

TEST(Session, looksAgainWhenItsTokenLastsLong) {
  World world(1);
  Client& client = User(world, "ana").connect();  // Twelve hours.
  for (int hour = 0; hour < 11; ++hour) {
    world.clock.advance(1h);
    world.settle();
  }
  world.clock.advance(58min);
  world.settle();
  EXPECT_EQ(count(client, "token_expiring"), 0u);
  world.clock.advance(1min);
  world.settle();
  EXPECT_EQ(count(client, "token_expiring"), 1u);
}

TEST(Session, aTokenThatOthersJudgeIsAnsweredWhenTheyHave) {
  World world(1);
  const User ana(world, "ana");
  Client& client = ana.connect();
  ana.says(client, R"({"event_type":"authenticate","token":"asked:ana@acme","ref":"a"})");
  ASSERT_EQ(world.asked.size(), 1u);
  EXPECT_EQ(count(client, "pong"), 0u);
  world.asked[0].second(*World::principal("acme", "ana"));
  world.settle();
  EXPECT_EQ(last(client, "pong")["ref"].text(), "a");
  ana.says(client, R"({"event_type":"authenticate","token":"asked:ana@acme","ref":"b"})");
  world.disconnect(client);
  world.settle();
  world.asked[1].second(*World::principal("acme", "ana"));  // Nobody is there any more.
}

TEST(Session, aNewTokenOfTheSameUserKeepsItOpen) {
  World world(1);
  Principal who = *World::principal("acme", "ana", ATRIUM_ROLE_SUPERVISOR);
  who.expires = world.clock.now().wall + 90s;
  Client& client = world.connect(0, std::make_shared<const Principal>(who), {});
  world.settle();
  world.clock.advance(40s);
  world.settle();
  EXPECT_EQ(count(client, "token_expiring"), 1u);
  const User ana(world, "ana");
  ana.says(client, R"({"event_type":"authenticate","token":"ben@acme","ref":"a"})");
  EXPECT_EQ(last(client, "error")["code"].text(), "identity_mismatch");
  ana.says(client, R"({"event_type":"authenticate","token":"ana@other"})");
  EXPECT_EQ(last(client, "error")["code"].text(), "identity_mismatch");
  ana.says(client, R"({"event_type":"authenticate","token":"gibberish"})");
  EXPECT_EQ(last(client, "error")["code"].text(), "unauthorized");
  ana.says(client, R"({"event_type":"authenticate","token":"ana@acme","ref":"a"})");
  EXPECT_EQ(last(client, "pong")["ref"].text(), "a");
  EXPECT_EQ(world.metric(Metric::auth_accepted), 3) << "they held, if not for her";
  EXPECT_EQ(world.metric(Metric::auth_refused), 1);
  world.clock.advance(2h);
  world.settle();
  EXPECT_FALSE(client.closed);
  EXPECT_EQ(count(client, "token_expiring"), 1u);
}

TEST(Session, whoseTokenHasEndedAlreadyIsSentAwayAtOnce) {
  World world(1);
  Principal who = *World::principal("acme", "ana");
  who.expires = world.clock.now().wall;
  Client& client = world.connect(0, std::make_shared<const Principal>(who), {});
  world.settle();
  EXPECT_EQ(client.closed, CloseCode::token_expired);
}

// ---- The end

TEST(Session, thatHasBeenSentAwayIsNotHeardAnyMore) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ben.connect(room);
  client.reads_per_turn = 0;
  ASSERT_EQ(codeOf(ana.remove(room, "ben")), "ok");
  const std::string open = ana.room({"ben"});
  ben.says(client, message(open, "too late"));
  ben.joins(client, open);
  EXPECT_EQ(world.store.log(keyOf(open)), nullptr);
  ASSERT_EQ(codeOf(ana.post(message(open, "x"))), "ok");
  client.reads_per_turn = 100;
  world.settle();
  EXPECT_EQ(client.received.back().root()["event_type"].text(), "bye");
}

// What a plugin's thread posts beside the end of a run reaches the shard behind it, and the session may have gone by then.
TEST(Session, isToldNothingOfARunThatIsOver) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  ana.says(client, R"({"event_type":"run_command","text":"/echo hello","room_id":")" + room + "\"}");
  ASSERT_EQ(count(client, "command_result"), 1u);
  EXPECT_EQ(count(client, "command_progress"), 1u);
  world.commands.last_progress("late");
  world.settle();
  EXPECT_EQ(count(client, "command_progress"), 1u) << "a line behind the result";
  world.disconnect(client);
  world.settle();
  world.commands.last_progress("later still");
}

TEST(Session, anAbruptEndIsCounted) {
  World world(1);
  Client& client = User(world, "ana").connect();
  world.disconnect(User(world, "ben").connect(), true);
  EXPECT_EQ(world.metric(Metric::sessions_closed_abnormal), 0);
  world.disconnect(client, false);
  EXPECT_EQ(world.metric(Metric::sessions_closed_abnormal), 1);
  EXPECT_EQ(world.metric(Metric::sessions), 0);
  EXPECT_EQ(world.metric(Metric::sessions_opened), 2);
}

TEST(Session, isToldWhenTheServerHasMoreWorkThanItCanQueue) {
  World world(1, {.mailbox_tasks = 4});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  const unsigned away = 1 - world.homeOf(keyOf(room));
  Client& client = ana.connectAt(away, room);
  // One whose presence lives elsewhere too.
  std::string user = "u";
  while (world.homeOf(UserKey{"acme", user}) == away) user += "u";
  const User other(world, user);
  Client& his = other.connectAt(away);
  world.hold(1 - away, true);
  for (int n = 0; n < 5; ++n) world.send(client, message(room, "m", R"(,"client_message_id":"c)" + std::to_string(n) + '"'));
  world.send(client, R"({"event_type":"typing_indicator"})");
  world.send(his, R"({"event_type":"update_presence","status":"busy"})");
  world.send(his, R"({"event_type":"join_room","ref":"j","room_id":")" + room + R"("})");
  Client& late = world.connect(away, ben.principal(), {.room_id = room});
  world.settle();
  ASSERT_EQ(count(client, "error"), 1u) << "typing is lost without a word";
  EXPECT_EQ(last(client, "error")["code"].text(), "overloaded");
  EXPECT_EQ(last(client, "error")["client_message_id"].text(), "c4");
  ASSERT_EQ(count(his, "error"), 2u);
  EXPECT_EQ(his.events("error")[0]->root()["code"].text(), "overloaded");
  EXPECT_EQ(his.events("error")[1]->root()["ref"].text(), "j");
  EXPECT_EQ(late.closed, CloseCode::state_lost) << "he is to come back";
  EXPECT_TRUE(last(late, "bye")["resume"].boolean(false));
  world.hold(1 - away, false);
  world.settle();
  EXPECT_EQ(contents(client).size(), 4u);
  other.joins(his, room);
  EXPECT_EQ(count(his, "room_joined"), 1u);
}

}  // namespace
}  // namespace atrium::sim
