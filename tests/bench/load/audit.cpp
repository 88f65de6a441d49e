#include "load/audit.hpp"

#include <charconv>

#include "load/failure.hpp"

namespace atrium::bench {

namespace {

// "m", 8 digits of room, ".", 19 digits of number, "." and padding.
constexpr std::size_t room_digits = 8;
constexpr std::size_t number_digits = 19;

void writeDigits(std::string& out, std::uint64_t value, std::size_t digits) {
  const std::size_t start = out.size();
  out.append(digits, '0');
  for (std::size_t i = digits; i > 0 && value != 0; --i, value /= 10) out[start + i - 1] = static_cast<char>('0' + value % 10);
}

template <typename Number>
bool readDigits(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string Faults::text() const {
  return std::to_string(lost) + " lost, " + std::to_string(duplicated) + " duplicated, " + std::to_string(out_of_order) +
         " out of order, " + std::to_string(misrouted) + " misrouted";
}

void Faults::add(const Faults& other) {
  lost += other.lost;
  duplicated += other.duplicated;
  out_of_order += other.out_of_order;
  misrouted += other.misrouted;
}

RoomAudit::RoomAudit(std::uint32_t room, std::size_t receivers) : room_(room), receivers_(receivers) {}

std::uint64_t RoomAudit::sent(Nanos intended) {
  messages_.push_back({.intended = intended});
  return messages_.size() - 1;
}

bool RoomAudit::received(std::size_t receiver, std::uint32_t room, std::uint64_t number, std::uint64_t position, Nanos when) {
  // A position beyond what was sent cannot be right either, and must not make the table of positions grow without end.
  if (room != room_ || number >= messages_.size() || position == 0 || position > messages_.size()) {
    ++faults_.misrouted;
    return false;
  }
  if (!inPlace(receivers_[receiver], position)) return false;
  if (position > number_at_.size()) number_at_.resize(position, unknown);
  std::uint64_t& first = number_at_[position - 1];
  if (first == unknown) first = number;
  if (first != number) {  // Somebody else saw another message here.
    ++faults_.out_of_order;
    return false;
  }
  ++deliveries_;
  Message& message = messages_[number];
  if (latencies_ != nullptr) latencies_->add(when - message.intended);
  if (++message.receivers != receivers_.size()) return false;
  ++complete_;
  return true;
}

bool RoomAudit::inPlace(Receiver& receiver, std::uint64_t position) {
  if (position == receiver.next) {
    ++receiver.next;
    return true;
  }
  if (position > receiver.next) {
    for (; receiver.next < position; ++receiver.next) receiver.missing.insert(receiver.next);
    ++receiver.next;
    return true;
  }
  if (receiver.missing.erase(position) == 0) {
    ++faults_.duplicated;
    return false;
  }
  ++faults_.out_of_order;
  return true;
}

Faults RoomAudit::faults() const {
  Faults faults = faults_;
  for (const Receiver& receiver : receivers_) faults.lost += receiver.missing.size() + (messages_.size() + 1 - receiver.next);
  return faults;
}

void writeContent(std::string& out, std::uint32_t room, std::uint64_t number, std::size_t size) {
  const std::size_t start = out.size();
  out += 'm';
  writeDigits(out, room, room_digits);
  out += '.';
  writeDigits(out, number, number_digits);
  out += '.';
  if (out.size() - start < size) out.append(size - (out.size() - start), 'x');
}

ContentMark readContent(std::string_view text) {
  ContentMark mark;
  if (text.size() >= content_min && text[0] == 'm' && readDigits(text.substr(1, room_digits), mark.room) &&
      readDigits(text.substr(2 + room_digits, number_digits), mark.number)) {
    return mark;
  }
  throw Failure("a delivery carries a text that was never sent: " + std::string(text.substr(0, 64)));
}

}  // namespace atrium::bench
