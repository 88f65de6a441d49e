// Rooms' logs and documents in one SQLite file.
//
// One connection writes, on the store's writing thread, and every batch it is given becomes one transaction and one sync of the
// write-ahead log: that is the group commit which makes "fsynced" cheap. Reading threads share a few read-only connections and see
// everything that was answered before they ask. This file decides what an error means; writer.cpp and reader.cpp do the work.
#include <atomic>
#include <stdexcept>
#include <string>

#include "atrium/storage.hpp"
#include "reader.hpp"
#include "schema.hpp"
#include "writer.hpp"

namespace atrium::sqlite_store {
namespace {

Settings settingsOf(Json options) {
  const auto number = [&](std::string_view name) { return static_cast<std::uint64_t>(options[name].as_int().value()); };
  return {.path = options["path"].as_text().value(),
          .cache_mib = number("cache_mib"),
          .wal_mib = number("wal_mib"),
          .key_memory_mib = number("key_memory_mib"),
          .readers = number("readers")};
}

class SqliteStore : public StorageBackend<SqliteStore> {
 public:
  SqliteStore(Host host, Json options) try
      : StorageBackend("sqlite", ATRIUM_STORE_PERSISTENT, ATRIUM_DURABILITY_FSYNCED),
        host_(host),
        settings_(settingsOf(options)),
        file_(settings_.path),
        writer_(settings_),
        readers_(settings_) {
  } catch (const SqliteError& error) {
    throw std::runtime_error(refusalOf(options["path"].as_text().value(), error));
  }
  ~SqliteStore() {
    if (lost_.load(std::memory_order_acquire)) writer_.abandon();
  }

  atrium_status append(AppendItems items, AppendResults results) {
    return attempt([&] {
      writer_.append(items, results);
      return ATRIUM_OK;
    });
  }
  atrium_status trim(const atrium_trim& trim, std::uint64_t& dropped) {
    return attempt([&] {
      dropped = writer_.trim(trim);
      return ATRIUM_OK;
    });
  }
  atrium_status write(DocumentWrites writes, std::uint32_t& failed) {
    return attempt([&] { return writer_.write(writes, failed); });
  }
  atrium_status maintain(std::uint64_t idle_ms) {
    return attempt([&] {
      writer_.maintain(idle_ms);
      return ATRIUM_OK;
    });
  }
  atrium_status head(const atrium_room_key& room, atrium_room_head& out) {
    return read([&](Reader& reader) { return reader.head(room, out); });
  }
  atrium_status locate(const atrium_room_key& room, const atrium_id& message, std::uint64_t& seq) {
    return read([&](Reader& reader) { return reader.locate(room, message, seq); });
  }
  atrium_status page(const atrium_page_query& query, RecordReceiver each, std::uint64_t& next) {
    return read([&](Reader& reader) {
      reader.page(query, each, next);
      return ATRIUM_OK;
    });
  }
  atrium_status get(const atrium_document_key& key, DocumentReceiver each) {
    return read([&](Reader& reader) { return reader.get(key, each); });
  }
  atrium_status scan(const atrium_document_key& prefix, const atrium_document_key& after, std::uint32_t limit, DocumentReceiver each) {
    return read([&](Reader& reader) {
      reader.scan(prefix, after, limit, each);
      return ATRIUM_OK;
    });
  }

 private:
  template <typename Call>
  atrium_status read(Call&& call) {
    return attempt([&] { return readers_.use(call); });
  }

  template <typename Call>
  atrium_status attempt(Call&& call) {
    if (lost_.load(std::memory_order_acquire)) return ATRIUM_FATAL;
    try {
      return call();
    } catch (const SqliteError& error) {
      return answerTo(error);
    }
  }

  atrium_status answerTo(const SqliteError& error) {
    switch (error.code()) {
      case SQLITE_FULL: return ATRIUM_FULL;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
      case SQLITE_NOMEM:
      case SQLITE_INTERRUPT:
      case SQLITE_TOOBIG: return ATRIUM_FAILED;
      default: break;
    }
    if (error.extendedCode() == SQLITE_IOERR_SHMSIZE) return ATRIUM_FULL;  // The log's index in shared memory could not grow.
    if (error.extendedCode() == SQLITE_IOERR_NOMEM) return ATRIUM_FAILED;
    // After a failed sync or read nobody knows what the disk holds: the system may already have thrown away the pages it could not write.
    // A second try could succeed on nothing, so there is none.
    if (!lost_.exchange(true, std::memory_order_acq_rel))
      host_.error("storage_lost", "The database " + settings_.path + " can no longer be trusted: " + error.what() + " (SQLite error " +
                                      std::to_string(error.extendedCode()) + "). Nothing is stored until the server is started again.");
    return ATRIUM_FATAL;
  }

  const Host host_;
  const Settings settings_;
  const DatabaseFile file_;
  Writer writer_;
  Readers readers_;
  std::atomic<bool> lost_{false};
};

}  // namespace
}  // namespace atrium::sqlite_store

ATRIUM_PLUGIN(atrium::sqlite_store::SqliteStore, "atrium.storage.sqlite", "1.0.0")
