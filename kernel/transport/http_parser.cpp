#include "transport/http_parser.hpp"

#include <llhttp/llhttp.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "transport/http_text.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 7> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

bool isHostChar(char c) { return isAlphanumeric(c) || std::string_view("-._~:[]%").contains(c); }

// Puts a span behind `text`, which it continues in the same memory.
void extend(std::string_view& text, const char* at, std::size_t size) {
  text = text.empty() ? std::string_view(at, size) : std::string_view(text.data(), text.size() + size);
}

}  // namespace

// Receives what llhttp finds in a head that lies in one piece.
struct HttpParser::Callbacks {
  HttpRequest& request;
  std::string_view target;
  std::string_view version;
  bool in_value = true;
  bool whole = false;

  static Callbacks& of(llhttp_t* parser) { return *static_cast<Callbacks*>(parser->data); }

  static int onMethod(llhttp_t* parser, const char* at, std::size_t size) { return extend(of(parser).request.method, at, size), 0; }
  static int onTarget(llhttp_t* parser, const char* at, std::size_t size) { return extend(of(parser).target, at, size), 0; }
  static int onVersion(llhttp_t* parser, const char* at, std::size_t size) { return extend(of(parser).version, at, size), 0; }
  static int onName(llhttp_t* parser, const char* at, std::size_t size) {
    Callbacks& self = of(parser);
    if (std::exchange(self.in_value, false)) self.request.headers.emplace_back();
    return extend(self.request.headers.back().name, at, size), 0;
  }
  static int onValue(llhttp_t* parser, const char* at, std::size_t size) {
    Callbacks& self = of(parser);
    self.in_value = true;
    return extend(self.request.headers.back().value, at, size), 0;
  }
  static int onFieldEnd(llhttp_t* parser) { return of(parser).in_value = true, 0; }
  static int onHead(llhttp_t* parser) { return of(parser).whole = true, 0; }

  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t made;
      llhttp_settings_init(&made);
      made.on_method = onMethod;
      made.on_url = onTarget;
      made.on_version = onVersion;
      made.on_header_field = onName;
      made.on_header_value = onValue;
      made.on_header_value_complete = onFieldEnd;
      made.on_headers_complete = onHead;
      return made;
    }();
    return table;
  }
};

HttpParser::Status HttpParser::feed(std::span<const char>& input) {
  Result<bool> whole = false;
  if (stage_ == Stage::head)
    whole = feedHead(input);
  else
    whole = feedBody(input);
  if (!whole) {
    refusal_ = std::move(whole.error());
    stage_ = Stage::refused;
    return Status::refused;
  }
  if (!*whole) return Status::more;
  stage_ = Stage::complete;
  return Status::complete;
}

Result<bool> HttpParser::feedHead(std::span<const char>& input) {
  const std::size_t before = head_.size();
  std::string_view text(input.data(), input.size());
  if (before != 0) {
    head_.append(text.substr(0, limits_->head_max + 1 - before));
    text = head_;
  }
  const auto end = scanHead(text);
  if (!end) return fail(end.error());
  if (*end == 0) {
    if (before == 0) head_ = text;
    input = {};
    return false;
  }
  head_.resize(before == 0 ? 0 : *end);
  input = input.subspan(*end - before);
  const std::string_view head = before == 0 ? text.substr(0, *end) : std::string_view(head_);
  if (auto read = readHead(head); !read) return fail(std::move(read.error()));
  return enterBody(input, head);
}

// Looks at the bytes of the head not looked at before, and at nothing behind its end. Returns where the head ends; 0: not yet.
Result<std::size_t> HttpParser::scanHead(std::string_view text) {
  for (; scanned_ < text.size(); ++scanned_) {
    if (scanned_ == limits_->head_max) return fail(lines_ == 0 ? Code::uri_too_long : Code::header_too_large);
    const char c = text[scanned_];
    const char last = scanned_ == 0 ? '\0' : text[scanned_ - 1];
    if ((c == '\n') != (last == '\r')) return malformed("lines end with CRLF");
    if (c == '\n') {
      const std::string_view line = text.substr(line_begin_, scanned_ - 1 - line_begin_);
      line_begin_ = scanned_ + 1;
      if (line.empty() && lines_ != 0) return ++scanned_;
      if (auto good = checkLine(line); !good) return fail(std::move(good.error()));
    } else if (c != '\r' && !isFieldText(c)) {
      return malformed("a control character in the head");
    }
  }
  return std::size_t{0};
}

Result<void> HttpParser::checkLine(std::string_view line) {
  if (line.empty()) {
    // Some old clients send one more line end than they announced after a body (RFC 9112, 2.2).
    if (std::exchange(skipped_blank_line_, true)) return malformed("no request begins here");
    return {};
  }
  ++lines_;
  if (lines_ == 1) {
    // Now rather than at the end of a head that a client of version 0.9 will never send.
    constexpr std::string_view version_form = " HTTP/1.1";
    std::string_view version = line.substr(line.size() - std::min(line.size(), version_form.size()));
    const bool formed = version.starts_with(" HTTP/") && version.size() == version_form.size() && isDigit(version[6]) &&
                        version[7] == '.' && isDigit(version[8]);
    if (!formed || !isTokenChar(line.front()) || std::ranges::count(line, ' ') != 2 || line.contains('\t'))
      return malformed("the request line is malformed");
    version.remove_prefix(1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return fail(Code::version_unsupported);
    return {};
  }
  if (lines_ > limits_->headers_max + 1) return fail(Code::header_too_large, "too many header fields");
  if (line.front() == ' ' || line.front() == '\t') return malformed("a folded header line");
  return {};
}

Result<void> HttpParser::readHead(std::string_view head) {
  request_ = HttpRequest{};
  request_.headers.reserve(lines_);
  Callbacks found{.request = request_, .target = {}, .version = {}};
  llhttp_t parser;
  llhttp_init(&parser, HTTP_REQUEST, &Callbacks::settings());
  parser.data = &found;
  const llhttp_errno_t error = llhttp_execute(&parser, head.data(), head.size());
  if (error == HPE_INVALID_METHOD) return fail(Code::not_implemented);
  // Behind the head of an upgrade llhttp stops by itself.
  if (!found.whole || (error != HPE_OK && error != HPE_PAUSED_UPGRADE)) {
    const char* reason = llhttp_get_error_reason(&parser);
    return malformed(reason ? reason : "the head is malformed");
  }
  if (std::ranges::find(methods, request_.method) == methods.end()) return fail(Code::not_implemented);
  request_.minor_version = found.version == "1.0" ? 0 : 1;
  for (HttpHeader& header : request_.headers) header.value = trimmed(header.value);
  if (auto good = checkFields(); !good) return good;
  return readTarget(found.target);
}

Result<void> HttpParser::readTarget(std::string_view target) {
  if (target.size() > limits_->target_max) return fail(Code::uri_too_long);
  if (std::ranges::any_of(target, [](char c) { return c <= 0x20 || c >= 0x7F || c == '#'; }))
    return malformed("the request target is malformed");
  if (!target.starts_with('/')) {
    // The absolute form, which a proxy may send; its authority must not contradict Host.
    std::size_t scheme = 0;
    for (const std::string_view known : {std::string_view("http://"), std::string_view("https://")})
      if (sameWord(target.substr(0, known.size()), known)) scheme = known.size();
    if (scheme == 0) return malformed("the request target is no path");
    target.remove_prefix(scheme);
    const std::size_t authority = std::min(target.find_first_of("/?"), target.size());
    if (!sameWord(target.substr(0, authority), request_.header("host")))
      return malformed("the request target names another host than Host");
    target.remove_prefix(authority);
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  request_.path = question == 0 ? std::string_view("/") : target.substr(0, question);
  request_.query = target.substr(std::min(question + 1, target.size()));
  return {};
}

Result<void> HttpParser::checkFields() {
  std::size_t hosts = 0, lengths = 0, codings = 0;
  std::string_view length;
  keep_alive_ = request_.minor_version == 1;
  for (const HttpHeader& header : request_.headers) {
    if (header.name.empty() || !std::ranges::all_of(header.name, isTokenChar)) return malformed("a header field's name is malformed");
    if (sameWord(header.name, "host")) {
      ++hosts;
      if (header.value.empty() || header.value.size() > 255 || !std::ranges::all_of(header.value, isHostChar))
        return malformed("Host is malformed");
    } else if (sameWord(header.name, "content-length")) {
      ++lengths;
      length = header.value;
    } else if (sameWord(header.name, "transfer-encoding")) {
      ++codings;
      if (!sameWord(header.value, "chunked")) return malformed("the only transfer coding is chunked");
    } else if (sameWord(header.name, "connection")) {
      if (listHas(header.value, "close")) keep_alive_ = false;
    } else if (sameWord(header.name, "expect")) {
      if (!sameWord(header.value, "100-continue")) return fail(Code::expectation_failed);
      wants_continue_ = request_.minor_version == 1;
    }
  }
  if (hosts > 1 || (hosts == 0 && request_.minor_version == 1)) return malformed("a request has exactly one Host");
  if (lengths + codings > 1) return malformed("a request has one framing");
  if (codings == 1 && request_.minor_version == 0) return malformed("HTTP/1.0 has no transfer codings");
  if (codings == 1) {
    stage_ = Stage::chunked_body;
    chunked_.emplace(limits_->body_max);
  } else if (lengths == 1) {
    // 18 digits are more than any body allowed here, and fewer than would overflow.
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), content_length_);
    if (length.empty() || length.size() > 18 || !std::ranges::all_of(length, isDigit) || error != std::errc{} ||
        end != length.data() + length.size())
      return malformed("Content-Length is malformed");
    if (content_length_ > limits_->body_max) return fail(Code::too_large, "the body is larger than allowed");
    stage_ = Stage::sized_body;
  }
  return {};
}

Result<bool> HttpParser::enterBody(std::span<const char>& input, std::string_view head) {
  if (stage_ == Stage::head || (stage_ == Stage::sized_body && content_length_ == 0)) return true;
  if (stage_ == Stage::sized_body && head_.empty() && input.size() >= content_length_) {
    request_.body = std::string_view(input.data(), content_length_);
    input = input.subspan(content_length_);
    return true;
  }
  if (head_.empty()) {
    // The body comes in pieces, so the head has to stay, and what shows it has to move with it.
    head_ = head;
    if (auto read = readHead(head_); !read) return fail(std::move(read.error()));
  }
  return feedBody(input);
}

Result<bool> HttpParser::feedBody(std::span<const char>& input) {
  if (stage_ == Stage::chunked_body) {
    auto ended = chunked_->feed(input, body_);
    if (!ended || !*ended) return ended;
  } else {
    const std::size_t taken = std::min<std::size_t>(input.size(), content_length_ - body_.size());
    body_.append(input.data(), taken);
    input = input.subspan(taken);
    if (body_.size() < content_length_) return false;
  }
  const std::size_t size = body_.size();
  body_.append(JsonIndexer::padding, '\0');
  request_.body = std::string_view(body_).substr(0, size);
  return true;
}

}  // namespace atrium
