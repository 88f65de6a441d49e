#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

TEST(Loopback, bringsAPieceToItsTopicInAJobOfItsOwn) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  const auto& bus = plugin.need<atrium_bus>(ATRIUM_EXT_BUS);
  std::vector<std::string> received;
  const auto receive = [](void* context, const atrium_bus_piece* piece, atrium_text) {
    static_cast<std::vector<std::string>*>(context)->emplace_back(atrium::view(piece->payload));
  };
  std::uint64_t subscription = 0;
  ASSERT_EQ(bus.subscribe(plugin.self(), atrium::text_of("rooms"), {}, receive, &received, &subscription), ATRIUM_OK);
  const atrium_bus_piece piece{sizeof piece, 0, atrium::text_of("rooms"), atrium::text_of("one")};
  const atrium_bus_piece* const pieces[] = {&piece};
  EXPECT_EQ(bus.publish(plugin.self(), pieces, 1), ATRIUM_OK);
  EXPECT_TRUE(received.empty());
  host.run_jobs();
  EXPECT_EQ(received, std::vector<std::string>{"one"});
  bus.unsubscribe(plugin.self(), subscription);
}
