#include "transport/http_protocol.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "transport/connection_set.hpp"
#include "transport/http_response.hpp"
#include "transport/websocket_handshake.hpp"
#include "transport/websocket_protocol.hpp"

namespace atrium {

// One request on its way to its answer. The responder and the protocol share it; whichever goes first leaves the other something harmless.
class HttpExchange final : public Responder::Slot {
 public:
  HttpExchange(HttpProtocol& protocol, const HttpRequest& request, bool keep_alive)
      : protocol_(&protocol), received_(request.received), head_(request.method == "HEAD"), keep_alive_(keep_alive) {}

  void send(HttpResponse response) override {
    response_ = std::move(response);
    answered();
  }
  void upgrade(WebSocketOptions options, std::unique_ptr<WebSocketHandler> handler) override {
    options_ = std::move(options);
    handler_ = std::move(handler);
    answered();
  }

 private:
  friend class HttpProtocol;
  void answered() {
    answered_ = true;
    if (protocol_) protocol_->writeAnswers();
  }

  HttpProtocol* protocol_;  // Null once the connection is over.
  Mono received_;
  HttpResponse response_;
  WebSocketOptions options_;
  std::unique_ptr<WebSocketHandler> handler_;  // Of an accepted upgrade.
  std::string key_;                            // Of a handshake.
  bool head_;
  bool keep_alive_;
  bool answered_ = false;
};

HttpProtocol::HttpProtocol(Connection& connection)
    : connection_(connection), parser_(connection.set().limits().http), begun_(connection.set().now()), last_read_(begun_) {
  moveDeadline();
}

// Who answers later may do so, or be destroyed, after the connection.
HttpProtocol::~HttpProtocol() {
  for (const auto& exchange : exchanges_) exchange->protocol_ = nullptr;
}

bool HttpProtocol::wantsInput() const {
  return !ended_ && !last_request_ && !upgrade_asked_ && exchanges_.size() < connection_.set().limits().pipelined_max;
}

std::size_t HttpProtocol::onInput(std::span<char> bytes) {
  std::span<const char> input = bytes;
  last_read_ = connection_.set().now();
  if (!parser_.midway()) begun_ = last_read_;
  while (!input.empty() && wantsInput()) {
    const HttpParser::Status status = parser_.feed(input);
    if (status == HttpParser::Status::more) {
      writeContinue();
    } else if (status == HttpParser::Status::refused) {
      refuse(parser_.refusal());
    } else {
      take(parser_.request());
      parser_.next();
      begun_ = last_read_;
    }
  }
  if (!ended_) moveDeadline();
  // Behind a last request nothing is of account; behind an upgrade everything is.
  return last_request_ ? bytes.size() : bytes.size() - input.size();
}

std::shared_ptr<HttpExchange> HttpProtocol::open(const HttpRequest& request) {
  last_request_ = !parser_.keepAlive() || connection_.set().draining();
  return exchanges_.emplace_back(std::make_shared<HttpExchange>(*this, request, !last_request_));
}

void HttpProtocol::take(HttpRequest& request) {
  request.received = last_read_;
  request.from_loopback = connection_.fromLoopback();
  served_ = true;
  const auto exchange = open(request);
  Responder responder(exchange);
  switch (inspectHandshake(request)) {
    case Handshake::good:
      exchange->key_ = request.header("sec-websocket-key");
      upgrade_asked_ = true;
      last_request_ = false;
      break;
    case Handshake::malformed: return responder.sendProblem({Code::bad_request, "the WebSocket handshake is malformed", 0, {}});
    case Handshake::other_version: {
      HttpResponse response = problemResponse({Code::upgrade_required, "the WebSocket version spoken here is 13", 0, {}});
      response.headers.emplace_back("Sec-WebSocket-Version", "13");
      return responder.send(std::move(response));
    }
    case Handshake::none: break;
  }
  connection_.set().handler().handle(request, std::move(responder));
}

void HttpProtocol::refuse(const Error& error) {
  connection_.set().metrics().add(Metric::http_refused);
  HttpRequest unknown;
  unknown.received = connection_.set().now();
  const auto exchange = exchanges_.emplace_back(std::make_shared<HttpExchange>(*this, unknown, false));
  last_request_ = true;
  exchange->send(problemResponse(error));
}

void HttpProtocol::writeAnswers() {
  if (ended_) return;
  ConnectionSet& set = connection_.set();
  std::size_t written = 0;
  while (!ended_ && written < exchanges_.size() && exchanges_[written]->answered_) {
    HttpExchange& exchange = *exchanges_[written++];
    set.metrics().add(Metric::http_requests);
    set.metrics().observe(Metric::http_seconds, set.now() - exchange.received_);
    if (exchange.handler_) {
      ended_ = true;
      connection_.pushAnswer(switchingProtocols(exchange.key_, exchange.options_.sub_protocol));
      WebSocketProtocol::begin(connection_, std::move(exchange.options_), std::move(exchange.handler_));
      return;
    }
    HttpResponse& response = exchange.response_;
    connection_.pushAnswer(httpAnswer(response, {.date = set.date(), .without_body = exchange.head_, .close = !exchange.keep_alive_}));
    if (response.shared_body && response.shared_body->size() > 0 && !exchange.head_)
      connection_.pushAnswer(std::move(response.shared_body));
    exchange.protocol_ = nullptr;
    if (!exchange.key_.empty()) upgrade_asked_ = false;
    if (!exchange.keep_alive_) end();
  }
  if (ended_) return;
  exchanges_.erase(exchanges_.begin(), exchanges_.begin() + static_cast<std::ptrdiff_t>(written));
  writeContinue();
  begun_ = parser_.midway() ? begun_ : set.now();
  moveDeadline();
  connection_.touch();  // It may be read again.
}

void HttpProtocol::writeContinue() {
  if (!exchanges_.empty() || !parser_.takeContinue()) return;
  FrameBuilder out;
  out.append("HTTP/1.1 100 Continue\r\n\r\n");
  connection_.pushAnswer(out.finishRaw());
}

void HttpProtocol::end() {
  ended_ = true;
  connection_.finish();
}

void HttpProtocol::moveDeadline() {
  const TransportLimits& limits = connection_.set().limits();
  // Nothing more is read, and while a handler works on an answer, time is its business.
  if (last_request_) return connection_.setDeadline(Mono::max());
  if (parser_.inBody()) {
    // A body that drips in holds memory and a place for as long as it likes, so each byte earns only so much time.
    const auto rate = static_cast<std::int64_t>(std::max<std::size_t>(limits.body_rate_min, 1));
    const std::chrono::nanoseconds earned = std::chrono::nanoseconds(std::chrono::seconds(parser_.bodySize())) / rate;
    connection_.setDeadline(std::min({last_read_ + limits.body_pause, begun_ + limits.body_timeout, begun_ + limits.body_pause + earned}));
  } else if (parser_.midway() || !served_) {
    connection_.setDeadline(begun_ + limits.head_timeout);
  } else {
    connection_.setDeadline(exchanges_.empty() ? begun_ + limits.keep_alive_timeout : Mono::max());
  }
}

void HttpProtocol::onDeadline() {
  // A client that has not begun a request expects no answer.
  if (!parser_.midway()) return end();
  refuse({Code::request_timeout, "", 0, {}});
}

void HttpProtocol::onInputEnd() {
  if (upgrade_asked_) {
    ended_ = true;
    return connection_.abort();
  }
  // What was asked is answered still; half a request is not.
  last_request_ = true;
  if (exchanges_.empty()) return end();
  exchanges_.back()->keep_alive_ = false;
  moveDeadline();
}

void HttpProtocol::onDrain() {
  if (parser_.midway()) return;  // It will be the last one.
  if (exchanges_.empty()) return end();
  last_request_ = true;
  exchanges_.back()->keep_alive_ = false;
}

void HttpProtocol::onRetired() {
  ended_ = true;
  for (const auto& exchange : exchanges_) exchange->protocol_ = nullptr;
}

}  // namespace atrium
