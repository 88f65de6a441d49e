#include "transport/chunked_body.hpp"

#include <algorithm>

#include "protocol/errors.hpp"
#include "transport/http_text.hpp"

namespace atrium {

namespace {

bool framesMessages(std::string_view name) {
  return sameWord(name, "content-length") || sameWord(name, "transfer-encoding") || sameWord(name, "host") || sameWord(name, "trailer");
}

}  // namespace

Result<bool> ChunkedBody::feed(std::span<const char>& input, std::string& body) {
  while (!input.empty() && state_ != State::ended) {
    if (state_ == State::data) {
      const auto piece = input.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
      body.append(piece.data(), piece.size());
      left_ -= piece.size();
      taken_ += piece.size();
      input = input.subspan(piece.size());
      if (left_ == 0) state_ = State::data_cr;
      continue;
    }
    const char c = input.front();
    input = input.subspan(1);
    if (auto taken = take(c); !taken) return fail(std::move(taken.error()));
  }
  return state_ == State::ended;
}

Result<void> ChunkedBody::take(char c) {
  switch (state_) {
    case State::size_start:
      left_ = 0;
      extension_ = 0;
      if (hexDigit(c) < 0) return malformed("a chunk begins with its size");
      state_ = State::size;
      return takeSizeDigit(c);
    case State::size:
      if (hexDigit(c) >= 0) return takeSizeDigit(c);
      if (c == '\r') return state_ = State::size_end, Result<void>{};
      if (c != ';') return malformed("a chunk's size is hexadecimal digits");
      state_ = State::extension;
      return {};
    case State::extension:
      if (c == '\r') return state_ = State::size_end, Result<void>{};
      if (!isFieldText(c) || ++extension_ > extension_max) return malformed("a chunk's extension is malformed or too long");
      return {};
    case State::size_end:
      if (c != '\n') return malformed("a chunk's size line ends with CRLF");
      state_ = left_ == 0 ? State::line_start : State::data;
      return {};
    case State::data_cr:
    case State::data_lf:
      if (c != (state_ == State::data_cr ? '\r' : '\n')) return malformed("a chunk ends with CRLF");
      state_ = state_ == State::data_cr ? State::data_lf : State::size_start;
      return {};
    case State::line_start:
      if (c == '\r') return state_ = State::last_lf, Result<void>{};
      trailer_name_.clear();
      state_ = State::trailer_name;
      return takeTrailerName(c);
    case State::trailer_name: return takeTrailerName(c);
    case State::trailer_value:
      if (c == '\r') return state_ = State::trailer_end, Result<void>{};
      if (!isFieldText(c) || ++trailer_ > trailer_max) return malformed("a trailer field is malformed or too long");
      return {};
    case State::trailer_end:
    case State::last_lf:
      if (c != '\n') return malformed("a trailer's line ends with CRLF");
      state_ = state_ == State::last_lf ? State::ended : State::line_start;
      return {};
    case State::data:
    case State::ended: break;
  }
  return {};
}

Result<void> ChunkedBody::takeSizeDigit(char c) {
  // The bound is far below 2^60, so that the sum of what was taken and one more digit cannot overflow.
  left_ = left_ << 4 | static_cast<unsigned>(hexDigit(c));
  if (left_ > body_max_ - taken_) return fail(Code::too_large, "the body is larger than allowed");
  if (++extension_ > 16) return malformed("a chunk's size has too many digits");
  return {};
}

Result<void> ChunkedBody::takeTrailerName(char c) {
  if (++trailer_ > trailer_max) return malformed("the trailer is too long");
  if (c == ':') {
    if (trailer_name_.empty() || framesMessages(trailer_name_))
      return malformed("a trailer field has no name, or one that does not belong there");
    state_ = State::trailer_value;
    return {};
  }
  if (!isTokenChar(c)) return malformed("a trailer field's name is malformed");
  trailer_name_.push_back(c);
  return {};
}

}  // namespace atrium
