#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace atrium::fault {

// Where the server said a message stands, and under which name.
struct Place {
  std::string epoch;
  std::uint64_t seq = 0;
  std::string message_id;
  friend bool operator==(const Place&, const Place&) = default;
};

// A message as the history shows it.
struct Stored {
  std::string text;
  Place place;
};

// What the clients of a server know, across all its deaths: which messages they sent and which of these they were told about, by a
// confirmation or a delivery. A message's text is also its client_message_id and differs from every other's.
class Ledger {
 public:
  // From here on the message may have reached the server.
  void sent(const std::string& room_id, const std::string& text) { rooms_[room_id].try_emplace(text); }
  // Some client was told that the message stands at `place`. Being told two places is a problem, which the next compare() reports.
  void told(const std::string& room_id, const std::string& text, const Place& place);

  // Everything in which the room's whole history, oldest first, contradicts what the clients know: a message they were told of is missing,
  // stands twice or elsewhere; one stands there that nobody sent; the positions are not 1, 2, 3 ... One sentence each.
  [[nodiscard]] std::vector<std::string> compare(const std::string& room_id, const std::vector<Stored>& history) const;

  // The messages of a room of which nobody was told.
  [[nodiscard]] std::vector<std::string> untold(const std::string& room_id) const;
  [[nodiscard]] std::vector<std::string> rooms() const;
  // Messages that clients were told of, in all rooms.
  [[nodiscard]] std::size_t toldCount() const;

 private:
  struct Entry {
    bool told = false;
    Place place;
  };
  std::map<std::string, std::map<std::string, Entry>> rooms_;  // By room, then by text.
  std::vector<std::string> contradictions_;
};

}  // namespace atrium::fault
