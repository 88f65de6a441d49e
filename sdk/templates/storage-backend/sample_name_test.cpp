#include <gtest/gtest.h>

#include <atrium/ext/storage_backend.h>
#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

atrium_append message(const char* content, const char* key) {
  atrium_append item{};
  item.struct_size = sizeof item;
  item.room = {atrium::text_of("acme"), {{1}}};
  item.message = {{2}};
  item.sent_at_ms = 1000;
  item.fingerprint = std::hash<std::string_view>()(content);
  item.message_type = atrium::text_of("text");
  item.idempotency_key = atrium::text_of(key);
  item.body = atrium::text_of(content);
  return item;
}

atrium_append_result append(const testkit::Plugin& plugin, const atrium_append& item) {
  const auto& store = plugin.need<atrium_storage_backend>(ATRIUM_EXT_STORAGE_BACKEND);
  atrium_append_result result{};
  result.struct_size = sizeof result;
  const atrium_append* const items[] = {&item};
  atrium_append_result* const results[] = {&result};
  const atrium_append_batch batch{sizeof batch, 1, items, results};
  EXPECT_EQ(store.append_batch(plugin.self(), &batch), ATRIUM_OK);
  return result;
}

}  // namespace

TEST(SampleName, numbersMessagesAndKnowsARepeat) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"records_max": 2})");
  EXPECT_EQ(append(plugin, message("one", "k1")).seq, 1u);
  EXPECT_EQ(append(plugin, message("two", "k2")).seq, 2u);
  EXPECT_EQ(append(plugin, message("one", "k1")).status, ATRIUM_DUPLICATE);
  EXPECT_EQ(append(plugin, message("other", "k1")).status, ATRIUM_CONFLICT);
  EXPECT_EQ(append(plugin, message("three", "k3")).status, ATRIUM_FULL);
}
