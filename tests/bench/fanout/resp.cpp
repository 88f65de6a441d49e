#include "fanout/resp.hpp"

#include <charconv>

#include "load/failure.hpp"

namespace atrium::bench {

namespace {

constexpr std::string_view line_end = "\r\n";

// Reads one line after another from the start of `bytes`, as long as they are complete.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t at() const { return at_; }

  std::optional<std::string_view> line() {
    const std::size_t end = bytes_.find(line_end, at_);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view text = bytes_.substr(at_, end - at_);
    at_ = end + line_end.size();
    return text;
  }
  std::optional<std::string_view> block(std::size_t size) {
    if (bytes_.size() - at_ < size + line_end.size()) return std::nullopt;
    const std::string_view text = bytes_.substr(at_, size);
    at_ += size + line_end.size();
    return text;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

std::int64_t integer(std::string_view line) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(line.data() + 1, line.data() + line.size(), value);
  if (error != std::errc{} || end != line.data() + line.size())
    throw Failure("Redis sent no number where one belongs: " + std::string(line));
  return value;
}

}  // namespace

std::optional<RespReply> readReply(std::string_view bytes) {
  Cursor cursor(bytes);
  RespReply reply;
  const auto first = cursor.line();
  if (!first) return std::nullopt;
  if (first->starts_with(':')) {
    reply.integer = integer(*first);
  } else if (*first == "*3") {
    reply.array = true;
    for (std::string_view& element : reply.elements) {
      const auto head = cursor.line();
      if (!head) return std::nullopt;
      if (head->starts_with(':')) {
        reply.integer = integer(*head);
      } else if (head->starts_with('$') && integer(*head) >= 0) {
        const auto text = cursor.block(static_cast<std::size_t>(integer(*head)));
        if (!text) return std::nullopt;
        element = *text;
      } else {
        throw Failure("Redis sent an element that is neither text nor number: " + std::string(*head));
      }
    }
  } else {
    throw Failure("Redis answered " + std::string(*first));
  }
  reply.size = cursor.at();
  return reply;
}

}  // namespace atrium::bench
