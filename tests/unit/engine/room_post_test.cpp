// A message's way from its room to the store: kernel/engine/room_post.cpp.
#include "engine/room_post.hpp"

#include <gtest/gtest.h>

#include "user.hpp"

namespace atrium::sim {
namespace {

HookOutcome refusal(std::string detail) {
  HookOutcome outcome;
  outcome.refused = Error{Code::rejected_by_plugin, std::move(detail), 0, {}};
  return outcome;
}
HookOutcome annotation(std::string key, std::string json) {
  HookOutcome outcome;
  outcome.annotations.emplace_back(std::move(key), std::move(json));
  return outcome;
}
HookOutcome audience(Strings classes) {
  HookOutcome outcome;
  outcome.audience = std::move(classes);
  return outcome;
}

// A command in a message is run as the message is delivered: what a hook took out of it is not run, and what it put in is.
TEST(RoomPost, runsTheCommandThatTheHooksLeave) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "chained");
  Client& client = ana.connect(room);
  ana.says(client, message(room, "/echo the secret", R"(,"message_type":"command","metadata":{"one":{"content":"removed"}})"));
  EXPECT_EQ(contents(client), Strings{"removed"});
  EXPECT_EQ(count(client, "command_result"), 0u);
  ana.says(client, message(room, "/echo the secret", R"(,"message_type":"command","metadata":{"one":{"content":"/echo less"}})"));
  ASSERT_EQ(count(client, "command_result"), 1u);
  EXPECT_EQ(last(client, "command_result")["result"]["text"].text(), " less");
}

// ---- What is sent is what is stored and delivered

TEST(RoomPost, everyoneGetsTheMessageAsTheSenderMeantIt) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ben.connect(room);
  const std::string opener = ana.post(message(room, "opener"))->root()["message_id"].text();
  world.clock.advance(1234ms);
  const auto reply =
      ana.post(message(room, R"(a \"quote\", a\nline, \u00fc and \ud83d\ude00)",
                       R"(,"priority":"high","metadata":{"lead_id": 7},"client_message_id":"c1","reply_to":")" + opener +
                           R"(","thread":")" + opener + R"(","attachments":["file_1","file_2"],"sender_id":"ana","tenant_id":"acme")"));
  ASSERT_EQ(codeOf(reply), "ok");
  const JsonView event = last(client, "collaboration_message")["message"];
  EXPECT_EQ(keys(event),
            Strings({"seq", "epoch", "delivery_status", "message_id", "room_id", "tenant_id", "sender_id", "sender_name", "message_type",
                     "content", "priority", "metadata", "reply_to", "thread", "attachments", "client_message_id", "sent_at"}));
  EXPECT_EQ(number(event["seq"]), 2);
  EXPECT_EQ(event["epoch"].text(), reply->root()["epoch"].text());
  EXPECT_EQ(event["delivery_status"].text(), "delivered");
  EXPECT_EQ(event["message_id"].text(), reply->root()["message_id"].text());
  EXPECT_EQ(event["room_id"].text(), room);
  EXPECT_EQ(event["tenant_id"].text(), "acme");
  EXPECT_EQ(event["sender_id"].text(), "ana");
  EXPECT_EQ(event["sender_name"].text(), "ana");
  EXPECT_EQ(event["message_type"].text(), "text");
  EXPECT_EQ(event["content"].text(), "a \"quote\", a\nline, \u00fc and \U0001F600");
  EXPECT_EQ(event["priority"].text(), "high");
  EXPECT_EQ(event["metadata"].raw(), R"({"lead_id": 7})");
  EXPECT_EQ(event["reply_to"].text(), opener);
  EXPECT_EQ(event["thread"].text(), opener);
  EXPECT_EQ(strings(event["attachments"]), Strings({"file_1", "file_2"}));
  EXPECT_EQ(event["client_message_id"].text(), "c1");
  EXPECT_EQ(event["sent_at"].text(), formatTime(world.clock.now().wall));
  EXPECT_EQ(ben.history({.room_id = room, .limit = 1})->root().first().raw(), event.raw()) << "history says the same";
}

TEST(RoomPost, aLabelNamesOnlyThoseWhoseTokenDoesNot) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({"guest"});
  Client& client = ana.connect(room);
  ASSERT_EQ(codeOf(ana.post(message(room, "x", R"(,"sender_name":"The Boss")"))), "ok");
  EXPECT_EQ(last(client, "collaboration_message")["message"]["sender_name"].text(), "ana");
  Principal unnamed = *World::principal("acme", "guest");
  unnamed.name_verified = false;
  Client& guest = world.connect(0, std::make_shared<const Principal>(unnamed), {.room_id = room});
  world.settle();
  world.send(guest, message(room, "x", R"(,"sender_name":"Gu\u00e9st")"));
  world.settle();
  EXPECT_EQ(last(client, "collaboration_message")["message"]["sender_name"].text(), "Gu\u00e9st");
  world.send(guest, message(room, "x"));
  world.settle();
  EXPECT_EQ(last(client, "collaboration_message")["message"]["sender_name"].text(), "guest");
}

TEST(RoomPost, priorityDecidesWhetherAWriteMayWaitForCompany) {
  using Windows = std::vector<std::chrono::microseconds>;
  const auto windows = [](std::string_view room_type, std::chrono::microseconds allowed) {
    World world(1, {.engine = {.flush_window = allowed}});
    const User ana(world, "ana"), ben(world, "ben");
    const std::string room = ana.room({"ben"}, room_type);
    Client& client = ben.connect(room);
    for (const char* priority : {"low", "normal", "high", "urgent", "critical"})
      EXPECT_EQ(codeOf(ana.post(message(room, "x", R"(,"priority":")" + std::string(priority) + '"'))), "ok");
    Windows found;
    for (std::size_t at = 0; at < client.received.size(); ++at) {
      if (client.received[at].root()["event_type"].text() != "collaboration_message") continue;
      EXPECT_EQ(client.received_options[at].lane, Lane::messages);
      EXPECT_EQ(client.received_options[at].shed, Shed::never);
      found.push_back(client.received_options[at].flush_window);
    }
    return found;
  };
  EXPECT_EQ(windows("narrow", 10ms), Windows({5ms, 5ms, 5ms, 0ms, 0ms})) << "as the type asks";
  EXPECT_EQ(windows("narrow", 700us), Windows({700us, 700us, 700us, 0us, 0us})) << "within the operator's bound";
  EXPECT_EQ(windows("open", 10ms), Windows({0ms, 0ms, 0ms, 0ms, 0ms})) << "a type that asks for none gets none";
}

// ---- Who may say what

TEST(RoomPost, onlyMembersWhoseRoleAllowsItPost) {
  World world(1);
  const User ana(world, "ana"), eve(world, "eve", ATRIUM_ROLE_SUPERVISOR);
  const std::string room = ana.room({"ben"});
  ASSERT_EQ(codeOf(ana.changeRole(room, "ben", Role::observer)), "ok");
  EXPECT_EQ(codeOf(User(world, "ben").post(message(room, "x"))), "forbidden");
  EXPECT_EQ(codeOf(User(world, "dan").post(message(room, "x"))), "not_a_member");
  EXPECT_EQ(codeOf(eve.post(message(room, "x"))), "not_a_member") << "overseers read without entering, they do not speak";
  ASSERT_EQ(codeOf(eve.add(room)), "ok");
  EXPECT_EQ(codeOf(eve.post(message(room, "x"))), "ok");
}

TEST(RoomPost, messageTypesSayWhoMaySendThem) {
  World world(1);
  const User ana(world, "ana"), carl(world, "carl", ATRIUM_ROLE_CLIENT);
  const std::string room = ana.room({"carl"});
  const auto unknown = ana.post(message(room, "x", R"(,"message_type":"smoke_signal")"));
  EXPECT_EQ(codeOf(unknown), "validation_failed");
  EXPECT_EQ(pathsOf(unknown), "/message_type");
  EXPECT_EQ(codeOf(ana.post(message(room, "x", R"(,"message_type":"system")"))), "forbidden");
  EXPECT_EQ(codeOf(carl.post(message(room, "x", R"(,"message_type":"whisper")"))), "forbidden");
  EXPECT_EQ(codeOf(carl.post(message(room, "x"))), "ok");
  EXPECT_EQ(codeOf(ana.post(message(room, "x", R"(,"message_type":"whisper")"))), "ok");
}

TEST(RoomPost, roomTypesSayWhichMessagesTheyTake) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "narrow");
  EXPECT_EQ(codeOf(ana.post(message(room, "x", R"(,"message_type":"text")"))), "ok");
  EXPECT_EQ(codeOf(ana.post(message(room, "x", R"(,"message_type":"short")"))), "ok");
  EXPECT_EQ(codeOf(ana.post(message(room, "x", R"(,"message_type":"whisper")"))), "rejected_by_plugin");
}

TEST(RoomPost, contentKeepsTheTypesBounds) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  for (const std::string& empty :
       {message(room, ""), R"({"room_id":")" + room + R"("})", R"({"content":null,"room_id":")" + room + R"("})"}) {
    const auto refused = ana.post(empty);
    EXPECT_EQ(codeOf(refused), "validation_failed") << empty;
    EXPECT_EQ(pathsOf(refused), "/content");
  }
  constexpr std::string_view type = R"(,"message_type":"short")";
  EXPECT_EQ(codeOf(ana.post(message(room, "", type))), "ok") << "this type takes no content too";
  EXPECT_EQ(codeOf(ana.post(message(room, "12345678", type))), "ok");
  EXPECT_EQ(codeOf(ana.post(message(room, "123456789", type))), "validation_failed");
  EXPECT_EQ(codeOf(ana.post(message(room, R"(\u0061\n\"\ud83d\ude00)", type))), "ok") << "seven bytes, however they are written";
  EXPECT_EQ(codeOf(ana.post(message(room, R"(\u00fc\u00fc\u00fc\u00fc\u00fc)", type))), "validation_failed") << "ten bytes";
}

TEST(RoomPost, aMessageNamesItsRoom) {
  World world(1);
  const auto refused = User(world, "ana").post(R"({"content":"x"})");
  EXPECT_EQ(codeOf(refused), "validation_failed");
  EXPECT_EQ(pathsOf(refused), "/room_id");
}

TEST(RoomPost, aMessageIsBoundedWithItsMetadata) {
  World world(1, {.engine = {.frame_max = 1024}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  EXPECT_EQ(codeOf(ana.post(message(room, std::string(65 * 1024, 'x')))), "too_large");
  EXPECT_EQ(codeOf(ana.post(message(room, std::string(60 * 1024, 'x')))), "ok");
}

// ---- Hooks

TEST(RoomPost, aTypesCheckDeniesWithItsFields) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  ana.says(client, message(room, "no", R"(,"message_type":"checked","ref":"r","client_message_id":"c")"));
  const JsonView error = last(client, "error");
  EXPECT_EQ(error["code"].text(), "rejected_by_plugin");
  EXPECT_EQ(error["detail"].text(), "no means no");
  EXPECT_EQ(error["ref"].text(), "r");
  EXPECT_EQ(error["client_message_id"].text(), "c");
  EXPECT_EQ(strings(error["errors"], "path"), Strings({"/content"}));
  EXPECT_EQ(pathsOf(ana.post(message(room, "no", R"(,"message_type":"checked")"))), "/content");
  EXPECT_EQ(world.store.log(keyOf(room)), nullptr);
}

TEST(RoomPost, aTypesCheckNormalisesAndAnnotates) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  ana.says(client, message(room, R"(s\u00fc)", R"(,"message_type":"checked","metadata":{"own":[1, 2],"by":"me","\u0062":null})"));
  const JsonView event = last(client, "collaboration_message")["message"];
  EXPECT_EQ(event["content"].text(), "checked s\u00fc");
  EXPECT_EQ(event["metadata"].raw(), R"({"own":[1, 2],"b":null,"length":3,"by":"sim"})");
  EXPECT_EQ(world.types.seen, Strings({"check room=new members=1 max=50 sender=ana/4 checked \"s\u00fc\""})) << "hooks see decoded text";
}

TEST(RoomPost, aCheckedMessageNeedsNeitherContentNorMetadata) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  ana.says(client, R"({"event_type":"send_message","message_type":"checked","attachments":["file_1"],"room_id":")" + room + R"("})");
  EXPECT_EQ(contents(client), Strings({"checked "}));
  EXPECT_EQ(strings(last(client, "collaboration_message")["message"]["attachments"]), Strings({"file_1"}));
}

TEST(RoomPost, bothHooksHaveTheirSayAndTheRoomsIsTheLast) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "hooked");
  Client& client = ana.connect(room);
  ana.says(client, message(room, "x", R"(,"message_type":"checked","metadata":{"own":1})"));
  EXPECT_EQ(world.types.seen.back(), "post room=new members=1 max=50 sender=ana/4 checked \"checked x\"");
  HookOutcome outcome = annotation("by", "\"room\"");
  outcome.annotations.emplace_back("rank", "[1]");
  outcome.annotations.emplace_back("rank", "[2]");
  outcome.content = "final";
  world.types.release(std::move(outcome));
  world.settle();
  const JsonView event = last(client, "collaboration_message")["message"];
  EXPECT_EQ(event["content"].text(), "final");
  EXPECT_EQ(event["metadata"].raw(), R"({"own":1,"length":1,"by":"room","rank":[2]})");
}

TEST(RoomPost, aHookThatThinksHoldsItsRoomAlone) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "hooked"), other = ana.room();
  Client& client = ana.connect(room);
  ana.joins(client, other);
  for (const char* content : {"one", "two", "three"}) ana.says(client, message(room, content));
  ana.says(client, message(other, "elsewhere"));
  EXPECT_EQ(contents(client), Strings({"elsewhere"}));
  EXPECT_EQ(world.types.waiting.size(), 1u) << "one at a time";
  world.types.release();
  world.settle();
  EXPECT_EQ(contents(client), Strings({"elsewhere", "one"}));
  world.types.release(refusal("not two"));
  world.settle();
  EXPECT_EQ(last(client, "error")["detail"].text(), "not two");
  world.types.release();
  world.settle();
  EXPECT_EQ(contents(client), Strings({"elsewhere", "one", "three"}));
  EXPECT_EQ(seqs(client), std::vector<std::int64_t>({1, 1, 2}));
}

TEST(RoomPost, whatComesBehindAHeldMessageStaysBehindIt) {
  World world(1, {.shards = 1});
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"});
  Client& client = ana.connect(room);
  Client& other = ben.connect(room);
  ana.says(client, message(room, "held", R"(,"message_type":"asked")"));
  ben.says(other, message(room, "unchecked"));
  ana.says(client, message(room, "checked too", R"(,"message_type":"checked")"));
  EXPECT_EQ(contents(client), Strings());
  world.types.release();
  world.settle();
  EXPECT_EQ(contents(client), Strings({"held", "unchecked", "checked checked too"}));
  EXPECT_EQ(contents(other), contents(client));
}

TEST(RoomPost, aLongLineBehindAHeldMessageIsTakenStepByStep) {
  constexpr int line = ATRIUM_SLOWED ? 5'000 : 50'000;
  World world(1, {.shards = 1, .engine = {.room_pending_max = line + 1}});
  const User ana(world, "ana");
  const std::string room = ana.room();
  Client& client = ana.connect(room);
  client.outbox_max = 64 << 20;
  ana.says(client, message(room, "held", R"(,"message_type":"asked")"));
  const std::string frame = message(room, "x");
  for (int n = 0; n < line; ++n) world.send(client, frame);
  world.types.release();
  world.settle();
  EXPECT_EQ(world.store.log(keyOf(room))->records.size(), line + 1u);
}

TEST(RoomPost, heldMessagesAreBounded) {
  World world(1, {.shards = 1, .engine = {.room_pending_max = 3}});
  const User ana(world, "ana");
  const std::string room = ana.room({}, "hooked");
  Client& client = ana.connect(room);
  for (int n = 0; n < 6; ++n) ana.says(client, message(room, "m" + std::to_string(n)));
  EXPECT_EQ(count(client, "error"), 3u) << "one at its hook, two behind it";
  EXPECT_EQ(last(client, "error")["code"].text(), "overloaded");
  while (!world.types.waiting.empty()) {
    world.types.release();
    world.settle();
  }
  EXPECT_EQ(contents(client), Strings({"m0", "m1", "m2"}));
}

TEST(RoomPost, theWorldMayMoveOnWhileAHookThinks) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"}, "hooked");
  Client& client = ben.connect(room);
  Client& desk = ben.connect();
  ben.says(desk, message(room, "too late"));
  ASSERT_EQ(codeOf(ana.remove(room, "ben")), "ok");
  world.types.release();
  world.settle();
  EXPECT_TRUE(client.closed);
  EXPECT_EQ(last(desk, "error")["code"].text(), "not_a_member");
  EXPECT_EQ(world.store.log(keyOf(room)), nullptr);
}

TEST(RoomPost, aSenderMayLeaveWhileAHookThinks) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben");
  const std::string room = ana.room({"ben"}, "hooked");
  Client& client = ana.connect(room);
  Client& sender = ben.connect(room);
  ben.says(sender, message(room, "goodbye"));
  world.disconnect(sender);
  world.settle();
  world.types.release();
  world.settle();
  EXPECT_EQ(contents(client), Strings({"goodbye"}));
}

TEST(RoomPost, aHeldMessageKeepsWhatItsFrameSaid) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "hooked");
  Client& client = ana.connect(room);
  ana.says(client, message(room, "x", R"(,"ref":{"no":1},"client_message_id":"c1","priority":"urgent","metadata":{"a":"b"},"if_seq":0)"));
  ana.says(client, message(room, "overwrites the parser's text", R"(,"client_message_id":"c2")"));
  world.types.release();
  world.settle();
  const JsonView event = last(client, "collaboration_message")["message"];
  EXPECT_EQ(event["client_message_id"].text(), "c1");
  EXPECT_EQ(event["priority"].text(), "urgent");
  EXPECT_EQ(event["metadata"].raw(), R"({"a":"b"})");
  const auto repeat = message(room, "x", R"(,"client_message_id":"c1","priority":"urgent","metadata":{"a":"b"})");
  world.types.release();
  world.settle();
  ana.says(client, repeat);
  world.types.release();
  world.settle();
  EXPECT_TRUE(last(client, "message_confirmation")["duplicate"].boolean(false));
}

// ---- Audience

TEST(RoomPost, whoIsOutsideTheAudienceGetsAStubAtTheSamePosition) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), eve(world, "eve", ATRIUM_ROLE_SUPERVISOR);
  const std::string room = ana.room({"ben", "eve", "olga"});
  Client& sender = ana.connect(room);
  Client& outside = ben.connect(room);
  Client& inside = eve.connect(room);
  ana.says(sender, message(room, "a tip", R"(,"message_type":"whisper")"));
  ana.says(sender, message(room, "hello all"));
  EXPECT_EQ(contents(sender), Strings({"a tip", "hello all"}));
  EXPECT_EQ(contents(inside), Strings({"a tip", "hello all"}));
  EXPECT_EQ(contents(outside), Strings({"hello all"}));
  for (const Client* client : {&sender, &inside, &outside}) EXPECT_EQ(seqs(*client), std::vector<std::int64_t>({1, 2}));
  const JsonView stub = last(outside, "withheld");
  EXPECT_EQ(keys(stub), Strings({"event_type", "room_id", "epoch", "seq"}));
  EXPECT_EQ(stub["room_id"].text(), room);
  EXPECT_EQ(number(stub["seq"]), 1);
  EXPECT_EQ(stub["epoch"].text(), world.store.log(keyOf(room))->epoch);
  const JsonDocument* first = sender.events("message_confirmation")[0];
  EXPECT_EQ(strings(first->root()["delivered_to"]), Strings({"ana", "eve"})) << "a stub is no delivery";
  EXPECT_EQ(first->root()["delivery_status"].text(), "delivered");
}

TEST(RoomPost, theHistoryWithholdsWhatTheEventsDid) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), eve(world, "eve", ATRIUM_ROLE_SUPERVISOR);
  const std::string room = ana.room({"ben"});
  ASSERT_EQ(codeOf(ana.post(message(room, "a tip", R"(,"message_type":"whisper")"))), "ok");
  EXPECT_EQ(ana.history({.room_id = room})->root().first()["content"].text(), "a tip");
  EXPECT_EQ(eve.history({.room_id = room})->root().first()["content"].text(), "a tip");
  const auto seen = ben.history({.room_id = room});
  const JsonView stub = seen->root().first();
  EXPECT_EQ(keys(stub), Strings({"seq", "epoch", "room_id", "message_id", "withheld", "sent_at"}));
  EXPECT_EQ(number(stub["seq"]), 1);
  EXPECT_TRUE(stub["withheld"].boolean(false));
  EXPECT_EQ(seen->text().find("tip"), std::string_view::npos);
}

TEST(RoomPost, noFilterOfTheHistoryTellsWhatIsWithheld) {
  World world(1, {.store = {.looks_max = 2}});
  const User ana(world, "ana"), ben(world, "ben"), eve(world, "eve", ATRIUM_ROLE_SUPERVISOR);
  const std::string room = ana.room({"ben"});
  const auto first = ana.post(message(room, "hello all"));
  const std::string thread = R"(,"thread":")" + first->root()["message_id"].text() + '"';
  for (int n = 0; n < 5; ++n) ASSERT_EQ(codeOf(ana.post(message(room, "a tip", thread + R"(,"message_type":"whisper")"))), "ok");
  ASSERT_EQ(codeOf(ana.post(message(room, "for all", thread))), "ok");
  const auto found = [&](const User& reader, HistoryQuery query) {
    Strings contents;
    query.room_id = room;
    for (bool more = true; more;) {
      const auto page = reader.historyPage(query);
      const auto items = JsonDocument::parse(page->json);
      for (JsonView item = items->root().first(); item.exists(); item = item.sibling(items->root()))
        contents.push_back(item["withheld"].exists() ? "withheld" : item["content"].text());
      query.before = std::to_string(page->next_seq);
      more = page->next_seq != 0;
    }
    return contents;
  };
  EXPECT_EQ(found(ben, {.message_types = {"whisper"}}), Strings());
  EXPECT_EQ(found(ben, {.sender = "ana"}), Strings({"for all", "hello all"}));
  EXPECT_EQ(found(ben, {.limit = 1, .thread = first->root()["message_id"].text()}), Strings({"for all"}));
  EXPECT_EQ(found(eve, {.message_types = {"whisper"}}), Strings(5, "a tip"));
  EXPECT_EQ(found(ben, {}).size(), 7u) << "without a filter the sequence has no gap";
}

TEST(RoomPost, whatTwoHooksRestrictIsSeenByThoseWhomBothName) {
  World world(1);
  const User ana(world, "ana"), ben(world, "ben"), eve(world, "eve", ATRIUM_ROLE_SUPERVISOR), zoe(world, "zoe", ATRIUM_ROLE_SUPERVISOR);
  const std::string room = ana.room({"ben", "eve", "zoe"}, "hooked");
  Client& sender = ana.connect(room);
  Client &agent = ben.connect(room), &named = eve.connect(room), &other = zoe.connect(room);
  ana.says(sender, message(room, "a tip", R"(,"message_type":"whisper")"));  // For its sender and supervisors.
  world.types.release(audience({"user:eve", "user:ben"}));
  world.settle();
  EXPECT_EQ(contents(named), Strings({"a tip"}));
  for (const Client* client : {&sender, &agent, &other}) {
    EXPECT_EQ(contents(*client), Strings());
    EXPECT_EQ(count(*client, "withheld"), 1u);
  }
  EXPECT_EQ(zoe.history({.room_id = room})->text().find("tip"), std::string_view::npos);
}

TEST(RoomPost, anAudienceThatMakesNoSenseIsThePluginsFault) {
  World world(1);
  const User ana(world, "ana");
  const std::string room = ana.room({}, "hooked");
  Client& client = ana.connect(room);
  for (const Strings& classes : {Strings{"king"}, Strings{"sender", "role:agent", "role:admin", "role:client", "role:service"}}) {
    ana.says(client, message(room, "x"));
    world.types.release(audience(classes));
    world.settle();
    EXPECT_EQ(last(client, "error")["code"].text(), "plugin_failed");
  }
  ana.says(client, message(room, "x"));
  world.types.release(audience({"user:nobody"}));
  world.settle();
  EXPECT_EQ(count(client, "withheld"), 1u) << "even the sender may be outside";
  EXPECT_EQ(last(client, "message_confirmation")["delivery_status"].text(), "stored");
}

}  // namespace
}  // namespace atrium::sim
