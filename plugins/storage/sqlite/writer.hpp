#pragma once
#include <cstdint>
#include <vector>

#include "active_rooms.hpp"
#include "atrium/storage.hpp"
#include "database.hpp"
#include "schema.hpp"
#include "staged_messages.hpp"

namespace atrium::sqlite_store {

// The one connection that writes, and that carries the write-ahead log over into the file. Throws SqliteError; what it was doing is
// undone then. One thread at a time.
class Writer {
 public:
  explicit Writer(const Settings& settings);
  // Leaves the log to the next start when the store is lost: nothing is to be written on the strength of what was not synced.
  void abandon();

  void append(AppendItems items, AppendResults results);
  [[nodiscard]] std::uint64_t trim(const atrium_trim& trim);
  [[nodiscard]] atrium_status write(DocumentWrites writes, std::uint32_t& failed);
  void maintain(std::uint64_t idle_ms);

 private:
  struct Place {
    ActiveRoom* room;
    std::size_t item;
  };
  // The room whose items of a batch are being taken.
  struct Turn {
    ActiveRoom& room;
    const std::uint64_t stored_seq;  // What lies above it is only staged...
    const std::size_t staged_begin;  // ...from here on.
  };

  ActiveRoom& roomOf(const atrium_room_key& key);
  ActiveRoom readRoom(const atrium_room_key& key);
  void loadKeys(ActiveRoom& room);
  atrium_status stage(const Turn& turn, const atrium_append& item, atrium_append_result& result);
  // ATRIUM_OK: the item's key is new. Otherwise it is a repeat or a conflict, and `result` is the first message's.
  atrium_status findRepeat(const Turn& turn, std::uint32_t hash, const atrium_append& item, atrium_append_result& result);
  void insertRoom(ActiveRoom& room, const atrium_room_key& key);
  atrium_status writeOne(const atrium_document_write& write);
  void checkpointWhenDue(std::uint64_t pages_due);
  [[nodiscard]] Transaction begin() { return Transaction(connection_.handle(), begin_, commit_, rollback_); }

  // After this, what the transaction wrote is where the next start looks for it.
  void commit(Transaction& transaction);

  Connection connection_;
  const OpenFiles files_;
  StagedMessages staged_;
  const KeySeed key_seed_;
  const std::uint64_t wal_pages_due_;
  std::uint64_t wal_pages_ = 0;               // In the log, as the last commit told.
  std::uint64_t wal_pages_checkpointed_ = 0;  // Of those.
  ActiveRooms rooms_;
  std::uint64_t batch_ = 0;    // Counts them.
  std::vector<Place> places_;  // Scratch of append().

  Statement begin_, commit_, rollback_;
  Statement select_room_, insert_room_, trim_room_;
  Statement insert_staged_, select_message_, select_keys_, select_sent_at_;
  Statement select_trim_end_, select_owed_from_, delete_messages_, select_first_;
  Statement select_version_, insert_document_, update_document_, delete_document_;
};

}  // namespace atrium::sqlite_store
