#pragma once
#include <sqlite3.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "atrium/abi.h"

// SQLite's C interface with owners and exceptions. The exceptions stay inside this plugin.
namespace atrium::sqlite_store {

class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] int code() const { return code_ & 0xFF; }  // SQLITE_FULL, SQLITE_IOERR, ...
  [[nodiscard]] int extendedCode() const { return code_; }

 private:
  int code_;
};

// A prepared statement. Made once, run many times, by the thread that holds its connection.
class Statement {
 public:
  Statement(sqlite3* connection, std::string_view sql);

  // One run, from binding to the last row. Columns and bound bytes are borrowed until it ends.
  class Run {
   public:
    explicit Run(sqlite3_stmt* statement) : statement_(statement) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() { sqlite3_reset(statement_); }

    // Parameters count from 1 and are all bound anew for each run.
    Run& bind(int parameter, std::int64_t value) { return checked(sqlite3_bind_int64(statement_, parameter, value)); }
    Run& bindText(int parameter, std::string_view value) {
      return checked(sqlite3_bind_text(statement_, parameter, present(value), static_cast<int>(value.size()), SQLITE_STATIC));
    }
    Run& bindBlob(int parameter, std::string_view value) {
      return checked(sqlite3_bind_blob(statement_, parameter, present(value), static_cast<int>(value.size()), SQLITE_STATIC));
    }
    Run& bindId(int parameter, const atrium_id& id) {
      return bindBlob(parameter, {reinterpret_cast<const char*>(id.bytes), sizeof id.bytes});
    }
    Run& bindNull(int parameter) { return checked(sqlite3_bind_null(statement_, parameter)); }

    // True: there is a row, or another one.
    bool step();

    // Columns count from 0.
    [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
    [[nodiscard]] bool isNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    // Texts and blobs; NULL is empty.
    [[nodiscard]] std::string_view bytes(int column) const {
      const void* data = sqlite3_column_blob(statement_, column);
      return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }
    // NULL is zero.
    [[nodiscard]] atrium_id id(int column) const {
      atrium_id out{};
      const std::string_view stored = bytes(column);
      if (stored.size() == sizeof out.bytes) std::memcpy(out.bytes, stored.data(), sizeof out.bytes);
      return out;
    }

   private:
    // A null pointer would bind NULL instead of an empty value.
    static const char* present(std::string_view value) { return value.data() != nullptr ? value.data() : ""; }
    Run& checked(int code);
    sqlite3_stmt* statement_;
  };

  [[nodiscard]] Run run() { return Run(statement_.get()); }
  // For statements without parameters and rows.
  void execute() { run().step(); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// An open database file. One thread at a time.
class Connection {
 public:
  // Throws SqliteError. `flags` are SQLITE_OPEN_...
  Connection(const std::string& path, int flags);

  void execute(const std::string& sql);
  // The first column of the first row, for pragmas and counts.
  [[nodiscard]] std::int64_t integer(std::string_view sql);
  [[nodiscard]] Statement prepare(std::string_view sql) { return Statement(handle_.get(), sql); }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// A write transaction: rolled back unless committed.
class Transaction {
 public:
  Transaction(sqlite3* connection, Statement& begin, Statement& commit, Statement& rollback);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  sqlite3* connection_;
  Statement& commit_;
  Statement& rollback_;
};

}  // namespace atrium::sqlite_store
