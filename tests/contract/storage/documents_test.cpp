// Documents: versions, atomic batches, order of keys.
#include <algorithm>
#include <map>
#include <random>

#include "backend.hpp"

namespace atrium::test {
namespace {

class StorageDocuments : public StorageContract {};
STORAGE_SUITE(StorageDocuments);

using namespace std::string_literals;

std::vector<Key> keysOf(const std::vector<Document>& documents) {
  std::vector<Key> keys;
  for (const Document& document : documents) keys.push_back(document.key);
  return keys;
}

TEST_P(StorageDocuments, versionsCountThePuts) {
  const Key key{"room", "tenant_a", "r1"};
  EXPECT_EQ(store().get(key).version, 0u);
  EXPECT_EQ(store().write({{key, "one"}}).status, ATRIUM_OK);
  EXPECT_EQ(store().get(key), (Document{key, 1, "one"}));
  EXPECT_EQ(store().write({{key, "two", 1}}).status, ATRIUM_OK);
  EXPECT_EQ(store().get(key), (Document{key, 2, "two"}));
  EXPECT_EQ(store().write({{key, "three", 1}}).status, ATRIUM_PRECONDITION);
  EXPECT_EQ(store().write({{key, "three", 0}}).status, ATRIUM_PRECONDITION);
  EXPECT_EQ(store().write({{key, "three", 3}}).status, ATRIUM_PRECONDITION);
  EXPECT_EQ(store().get(key), (Document{key, 2, "two"}));
}

TEST_P(StorageDocuments, aDeletedDocumentStartsAnew) {
  const Key key{"room", "r1"};
  EXPECT_EQ(store().write({{.key = key, .remove = true}}).status, ATRIUM_OK);
  EXPECT_EQ(store().write({{.key = key, .expected_version = 1, .remove = true}}).status, ATRIUM_PRECONDITION);
  store().write({{key, "one"}});
  store().write({{key, "two"}});
  EXPECT_EQ(store().write({{.key = key, .expected_version = 1, .remove = true}}).status, ATRIUM_PRECONDITION);
  EXPECT_EQ(store().write({{.key = key, .expected_version = 2, .remove = true}}).status, ATRIUM_OK);
  EXPECT_EQ(store().get(key).version, 0u);
  EXPECT_EQ(store().write({{key, "again", 0}}).status, ATRIUM_OK);
  EXPECT_EQ(store().get(key), (Document{key, 1, "again"}));
}

TEST_P(StorageDocuments, aBatchStandsOrFallsAsOne) {
  const Key a{"doc", "a"}, b{"doc", "b"}, c{"doc", "c"}, d{"doc", "d"};
  ASSERT_EQ(store().write({{a, "a1"}, {b, "b1"}}).status, ATRIUM_OK);
  const WriteOutcome outcome =
      store().write({{a, "a2", 1}, {.key = b, .remove = true}, {c, "c1", 0}, {a, "a3", 2}, {d, "d1", 7}, {c, "c2"}});
  EXPECT_EQ(outcome.status, ATRIUM_PRECONDITION);
  EXPECT_EQ(outcome.failed, 4u);
  EXPECT_EQ(store().scan({"doc"}), (std::vector<Document>{{a, 1, "a1"}, {b, 1, "b1"}}));
  EXPECT_EQ(store().write({{a, "a2", 1}, {.key = b, .remove = true}, {c, "c1", 0}, {a, "a3", 2}, {b, "b1 anew", 0}}).status, ATRIUM_OK);
  EXPECT_EQ(store().scan({"doc"}), (std::vector<Document>{{a, 3, "a3"}, {b, 1, "b1 anew"}, {c, 1, "c1"}}));
}

TEST_P(StorageDocuments, valuesAreBytesUpToAMebibyte) {
  std::string bytes(ATRIUM_VALUE_MAX, '\0');
  for (std::size_t n = 0; n < bytes.size(); ++n) bytes[n] = static_cast<char>(n * 31);
  ASSERT_EQ(store().write({{{"large"}, bytes}, {{"empty"}, ""}}).status, ATRIUM_OK);
  EXPECT_EQ(store().get({"large"}).value, bytes);
  EXPECT_EQ(store().get({"empty"}), (Document{{"empty"}, 1, ""}));
}

TEST_P(StorageDocuments, scansInOrderOfTuplesWhateverBytesTheyHold) {
  const std::vector<std::string> parts{"",
                                       "\0"s,
                                       "\0\0"s,
                                       "\0\1"s,
                                       "\0\2"s,
                                       "\0\xff"s,
                                       "\1"s,
                                       "\1\0"s,
                                       "\2"s,
                                       "a",
                                       "a\0"s,
                                       "a\0b"s,
                                       "a\xff",
                                       "b",
                                       "\xfe",
                                       "\xff",
                                       "\xff\0"s,
                                       "\xff\xff"s,
                                       std::string(ATRIUM_KEY_PART_MAX, '\xff')};
  std::vector<Key> keys;
  std::mt19937 random(3);
  for (const std::string& one : parts) {
    keys.push_back({"c", one});
    for (const std::string& two : parts) keys.push_back({"c", one, two});
    keys.push_back({"c", one, parts[random() % parts.size()], parts[random() % parts.size()]});
  }
  std::ranges::shuffle(keys, random);
  for (std::size_t at = 0; at < keys.size(); at += 100) {
    std::vector<Write> batch;
    for (std::size_t n = at; n < std::min(at + 100, keys.size()); ++n) batch.push_back({keys[n], "v"});
    ASSERT_EQ(store().write(batch).status, ATRIUM_OK);
  }
  ASSERT_EQ(store().write({{{"b"}, "before"}, {{"c"}, "itself"}, {{"c\0"s}, "behind"}, {{"d"}, "behind"}}).status, ATRIUM_OK);
  keys.push_back({"c"});

  std::ranges::sort(keys);  // std::vector<std::string>: part by part, bytes compared unsigned.
  EXPECT_EQ(keysOf(store().scan({"c"})), keys);

  for (const std::string& one : parts) {
    std::vector<Key> below;
    std::ranges::copy_if(keys, std::back_inserter(below), [&](const Key& key) { return key.size() >= 2 && key[1] == one; });
    EXPECT_EQ(keysOf(store().scan({"c", one})), below);
  }

  // Page by page, each going on after the last key of the one before.
  std::vector<Key> paged;
  for (Key after; paged.size() < keys.size(); after = paged.back()) {
    const auto page = keysOf(store().scan({"c"}, after, 7));
    ASSERT_FALSE(page.empty());
    paged.insert(paged.end(), page.begin(), page.end());
  }
  EXPECT_EQ(paged, keys);
  EXPECT_TRUE(store().scan({"c"}, keys.back()).empty());

  EXPECT_EQ(store().scan({}).size(), keys.size() + 3);
}

TEST_P(StorageDocuments, aScanGoesOnAfterAKeyThatIsGoneOrLiesOutside) {
  store().write({{{"c", "1"}, "v"}, {{"c", "3"}, "v"}, {{"e", "1"}, "v"}});
  EXPECT_EQ(keysOf(store().scan({"c"}, {"c", "2"})), (std::vector<Key>{{"c", "3"}}));
  EXPECT_EQ(keysOf(store().scan({"c"}, {"a"})), (std::vector<Key>{{"c", "1"}, {"c", "3"}}));
  EXPECT_TRUE(store().scan({"c"}, {"d"}).empty());
  EXPECT_TRUE(store().scan({"d"}).empty());
}

TEST_P(StorageDocuments, agreesWithAModelUnderRandomBatches) {
  std::mt19937 random(11);
  std::map<Key, Document> model;
  const auto someKey = [&] { return Key{"m", std::string(1, static_cast<char>(random() % 4)), std::string(random() % 3, '\0')}; };
  for (int round = 0; round < 400; ++round) {
    std::vector<Write> batch;
    auto next = model;
    std::uint32_t failed = UINT32_MAX;
    for (std::uint32_t n = 0, count = 1 + random() % 5; n < count; ++n) {
      Write write{.key = someKey(), .value = std::to_string(random()), .remove = random() % 3 == 0};
      const std::uint64_t version = next.contains(write.key) ? next[write.key].version : 0;
      if (random() % 2 == 0) write.expected_version = random() % 8 == 0 ? version + 1 : version;
      if (failed == UINT32_MAX) {
        if (write.expected_version != ATRIUM_VERSION_ANY && write.expected_version != version)
          failed = n;
        else if (write.remove)
          next.erase(write.key);
        else
          next[write.key] = {write.key, version + 1, write.value};
      }
      batch.push_back(write);
    }
    const WriteOutcome outcome = store().write(batch);
    ASSERT_EQ(outcome.status, failed == UINT32_MAX ? ATRIUM_OK : ATRIUM_PRECONDITION);
    ASSERT_EQ(outcome.failed, failed);
    if (failed == UINT32_MAX) model = next;
  }
  std::vector<Document> expected;
  for (const auto& [key, document] : model) expected.push_back(document);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(store().scan({"m"}), expected);
}

}  // namespace
}  // namespace atrium::test
