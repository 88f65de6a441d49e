#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/link.hpp"
#include "protocol/frame.hpp"

namespace atrium {

struct HttpHeader {
  std::string_view name;   // As sent; compare without case.
  std::string_view value;  // Without surrounding white space.
};

// One whole request, checked and de-chunked. Everything it shows is borrowed and valid until the handler returns.
struct HttpRequest {
  std::string_view method;
  std::string_view path;   // Before the question mark, still percent-encoded; begins with a slash.
  std::string_view query;  // After it; empty for none.
  std::vector<HttpHeader> headers;
  std::string_view body;  // Followed by JsonIndexer::padding readable bytes.
  Mono received;          // When its last byte was read.
  bool from_loopback = false;
  unsigned minor_version = 1;  // Of HTTP/1: 0 or 1.

  // The first header of that name; nothing: empty view with null data.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  // The decoded value of a query parameter; false when it is not there. Its first occurrence counts.
  bool parameter(std::string_view name, std::string& value) const;
  // Every value of a repeated parameter, decoded, at most 64.
  [[nodiscard]] std::vector<std::string> parameters(std::string_view name) const;
  // Whether every name and value of the query can be decoded; parameter() and parameters() pass over those that cannot.
  [[nodiscard]] bool queryDecodes() const;
};

// "%41+b" → "Ab" with `plus_is_space`; nothing is decoded twice. False when an escape is broken or gives NUL.
bool percentDecode(std::string_view text, bool plus_is_space, std::string& out);

struct HttpResponse {
  int status = 200;
  std::string content_type;  // Empty: no body is announced as anything.
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  FramePtr shared_body{};  // In place of `body`: bytes that many answers share, sent as they are (FrameBuilder::finishRaw()).

  [[nodiscard]] std::size_t bodySize() const { return shared_body ? shared_body->size() : body.size(); }
};

// The problem document (RFC 9457) for an error, with its status, Retry-After, stable code and field problems.
[[nodiscard]] HttpResponse problemResponse(const Error& error);

// What a live WebSocket tells the one who accepted it. All calls on the connection's loop. Owned by the connection and destroyed with it,
// after onClosed().
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  // Once, after the 101 was queued. `link` lives until onClosed() returns.
  virtual void onOpen(Link& link) = 0;
  // One whole message, UTF-8 checked when it is text; followed by JsonIndexer::padding readable bytes.
  virtual void onText(std::string_view text) = 0;
  virtual void onBinary(std::string_view bytes) = 0;
  // Once, last: the connection is gone. `clean` when a closing handshake took place, in either direction.
  virtual void onClosed(bool clean) = 0;
  // A pong or any other sign of life arrived. Called at most once a turn.
  virtual void onAlive() {}
  // The transport gives the client up, because it reads too slowly or is silent. Returns a frame to be tried ahead of the Close frame;
  // null: none. onClosed() follows.
  virtual FramePtr onCut(CloseCode) { return {}; }
  // The server is going to stop: a handler whose link nobody else closes closes it.
  virtual void onDrain() {}
};

struct WebSocketOptions {
  std::string sub_protocol;             // What is answered; empty: none.
  std::size_t message_max = 64 * 1024;  // bytes; a larger message closes with 1009.
  std::chrono::seconds heartbeat{30};   // Of silence, then a ping; 0: none. Without any sign of life for two of them: close 4012.
  std::size_t outbox_max = 0;           // bytes that may wait for the client; 0: the transport's default.
};

// How a handler answers, now or later: exactly one of send() and upgrade(), on the connection's loop. Answers go out in the order of the
// requests, whatever the order of the calls. When the connection is gone meanwhile, both do nothing. Destroyed unanswered: 500.
class Responder {
 public:
  // The connection's side of it.
  class Slot {
   public:
    virtual ~Slot() = default;
    virtual void send(HttpResponse response) = 0;
    virtual void upgrade(WebSocketOptions options, std::unique_ptr<WebSocketHandler> handler) = 0;
  };
  Responder() = default;
  explicit Responder(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept {
    std::swap(slot_, other.slot_);  // An unanswered one leaves with `other`.
    return *this;
  }
  ~Responder();

  void send(HttpResponse response);
  void sendProblem(const Error& error) { send(problemResponse(error)); }
  // Only for a request that isUpgrade(); the transport has checked the rest of the handshake.
  void upgrade(WebSocketOptions options, std::unique_ptr<WebSocketHandler> handler);
  explicit operator bool() const { return slot_ != nullptr; }

 private:
  std::shared_ptr<Slot> slot_;
};

// Whether this is a well-formed WebSocket handshake (RFC 6455, version 13).
[[nodiscard]] bool isUpgrade(const HttpRequest& request);

// Takes every request of one loop's connections. On that loop; never blocks.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual void handle(const HttpRequest& request, Responder responder) = 0;
};

}  // namespace atrium
