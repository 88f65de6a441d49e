#pragma once

#include "transport/http.hpp"

namespace atrium {

// Sends every message back as it came. For conformance tests; mounted only where the operator says so.
class EchoHandler final : public WebSocketHandler {
 public:
  static constexpr std::size_t message_max = 1024 * 1024;
  // Room for a message in each direction of haste: the transport stops reading when half of it is taken.
  static WebSocketOptions options();

  void onOpen(Link& link) override { link_ = &link; }
  void onText(std::string_view text) override { echo(Opcode::text, text); }
  void onBinary(std::string_view bytes) override { echo(Opcode::binary, bytes); }
  void onClosed(bool) override { link_ = nullptr; }
  void onDrain() override { link_->close(CloseCode::shutdown, title(CloseCode::shutdown), {}); }

 private:
  void echo(Opcode opcode, std::string_view payload);
  Link* link_ = nullptr;
};

// Takes upgrades with an EchoHandler, refuses other requests with 426.
void answerWithEcho(const HttpRequest& request, Responder responder);

}  // namespace atrium
