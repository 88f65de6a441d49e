#include "staged_messages.hpp"

#include <new>
#include <string>

#include "database.hpp"

namespace atrium::sqlite_store {
namespace {

struct Table {
  sqlite3_vtab base{};
  const StagedMessages* messages;
};

struct Cursor {
  sqlite3_vtab_cursor base{};
  std::size_t at = 0;
};

const std::vector<StagedMessage>& rowsOf(sqlite3_vtab_cursor* cursor) { return reinterpret_cast<Table*>(cursor->pVtab)->messages->rows; }
std::size_t& placeOf(sqlite3_vtab_cursor* cursor) { return reinterpret_cast<Cursor*>(cursor)->at; }

int connect(sqlite3* connection, void* messages, int, const char* const*, sqlite3_vtab** out, char**) {
  const std::string sql = "CREATE TABLE staged_messages (" + std::string(StagedMessages::insert_columns) + ")";
  const int code = sqlite3_declare_vtab(connection, sql.c_str());
  if (code != SQLITE_OK) return code;
  auto* table = new (std::nothrow) Table{.messages = static_cast<const StagedMessages*>(messages)};
  if (table == nullptr) return SQLITE_NOMEM;
  *out = &table->base;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) {
  delete reinterpret_cast<Table*>(table);
  return SQLITE_OK;
}

int bestIndex(sqlite3_vtab*, sqlite3_index_info*) { return SQLITE_OK; }  // There is one way to read it: all, in order.

int open(sqlite3_vtab*, sqlite3_vtab_cursor** out) {
  auto* cursor = new (std::nothrow) Cursor;
  if (cursor == nullptr) return SQLITE_NOMEM;
  *out = &cursor->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete reinterpret_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
  placeOf(cursor) = 0;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  ++placeOf(cursor);
  return SQLITE_OK;
}

int eof(sqlite3_vtab_cursor* cursor) { return placeOf(cursor) >= rowsOf(cursor).size() ? 1 : 0; }

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* out) {
  *out = static_cast<sqlite3_int64>(placeOf(cursor));
  return SQLITE_OK;
}

// What is absent stays NULL, which takes no space. A null pointer would make an empty value NULL too.
void blob(sqlite3_context* out, std::string_view bytes) {
  sqlite3_result_blob64(out, bytes.data() != nullptr ? bytes.data() : "", bytes.size(), SQLITE_STATIC);
}
void string(sqlite3_context* out, std::string_view text) {
  sqlite3_result_text64(out, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8);
}
void id(sqlite3_context* out, const atrium_id& id) { sqlite3_result_blob(out, id.bytes, sizeof id.bytes, SQLITE_STATIC); }
void integer(sqlite3_context* out, std::uint64_t value) { sqlite3_result_int64(out, static_cast<sqlite3_int64>(value)); }

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* out, int number) {
  const StagedMessage& row = rowsOf(cursor)[placeOf(cursor)];
  const atrium_append& item = *row.item;
  const bool keyed = item.idempotency_key.size > 0;
  switch (number) {
    case 0: sqlite3_result_int64(out, row.room); break;
    case 1: integer(out, row.seq); break;
    case 2:
      if (keyed) sqlite3_result_int64(out, static_cast<std::int32_t>(row.key_hash));
      break;
    case 3: id(out, item.message); break;
    case 4:
      if (!is_zero(item.thread)) id(out, item.thread);
      break;
    case 5: integer(out, item.sent_at_ms); break;
    case 6:
      if (keyed) integer(out, item.fingerprint);
      break;
    case 7: integer(out, item.body_format); break;
    case 8: integer(out, item.kind); break;
    case 9: string(out, view(item.sender_id)); break;
    case 10: string(out, view(item.message_type)); break;
    case 11:
      if (item.audience.size > 0) blob(out, view(item.audience));
      break;
    case 12:
      if (keyed) blob(out, view(item.idempotency_key));
      break;
    default: blob(out, view(item.body)); break;
  }
  return SQLITE_OK;
}

constexpr sqlite3_module makeModule() {
  sqlite3_module module{};  // Without xCreate: the table exists by itself, in this connection only.
  module.xConnect = connect;
  module.xBestIndex = bestIndex;
  module.xDisconnect = disconnect;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = filter;
  module.xNext = next;
  module.xEof = eof;
  module.xColumn = column;
  module.xRowid = rowid;
  return module;
}
constexpr sqlite3_module staged_module = makeModule();

}  // namespace

StagedMessages::StagedMessages(sqlite3* connection) {
  const int code = sqlite3_create_module_v2(connection, "staged_messages", &staged_module, this, nullptr);
  if (code != SQLITE_OK) throw SqliteError(code, sqlite3_errmsg(connection));
}

}  // namespace atrium::sqlite_store
