#ifndef ATRIUM_TESTKIT_CONTRACT_BUS_HPP
#define ATRIUM_TESTKIT_CONTRACT_BUS_HPP
// For a bus that brings what one of its instances publishes to the subscriptions of another one within the process, or over a server that
// the test has started and named in the options.
#include <chrono>
#include <condition_variable>

#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class BusContract : public ContractTest {
 protected:
  struct Received {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::string> payloads;
    bool from_within = false;  // Whether a piece came from within a call of the bus, which a receiver need not bear.
    static void receive(void* context, const atrium_bus_piece* piece, atrium_text /*cursor*/) {
      auto& self = *static_cast<Received*>(context);
      const std::lock_guard lock(self.mutex);
      self.payloads.emplace_back(view(piece->payload));
      self.from_within = self.from_within || publishing;
      self.came.notify_all();
    }
    bool wait_for(std::size_t count) {
      std::unique_lock lock(mutex);
      return came.wait_for(lock, std::chrono::seconds(10), [&] { return payloads.size() >= count; });
    }
  };
  static const atrium_bus& table(const Plugin& on) { return on.need<atrium_bus>(ATRIUM_EXT_BUS); }
  atrium_status publish(const Plugin& on, const std::vector<std::pair<std::string, std::string>>& pieces) {
    std::vector<atrium_bus_piece> owned;
    std::vector<const atrium_bus_piece*> places;
    for (const auto& [topic, payload] : pieces) owned.push_back({sizeof(atrium_bus_piece), 0, text_of(topic), text_of(payload)});
    for (const atrium_bus_piece& piece : owned) places.push_back(&piece);
    publishing = true;
    const atrium_status status = table(on).publish(on.self(), places.data(), static_cast<std::uint32_t>(places.size()));
    publishing = false;
    settle(1000);  // For a bus that sends in jobs of the host's.
    return status;
  }
  static inline thread_local bool publishing = false;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BusContract);

TEST_P(BusContract, saysWhatItPromises) {
  const atrium_bus& bus = table(plugin());
  ASSERT_TRUE(bus.publish && bus.subscribe && bus.unsubscribe);
  EXPECT_TRUE(is_offered_name(view(bus.info->name))) << view(bus.info->name);
  EXPECT_EQ(bus.info->flags & ~static_cast<std::uint32_t>(ATRIUM_BUS_ORDERED | ATRIUM_BUS_REPLAYS), 0u) << "flags that do not exist";
}

TEST_P(BusContract, bringsWhatAnotherNodePublishesUnaltered) {
  const Plugin other = another(host);
  Received received;
  std::uint64_t subscription = 0;
  ASSERT_EQ(table(plugin()).subscribe(plugin().self(), text_of("rooms"), {}, Received::receive, &received, &subscription), ATRIUM_OK);
  std::vector<std::string> sent = {"", std::string("\0\xFF\r\n", 4), std::string(100'000, 'x')};
  ASSERT_EQ(publish(other, {{"rooms", sent[0]}, {"rooms", sent[1]}, {"other", "not for it"}, {"rooms", sent[2]}}), ATRIUM_OK);
  ASSERT_TRUE(received.wait_for(3)) << "three pieces were published";
  table(plugin()).unsubscribe(plugin().self(), subscription);
  if (!(table(plugin()).info->flags & ATRIUM_BUS_ORDERED)) {
    std::sort(sent.begin(), sent.end());
    std::sort(received.payloads.begin(), received.payloads.end());
  }
  EXPECT_EQ(received.payloads, sent);
  EXPECT_FALSE(received.from_within) << "a piece was received from within publish()";
}

TEST_P(BusContract, isStillOnceUnsubscribed) {
  const Plugin other = another(host);
  Received ended, still_there;
  std::uint64_t first = 0, second = 0;
  ASSERT_EQ(table(plugin()).subscribe(plugin().self(), text_of("rooms"), {}, Received::receive, &ended, &first), ATRIUM_OK);
  ASSERT_EQ(table(plugin()).subscribe(plugin().self(), text_of("rooms"), {}, Received::receive, &still_there, &second), ATRIUM_OK);
  EXPECT_NE(first, second);
  table(plugin()).unsubscribe(plugin().self(), first);
  ASSERT_EQ(publish(other, {{"rooms", "late"}}), ATRIUM_OK);
  ASSERT_TRUE(still_there.wait_for(1));
  EXPECT_TRUE(ended.payloads.empty());
  table(plugin()).unsubscribe(plugin().self(), second);
}

}  // namespace atrium::testkit
#endif
