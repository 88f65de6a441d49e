#ifndef ATRIUM_TESTKIT_CONTRACT_EVENT_SINK_HPP
#define ATRIUM_TESTKIT_CONTRACT_EVENT_SINK_HPP
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
