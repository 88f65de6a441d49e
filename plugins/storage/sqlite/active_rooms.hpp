#pragma once
#include <cstdint>
#include <cstring>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "atrium/key_window.hpp"
#include "atrium/storage.hpp"

namespace atrium::sqlite_store {

// What the writer knows of a room it has lately appended to.
struct ActiveRoom {
  std::int64_t id = 0;  // rooms.id; 0: the room has no row yet.
  std::uint64_t last_seq = 0;
  std::string epoch;
  bool keys_loaded = false;
  KeyWindow keys;  // Leads to the low 32 bits of a seq.
  // The batch that touched it last, and that batch's first item for it.
  std::uint64_t batch = 0;
  std::size_t first_item = 0;
};

// The rooms lately appended to, by use. Bounded in number and in the bytes of their key windows; a room that falls out is read from the
// database again when it comes back. One thread.
class ActiveRooms {
 public:
  explicit ActiveRooms(std::uint64_t key_bytes_max) : key_bytes_max_(key_bytes_max) {}

  // The room, or nullptr. A room found becomes the latest used. Stays where it is until shrink() or forget().
  [[nodiscard]] ActiveRoom* find(const atrium_room_key& key) {
    const auto found = by_name_.find(nameOf(key));
    if (found == by_name_.end()) return nullptr;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return &found->second->room;
  }

  ActiveRoom& add(const atrium_room_key& key, ActiveRoom room) {
    by_use_.push_front({std::string(nameOf(key)), std::move(room)});
    by_name_.emplace(by_use_.front().name, by_use_.begin());
    return by_use_.front().room;
  }

  // Notes that a room's window takes this many bytes more, or fewer.
  void keyBytesChanged(std::size_t before, std::size_t after) { key_bytes_ += after - before; }

  // Lets go of the rooms longest unused until the bounds hold; the latest one always stays.
  void shrink() {
    while (by_use_.size() > 1 && (by_use_.size() > rooms_max || key_bytes_ > key_bytes_max_)) {
      key_bytes_ -= by_use_.back().room.keys.bytes();
      by_name_.erase(by_use_.back().name);
      by_use_.pop_back();
    }
  }

  // Lets go of all: what was noted here did not come to be in the database.
  void forget() {
    by_name_.clear();
    by_use_.clear();
    key_bytes_ = 0;
  }

 private:
  static constexpr std::size_t rooms_max = 50'000;

  struct Entry {
    std::string name;
    ActiveRoom room;
  };

  // The room's id and the tenant in one text. Borrowed until the next call.
  std::string_view nameOf(const atrium_room_key& key) {
    name_.assign(reinterpret_cast<const char*>(key.room.bytes), sizeof key.room.bytes);
    name_.append(view(key.tenant_id));
    return name_;
  }

  const std::uint64_t key_bytes_max_;
  std::uint64_t key_bytes_ = 0;
  std::string name_;
  std::list<Entry> by_use_;  // Latest first.
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_name_;
};

}  // namespace atrium::sqlite_store
