#include "store.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

#include "atrium/plugin.h"
#include "protocol/json_index.hpp"

namespace atrium::test {
namespace {

std::string string(const atrium_text& text) { return {text.data, static_cast<std::size_t>(text.size)}; }
std::string epochOf(const char (&epoch)[ATRIUM_EPOCH_MAX]) { return {epoch, strnlen(epoch, sizeof epoch)}; }

const void* noService(const atrium_host*, const char*) { return nullptr; }
const atrium_host bare_host{sizeof(atrium_host), nullptr, noService};

Document documentOf(const atrium_document& document) {
  Document out{{}, document.version, string(document.value)};
  for (std::uint32_t n = 0; n < document.key.part_count; ++n) out.key.push_back(string(document.key.parts[n]));
  return out;
}

std::uint32_t takeDocument(void* context, const atrium_document* document) {
  static_cast<std::vector<Document>*>(context)->push_back(documentOf(*document));
  return 1;
}

std::uint32_t takeRecord(void* context, const atrium_record* record) {
  static_cast<Page*>(context)->records.push_back({record->seq, record->sent_at_ms, record->message, record->thread,
                                                  string(record->sender_id), string(record->message_type), string(record->audience),
                                                  string(record->body), record->body_format, record->kind});
  return 1;
}

}  // namespace

std::vector<std::uint64_t> Page::seqs() const {
  std::vector<std::uint64_t> out;
  for (const Record& record : records) out.push_back(record.seq);
  return out;
}

atrium_id id(char space, std::uint64_t n) {
  atrium_id out{};
  out.bytes[0] = static_cast<std::uint8_t>(space);
  for (int byte = 0; byte < 8; ++byte) out.bytes[15 - byte] = static_cast<std::uint8_t>(n >> 8 * byte);
  return out;
}

atrium_text text(std::string_view view) { return {view.data(), view.size()}; }

atrium_room_key roomKey(const atrium_id& room, std::string_view tenant_id) { return {text(tenant_id), room}; }

atrium_document_key documentKey(const Key& key) {
  atrium_document_key out{};
  for (const std::string& part : key) out.parts[out.part_count++] = text(part);
  return out;
}

std::expected<Store, std::string> Store::open(const std::string& path, const std::string& options_json) {
  // Stays loaded, so that sanitizers can name its functions at the end of the process.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::unexpected(std::string(dlerror()));
  const auto* entry = static_cast<const atrium_entry_table*>(dlsym(library, "atrium_entry"));
  if (entry == nullptr) return std::unexpected(std::string("no atrium_entry"));

  const auto options = JsonDocument::parse(options_json);
  if (!options) return std::unexpected(options.error().detail);
  std::string sentence;
  const atrium_sink error{&sentence, [](void* context, const void* data, std::uint64_t size) {
                            static_cast<std::string*>(context)->append(static_cast<const char*>(data), size);
                          }};
  atrium_plugin* made = nullptr;
  if (entry->create(&bare_host, options->root().abi(), error, &made) != ATRIUM_OK) return std::unexpected(sentence);
  Plugin plugin(made, entry->destroy);
  const auto* table = static_cast<const atrium_storage_backend*>(entry->get_extension(made, ATRIUM_EXT_STORAGE_BACKEND));
  if (table == nullptr) return std::unexpected(std::string("no storage backend"));
  return Store(std::move(plugin), table);
}

std::vector<Outcome> Store::append(const std::vector<Item>& items, atrium_status* status) const {
  std::vector<atrium_append> appends;
  std::vector<atrium_append_result> results(items.size());
  std::vector<const atrium_append*> append_pointers;
  std::vector<atrium_append_result*> result_pointers;
  appends.reserve(items.size());
  for (std::size_t n = 0; n < items.size(); ++n) {
    const Item& item = items[n];
    appends.push_back({.struct_size = sizeof(atrium_append),
                       .body_format = item.body_format,
                       .kind = item.kind,
                       .reserved = 0,
                       .room = roomKey(item.room, item.tenant_id),
                       .message = item.message,
                       .thread = item.thread,
                       .sent_at_ms = item.sent_at_ms,
                       .expected_seq = item.expected_seq,
                       .fingerprint = item.fingerprint,
                       .sender_id = text(item.sender_id),
                       .message_type = text(item.message_type),
                       .idempotency_key = text(item.idempotency_key),
                       .audience = text(item.audience),
                       .body = text(item.body)});
    results[n].struct_size = sizeof(atrium_append_result);
    append_pointers.push_back(&appends[n]);
    result_pointers.push_back(&results[n]);
  }
  const atrium_append_batch batch{sizeof(atrium_append_batch), static_cast<std::uint32_t>(items.size()), append_pointers.data(),
                                  result_pointers.data()};
  const atrium_status answered = table_->append_batch(self(), &batch);
  if (status != nullptr) *status = answered;

  std::vector<Outcome> out;
  for (const atrium_append_result& result : results)
    out.push_back({result.status, result.durability, result.seq, result.sent_at_ms, result.message, epochOf(result.epoch)});
  return out;
}

Page Store::page(const atrium_id& room, const PageRequest& request) const {
  std::vector<atrium_text> types;
  for (const std::string& type : request.message_types) types.push_back(text(type));
  const atrium_page_query query{.struct_size = sizeof(atrium_page_query),
                                .limit = request.limit,
                                .room = roomKey(room),
                                .before_seq = request.before_seq,
                                .after_seq = request.after_seq,
                                .forward = request.forward ? 1u : 0u,
                                .message_type_count = static_cast<std::uint32_t>(types.size()),
                                .message_types = types.data(),
                                .sender_id = text(request.sender_id),
                                .thread = request.thread};
  Page page;
  page.status = table_->page(self(), &query, takeRecord, &page, &page.next);
  return page;
}

Head Store::head(const atrium_id& room, std::string_view tenant_id) const {
  const atrium_room_key key = roomKey(room, tenant_id);
  atrium_room_head head{};
  head.struct_size = sizeof head;
  const atrium_status status = table_->head(self(), &key, &head);
  return {status, head.first_seq, head.last_seq, epochOf(head.epoch)};
}

std::uint64_t Store::locate(const atrium_id& room, const atrium_id& message) const {
  const atrium_room_key key = roomKey(room);
  std::uint64_t seq = 0;
  return table_->locate(self(), &key, &message, &seq) == ATRIUM_OK ? seq : 0;
}

std::uint64_t Store::trim(const atrium_id& room, std::uint64_t keep_last, std::uint64_t sent_before_ms, std::uint64_t now_ms) const {
  const atrium_trim trim{sizeof(atrium_trim), 0, roomKey(room), keep_last, sent_before_ms, now_ms};
  std::uint64_t dropped = 0;
  for (std::uint64_t slice = 1; slice > 0; dropped += slice)
    if (table_->trim(self(), &trim, &slice) != ATRIUM_OK) break;
  return dropped;
}

WriteOutcome Store::write(const std::vector<Write>& writes) const {
  std::vector<atrium_document_write> all;
  std::vector<const atrium_document_write*> pointers;
  all.reserve(writes.size());
  for (const Write& write : writes) {
    all.push_back(
        {sizeof(atrium_document_write), write.remove ? 1u : 0u, documentKey(write.key), write.expected_version, text(write.value)});
    pointers.push_back(&all.back());
  }
  WriteOutcome outcome;
  outcome.status = table_->write(self(), pointers.data(), static_cast<std::uint32_t>(pointers.size()), &outcome.failed);
  return outcome;
}

Document Store::get(const Key& key) const {
  const atrium_document_key borrowed = documentKey(key);
  std::vector<Document> found;
  const atrium_status status = table_->get(self(), &borrowed, takeDocument, &found);
  return status == ATRIUM_OK && found.size() == 1 ? found.front() : Document{};
}

std::vector<Document> Store::scan(const Key& prefix, const Key& after, std::uint32_t limit) const {
  const atrium_document_key from = documentKey(prefix);
  const atrium_document_key cursor = documentKey(after);
  std::vector<Document> found;
  if (table_->scan(self(), &from, &cursor, limit, takeDocument, &found) != ATRIUM_OK) found.clear();
  return found;
}

}  // namespace atrium::test
