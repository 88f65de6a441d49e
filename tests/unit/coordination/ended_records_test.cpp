// What is over for long enough is deleted: kernel/coordination/ended_records.cpp.
#include "coordination/ended_records.hpp"

#include <gtest/gtest.h>

#include "base/ids.hpp"
#include "coordination/change.hpp"
#include "protocol/metrics.hpp"
#include "sim/store.hpp"

namespace atrium::test {
namespace {

class EndedRecordsTest : public testing::Test {
 protected:
  // Of a thing made so long ago; ids only grow, so that older things come first in a test.
  std::string id(std::string_view prefix, std::chrono::hours ago) { return formatId(prefix, ids.next(now.wall - ago)); }
  std::string putOffer(std::chrono::hours made, std::chrono::hours ended) {
    LeadOffer offer;
    offer.offer_id = id(offer_prefix, made);
    offer.state = OfferState::closed;
    offer.ended = now.wall - ended;
    store.put({"offer_ended", "acme", offer.offer_id}, encodeOffer(offer));
    return offer.offer_id;
  }
  void putLead(const std::string& lead_id, std::chrono::hours closed) {
    Lead lead;
    lead.lead_id = lead_id;
    lead.fields = std::make_shared<const JsonDocument>(JsonDocument::emptyObject());
    lead.state = LeadState::closed;
    lead.queued = now.wall - closed;
    store.put({"lead_closed", "acme", lead_id}, encodeLead(lead));
  }
  bool kept(std::string_view collection, const std::string& id) { return store.document({std::string(collection), "acme", id}) != nullptr; }
  void sweep() {
    ended.sweep({"acme"}, std::chrono::hours(168));
    for (int step = 0; step < 50; ++step) {
      now.mono += std::chrono::milliseconds(20);
      timers.advance(now.mono);
      store.work();
    }
  }

  Random random{1};
  sim::SimStore store{random, {}};
  std::unique_ptr<Store> port = store.port([](Task task) { task(); });
  Now now = ManualClock().now();
  TimerWheel timers{now.mono};
  MetricRegistry metrics{metric_table};
  MetricSet& set = metrics.makeSet();
  Log log{Log::Options{.level = LogLevel::error}};
  IdSource ids{Random(2)};
  EndedRecords ended{*port, timers, now, set, log};
};

using std::chrono::hours;

TEST_F(EndedRecordsTest, whatEndedLongerAgoThanIsKeptGoes) {
  const std::string old = putOffer(hours(200), hours(169)), decision = id("decision_", hours(169));
  const std::string young = putOffer(hours(100), hours(99)), newer = id("decision_", hours(1));
  putLead("old", hours(169));
  putLead("young", hours(167));
  for (const std::string& one : {decision, newer}) {
    store.put({"decision", "acme", one}, "{}");
    store.put({"decision_inputs", "acme", one, "00"}, "x");
  }
  sweep();
  EXPECT_FALSE(kept("offer_ended", old));
  EXPECT_TRUE(kept("offer_ended", young));
  EXPECT_FALSE(kept("lead_closed", "old"));
  EXPECT_TRUE(kept("lead_closed", "young"));
  EXPECT_FALSE(kept("decision", decision));
  EXPECT_EQ(store.documents({"decision_inputs", "acme"}).size(), 1U);
  EXPECT_TRUE(kept("decision", newer));
}

// A lead that was worked on for longer than what is over is kept.
TEST_F(EndedRecordsTest, anOfferCountsFromItsEnd) {
  const std::string long_one = putOffer(hours(400), hours(2)), old = putOffer(hours(300), hours(250));
  sweep();
  EXPECT_TRUE(kept("offer_ended", long_one));
  EXPECT_FALSE(kept("offer_ended", old)) << "though it was made later";
}

TEST_F(EndedRecordsTest, goesThroughMoreThanOnePage) {
  for (int lead = 0; lead < 450; ++lead) putLead("lead_" + std::to_string(lead), hours(lead % 2 == 0 ? 169 : 1));
  sweep();
  EXPECT_EQ(store.documents({"lead_closed", "acme"}).size(), 225U);
}

}  // namespace
}  // namespace atrium::test
