#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "transport/chunked_body.hpp"
#include "transport/http.hpp"

namespace atrium {

struct HttpParserLimits {
  std::size_t head_max = 16 * 1024;    // bytes of request line and header; more is 431.
  std::size_t headers_max = 100;       // fields; more is 431.
  std::size_t target_max = 8 * 1024;   // bytes of the request target; more is 414.
  std::size_t body_max = 1024 * 1024;  // bytes, taken out of its coding; more is 413.
};

// Reads HTTP/1.1 requests (RFC 9112), however they are cut into pieces, one after the other. llhttp takes the head apart; around it stand
// the checks that keep two readers of the same bytes from disagreeing about where a request ends: exactly one Host, one framing, CRLF
// and nothing else as the end of a line, no folded lines, no control characters, versions 1.0 and 1.1 only. A fault is found at the latest
// when the head is whole, so that a bad request never waits for a time-out.
// A request that lies whole in one input is shown where it lies; of any other, what has arrived is kept. No I/O, one thread.
class HttpParser {
 public:
  // `limits` outlive the parser.
  explicit HttpParser(const HttpParserLimits& limits) : limits_(&limits) {}

  enum class Status : std::uint8_t { more, complete, refused };
  // Takes bytes from the front of `input`, which is followed by JsonIndexer::padding readable bytes.
  // complete: request() is whole; `input` begins behind it and must stay in place until next(). refused: refusal() says why, nothing more
  // can be read from this client. more: all input is taken.
  [[nodiscard]] Status feed(std::span<const char>& input);

  // After complete. `received` and `from_loopback` are left to the caller.
  [[nodiscard]] HttpRequest& request() { return request_; }
  // After refused: bad_request, too_large, header_too_large, uri_too_long, version_unsupported, not_implemented or expectation_failed.
  [[nodiscard]] const Error& refusal() const { return refusal_; }
  // After complete: whether the client expects the connection to stay.
  [[nodiscard]] bool keepAlive() const { return keep_alive_; }

  // Whether a request has begun and is not whole yet.
  [[nodiscard]] bool midway() const { return stage_ != Stage::head || !head_.empty(); }
  [[nodiscard]] bool inBody() const { return stage_ == Stage::sized_body || stage_ == Stage::chunked_body; }
  // Bytes of the body that came so far.
  [[nodiscard]] std::size_t bodySize() const { return body_.size(); }
  // True once per request that waits for "100 Continue" and has sent nothing of its body yet.
  [[nodiscard]] bool takeContinue() { return std::exchange(wants_continue_, false) && body_.empty(); }

  // Forgets the request just read, and its memory, and begins the next one.
  void next() { *this = HttpParser(*limits_); }

 private:
  enum class Stage : std::uint8_t { head, sized_body, chunked_body, complete, refused };
  struct Callbacks;

  [[nodiscard]] Result<bool> feedHead(std::span<const char>& input);
  [[nodiscard]] Result<std::size_t> scanHead(std::string_view text);
  [[nodiscard]] Result<void> checkLine(std::string_view line);
  [[nodiscard]] Result<void> readHead(std::string_view head);
  [[nodiscard]] Result<void> readTarget(std::string_view target);
  [[nodiscard]] Result<void> checkFields();
  [[nodiscard]] Result<bool> enterBody(std::span<const char>& input, std::string_view head);
  [[nodiscard]] Result<bool> feedBody(std::span<const char>& input);

  const HttpParserLimits* limits_;
  Stage stage_ = Stage::head;
  bool keep_alive_ = true;
  bool wants_continue_ = false;
  bool skipped_blank_line_ = false;
  std::size_t scanned_ = 0;     // Bytes of the head that were looked at…
  std::size_t lines_ = 0;       // …the lines that ended in them…
  std::size_t line_begin_ = 0;  // …and where the next one begins.
  std::uint64_t content_length_ = 0;
  std::string head_;  // The head, or its beginning, of a request that did not come whole.
  std::string body_;
  std::optional<ChunkedBody> chunked_;
  HttpRequest request_;
  Error refusal_{};
};

}  // namespace atrium
