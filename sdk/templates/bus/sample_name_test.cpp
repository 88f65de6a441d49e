#include <gtest/gtest.h>

#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

void note(void* context, const atrium_bus_piece* piece, atrium_text) {
  static_cast<std::vector<std::string>*>(context)->emplace_back(atrium::view(piece->payload));
}

atrium_status publish(const testkit::Plugin& plugin, const char* topic, const char* payload) {
  const atrium_bus_piece piece{sizeof piece, 0, atrium::text_of(topic), atrium::text_of(payload)};
  const atrium_bus_piece* const pieces[] = {&piece};
  return plugin.need<atrium_bus>(ATRIUM_EXT_BUS).publish(plugin.self(), pieces, 1);
}

std::uint64_t subscribe(const testkit::Plugin& plugin, const char* topic, std::vector<std::string>& received) {
  std::uint64_t subscription = 0;
  const auto& bus = plugin.need<atrium_bus>(ATRIUM_EXT_BUS);
  EXPECT_EQ(bus.subscribe(plugin.self(), atrium::text_of(topic), {}, note, &received, &subscription), ATRIUM_OK);
  return subscription;
}

}  // namespace

TEST(SampleName, bringsWhatIsPublishedToItsTopic) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  std::vector<std::string> received;
  const std::uint64_t subscription = subscribe(plugin, "rooms", received);
  EXPECT_EQ(publish(plugin, "rooms", "one"), ATRIUM_OK);
  EXPECT_EQ(publish(plugin, "other", "two"), ATRIUM_OK);
  EXPECT_TRUE(received.empty());  // Never from within publish().
  host.run_jobs();
  EXPECT_EQ(received, std::vector<std::string>{"one"});
  plugin.need<atrium_bus>(ATRIUM_EXT_BUS).unsubscribe(plugin.self(), subscription);
  EXPECT_EQ(publish(plugin, "rooms", "three"), ATRIUM_OK);
  host.run_jobs();
  EXPECT_EQ(received.size(), 1u);
}

TEST(SampleName, takesABurstWithOneJob) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry);
  std::vector<std::string> received;
  const std::uint64_t subscription = subscribe(plugin, "rooms", received);
  for (int n = 0; n < 200; ++n) EXPECT_EQ(publish(plugin, "rooms", "piece"), ATRIUM_OK);
  EXPECT_EQ(host.jobs_waiting(), 1u);
  host.run_jobs();
  EXPECT_EQ(received.size(), 200u);
  plugin.need<atrium_bus>(ATRIUM_EXT_BUS).unsubscribe(plugin.self(), subscription);
}

// With no job to be had, what is refused never goes out.
TEST(SampleName, sendsAllOrNone) {
  testkit::FakeHost host;
  host.refuse("executor");
  const testkit::Plugin refused(host, atrium_entry);
  std::vector<std::string> received;
  const std::uint64_t subscription = subscribe(refused, "rooms", received);
  EXPECT_EQ(publish(refused, "rooms", "lost"), ATRIUM_FULL);
  testkit::FakeHost other;
  const testkit::Plugin plugin(other, atrium_entry);
  EXPECT_EQ(publish(plugin, "rooms", "sent"), ATRIUM_OK);
  other.run_jobs();
  EXPECT_EQ(received, std::vector<std::string>{"sent"});
  refused.need<atrium_bus>(ATRIUM_EXT_BUS).unsubscribe(refused.self(), subscription);
}
