#include "transport/websocket_protocol.hpp"

#include <utility>

#include "protocol/metrics.hpp"
#include "transport/connection_set.hpp"

namespace atrium {

namespace {

std::string_view reasonFor(std::uint16_t status) {
  switch (status) {
    case websocket_status::invalid_text: return "text that is not UTF-8";
    case websocket_status::policy: return "too many fragments";
    case websocket_status::too_big: return "message too large";
    default: return "protocol error";
  }
}

}  // namespace

void WebSocketProtocol::begin(Connection& connection, WebSocketOptions options, std::unique_ptr<WebSocketHandler> handler) {
  auto owned = std::make_unique<WebSocketProtocol>(connection, options, std::move(handler));
  WebSocketProtocol& protocol = *owned;
  if (options.outbox_max != 0) connection.setOutboxBound(options.outbox_max);
  connection.become(std::move(owned));
  protocol.handler_->onOpen(protocol);
}

WebSocketProtocol::WebSocketProtocol(Connection& connection, const WebSocketOptions& options, std::unique_ptr<WebSocketHandler> handler)
    : connection_(connection),
      handler_(std::move(handler)),
      decoder_(options.message_max),
      heartbeat_(options.heartbeat),
      alive_(connection.set().now()) {
  connection_.setDeadline(heartbeat_.count() == 0 ? Mono::max() : alive_ + heartbeat_);
}

Pushed WebSocketProtocol::push(const FramePtr& frame, const PushOptions& options) {
  return state_ == State::open ? connection_.push(frame, options) : Pushed::closed;
}

void WebSocketProtocol::close(CloseCode code, std::string_view reason, FramePtr last) {
  if (state_ != State::open) return;
  state_ = State::closing;
  connection_.discardEphemeral();
  if (last) connection_.pushLast(std::move(last));
  connection_.pushLast(closeFrame(static_cast<std::uint16_t>(code), reason));
  connection_.setDeadline(connection_.set().now() + connection_.set().limits().close_timeout);
}

std::size_t WebSocketProtocol::onInput(std::span<char> bytes) {
  noteLife();
  std::span<char> input = bytes;
  while (state_ != State::over) {
    const WebSocketDecoder::Event event = decoder_.next(input);
    if (event.kind == WebSocketDecoder::Kind::more) break;
    take(event);
  }
  return bytes.size();
}

void WebSocketProtocol::noteLife() {
  const Mono now = connection_.set().now();
  if (std::exchange(alive_, now) != now && state_ == State::open) handler_->onAlive();
}

void WebSocketProtocol::take(const WebSocketDecoder::Event& event) {
  using Kind = WebSocketDecoder::Kind;
  if (event.kind == Kind::failed) return fail(event.code, reasonFor(event.code));
  if (event.kind == Kind::close) return takeClose(event);
  if (state_ != State::open) return;  // The client has not seen our Close frame yet.
  if (event.kind == Kind::text) {
    handler_->onText(event.payload);
  } else if (event.kind == Kind::binary) {
    handler_->onBinary(event.payload);
  } else if (event.kind == Kind::ping) {
    connection_.pushControl(controlFrame(Opcode::pong, event.payload));
  }
}

void WebSocketProtocol::takeClose(const WebSocketDecoder::Event& event) {
  if (state_ == State::open) connection_.pushLast(closeFrame(event.code, {}));
  state_ = State::over;
  clean_ = true;
  connection_.finish(connection_.set().limits().close_timeout);
}

// A fault of the client's: told in a Close frame, with no answer awaited.
void WebSocketProtocol::fail(std::uint16_t status, std::string_view reason) {
  if (state_ == State::open) connection_.pushLast(closeFrame(status, reason));
  state_ = State::over;
  connection_.finish(connection_.set().limits().close_timeout);
}

// Ends a client that does not listen: what waits for it is dropped, only the reason is tried.
void WebSocketProtocol::cut(CloseCode code) {
  connection_.discardOutbox();
  if (FramePtr bye = handler_->onCut(code)) connection_.pushLast(std::move(bye));
  connection_.pushLast(closeFrame(static_cast<std::uint16_t>(code), title(code)));
  state_ = State::over;
  connection_.finish(connection_.set().limits().linger_timeout);
}

void WebSocketProtocol::onInputEnd() {
  if (state_ == State::open) connection_.pushLast(closeFrame(websocket_status::protocol_error, "ended without a Close frame"));
  state_ = State::over;
  connection_.finish(connection_.set().limits().linger_timeout);
}

void WebSocketProtocol::onDeadline() {
  if (state_ == State::closing) {
    state_ = State::over;
    return connection_.abort();
  }
  // A ping only when the client has been silent for an interval: one that talks shows that it lives.
  const Mono now = connection_.set().now();
  if (now - alive_ >= 2 * heartbeat_) return cut(CloseCode::no_heartbeat);
  const bool silent = now - alive_ >= heartbeat_;
  if (silent) connection_.pushControl(controlFrame(Opcode::ping, {}));
  connection_.setDeadline(alive_ + (silent ? 2 : 1) * heartbeat_);
}

void WebSocketProtocol::onSlow() {
  connection_.set().metrics().add(Metric::slow_closed);
  cut(CloseCode::slow);
}

void WebSocketProtocol::onProgress() { noteLife(); }

void WebSocketProtocol::onDrain() {
  if (state_ == State::open) handler_->onDrain();
}

void WebSocketProtocol::onRetired() {
  state_ = State::over;
  handler_->onClosed(clean_);
}

}  // namespace atrium
