#include "database.hpp"

namespace atrium::sqlite_store {
namespace {

[[noreturn]] void fail(sqlite3* connection, int code) {
  throw SqliteError(code, connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code));
}

// A reader meets a lock only while another connection recovers or resets the log, which takes milliseconds.
constexpr int busy_timeout_ms = 200;

}  // namespace

Statement::Statement(sqlite3* connection, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  statement_.reset(made);
  if (code != SQLITE_OK) fail(connection, code);
}

bool Statement::Run::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(sqlite3_db_handle(statement_), code);
  return false;
}

Statement::Run& Statement::Run::checked(int code) {
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement_), code);
  return *this;
}

Connection::Connection(const std::string& path, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) fail(opened, code);
  sqlite3_busy_timeout(opened, busy_timeout_ms);
}

void Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle_.get(), code);
}

std::int64_t Connection::integer(std::string_view sql) {
  Statement statement = prepare(sql);
  auto run = statement.run();
  return run.step() ? run.integer(0) : 0;
}

Transaction::Transaction(sqlite3* connection, Statement& begin, Statement& commit, Statement& rollback)
    : connection_(connection), commit_(commit), rollback_(rollback) {
  begin.execute();
}

// Some errors make SQLite roll back by itself, and a rollback that fails leaves nothing to be done here: whoever sees the first error
// decides what becomes of the store.
Transaction::~Transaction() {
  if (sqlite3_get_autocommit(connection_) != 0) return;
  try {
    rollback_.execute();
  } catch (const SqliteError&) {
  }
}

void Transaction::commit() { commit_.execute(); }

}  // namespace atrium::sqlite_store
