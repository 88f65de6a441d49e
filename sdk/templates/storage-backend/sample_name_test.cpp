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

atrium_status write(const testkit::Plugin& plugin, std::initializer_list<std::pair<const char*, std::uint64_t>> keys) {
  std::vector<atrium_document_write> writes;
  for (const auto& [key, expected] : keys) {
    atrium_document_write one{};
    one.struct_size = sizeof one;
    one.key.part_count = 1;
    one.key.parts[0] = atrium::text_of(key);
    one.expected_version = expected;
    one.value = atrium::text_of("value");
    writes.push_back(one);
  }
  std::vector<const atrium_document_write*> places;
  for (const atrium_document_write& one : writes) places.push_back(&one);
  std::uint32_t failed = 0;
  return plugin.need<atrium_storage_backend>(ATRIUM_EXT_STORAGE_BACKEND)
      .write(plugin.self(), places.data(), static_cast<std::uint32_t>(places.size()), &failed);
}

std::uint64_t version(const testkit::Plugin& plugin, const char* name) {
  atrium_document_key key{};
  key.part_count = 1;
  key.parts[0] = atrium::text_of(name);
  std::uint64_t found = 0;
  const auto each = [](void* context, const atrium_document* document) -> std::uint32_t {
    *static_cast<std::uint64_t*>(context) = document->version;
    return 1;
  };
  static_cast<void>(plugin.need<atrium_storage_backend>(ATRIUM_EXT_STORAGE_BACKEND).get(plugin.self(), &key, each, &found));
  return found;
}

// The seqs of a page, and where the next one begins.
std::pair<std::string, std::uint64_t> page(const testkit::Plugin& plugin, std::uint64_t from, bool forward) {
  atrium_page_query query{};
  query.struct_size = sizeof query;
  query.limit = 2;
  query.room = {atrium::text_of("acme"), {{1}}};
  (forward ? query.after_seq : query.before_seq) = from;
  query.forward = forward ? 1 : 0;
  std::string seqs;
  std::uint64_t next = 0;
  const auto each = [](void* context, const atrium_record* record) -> std::uint32_t {
    *static_cast<std::string*>(context) += std::to_string(record->seq) + " ";
    return 1;
  };
  EXPECT_EQ(plugin.need<atrium_storage_backend>(ATRIUM_EXT_STORAGE_BACKEND).page(plugin.self(), &query, each, &seqs, &next), ATRIUM_OK);
  return {seqs, next};
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

TEST(SampleName, writesAllDocumentsOrNone) {
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"records_max": 2})");
  EXPECT_EQ(write(plugin, {{"a", 0}, {"a", 1}, {"b", 0}}), ATRIUM_OK) << "each sees what those before it would leave";
  EXPECT_EQ(version(plugin, "a"), 2u);
  EXPECT_EQ(write(plugin, {{"a", 2}, {"b", 7}}), ATRIUM_PRECONDITION);
  EXPECT_EQ(version(plugin, "a"), 2u);
}

TEST(SampleName, pagesBothWaysAndSaysWhereToGoOn) {
  using Page = std::pair<std::string, std::uint64_t>;
  testkit::FakeHost host;
  const testkit::Plugin plugin(host, atrium_entry, R"({"records_max": 5})");
  EXPECT_EQ(page(plugin, 0, false), Page("", 0)) << "a room that nobody wrote in";
  for (const char* key : {"1", "2", "3", "4", "5"}) append(plugin, message("text", key));
  EXPECT_EQ(page(plugin, 0, false), Page("5 4 ", 4));
  EXPECT_EQ(page(plugin, 4, false), Page("3 2 ", 2));
  EXPECT_EQ(page(plugin, 2, false), Page("1 ", 0));
  EXPECT_EQ(page(plugin, 0, true), Page("1 2 ", 2));
  EXPECT_EQ(page(plugin, 2, true), Page("3 4 ", 4));
  EXPECT_EQ(page(plugin, 4, true), Page("5 ", 0));
  EXPECT_EQ(page(plugin, 9, true), Page("", 0));
}
