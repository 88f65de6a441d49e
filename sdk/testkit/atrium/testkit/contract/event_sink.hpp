#ifndef ATRIUM_TESTKIT_CONTRACT_EVENT_SINK_HPP
#define ATRIUM_TESTKIT_CONTRACT_EVENT_SINK_HPP
#include <array>

#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class EventSinkContract : public ContractTest {
 protected:
  std::vector<JsonText> batch(std::uint32_t count, std::uint32_t attempt = 1) {
    std::vector<JsonText> events;
    for (std::uint32_t n = 1; n <= count; ++n)
      events.emplace_back("{\"offset\":" + std::to_string(n) + ",\"attempt\":" + std::to_string(attempt) + ",\"event_id\":\"event_" +
                          std::to_string(n) + "\",\"data\":{\"room_id\":\"room_1\",\"seq\":" + std::to_string(n) + "}}");
    return events;
  }
  [[nodiscard]] std::uint32_t batch_max() {
    const std::uint32_t told = plugin().need<atrium_event_sink>(ATRIUM_EXT_EVENT_SINK).info->batch_max;
    return std::min(std::max(told, 1u), ATRIUM_SINK_BATCH_MAX);
  }
  // Events as a server tells them, one of each type that the sink asks for and this testkit knows.
  [[nodiscard]] std::vector<JsonText> sound_events(std::uint32_t attempt) {
    static constexpr std::string_view room = R"("room_id":"room_1","tenant_id":"tenant_a","room_type":"agent_team")";
    static constexpr std::string_view member = R"("user_id":"ben","display_name":"Ben","role":"member","joined_at":"2026-01-01T00:00:00Z")";
    static constexpr std::string_view message =
        R"("message_id":"msg_1","sender_id":"ana","sender_name":"Ana","message_type":"text","content":"Hello","priority":"normal",)"
        R"("metadata":{},"sent_at":"2026-01-01T00:00:00Z","delivery_status":"sent","seq":1,"epoch":"epoch_1","restricted":false)";
    static constexpr std::string_view lead =
        R"("lead_id":"lead_1","queue":"default","channel":"chat","priority":0,"lead":{"name":"A. Buyer","score":85},"handoff_id":null,)"
        R"("room_id":null,"arrived_at":"2026-01-01T00:00:00Z","waiting_ms":0)";
    static constexpr std::string_view offer =
        R"("offer_id":"offer_1","lead_id":"lead_1","agent_id":"ben","kind":"routed","channel":"chat","queue":"default","over_cap":false,)"
        R"("made_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:00:20Z")";
    static constexpr std::string_view handoff =
        R"("handoff_id":"handoff_1","lead_id":"lead_1","from":"ben","to":"cleo","by":"ben","summary":"wants a garden","commitments":[],)"
        R"("lead":{"name":"A. Buyer"},"made_at":"2026-01-01T00:00:00Z")";
    static constexpr std::string_view alert =
        R"("id":"alert_1","title":"Ben is overloaded","message":"He has 10 of 10 leads.","rule":"agent_overload","subject":"ben",)"
        R"("created_at":"2026-01-01T00:00:00Z","recommended_actions":[],"actions":[],"silenced_by":[],"inhibited_by":null)";
    struct Known {
      std::string_view type, thing, more;
    };
    static constexpr std::array known{
        Known{"message.posted", room, message},
        Known{"room.created", room, R"("name":"A","by":"ana")"},
        Known{"room.changed", room, R"("name":"B","by":"ana")"},
        Known{"member.joined", room, member},
        Known{"member.changed", room, member},
        Known{"member.left", room, member},
        Known{"room.closed", room, R"("name":"B","by":"ana")"},
        Known{"lead.created", lead, R"("state":"waiting","owner":null,"offer_id":null)"},
        Known{"offer.made", offer, R"("state":"pending","reason":null)"},
        Known{"offer.accepted", offer, R"("state":"active","reason":null)"},
        Known{"lead.assigned", lead, R"("state":"active","owner":"ben","offer_id":"offer_1")"},
        Known{"handoff.started", handoff, R"("state":"pending","offer_id":null)"},
        Known{"handoff.returned", handoff, R"("state":"returned","end_reason":"expired by cleo")"},
        Known{"lead.completed", lead, R"("state":"wrapping","owner":"ben","offer_id":"offer_1","outcome":"won","value":500000)"},
        Known{"offer.closed", offer, R"("state":"closed","outcome":"won","value":500000)"},
        Known{"alert.fired", alert, R"("state":"firing","severity":"high")"},
        Known{"alert.resolved", alert, R"("state":"resolved","severity":"high","resolved_by":null)"}};
    std::vector<JsonText> events;
    for (const auto& [type, thing, more] : known)
      if (asks_for(type))
        events.emplace_back("{\"offset\":" + std::to_string(events.size() + 1) + ",\"attempt\":" + std::to_string(attempt) +
                            ",\"event_id\":\"event_" + std::to_string(events.size() + 1) + "\",\"type\":\"" + std::string(type) +
                            "\",\"data\":{" + std::string(thing) + "," + std::string(more) + "}}");
    return events;
  }
  // Whether the sink wants events of that type.
  [[nodiscard]] bool asks_for(std::string_view type) {
    std::string_view words = view(plugin().need<atrium_event_sink>(ATRIUM_EXT_EVENT_SINK).info->events);
    if (words.empty()) return true;
    while (!words.empty()) {
      const std::string_view word = words.substr(0, words.find(','));
      words.remove_prefix(std::min(word.size() + 1, words.size()));
      if (word.ends_with(".*") ? type.starts_with(word.substr(0, word.size() - 1)) : type == word) return true;
    }
    return false;
  }
  static void expect_sound(const Delivered& delivered, std::size_t count) {
    EXPECT_LE(delivered.accepted, count) << "it accepted more than there was";
    EXPECT_NE(delivered.status, ATRIUM_FATAL);
    if (delivered.status == ATRIUM_INVALID) {
      EXPECT_LT(delivered.accepted, count) << "the dead letter is the first that was not accepted";
      EXPECT_FALSE(delivered.why.empty()) << "a dead letter has a reason";
    }
    EXPECT_TRUE(is_utf8(delivered.why)) << delivered.why;
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EventSinkContract);

TEST_P(EventSinkContract, saysWhatItTakes) {
  const auto& table = plugin().need<atrium_event_sink>(ATRIUM_EXT_EVENT_SINK);
  ASSERT_NE(table.deliver_batch, nullptr);
  EXPECT_TRUE(is_offered_name(view(table.info->name))) << view(table.info->name);
  EXPECT_LE(table.info->batch_max, ATRIUM_SINK_BATCH_MAX);
  EXPECT_EQ(view(table.info->events).find(' '), std::string_view::npos) << "types are joined by commas alone";
}

TEST_P(EventSinkContract, answersForOneEventAndForAFullBatch) {
  for (const std::uint32_t count : {1u, batch_max()}) expect_sound(deliver(plugin(), batch(count)), count);
}

// Where every other server it speaks to takes what it is sent.
TEST_P(EventSinkContract, takesSomethingOfSoundEvents) {
  if (sound_events(1).empty()) GTEST_SKIP() << "it asks for no type that this testkit knows";
  for (int n = 0; n < 100; ++n) host.answer_http("", 200, "{}");
  std::uint32_t taken = 0;
  std::string why = "no reason was given";
  for (std::uint32_t attempt = 1; attempt <= 3 && taken == 0; ++attempt)
    for (const JsonText& event : sound_events(attempt)) {
      const Delivered delivered = deliver(plugin(), {event});
      taken += delivered.accepted;
      if (!delivered.why.empty()) why = delivered.why;
      host.advance_ms(60'000);
    }
  EXPECT_GT(taken, 0u) << "it took none of the events it asks for: " << why;
}

TEST_P(EventSinkContract, takesABatchThatComesAgain) {
  for (std::uint32_t attempt = 1; attempt <= 3; ++attempt) expect_sound(deliver(plugin(), batch(batch_max(), attempt)), batch_max());
}

TEST_P(EventSinkContract, survivesEventsOfAnyKind) {
  for (const std::string& value : strange_values()) {
    expect_sound(deliver(plugin(), {JsonText("{\"type\":\"a.type.of.tomorrow\",\"data\":{\"x\":" + value + "}}")}), 1);
    host.advance_ms(60'000);
  }
}

TEST_P(EventSinkContract, survivesServicesThatFail) {
  for (const char* grant : {"kv", "publish"}) host.fail_service(grant, ATRIUM_FAILED);
  for (int n = 0; n < 10; ++n) host.fail_http("", ATRIUM_TIMED_OUT);
  expect_sound(deliver(plugin(), batch(1)), 1);
}

}  // namespace atrium::testkit
#endif
