// Live streams of a tenant's state: kernel/engine/topic_board.cpp (publishing, numbering, snapshots) and topic_readers.cpp (who is handed
// them on each shard).
#include "engine/topics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "engine/topic_board.hpp"
#include "user.hpp"

namespace atrium::sim {
namespace {

Topics& topicsOf(World& world, std::string_view tenant = tenant_default) {
  return world.shard(homeOfTenant(tenant, world.shards())).topics();
}

// The state of one topic as a client keeps it, made of nothing but what it was sent.
struct Mirror {
  std::map<std::string, std::string> values;
  std::deque<std::string> events;  // Of topics of events, "key=value".
  std::string epoch;
  std::int64_t seq = -1;
  std::int64_t page = 0;  // Of the snapshot that is coming in; 0: none is.
  std::size_t snapshots = 0, changes = 0;
  std::size_t next = 0;  // Of the client's events.

  void take(const JsonView& items) {
    for (JsonView item = items.first(); item.exists(); item = item.sibling(items)) {
      const std::string key = item["key"].text();
      item["value"].isNull() ? void(values.erase(key)) : void(values[key] = item["value"].raw());
      events.push_back(key + '=' + std::string(item["value"].raw()));
      if (events.size() > 200) events.pop_front();
    }
  }
  // What the client got since the last time; a fault in the stream fails the test.
  void read(const Client& client, std::string_view topic) {
    for (; next < client.received.size(); ++next) {
      const JsonView event = client.received[next].root();
      if (event["event_type"].text() != "topic_update" || event["topic"].text() != topic) continue;
      if (event["kind"].text() == "ended") continue;
      const std::int64_t number = sim::number(event["seq"]);
      if (event["kind"].text() == "snapshot") {
        const std::int64_t its_page = sim::number(event["page"]);
        if (its_page == 1) {
          values.clear();
          events.clear();
          ++snapshots;
        } else {
          EXPECT_EQ(its_page, page + 1);
          EXPECT_EQ(number, seq);
        }
        take(event["items"]);
        page = event["more"].boolean(false) ? its_page : 0;
        epoch = event["epoch"].text();
        seq = number;
        continue;
      }
      EXPECT_EQ(page, 0) << "the snapshot is whole before changes follow";
      EXPECT_EQ(event["epoch"].text(), epoch);
      if (event["changes"].size() == 0) {
        EXPECT_EQ(number, seq);
        continue;
      }
      EXPECT_EQ(number, seq + 1) << "no gap";
      seq = number;
      ++changes;
      take(event["changes"]);
    }
  }
};

std::string subscribe(std::string_view topic, const Mirror* from = nullptr, std::string_view more = {}) {
  std::string frame = R"({"event_type":"subscribe_topic","topic":")" + std::string(topic) + '"' + std::string(more);
  if (from && !from->epoch.empty()) frame += R"(,"epoch":")" + from->epoch + R"(","seq":)" + std::to_string(from->seq);
  return frame + '}';
}
std::string unsubscribe(std::string_view topic) { return R"({"event_type":"unsubscribe_topic","topic":")" + std::string(topic) + R"("})"; }
std::string errorOf(const Client& client) { return last(client, "error")["code"].text(); }

// ---- What a client sees

TEST(Topics, beginWithASnapshotAndGoOnWithChanges) {
  World world(1);
  const User ana(world, "ana");
  topicsOf(world).put("acme", Topic::agents, "ben", R"({"status":"busy"})");
  Client& client = ana.connect();
  ana.says(client, subscribe("agents", nullptr, R"(,"ref":"s1")"));
  const JsonView snapshot = last(client, "topic_update");
  EXPECT_EQ(keys(snapshot), Strings({"ref", "event_type", "topic", "epoch", "seq", "kind", "page", "items", "more"}));
  EXPECT_EQ(snapshot["ref"].text(), "s1");
  EXPECT_EQ(snapshot["items"].raw(), R"([{"key":"ben","value":{"status":"busy"}}])");
  EXPECT_FALSE(snapshot["more"].boolean(true));
  const std::int64_t seq = number(snapshot["seq"]);
  topicsOf(world).put("acme", Topic::agents, "cleo", "1");
  topicsOf(world).remove("acme", Topic::agents, "ben");
  world.pass(1ms);
  const JsonView change = last(client, "topic_update");
  EXPECT_EQ(keys(change), Strings({"event_type", "topic", "epoch", "seq", "kind", "changes"}));
  EXPECT_EQ(number(change["seq"]), seq + 1);
  EXPECT_EQ(change["changes"].raw(), R"([{"key":"cleo","value":1},{"key":"ben","value":null}])");
  EXPECT_EQ(client.received_options.back().lane, Lane::ephemeral) << "behind messages";
  EXPECT_EQ(client.received_options.back().shed, Shed::never);
}

TEST(Topics, gatherChangesForAWindowAndTellTheFirstAtOnce) {
  World world(1);
  const User ana(world, "ana");
  Client& client = ana.connect();
  ana.says(client, subscribe("agents"));
  Topics& topics = topicsOf(world);
  topics.put("acme", Topic::agents, "ben", "1");
  world.pass(1ms);
  EXPECT_EQ(last(client, "topic_update")["changes"].raw(), R"([{"key":"ben","value":1}])");
  for (int n = 2; n < 9; ++n) {
    world.clock.advance(5ms);
    topics.put("acme", Topic::agents, "ben", std::to_string(n));
    world.settle();
  }
  EXPECT_EQ(count(client, "topic_update"), 2u) << "the snapshot and the first";
  world.clock.advance(15ms);
  world.settle();
  EXPECT_EQ(last(client, "topic_update")["changes"].raw(), R"([{"key":"ben","value":8}])") << "the latest alone";
  topics.put("acme", Topic::agents, "ben", "8");
  world.pass(1s);
  EXPECT_EQ(count(client, "topic_update"), 3u) << "as it was is no news";
}

TEST(Topics, tellEveryEventOnceAndKeepTheNewest) {
  World world(1);
  const User boss(world, "boss", ATRIUM_ROLE_SUPERVISOR);
  Client& early = boss.connect();
  boss.says(early, subscribe("decisions"));
  Mirror mirror, late_mirror;
  std::deque<std::string> model;
  for (int n = 0; n < 700; ++n) {
    topicsOf(world).append("acme", Topic::decisions, "d" + std::to_string(n % 3), std::to_string(n));
    model.push_back("d" + std::to_string(n % 3) + '=' + std::to_string(n));
    if (model.size() > 200) model.pop_front();
  }
  Client& late = boss.connect();
  boss.says(late, subscribe("decisions"));
  topicsOf(world).append("acme", Topic::decisions, "x", "1");
  model.pop_front();
  model.emplace_back("x=1");
  world.pass(100ms);
  mirror.read(early, "decisions");
  late_mirror.read(late, "decisions");
  EXPECT_EQ(mirror.events, model);
  EXPECT_EQ(late_mirror.events, model);
}

TEST(Topics, endWhenTheClientSaysSo) {
  World world(1);
  const User ana(world, "ana");
  Client& client = ana.connect();
  ana.says(client, subscribe("queue"));
  ana.says(client, unsubscribe("queue"));
  EXPECT_EQ(last(client, "topic_update")["kind"].text(), "ended");
  topicsOf(world).put("acme", Topic::queue, "q", "1");
  world.pass(100ms);
  EXPECT_EQ(count(client, "topic_update"), 2u);
  ana.says(client, unsubscribe("queue"));
  EXPECT_EQ(errorOf(client), "not_found");
}

TEST(Topics, refuseWhatIsNoneAndWhoMayNot) {
  World world(1);
  const User ana(world, "ana"), client_user(world, "carl", ATRIUM_ROLE_CLIENT), boss(world, "boss", ATRIUM_ROLE_SUPERVISOR);
  Client& client = ana.connect();
  for (const std::string_view topic : {"offers", "decisions"}) {
    ana.says(client, subscribe(topic));
    EXPECT_EQ(errorOf(client), "forbidden") << topic;
  }
  ana.says(client, subscribe("weather", nullptr, R"(,"ref":"w")"));
  EXPECT_EQ(errorOf(client), "topic_unknown");
  EXPECT_EQ(last(client, "error")["ref"].text(), "w");
  ana.says(client, unsubscribe("weather"));
  EXPECT_EQ(errorOf(client), "topic_unknown");
  ana.says(client, R"({"event_type":"subscribe_topic"})");
  EXPECT_EQ(errorOf(client), "validation_failed");
  ana.says(client, R"({"event_type":"subscribe_topic","topic":"agents","seq":1})");
  EXPECT_EQ(last(client, "error")["errors"].first()["path"].text(), "/epoch");
  ana.says(client, R"({"event_type":"subscribe_topic","topic":"agents","epoch":"1"})");
  EXPECT_EQ(last(client, "error")["errors"].first()["path"].text(), "/seq");
  EXPECT_EQ(count(client, "topic_update"), 0u);
  Client& outside = client_user.connect();
  Client& lead = boss.connect();
  for (std::size_t at = 0; at < topic_count; ++at) {
    client_user.says(outside, subscribe(info(static_cast<Topic>(at)).name));
    boss.says(lead, subscribe(info(static_cast<Topic>(at)).name));
  }
  EXPECT_EQ(count(outside, "topic_update"), 0u);
  EXPECT_EQ(count(lead, "topic_update"), topic_count);
}

TEST(Topics, showNothingOfAnotherTenant) {
  World world(1, {.shards = 3});
  const User ana(world, "ana"), eve(world, "eve", ATRIUM_ROLE_AGENT, "evil");
  Client& ours = ana.connect();
  Client& theirs = eve.connect();
  ana.says(ours, subscribe("agents"));
  eve.says(theirs, subscribe("agents"));
  topicsOf(world, "acme").put("acme", Topic::agents, "ben", "1");
  world.pass(100ms);
  EXPECT_EQ(count(ours, "topic_update"), 2u);
  EXPECT_EQ(count(theirs, "topic_update"), 1u);
}

TEST(Topics, endWhenANewTokenNoLongerAllowsThem) {
  World world(1);
  const User boss(world, "boss", ATRIUM_ROLE_SUPERVISOR);
  Client& client = boss.connect();
  boss.says(client, subscribe("decisions"));
  boss.says(client, subscribe("agents"));
  boss.says(client, R"({"event_type":"authenticate","token":"boss@acme"})");  // An agent's.
  EXPECT_EQ(last(client, "topic_update")["kind"].text(), "ended");
  EXPECT_EQ(last(client, "topic_update")["topic"].text(), "decisions");
  topicsOf(world).append("acme", Topic::decisions, "d", "1");
  topicsOf(world).put("acme", Topic::agents, "a", "1");
  world.pass(100ms);
  EXPECT_EQ(last(client, "topic_update")["topic"].text(), "agents");
}

// ---- Coming back

TEST(Topics, whoComesBackGetsWhatHeMissedAlone) {
  World world(1);
  const User ana(world, "ana");
  Client& first = ana.connect();
  ana.says(first, subscribe("agents"));
  topicsOf(world).put("acme", Topic::agents, "a", "1");
  world.pass(100ms);
  Mirror mirror;
  mirror.read(first, "agents");
  world.disconnect(first, false);
  for (int n = 0; n < 5; ++n) {
    topicsOf(world).put("acme", Topic::agents, "b", std::to_string(n));
    world.pass(100ms);
  }
  Client& second = ana.connect();
  mirror.next = 0;
  ana.says(second, subscribe("agents", &mirror, R"(,"ref":7)"));
  EXPECT_EQ(last(second, "topic_update")["ref"].raw(), "7");
  mirror.read(second, "agents");
  EXPECT_EQ(mirror.snapshots, 1u) << "of the first time";
  EXPECT_EQ(mirror.changes, 6u);
  EXPECT_EQ(mirror.values, (std::map<std::string, std::string>{{"a", "1"}, {"b", "4"}}));
  // Nothing new: an answer all the same.
  ana.says(second, subscribe("agents", &mirror, R"(,"ref":8)"));
  EXPECT_EQ(last(second, "topic_update")["ref"].raw(), "8");
  EXPECT_EQ(last(second, "topic_update")["changes"].raw(), "[]");
}

TEST(Topics, aPositionThatIsNoneGetsASnapshot) {
  World world(1, {.engine = {.topics = {.ring_frames = 3}}});
  const User ana(world, "ana");
  Client& client = ana.connect();
  ana.says(client, subscribe("agents"));
  Mirror mirror;
  mirror.read(client, "agents");
  for (int n = 0; n < 4; ++n) {
    topicsOf(world).put("acme", Topic::agents, "a", std::to_string(n));
    world.pass(100ms);
  }
  const auto kindOf = [&](const Mirror& from) {
    ana.says(client, subscribe("agents", &from));
    return last(client, "topic_update")["kind"].text();
  };
  Mirror old = mirror;
  old.seq = 0;
  EXPECT_EQ(kindOf(old), "snapshot") << "the ring no longer reaches back";
  Mirror whole;
  whole.read(client, "agents");
  EXPECT_EQ(whole.snapshots, 2u);
  EXPECT_EQ(whole.values.at("a"), "3");
  Mirror ahead = whole;
  ahead.seq += 1;
  EXPECT_EQ(kindOf(ahead), "snapshot");
  Mirror other = whole;
  other.epoch = "other";
  EXPECT_EQ(kindOf(other), "snapshot");
}

TEST(Topics, costNothingWhileNobodyReadsAndAreRightForWhoComes) {
  World world(1);
  const User ana(world, "ana");
  Client& client = ana.connect();
  ana.says(client, subscribe("agents"));
  Mirror mirror;
  mirror.read(client, "agents");
  world.disconnect(client);
  world.settle();
  world.clock.advance(61s);
  const std::int64_t frames = world.metric(Metric::topic_frames);
  for (int n = 0; n < 50; ++n) {
    topicsOf(world).put("acme", Topic::agents, "k" + std::to_string(n % 10), std::to_string(n));
    topicsOf(world).remove("acme", Topic::agents, "k3");
    world.pass(60ms);
  }
  EXPECT_EQ(world.metric(Metric::topic_frames), frames) << "nothing was written";
  EXPECT_EQ(world.metric(Metric::topic_keys), 9);
  Client& back = ana.connect();
  mirror.next = 0;
  ana.says(back, subscribe("agents", &mirror));
  mirror.read(back, "agents");
  EXPECT_EQ(mirror.snapshots, 2u);
  EXPECT_EQ(mirror.values.size(), 9u);
  EXPECT_EQ(mirror.values.at("k9"), "49");
}

TEST(Topics, areForgottenWhenThereIsNothingInThem) {
  World world(1);
  const User ana(world, "ana");
  Client& client = ana.connect();
  ana.says(client, subscribe("agents"));
  const std::string epoch = last(client, "topic_update")["epoch"].text();
  ana.says(client, unsubscribe("agents"));
  ana.says(client, subscribe("agents"));
  EXPECT_NE(last(client, "topic_update")["epoch"].text(), epoch);
  topicsOf(world).put("acme", Topic::agents, "a", "1");
  topicsOf(world).remove("acme", Topic::agents, "a");
  EXPECT_EQ(world.metric(Metric::topic_subscriptions), 1);
  world.disconnect(client);
  world.settle();
  EXPECT_EQ(world.metric(Metric::topic_subscriptions), 0);
}

// ---- Bounds

TEST(Topics, refuseWhatIsTooMuchAndShowNothingInItsPlace) {
  World world(1, {.engine = {.topics = {.keys = 2, .bytes = 100, .value_bytes = 60}}});
  const User ana(world, "ana");
  Client& client = ana.connect();
  ana.says(client, subscribe("agents"));
  Topics& topics = topicsOf(world);
  const auto text = [](std::size_t bytes) { return '"' + std::string(bytes - 2, 'x') + '"'; };
  EXPECT_TRUE(topics.put("acme", Topic::agents, "a", "1"));
  EXPECT_TRUE(topics.put("acme", Topic::agents, "b", "2"));
  EXPECT_FALSE(topics.put("acme", Topic::agents, "c", "3")) << "a key too many";
  EXPECT_TRUE(topics.put("acme", Topic::agents, "a", text(60)));
  EXPECT_FALSE(topics.put("acme", Topic::agents, "b", text(50))) << "too many bytes";
  EXPECT_TRUE(topics.put("acme", Topic::agents, "c", "3")) << "b has gone";
  EXPECT_FALSE(topics.put("acme", Topic::agents, "a", text(61))) << "too long a value";
  EXPECT_FALSE(topics.append("acme", Topic::decisions, "d", text(61)));
  EXPECT_EQ(world.metric(Metric::topic_refused), 4);
  world.pass(100ms);
  Mirror mirror;
  mirror.read(client, "agents");
  EXPECT_EQ(mirror.values, (std::map<std::string, std::string>{{"c", "3"}}));
}

TEST(Topics, aLargeSnapshotComesInPages) {
  World world(1);
  const User ana(world, "ana");
  std::map<std::string, std::string> model;
  for (int n = 0; n < 2000; ++n) {
    const std::string key = "agent" + std::to_string(n), value = '"' + std::string(200, 'x') + '"';
    topicsOf(world).put("acme", Topic::agents, key, value);
    model[key] = value;
  }
  Client& client = ana.connect();
  ana.says(client, subscribe("agents", nullptr, R"(,"ref":"r")"));
  for (const JsonDocument* event : client.events("topic_update")) {
    EXPECT_LT(event->text().size(), 33'000u);
    EXPECT_EQ(event->root()["ref"].text(), "r");
  }
  Mirror mirror;
  mirror.read(client, "agents");
  EXPECT_EQ(mirror.values, model);
  EXPECT_GT(client.events("topic_update").size(), 10u);
  // Those who come later are given the same pages.
  const std::int64_t written = world.metric(Metric::topic_snapshots);
  topicsOf(world).put("acme", Topic::agents, "agent7", "7");
  world.pass(100ms);
  Client& late = ana.connect();
  ana.says(late, subscribe("agents"));
  Mirror its;
  its.read(late, "agents");
  model["agent7"] = "7";
  EXPECT_EQ(its.values, model);
  EXPECT_EQ(world.metric(Metric::topic_snapshots), written);
}

// ---- Slow readers

TEST(Topics, aSlowReaderHoldsUpNobodyAndCatchesUpWithoutAGap) {
  World world(1, {.shards = 2});
  const User ana(world, "ana"), ben(world, "ben");
  Client& slow = ana.connectAt(0);
  Client& quick = ben.connectAt(0);
  ana.says(slow, subscribe("agents"));
  ben.says(quick, subscribe("agents"));
  slow.reads_per_turn = 0;
  const std::string value = '"' + std::string(10'000, 'x') + '"';
  for (int n = 0; n < 60; ++n) {
    topicsOf(world).put("acme", Topic::agents, "k" + std::to_string(n), value);
    world.pass(50ms);
  }
  Mirror its, others;
  others.read(quick, "agents");
  EXPECT_EQ(others.values.size(), 60u);
  EXPECT_LT(slow.waiting(), 300'000u) << "it waits for room in his outbox";
  EXPECT_GT(world.metric(Metric::topic_readers_slow), 0);
  slow.reads_per_turn = 2;
  world.pass(2s);
  its.read(slow, "agents");
  EXPECT_EQ(its.values, others.values);
  EXPECT_EQ(its.seq, others.seq);
  EXPECT_EQ(its.snapshots, 1u) << "the ring reached back";
  EXPECT_FALSE(slow.closed);
}

TEST(Topics, whoIsTooSlowForTheRingGetsASnapshot) {
  World world(1, {.engine = {.topics = {.ring_frames = 4, .waiting_bytes = 4000}}});
  const User ana(world, "ana");
  Client& slow = ana.connect();
  ana.says(slow, subscribe("agents"));
  slow.reads_per_turn = 0;
  for (int n = 0; n < 40; ++n) {
    topicsOf(world).put("acme", Topic::agents, "k" + std::to_string(n % 7), '"' + std::string(500, 'a' + n % 26) + '"');
    world.pass(50ms);
  }
  slow.reads_per_turn = 1000;
  world.pass(1s);
  Mirror its;
  its.read(slow, "agents");
  EXPECT_EQ(its.values.size(), 7u);
  EXPECT_EQ(its.snapshots, 2u);
  topicsOf(world).put("acme", Topic::agents, "k", "1");
  world.pass(100ms);
  its.read(slow, "agents");
  EXPECT_EQ(its.values.size(), 8u) << "it goes on from there";
}

// ---- At any time, what a client was sent makes up what was published

TEST(Topics, snapshotAndChangesAreTheStateWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random dice(seed * 7919);
    World world(seed, {.shards = 1 + static_cast<unsigned>(dice.below(3)),
                       .engine = {.topics = {.keys = 12,
                                             .ring_frames = 1 + dice.below(20),
                                             .frame_bytes = 100 + dice.below(400),
                                             .waiting_bytes = 600 + dice.below(3000),
                                             .linger = 1s}}});
    const User boss(world, "boss", ATRIUM_ROLE_SUPERVISOR);
    struct Watch {
      Client* client = nullptr;
      Mirror agents, decisions;
    };
    std::vector<Watch> watches(4);
    std::map<std::string, std::string> model;
    std::deque<std::string> events;
    Topics& topics = topicsOf(world);
    const auto catchUp = [&](Watch& watch) {
      watch.agents.read(*watch.client, "agents");
      watch.decisions.read(*watch.client, "decisions");
    };
    for (int step = 0; step < 400; ++step) {
      Watch& watch = watches[dice.below(watches.size())];
      switch (dice.below(10)) {
        case 0:
          if (watch.client) {
            catchUp(watch);  // What he had read counts; what was on its way to him does not.
            if (watch.agents.page != 0) watch.agents = {};
            if (watch.decisions.page != 0) watch.decisions = {};
            world.disconnect(*watch.client, dice.below(2) == 0);
            watch.client = nullptr;
          } else {
            watch.client = &world.connect("acme", "boss", {}, ATRIUM_ROLE_SUPERVISOR);
            watch.agents.next = watch.decisions.next = 0;
            world.send(*watch.client, subscribe("agents", &watch.agents));
            world.send(*watch.client, subscribe("decisions", &watch.decisions));
          }
          break;
        case 1:
          if (watch.client) watch.client->reads_per_turn = dice.below(3) == 0 ? 1000 : dice.below(3);
          break;
        case 2: world.clock.advance(std::chrono::milliseconds(dice.below(20) == 0 ? 3000 : dice.below(80))); break;
        case 3: {
          const std::string key = "k" + std::to_string(dice.below(16));
          topics.remove("acme", Topic::agents, key);
          model.erase(key);
          break;
        }
        case 4:
        case 5: {
          const std::string value = std::to_string(step);
          topics.append("acme", Topic::decisions, "d", value);
          events.push_back("d=" + value);
          if (events.size() > 200) events.pop_front();
          break;
        }
        case 6:
        case 7: {
          const std::string key = "k" + std::to_string(dice.below(16)), value = std::to_string(step);
          if (topics.put("acme", Topic::agents, key, value))
            model[key] = value;
          else
            model.erase(key);
          break;
        }
        default: world.stir(1 + static_cast<unsigned>(dice.below(4)));
      }
    }
    for (Watch& watch : watches)
      if (watch.client) watch.client->reads_per_turn = 1000;
    world.pass(500ms);
    for (Watch& watch : watches) {
      if (!watch.client) continue;
      catchUp(watch);
      EXPECT_FALSE(watch.client->closed);
      EXPECT_EQ(watch.agents.values, model);
      EXPECT_EQ(watch.decisions.events, events);
    }
    if (HasFailure()) return;
  }
}

// ---- To people

TEST(Topics, aUserIsToldWhereverHeIs) {
  World world(1, {.shards = 3});
  const User ana(world, "ana"), ben(world, "ben");
  std::vector<Client*> anas{&ana.connectAt(0), &ana.connectAt(1), &ana.connectAt(1)};
  Client& other = ben.connectAt(0);
  Client& foreign = User(world, "ana", ATRIUM_ROLE_AGENT, "evil").connectAt(2);
  const auto event = [] {
    FrameBuilder out;
    out.append(std::string_view(R"({"event_type":"offer","offer":{}})"));
    return out.finish();
  };
  std::optional<std::uint64_t> told;
  world.shard(2).tellUser("acme", "ana", event(), [&](std::uint64_t sessions) { told = sessions; });
  world.settle();
  EXPECT_EQ(told, 3u);
  for (Client* client : anas) EXPECT_EQ(count(*client, "offer"), 1u);
  EXPECT_EQ(count(other, "offer") + count(foreign, "offer"), 0u);
  world.shard(0).tellUser("acme", "nobody", event(), [&](std::uint64_t sessions) { told = sessions; });
  world.settle();
  EXPECT_EQ(told, 0u);
}

TEST(Topics, aTenantsPeopleOfARoleAreTold) {
  World world(1, {.shards = 2});
  const User ana(world, "ana"), boss(world, "boss", ATRIUM_ROLE_SUPERVISOR), foreign(world, "boss", ATRIUM_ROLE_SUPERVISOR, "evil");
  Client& agent = ana.connectAt(0);
  Client& lead = boss.connectAt(1);
  Client& stranger = foreign.connectAt(1);
  FrameBuilder out;
  out.append(std::string_view(R"({"event_type":"alert","alert":{}})"));
  std::optional<std::uint64_t> told;
  world.shard(0).tellTenant("acme", ATRIUM_ROLE_SUPERVISOR, out.finish(), [&](std::uint64_t sessions) { told = sessions; });
  world.settle();
  EXPECT_EQ(told, 1u);
  EXPECT_EQ(count(lead, "alert"), 1u);
  EXPECT_EQ(count(agent, "alert") + count(stranger, "alert"), 0u);
}

}  // namespace
}  // namespace atrium::sim
