#pragma once
#include <cstdint>
#include <vector>

#include "active_rooms.hpp"
#include "atrium/storage.hpp"
#include "database.hpp"
#include "schema.hpp"

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
  struct FirstMessage;

  ActiveRoom& roomOf(const atrium_room_key& key);
  ActiveRoom readRoom(const atrium_room_key& key);
  void loadKeys(ActiveRoom& room);
  atrium_status appendOne(ActiveRoom& room, const atrium_append& item, atrium_append_result& result);
  // Fills in `result` and returns true when the first message under the item's key is found.
  bool findFirst(ActiveRoom& room, std::uint32_t hash, const atrium_append& item, atrium_append_result& result, std::uint64_t& fingerprint);
  void insertRoom(ActiveRoom& room, const atrium_room_key& key);
  void insertMessage(const ActiveRoom& room, std::uint32_t key_hash, const atrium_append& item);
  atrium_status writeOne(const atrium_document_write& write);
  void checkpointWhenDue(std::uint64_t pages_due);
  [[nodiscard]] Transaction begin() { return Transaction(connection_.handle(), begin_, commit_, rollback_); }

  Connection connection_;
  const KeySeed key_seed_;
  const std::uint64_t wal_pages_due_;
  std::uint64_t wal_pages_ = 0;               // In the log, as the last commit told.
  std::uint64_t wal_pages_checkpointed_ = 0;  // Of those.
  ActiveRooms rooms_;
  std::vector<Place> places_;  // Scratch of append().

  Statement begin_, commit_, rollback_;
  Statement select_room_, insert_room_, trim_room_;
  Statement insert_message_, select_message_, select_keys_, select_sent_at_;
  Statement select_trim_end_, select_owed_from_, delete_messages_, select_first_;
  Statement select_version_, insert_document_, update_document_, delete_document_;
};

}  // namespace atrium::sqlite_store
