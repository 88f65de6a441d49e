#include "kill/ledger.hpp"

namespace atrium::fault {

namespace {

std::string words(const Place& place) { return "(" + place.epoch + ", " + std::to_string(place.seq) + ", " + place.message_id + ")"; }

}  // namespace

void Ledger::told(const std::string& room_id, const std::string& text, const Place& place) {
  Entry& entry = rooms_[room_id][text];
  if (entry.told && entry.place != place) {
    contradictions_.push_back(text + " was said to stand at " + words(entry.place) + " and at " + words(place));
  }
  entry = {.told = true, .place = place};
}

std::vector<std::string> Ledger::compare(const std::string& room_id, const std::vector<Stored>& history) const {
  std::vector<std::string> problems = contradictions_;
  const auto room = rooms_.find(room_id);
  if (room == rooms_.end()) return {"nothing is known of " + room_id};
  std::map<std::string, Place> found;
  std::uint64_t expected = 1;
  for (const Stored& stored : history) {
    if (stored.place.seq != expected) problems.push_back("position " + std::to_string(expected) + " holds " + words(stored.place));
    ++expected;
    if (!room->second.contains(stored.text)) problems.push_back("nobody sent " + stored.text);
    if (const auto [first, is_new] = found.try_emplace(stored.text, stored.place); !is_new) {
      problems.push_back(stored.text + " is doubled: " + words(first->second) + " and " + words(stored.place));
    }
  }
  for (const auto& [text, entry] : room->second) {
    if (!entry.told) continue;
    const auto stored = found.find(text);
    if (stored == found.end()) {
      problems.push_back(text + " is lost; it was said to stand at " + words(entry.place));
    } else if (stored->second != entry.place) {
      problems.push_back(text + " has moved from " + words(entry.place) + " to " + words(stored->second));
    }
  }
  return problems;
}

std::vector<std::string> Ledger::untold(const std::string& room_id) const {
  std::vector<std::string> texts;
  for (const auto& [text, entry] : rooms_.at(room_id)) {
    if (!entry.told) texts.push_back(text);
  }
  return texts;
}

std::vector<std::string> Ledger::rooms() const {
  std::vector<std::string> ids;
  for (const auto& [id, entries] : rooms_) ids.push_back(id);
  return ids;
}

std::size_t Ledger::toldCount() const {
  std::size_t count = 0;
  for (const auto& [id, entries] : rooms_) {
    for (const auto& [text, entry] : entries) count += entry.told ? 1 : 0;
  }
  return count;
}

}  // namespace atrium::fault
