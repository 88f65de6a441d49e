#include "plugin/store_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "base/assert.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::uint64_t seq_end = 1ULL << 53;
constexpr std::uint8_t body_json = 1;
constexpr std::uint32_t full_retry_ms = 1000;
constexpr std::uint32_t failed_retry_ms = 2000;

atrium_text toText(std::string_view text) { return {text.data(), text.size()}; }
atrium_id toAbi(const Id& id) {
  atrium_id out;
  std::memcpy(out.bytes, id.bytes.data(), sizeof out.bytes);
  return out;
}
Id fromAbi(const atrium_id& id) {
  Id out;
  std::memcpy(out.bytes.data(), id.bytes, sizeof id.bytes);
  return out;
}
atrium_room_key toAbi(const RoomKey& key) { return {toText(key.tenant_id), toAbi(key.room)}; }
atrium_document_key toAbi(const DocumentKey& key) {
  ATRIUM_ASSERT(key.size() <= ATRIUM_KEY_PARTS_MAX, "a document's key has at most four parts");
  atrium_document_key out{};
  out.part_count = static_cast<std::uint32_t>(key.size());
  std::ranges::transform(key, out.parts, toText);
  return out;
}

// What a store hands over may be wrong; this much is safe to copy.
std::string copyText(const atrium_text& text, std::size_t max) {
  if (!text.data) return {};
  return {text.data, static_cast<std::size_t>(std::min<std::uint64_t>(text.size, max))};
}
std::string epochOf(const char (&epoch)[ATRIUM_EPOCH_MAX]) { return {epoch, ::strnlen(epoch, ATRIUM_EPOCH_MAX)}; }

Record toRecord(const atrium_record& from) {
  return {.seq = from.seq,
          .sent_at = fromMillis(from.sent_at_ms),
          .message = fromAbi(from.message),
          .sender_id = copyText(from.sender_id, ATRIUM_SENDER_MAX),
          .message_type = copyText(from.message_type, ATRIUM_MESSAGE_TYPE_MAX),
          .audience = copyText(from.audience, ATRIUM_AUDIENCE_MAX),
          .body = copyText(from.body, ATRIUM_BODY_MAX)};
}

Document toDocument(const atrium_document& from) {
  Document out{{}, from.version, copyText(from.value, ATRIUM_VALUE_MAX)};
  for (std::uint32_t n = 0; n < std::min(from.key.part_count, ATRIUM_KEY_PARTS_MAX); ++n)
    out.key.push_back(copyText(from.key.parts[n], ATRIUM_KEY_PART_MAX));
  return out;
}

std::size_t weight(const Record& record) { return record.body.size(); }
std::size_t weight(const Document& document) { return document.value.size(); }

// Collects what a store hands over, up to a limit: a store that goes on after being told to stop is not listened to.
template <typename Value, typename Abi, Value (*convert)(const Abi&)>
struct Collector {
  std::vector<Value> values;
  std::size_t limit;
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();  // What is beyond it by one value is kept.
  std::size_t bytes = 0;

  [[nodiscard]] bool takesMore() const { return values.size() < limit && bytes < bytes_max; }
  static std::uint32_t each(void* context, const Abi* item) {
    auto& self = *static_cast<Collector*>(context);
    if (self.takesMore()) self.bytes += weight(self.values.emplace_back(convert(*item)));
    return self.takesMore() ? 1 : 0;
  }
};
using Records = Collector<Record, atrium_record, toRecord>;
using Documents = Collector<Document, atrium_document, toDocument>;

bool isAppendStatus(atrium_status status) {
  return status == ATRIUM_OK || (status >= ATRIUM_INVALID && status <= ATRIUM_FATAL && status != ATRIUM_UNSUPPORTED);
}

}  // namespace

Error storageError(atrium_status status) {
  switch (status) {
    case ATRIUM_NOT_FOUND: return {Code::not_found, {}, 0, {}};
    case ATRIUM_PRECONDITION:
    case ATRIUM_CONFLICT: return {Code::conflict, {}, 0, {}};
    case ATRIUM_FULL: return {Code::overloaded, "Storage takes no more at present.", full_retry_ms, {}};
    case ATRIUM_INVALID:
    case ATRIUM_UNSUPPORTED: return {Code::internal, "Storage does not take this.", 0, {}};
    default: return {Code::storage_unavailable, {}, failed_retry_ms, {}};
  }
}

StoreCalls::StoreCalls(LoadedPlugin& plugin, std::chrono::nanoseconds deadline, const Clock& clock)
    : plugin_(plugin),
      table_(plugin.storage()->table),
      clock_(clock),
      append_guard_(plugin.makeGuard("append_batch", deadline)),
      write_guard_(plugin.makeGuard("write", deadline)),
      trim_guard_(plugin.makeGuard("trim", deadline)),
      maintain_guard_(plugin.makeGuard("maintain", deadline)),
      head_guard_(plugin.makeGuard("head", deadline)),
      locate_guard_(plugin.makeGuard("locate", deadline)),
      page_guard_(plugin.makeGuard("page", deadline)),
      get_guard_(plugin.makeGuard("get", deadline)),
      scan_guard_(plugin.makeGuard("scan", deadline)) {}

StoreVerdict StoreCalls::judge(HookGuard& guard, atrium_status status) const {
  switch (status) {
    case ATRIUM_OK:
    case ATRIUM_NOT_FOUND:
    case ATRIUM_DUPLICATE:
    case ATRIUM_CONFLICT:
    case ATRIUM_PRECONDITION:
    case ATRIUM_FULL: return StoreVerdict::fine;
    case ATRIUM_INVALID:
    case ATRIUM_UNSUPPORTED:  // Ours or its mistake, but no sign that it does not work.
      plugin_.report(guard, fmt::format("it returned {}", status));
      return StoreVerdict::fine;
    case ATRIUM_FATAL: plugin_.report(guard, "it can no longer keep its promises"); return StoreVerdict::fatal;
    default: plugin_.report(guard, fmt::format("it returned {}", status)); return StoreVerdict::failed;
  }
}

StoreVerdict StoreCalls::append(std::span<AppendBatch* const> batches) {
  appends_.clear();
  results_.clear();
  append_pointers_.clear();
  for (AppendBatch* batch : batches)
    for (AppendItem& item : batch->items) {
      item.result = {};
      item.result.struct_size = sizeof item.result;
      results_.push_back(&item.result);
      appends_.push_back({.struct_size = sizeof(atrium_append),
                          .body_format = body_json,
                          .kind = 0,
                          .reserved = 0,
                          .room = toAbi(*item.room),
                          .message = toAbi(item.message),
                          .thread = toAbi(item.thread),
                          .sent_at_ms = toMillis(item.sent_at),
                          .expected_seq = item.expected_seq,
                          .fingerprint = item.fingerprint,
                          .sender_id = toText(item.sender_id),
                          .message_type = toText(item.message_type),
                          .idempotency_key = toText(item.idempotency_key),
                          .audience = toText(item.audience),
                          .body = toText(item.body->payload())});
    }
  for (const atrium_append& append : appends_) append_pointers_.push_back(&append);
  ATRIUM_ASSERT(!appends_.empty() && appends_.size() <= append_batch_max, "a batch has 1 to 1,000 items");

  const atrium_append_batch call{.struct_size = sizeof(atrium_append_batch),
                                 .count = static_cast<std::uint32_t>(appends_.size()),
                                 .items = append_pointers_.data(),
                                 .results = results_.data()};
  const atrium_status status = append_guard_.call([&] { return table_.append_batch(plugin_.self(), &call); });
  if (status == ATRIUM_OK) return checkResults(appends_.size());
  const StoreVerdict verdict = judge(append_guard_, status);
  const bool known = status == ATRIUM_FULL || status == ATRIUM_INVALID || status == ATRIUM_FATAL;
  for (atrium_append_result* result : results_) {
    *result = {};
    result->status = known ? status : ATRIUM_FAILED;
  }
  return verdict;
}

StoreVerdict StoreCalls::checkResults(std::size_t count) {
  std::size_t failed = 0, nonsense = 0;
  bool fatal = false;
  for (std::size_t n = 0; n < count; ++n) {
    atrium_append_result& result = *results_[n];
    const bool positioned =
        result.seq > 0 && result.seq < seq_end && result.epoch[0] != '\0' && result.durability <= ATRIUM_DURABILITY_REPLICATED;
    const bool needs_position = result.status == ATRIUM_OK || result.status == ATRIUM_DUPLICATE;
    if (!isAppendStatus(result.status) || (needs_position && !positioned)) {
      ++nonsense;
      result = {};
      result.status = ATRIUM_FAILED;
    }
    failed += result.status == ATRIUM_FAILED ? 1 : 0;
    fatal = fatal || result.status == ATRIUM_FATAL;
  }
  if (nonsense > 0) plugin_.report(append_guard_, fmt::format("it broke the contract: {} results of {} make no sense", nonsense, count));
  if (fatal) plugin_.report(append_guard_, "it can no longer keep its promises");
  if (failed > nonsense) plugin_.report(append_guard_, fmt::format("{} of {} items failed", failed - nonsense, count));
  return fatal ? StoreVerdict::fatal : failed > 0 ? StoreVerdict::failed : StoreVerdict::fine;
}

StoreAnswer<void> StoreCalls::write(const std::vector<DocumentWrite>& writes) {
  writes_.clear();
  write_pointers_.clear();
  for (const DocumentWrite& write : writes)
    writes_.push_back({.struct_size = sizeof(atrium_document_write),
                       .remove = write.value ? 0u : 1u,
                       .key = toAbi(write.key),
                       .expected_version = write.expected_version,
                       .value = write.value ? toText(*write.value) : atrium_text{}});
  for (const atrium_document_write& write : writes_) write_pointers_.push_back(&write);
  std::uint32_t first_failed = 0;
  const atrium_status status = write_guard_.call([&] {
    return table_.write(plugin_.self(), write_pointers_.data(), static_cast<std::uint32_t>(write_pointers_.size()), &first_failed);
  });
  const StoreVerdict verdict = judge(write_guard_, status);
  if (status == ATRIUM_OK) return {{}, verdict};
  return {fail(storageError(status)), verdict};
}

StoreAnswer<std::uint64_t> StoreCalls::trim(const RoomKey& room, std::uint64_t keep_last, Wall sent_before) {
  const atrium_trim trim{.struct_size = sizeof(atrium_trim),
                         .reserved = 0,
                         .room = toAbi(room),
                         .keep_last = keep_last,
                         .sent_before_ms = toMillis(sent_before),
                         .now_ms = toMillis(clock_.now().wall)};
  std::uint64_t dropped = 0;
  const atrium_status status = trim_guard_.call([&] { return table_.trim(plugin_.self(), &trim, &dropped); });
  const StoreVerdict verdict = judge(trim_guard_, status);
  if (status == ATRIUM_OK) return {dropped, verdict};
  return {fail(storageError(status)), verdict};
}

StoreVerdict StoreCalls::maintain(std::chrono::milliseconds idle) {
  const atrium_status status =
      maintain_guard_.call([&] { return table_.maintain(plugin_.self(), static_cast<std::uint64_t>(idle.count())); });
  return judge(maintain_guard_, status);
}

StoreAnswer<RoomHead> StoreCalls::head(const RoomKey& room) {
  const atrium_room_key key = toAbi(room);
  atrium_room_head head{};
  head.struct_size = sizeof head;
  const atrium_status status = head_guard_.call([&] { return table_.head(plugin_.self(), &key, &head); });
  StoreVerdict verdict = judge(head_guard_, status);
  if (status == ATRIUM_NOT_FOUND) return {RoomHead{}, verdict};
  if (status != ATRIUM_OK) return {fail(storageError(status)), verdict};
  if (head.last_seq >= seq_end || head.first_seq == 0 || head.first_seq > head.last_seq + 1 || head.epoch[0] == '\0') {
    plugin_.report(head_guard_, "it broke the contract: the head makes no sense");
    return {fail(storageError(ATRIUM_FAILED)), StoreVerdict::failed};
  }
  return {RoomHead{epochOf(head.epoch), head.first_seq, head.last_seq}, verdict};
}

StoreAnswer<std::uint64_t> StoreCalls::locate(const RoomKey& room, const Id& message) {
  const atrium_room_key key = toAbi(room);
  const atrium_id id = toAbi(message);
  std::uint64_t seq = 0;
  const atrium_status status = locate_guard_.call([&] { return table_.locate(plugin_.self(), &key, &id, &seq); });
  const StoreVerdict verdict = judge(locate_guard_, status);
  if (status == ATRIUM_OK) return {seq, verdict};
  return {fail(storageError(status)), verdict};
}

StoreAnswer<RecordPage> StoreCalls::page(const PageQuery& query) {
  ATRIUM_ASSERT(query.message_types.size() <= ATRIUM_PAGE_TYPES_MAX, "a page is filtered by at most 16 message types");
  std::array<atrium_text, ATRIUM_PAGE_TYPES_MAX> types{};
  std::ranges::transform(query.message_types, types.begin(), toText);
  Records records{{}, std::clamp<std::uint32_t>(query.limit, 1, ATRIUM_PAGE_MAX), page_bytes_max};
  const atrium_page_query call{.struct_size = sizeof(atrium_page_query),
                               .limit = static_cast<std::uint32_t>(records.limit),
                               .room = toAbi(query.room),
                               .before_seq = query.before_seq,
                               .after_seq = query.after_seq,
                               .forward = query.forward ? 1u : 0u,
                               .message_type_count = static_cast<std::uint32_t>(query.message_types.size()),
                               .message_types = types.data(),
                               .sender_id = toText(query.sender_id),
                               .thread = toAbi(query.thread)};
  std::uint64_t next = 0;
  const atrium_status status = page_guard_.call([&] { return table_.page(plugin_.self(), &call, Records::each, &records, &next); });
  const StoreVerdict verdict = judge(page_guard_, status);
  if (status == ATRIUM_NOT_FOUND) return {RecordPage{}, verdict};
  if (status != ATRIUM_OK) return {fail(storageError(status)), verdict};
  // Whoever follows `next` has to come to an end.
  const bool onwards = query.forward ? next > query.after_seq : query.before_seq == 0 || next < query.before_seq;
  if (next != 0 && !onwards) {
    plugin_.report(page_guard_, "it broke the contract: a page goes on where it began");
    return {fail(storageError(ATRIUM_FAILED)), StoreVerdict::failed};
  }
  return {RecordPage{std::move(records.values), next}, verdict};
}

StoreAnswer<std::optional<Document>> StoreCalls::get(const DocumentKey& key) {
  const atrium_document_key document_key = toAbi(key);
  Documents documents{{}, 1};
  const atrium_status status = get_guard_.call([&] { return table_.get(plugin_.self(), &document_key, Documents::each, &documents); });
  const StoreVerdict verdict = judge(get_guard_, status);
  if (status == ATRIUM_NOT_FOUND) return {std::optional<Document>(), verdict};
  if (status != ATRIUM_OK) return {fail(storageError(status)), verdict};
  if (documents.values.empty()) return {std::optional<Document>(), verdict};
  return {std::optional(std::move(documents.values.front())), verdict};
}

StoreAnswer<std::vector<Document>> StoreCalls::scan(const DocumentKey& prefix, const DocumentKey& after, std::uint32_t limit) {
  const atrium_document_key prefix_key = toAbi(prefix), after_key = toAbi(after);
  Documents documents{{}, std::clamp<std::uint32_t>(limit, 1, ATRIUM_SCAN_MAX)};
  const atrium_status status = scan_guard_.call([&] {
    return table_.scan(plugin_.self(), &prefix_key, &after_key, static_cast<std::uint32_t>(documents.limit), Documents::each, &documents);
  });
  const StoreVerdict verdict = judge(scan_guard_, status);
  if (status != ATRIUM_OK && status != ATRIUM_NOT_FOUND) return {fail(storageError(status)), verdict};
  return {std::move(documents.values), verdict};
}

}  // namespace atrium
