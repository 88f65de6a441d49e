#include "atrium/ext/storage_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "validator/kinds/views.hpp"

// A compact part of the contract suite (tests/contract/storage): what a store must do before the whole of it is worth running.
namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto store_deadline = 250ms;
constexpr std::uint32_t store_flags_known = ATRIUM_STORE_INLINE | ATRIUM_STORE_PERSISTENT;

atrium_id idOf(std::uint64_t number) {
  atrium_id id{};
  id.bytes[0] = 1;
  for (int n = 0; n < 8; ++n) id.bytes[15 - n] = static_cast<std::uint8_t>(number >> (8 * n));
  return id;
}

class StorageDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "storage-backend"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_STORAGE_BACKEND; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    const auto table = instance.table<atrium_storage_backend>(extension());
    if (!table || !complete(*table)) return {};
    const auto hook = [](std::string_view name, Thread thread, bool keeps) {
      return Hook{.name = name, .thread = thread, .deadline = store_deadline, .repeats = false, .keeps = keeps};
    };
    return {hook("append_batch", Thread::writer, true), hook("write", Thread::writer, true), hook("trim", Thread::writer, true),
            hook("head", Thread::reader, false),        hook("page", Thread::reader, true),  hook("get", Thread::reader, true),
            hook("scan", Thread::reader, true)};
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_storage_backend table{};
    atrium_storage_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    if (!complete(table)) check.fail("contract.hooks", "every function of atrium_storage_backend but maintain", "a NULL");
    if (info.durability_max > ATRIUM_DURABILITY_REPLICATED)
      check.fail("contract.constants", "a durability that exists", fmt::format("{}", info.durability_max));
    if ((info.flags & ~store_flags_known) != 0) check.fail("contract.constants", "flags that exist", fmt::format("{:#x}", info.flags));
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    return fmt::format(R"({{"hook":"{}","room":{},"message":{},"text":{},"key":{},"sender":{}}})", hook.name, maker.below(4),
                       maker.below(1'000'000'000), maker.text(0, 1000), maker.text(1, 100), maker.id());
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_storage_backend>(extension());
    const std::string_view name = call.hook.name;
    if (name == "append_batch") return append(call, table);
    if (name == "write") return write(call, table);
    const auto* room = call.loan.put(roomOf(call));
    if (name == "trim") {
      const auto* trim = call.loan.put(atrium_trim{.struct_size = sizeof(atrium_trim),
                                                   .reserved = 0,
                                                   .room = *room,
                                                   .keep_last = 1000,
                                                   .sent_before_ms = 0,
                                                   .now_ms = FakeHost::wall_start_ms});
      std::uint64_t dropped = 0;
      return call.run([&] { return table.trim(call.self(), trim, &dropped); });
    }
    if (name == "head") {
      atrium_room_head head{};
      head.struct_size = sizeof head;
      return call.run([&] { return table.head(call.self(), room, &head); });
    }
    if (name == "page") {
      const auto* query = call.loan.put(pageOf(*room, 100, 0));
      std::uint64_t next = 0;
      return call.run(
          [&] { return table.page(call.self(), query, [](void*, const atrium_record*) -> std::uint32_t { return 1; }, nullptr, &next); });
    }
    const auto* key = call.loan.put(keyOf(call));
    const auto* first = call.loan.put(atrium_document_key{});
    const auto nothing = [](void*, const atrium_document*) -> std::uint32_t { return 1; };
    if (name == "get") return call.run([&] { return table.get(call.self(), key, nothing, nullptr); });
    return call.run([&] { return table.scan(call.self(), key, first, 100, nothing, nullptr); });
  }

  void behave(Check& check, const Image& /*image*/, Instance& instance) const override {
    const auto table = instance.table<atrium_storage_backend>(extension());
    if (!table || !complete(*table)) return;
    checkLog(check, instance, *table);
    checkDocuments(check, instance, *table);
  }

 private:
  static bool complete(const atrium_storage_backend& t) {
    return t.append_batch && t.trim && t.write && t.head && t.locate && t.page && t.get && t.scan;
  }
  static atrium_room_key roomOf(const Call& call) { return {call.loan.text("tenant_a"), idOf(1 + numberOf(call.input["room"]) % 4)}; }
  static atrium_page_query pageOf(const atrium_room_key& room, std::uint32_t limit, std::uint64_t before) {
    atrium_page_query query{};
    query.struct_size = sizeof query;
    query.limit = limit;
    query.room = room;
    query.before_seq = before;
    return query;
  }
  static atrium_document_key keyOf(const Call& call) {
    atrium_document_key key{};
    std::string part = call.input["key"].text();
    part.resize(std::min<std::size_t>(part.size(), ATRIUM_KEY_PART_MAX));
    key.part_count = 2;
    key.parts[0] = call.loan.text("room");
    key.parts[1] = call.loan.text(part);
    return key;
  }
  static atrium_append itemOf(const atrium_room_key& room, std::uint64_t message, atrium_text body) {
    atrium_append item{};
    item.struct_size = sizeof item;
    item.body_format = 1;
    item.room = room;
    item.message = idOf(message);
    item.sent_at_ms = FakeHost::wall_start_ms;
    item.fingerprint = message;
    item.message_type = {"text", 4};
    item.body = body;
    return item;
  }

  static Answer append(Call& call, const atrium_storage_backend& table) {
    // Ids come from a counter besides, since the host never gives one twice.
    static std::uint64_t last = 1'000'000'000'000;
    std::string body = call.input["text"].text();
    body.resize(std::min<std::size_t>(body.size(), ATRIUM_BODY_MAX));
    atrium_append item = itemOf(roomOf(call), ++last, call.loan.text(body));
    item.sender_id = lendText(call, call.input["sender"]);
    const atrium_append* const items[] = {call.loan.put(item)};
    atrium_append_result result{};
    result.struct_size = sizeof result;
    atrium_append_result* const results[] = {&result};
    const auto* batch = call.loan.put(atrium_append_batch{.struct_size = sizeof(atrium_append_batch),
                                                          .count = 1,
                                                          .items = call.loan.put(std::span<const atrium_append* const>(items)),
                                                          .results = call.loan.put(std::span<atrium_append_result* const>(results))});
    return call.run([&] { return table.append_batch(call.self(), batch); });
  }

  static Answer write(Call& call, const atrium_storage_backend& table) {
    std::string value = call.input["text"].text();
    value.resize(std::min<std::size_t>(value.size(), ATRIUM_VALUE_MAX));
    const atrium_document_write* const writes[] = {call.loan.put(atrium_document_write{.struct_size = sizeof(atrium_document_write),
                                                                                       .remove = 0,
                                                                                       .key = keyOf(call),
                                                                                       .expected_version = ATRIUM_VERSION_ANY,
                                                                                       .value = call.loan.text(value)})};
    const auto* const* lent = call.loan.put(std::span<const atrium_document_write* const>(writes));
    std::uint32_t failed = 0;
    return call.run([&] { return table.write(call.self(), lent, 1, &failed); });
  }

  static atrium_append_result appendOne(const atrium_storage_backend& table, const Instance& instance, const atrium_append& item) {
    const atrium_append* const items[] = {&item};
    atrium_append_result result{};
    result.struct_size = sizeof result;
    result.status = ATRIUM_FAILED;
    atrium_append_result* const results[] = {&result};
    const atrium_append_batch batch{.struct_size = sizeof batch, .count = 1, .items = items, .results = results};
    if (const atrium_status status = table.append_batch(instance.self(), &batch); status != ATRIUM_OK) result.status = status;
    return result;
  }

  static void checkLog(Check& check, const Instance& instance, const atrium_storage_backend& table) {
    static constexpr std::string_view rule = "storage-backend.log";
    const atrium_room_key room{{"tenant_b", 8}, idOf(77)};
    atrium_room_head head{};
    head.struct_size = sizeof head;
    if (table.head(instance.self(), &room, &head) != ATRIUM_NOT_FOUND)
      check.fail(rule, "ATRIUM_NOT_FOUND from head() of a room without a log", "another answer");
    for (std::uint64_t n = 1; n <= 5; ++n) {
      atrium_append item = itemOf(room, n, {"{}", 2});
      const std::string key = fmt::format("key_{}", n);
      item.idempotency_key = {key.data(), key.size()};
      const auto result = appendOne(table, instance, item);
      if (result.status != ATRIUM_OK || result.seq != n)
        return check.fail(rule, fmt::format("seq {} for append {}", n, n), fmt::format("status {} and seq {}", result.status, result.seq));
      if (n == 3) {
        const auto repeated = appendOne(table, instance, item);
        if (repeated.status != ATRIUM_DUPLICATE || repeated.seq != 3)
          check.fail(rule, "ATRIUM_DUPLICATE and the first seq for a repeat",
                     fmt::format("status {} and seq {}", repeated.status, repeated.seq));
        item.fingerprint = 999;
        item.message = idOf(999);
        if (appendOne(table, instance, item).status != ATRIUM_CONFLICT)
          check.fail(rule, "ATRIUM_CONFLICT for another message under a known key", "another status");
      }
    }
    if (table.head(instance.self(), &room, &head) != ATRIUM_OK || head.last_seq != 5)
      check.fail(rule, "a head at 5", fmt::format("{}", head.last_seq));
    std::vector<std::uint64_t> seqs;
    const atrium_page_query query = pageOf(room, 3, 0);
    std::uint64_t next = 0;
    const auto each = [](void* context, const atrium_record* record) -> std::uint32_t {
      static_cast<std::vector<std::uint64_t>*>(context)->push_back(record->seq);
      return 1;
    };
    if (table.page(instance.self(), &query, each, &seqs, &next) != ATRIUM_OK || seqs != std::vector<std::uint64_t>{5, 4, 3})
      check.fail(rule, "records 5, 4, 3 in a page of three", fmt::format("{} records", seqs.size()));
    std::uint64_t seq = 0;
    const atrium_id second = idOf(2);
    if (table.locate(instance.self(), &room, &second, &seq) != ATRIUM_OK || seq != 2)
      check.fail(rule, "locate() to find message 2 at 2", fmt::format("{}", seq));
  }

  static void checkDocuments(Check& check, const Instance& instance, const atrium_storage_backend& table) {
    static constexpr std::string_view rule = "storage-backend.documents";
    const auto keyFor = [](std::string_view name) {
      atrium_document_key key{};
      key.part_count = 2;
      key.parts[0] = {"validator", 9};
      key.parts[1] = {name.data(), name.size()};
      return key;
    };
    const auto put = [&](std::string_view name, std::uint64_t version, std::string_view value) {
      return atrium_document_write{.struct_size = sizeof(atrium_document_write),
                                   .remove = 0,
                                   .key = keyFor(name),
                                   .expected_version = version,
                                   .value = {value.data(), value.size()}};
    };
    const auto versionOf = [&](std::string_view name) {
      std::uint64_t version = 0;
      const atrium_document_key key = keyFor(name);
      const auto each = [](void* context, const atrium_document* document) -> std::uint32_t {
        *static_cast<std::uint64_t*>(context) = document->version;
        return 1;
      };
      return table.get(instance.self(), &key, each, &version) == ATRIUM_OK ? version : 0;
    };
    std::uint32_t failed = 0;
    const auto apply = [&](std::initializer_list<atrium_document_write> all) {
      std::vector<const atrium_document_write*> pointers;
      for (const auto& one : all) pointers.push_back(&one);
      return table.write(instance.self(), pointers.data(), static_cast<std::uint32_t>(pointers.size()), &failed);
    };
    if (apply({put("a", 0, "1"), put("b", 0, "1")}) != ATRIUM_OK)
      return check.fail(rule, "ATRIUM_OK for two new documents", "another status");
    if (versionOf("a") != 1) check.fail(rule, "version 1 after the first put", fmt::format("{}", versionOf("a")));
    if (apply({put("a", 1, "2"), put("b", 7, "2")}) != ATRIUM_PRECONDITION || failed != 1)
      check.fail(rule, "ATRIUM_PRECONDITION that names the second write", fmt::format("another answer, or write {}", failed));
    if (versionOf("a") != 1) check.fail(rule, "a refused batch to change nothing", fmt::format("version {}", versionOf("a")));
    if (apply({put("a", 1, "2")}) != ATRIUM_OK || versionOf("a") != 2)
      check.fail(rule, "version 2 after the second put", fmt::format("{}", versionOf("a")));
  }
};

}  // namespace

const Driver& storageBackendDriver();
const Driver& storageBackendDriver() {
  static const StorageDriver driver;
  return driver;
}

}  // namespace atrium::validate
