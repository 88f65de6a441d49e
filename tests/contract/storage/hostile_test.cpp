// Calls that make no sense are answered with ATRIUM_INVALID; they never crash and never change anything.
#include <limits>

#include "backend.hpp"

namespace atrium::test {
namespace {

class StorageHostile : public StorageContract {};
STORAGE_SUITE(StorageHostile);

TEST_P(StorageHostile, anItemThatMakesNoSenseFallsAlone) {
  std::vector<Item> bad;
  const auto with = [&](auto change) {
    bad.push_back(item(room_));
    change(bad.back());
  };
  with([](Item& item) { item.room = {}; });
  with([](Item& item) { item.message = {}; });
  with([](Item& item) { item.tenant_id.clear(); });
  with([](Item& item) { item.tenant_id = std::string(ATRIUM_TENANT_MAX + 1, 't'); });
  with([](Item& item) { item.sender_id = std::string(ATRIUM_SENDER_MAX + 1, 's'); });
  with([](Item& item) { item.message_type.clear(); });
  with([](Item& item) { item.message_type = std::string(ATRIUM_MESSAGE_TYPE_MAX + 1, 't'); });
  with([](Item& item) { item.idempotency_key = std::string(ATRIUM_IDEMPOTENCY_KEY_MAX + 1, 'k'); });
  with([](Item& item) { item.audience = std::string(ATRIUM_AUDIENCE_MAX + 1, 'a'); });
  with([](Item& item) { item.body = std::string(ATRIUM_BODY_MAX + 1, 'b'); });
  for (const Item& one : bad) {
    const auto outcomes = store().append({item(room_), one, item(room_)});
    EXPECT_EQ(outcomes[0].status, ATRIUM_OK);
    EXPECT_EQ(outcomes[1].status, ATRIUM_INVALID);
    EXPECT_EQ(outcomes[2].status, ATRIUM_OK);
    EXPECT_EQ(outcomes[2].seq, outcomes[0].seq + 1);
  }
  EXPECT_EQ(store().head(room_).last_seq, 2 * bad.size());
  atrium_status answered = -1;
  EXPECT_EQ(store().append({bad[0], bad[1]}, &answered)[1].status, ATRIUM_INVALID);
  EXPECT_EQ(answered, ATRIUM_OK);
}

TEST_P(StorageHostile, aBatchThatMakesNoSenseIsRefusedWhole) {
  const auto call = store().table().append_batch;
  EXPECT_EQ(call(store().self(), nullptr), ATRIUM_INVALID);
  atrium_append append{};
  append.struct_size = sizeof append;
  atrium_append_result result{};
  result.struct_size = sizeof result;
  const atrium_append* item = &append;
  atrium_append_result* out = &result;
  const auto refused = [&](atrium_append_batch batch) { return call(store().self(), &batch) == ATRIUM_INVALID; };
  EXPECT_TRUE(refused({sizeof(atrium_append_batch), 0, &item, &out}));
  EXPECT_TRUE(refused({sizeof(atrium_append_batch), 1, nullptr, &out}));
  EXPECT_TRUE(refused({sizeof(atrium_append_batch), 1, &item, nullptr}));
  EXPECT_TRUE(refused({sizeof(atrium_append_batch) - 1, 1, &item, &out}));
  const std::vector<const atrium_append*> many(ATRIUM_BATCH_MAX + 1, item);
  const std::vector<atrium_append_result*> outs(ATRIUM_BATCH_MAX + 1, out);
  EXPECT_TRUE(refused({sizeof(atrium_append_batch), ATRIUM_BATCH_MAX + 1, many.data(), outs.data()}));
  append.struct_size = 8;
  EXPECT_TRUE(refused({sizeof(atrium_append_batch), 1, &item, &out}));
  append.struct_size = sizeof append;
  result.struct_size = 0;
  EXPECT_TRUE(refused({sizeof(atrium_append_batch), 1, &item, &out}));
  item = nullptr;
  EXPECT_TRUE(refused({sizeof(atrium_append_batch), 1, &item, &out}));
}

TEST_P(StorageHostile, aTextWithASizeAndNoBytesIsNotRead) {
  const auto call = store().table().append_batch;
  atrium_append append{};
  append.struct_size = sizeof append;
  append.room = roomKey(room_);
  append.message = id('m', 1);
  append.message_type = text("text");
  append.body = {nullptr, 10};
  atrium_append_result result{};
  result.struct_size = sizeof result;
  const atrium_append* item = &append;
  atrium_append_result* out = &result;
  const atrium_append_batch batch{sizeof batch, 1, &item, &out};
  EXPECT_EQ(call(store().self(), &batch), ATRIUM_OK);
  EXPECT_EQ(result.status, ATRIUM_INVALID);
  append.body = {"x", std::numeric_limits<std::uint64_t>::max()};
  result.status = -1;
  EXPECT_EQ(call(store().self(), &batch), ATRIUM_OK);
  EXPECT_EQ(result.status, ATRIUM_INVALID);
}

TEST_P(StorageHostile, readsThatMakeNoSenseAreRefused) {
  fill(room_, 1);
  const atrium_storage_backend& table = store().table();
  atrium_plugin* self = store().self();
  const atrium_room_key room = roomKey(room_), no_room = roomKey({}), no_tenant = roomKey(room_, "");
  const std::string long_tenant(ATRIUM_TENANT_MAX + 1, 't');
  const atrium_room_key wide = roomKey(room_, long_tenant);

  atrium_room_head head{};
  EXPECT_EQ(table.head(self, &room, &head), ATRIUM_INVALID);
  head.struct_size = sizeof head;
  for (const atrium_room_key* bad : {&no_room, &no_tenant, &wide, static_cast<const atrium_room_key*>(nullptr)})
    EXPECT_EQ(table.head(self, bad, &head), ATRIUM_INVALID);
  EXPECT_EQ(table.head(self, &room, nullptr), ATRIUM_INVALID);

  std::uint64_t seq = 0;
  const atrium_id message = id('m', 1), none{};
  EXPECT_EQ(table.locate(self, &no_room, &message, &seq), ATRIUM_INVALID);
  EXPECT_EQ(table.locate(self, &room, &none, &seq), ATRIUM_INVALID);
  EXPECT_EQ(table.locate(self, &room, nullptr, &seq), ATRIUM_INVALID);
  EXPECT_EQ(table.locate(self, &room, &message, nullptr), ATRIUM_INVALID);

  const atrium_record_fn never = [](void*, const atrium_record*) -> std::uint32_t {
    ADD_FAILURE() << "a record from a query that makes no sense";
    return 1;
  };
  const std::vector<atrium_text> types(ATRIUM_PAGE_TYPES_MAX + 1, text("text"));
  const auto refused = [&](auto change) {
    atrium_page_query query{};
    query.struct_size = sizeof query;
    query.limit = 10;
    query.room = room;
    change(query);
    std::uint64_t next = 0;
    return table.page(self, &query, never, nullptr, &next) == ATRIUM_INVALID;
  };
  EXPECT_TRUE(refused([](auto& query) { query.struct_size = 4; }));
  EXPECT_TRUE(refused([](auto& query) { query.limit = 0; }));
  EXPECT_TRUE(refused([](auto& query) { query.limit = ATRIUM_PAGE_MAX + 1; }));
  EXPECT_TRUE(refused([](auto& query) { query.room.room = {}; }));
  EXPECT_TRUE(refused([&](auto& query) { query.message_types = types.data(), query.message_type_count = ATRIUM_PAGE_TYPES_MAX + 1; }));
  EXPECT_TRUE(refused([](auto& query) { query.message_type_count = 1; }));
  EXPECT_TRUE(refused([](auto& query) { query.sender_id = {nullptr, 3}; }));
  std::uint64_t next = 0;
  EXPECT_EQ(table.page(self, nullptr, never, nullptr, &next), ATRIUM_INVALID);
  atrium_page_query query{};
  query.struct_size = sizeof query;
  query.limit = 1;
  query.room = room;
  EXPECT_EQ(table.page(self, &query, nullptr, nullptr, &next), ATRIUM_INVALID);
  EXPECT_EQ(table.page(self, &query, never, nullptr, nullptr), ATRIUM_INVALID);

  atrium_trim trim{};
  std::uint64_t dropped = 0;
  EXPECT_EQ(table.trim(self, &trim, &dropped), ATRIUM_INVALID);
  trim.struct_size = sizeof trim;
  EXPECT_EQ(table.trim(self, &trim, &dropped), ATRIUM_INVALID);
  trim.room = room;
  EXPECT_EQ(table.trim(self, &trim, nullptr), ATRIUM_INVALID);
  EXPECT_EQ(table.trim(self, nullptr, &dropped), ATRIUM_INVALID);
  EXPECT_EQ(store().page(room_).records.size(), 1u);
}

TEST_P(StorageHostile, documentsThatMakeNoSenseAreRefused) {
  const std::string wide(ATRIUM_KEY_PART_MAX + 1, 'k');
  EXPECT_EQ(store().write({}).status, ATRIUM_INVALID);
  EXPECT_EQ(store().write({{{}, "v"}}).status, ATRIUM_INVALID);
  EXPECT_EQ(store().write({{{"a", wide}, "v"}}).status, ATRIUM_INVALID);
  EXPECT_EQ(store().write({{{"a"}, "fine"}, {{"b"}, std::string(ATRIUM_VALUE_MAX + 1, 'v')}}).status, ATRIUM_INVALID);
  EXPECT_EQ(store().write(std::vector<Write>(ATRIUM_BATCH_MAX + 1, Write{{"a"}, "v"})).status, ATRIUM_INVALID);
  EXPECT_TRUE(store().scan({}).empty());

  const atrium_storage_backend& table = store().table();
  atrium_plugin* self = store().self();
  std::uint32_t failed = 0;
  EXPECT_EQ(table.write(self, nullptr, 1, &failed), ATRIUM_INVALID);
  const atrium_document_write* nothing = nullptr;
  EXPECT_EQ(table.write(self, &nothing, 1, &failed), ATRIUM_INVALID);

  const atrium_document_fn never = [](void*, const atrium_document*) -> std::uint32_t {
    ADD_FAILURE() << "a document for a key that makes no sense";
    return 1;
  };
  atrium_document_key key{};
  atrium_document_key after{};
  EXPECT_EQ(table.get(self, &key, never, nullptr), ATRIUM_INVALID);
  EXPECT_EQ(table.get(self, nullptr, never, nullptr), ATRIUM_INVALID);
  EXPECT_EQ(table.scan(self, &key, &after, 0, never, nullptr), ATRIUM_INVALID);
  EXPECT_EQ(table.scan(self, &key, &after, ATRIUM_SCAN_MAX + 1, never, nullptr), ATRIUM_INVALID);
  EXPECT_EQ(table.scan(self, nullptr, &after, 1, never, nullptr), ATRIUM_INVALID);
  EXPECT_EQ(table.scan(self, &key, nullptr, 1, never, nullptr), ATRIUM_INVALID);
  EXPECT_EQ(table.scan(self, &key, &after, 1, nullptr, nullptr), ATRIUM_INVALID);
  key.part_count = ATRIUM_KEY_PARTS_MAX + 1;
  EXPECT_EQ(table.get(self, &key, never, nullptr), ATRIUM_INVALID);
  EXPECT_EQ(table.scan(self, &key, &after, 1, never, nullptr), ATRIUM_INVALID);
  key.part_count = 1;
  key.parts[0] = {nullptr, 1};
  EXPECT_EQ(table.get(self, &key, never, nullptr), ATRIUM_INVALID);
}

}  // namespace
}  // namespace atrium::test
