#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "load/clock.hpp"
#include "load/samples.hpp"

// What a fan-out owes its receivers, checked for every single delivery: each receiver of a room gets each message of the room once, in the
// order of its positions, the same message at the same position as everybody else, and nothing of another room. A measurement during which
// that does not hold is no measurement.
namespace atrium::bench {

struct Faults {
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t misrouted = 0;
  [[nodiscard]] std::uint64_t total() const { return lost + duplicated + out_of_order + misrouted; }
  [[nodiscard]] std::string text() const;  // "0 lost, 0 duplicated, 0 out of order, 0 misrouted"
  void add(const Faults& other);
};

// One room and its receivers. Messages are numbered from 0 in the order in which they are sent; positions are what the server gave them,
// from 1. Time and memory per delivery are constant as long as nothing goes wrong.
class RoomAudit {
 public:
  RoomAudit(std::uint32_t room, std::size_t receivers);

  // The next message of this room goes out (or was to go out) at `intended`. Returns its number.
  std::uint64_t sent(Nanos intended);
  // `receiver` got, at `position`, what says of itself that it is message `number` of room `room`. Returns whether every receiver has the
  // message now.
  bool received(std::size_t receiver, std::uint32_t room, std::uint64_t number, std::uint64_t position, Nanos when);

  // Collects the time from the intended send to each delivery in `latencies` (null: nowhere) from now on.
  void collect(Samples* latencies) { latencies_ = latencies; }

  [[nodiscard]] std::uint64_t sentCount() const { return messages_.size(); }
  [[nodiscard]] std::uint64_t deliveries() const { return deliveries_; }
  // Messages that every receiver has.
  [[nodiscard]] std::uint64_t complete() const { return complete_; }
  // The number of the message that stands at `position`, which some receiver got.
  [[nodiscard]] std::uint64_t numberAt(std::uint64_t position) const { return number_at_.at(position - 1); }
  // With everything that has not come by now counted as lost.
  [[nodiscard]] Faults faults() const;

 private:
  struct Message {
    Nanos intended;
    std::uint32_t receivers = 0;  // Who have it.
  };
  struct Receiver {
    std::uint64_t next = 1;           // The position it must get next.
    std::set<std::uint64_t> missing;  // Positions below `next` that it did not get.
  };
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};

  // False when the delivery is a repetition.
  bool inPlace(Receiver& receiver, std::uint64_t position);

  std::uint32_t room_;
  std::vector<Message> messages_;         // By number.
  std::vector<std::uint64_t> number_at_;  // By position - 1.
  std::vector<Receiver> receivers_;
  Samples* latencies_ = nullptr;
  std::uint64_t deliveries_ = 0;
  std::uint64_t complete_ = 0;
  Faults faults_;
};

// The text of a message, `size` bytes: it names its room and number, so that a receiver knows what it has got. Letters, digits and dots
// only.
void writeContent(std::string& out, std::uint32_t room, std::uint64_t number, std::size_t size);
inline constexpr std::size_t content_min = 30;  // bytes

struct ContentMark {
  std::uint32_t room = 0;
  std::uint64_t number = 0;
};
// What writeContent() wrote. Throws Failure when `text` is nothing that it writes.
[[nodiscard]] ContentMark readContent(std::string_view text);

}  // namespace atrium::bench
