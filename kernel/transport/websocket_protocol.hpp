#pragma once

#include <memory>

#include "transport/connection.hpp"
#include "transport/http.hpp"
#include "transport/websocket_codec.hpp"

namespace atrium {

// WebSocket over one connection: messages to the handler, frames to the outbox, and what the protocol itself demands: pings answered and
// sent, the closing handshake, a fault answered with its code.
class WebSocketProtocol final : public Protocol, public Link {
 public:
  // Takes the connection over and tells the handler.
  static void begin(Connection& connection, WebSocketOptions options, std::unique_ptr<WebSocketHandler> handler);

  WebSocketProtocol(Connection& connection, const WebSocketOptions& options, std::unique_ptr<WebSocketHandler> handler);

  // Link.
  Pushed push(const FramePtr& frame, const PushOptions& options) override;
  [[nodiscard]] std::uint64_t queued() const override { return connection_.outbox().queued(); }
  [[nodiscard]] std::uint64_t flushed() const override { return connection_.outbox().flushed(); }
  [[nodiscard]] std::size_t waiting() const override { return connection_.outbox().waiting(); }
  void close(CloseCode code, std::string_view reason, FramePtr last) override;

  // Protocol.
  std::size_t onInput(std::span<char> bytes) override;
  [[nodiscard]] bool wantsInput() const override { return true; }
  void onInputEnd() override;
  void onDeadline() override;
  void onSlow() override;
  void onProgress() override;
  void onDrain() override;
  void onRetired() override;

 private:
  enum class State : std::uint8_t {
    open,
    closing,  // Our Close frame is out or waits; the client's has not come.
    over
  };
  void take(const WebSocketDecoder::Event& event);
  void takeClose(const WebSocketDecoder::Event& event);
  void fail(std::uint16_t status, std::string_view reason);
  void cut(CloseCode code);
  void noteLife();

  Connection& connection_;
  std::unique_ptr<WebSocketHandler> handler_;
  WebSocketDecoder decoder_;
  std::chrono::seconds heartbeat_;
  Mono alive_;  // The client's latest sign of life.
  State state_ = State::open;
  bool clean_ = false;
};

}  // namespace atrium
