#include "event_stream.hpp"

#include <utility>

bool EventStream::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (too_long_) return false;
    const bool second_half = c == '\n' && std::exchange(after_cr_, false);  // Of a CRLF.
    if (second_half) continue;
    after_cr_ = c == '\r';
    if (c == '\n' || c == '\r') {
      end_line();
    } else {
      line_ += c;
      too_long_ = line_.size() + data_.size() > event_max;
    }
  }
  return !too_long_;
}

void EventStream::end_line() {
  const std::string line = std::exchange(line_, {});
  if (line.empty()) return end_event();
  const auto colon = line.find(':');
  const std::string_view name = std::string_view(line).substr(0, colon);
  std::string_view value = colon == std::string::npos ? std::string_view() : std::string_view(line).substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") {
    type_ = value;
  } else if (name == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
}

void EventStream::end_event() {
  const std::string type = std::exchange(type_, {}), data = std::exchange(data_, {});
  if (std::exchange(has_data_, false)) each_(type.empty() ? std::string_view("message") : std::string_view(type), data);
}
