#include "transport/echo.hpp"

#include "protocol/errors.hpp"

namespace atrium {

WebSocketOptions EchoHandler::options() {
  WebSocketOptions options;
  options.message_max = message_max;
  options.outbox_max = 4 * message_max;
  return options;
}

void EchoHandler::echo(Opcode opcode, std::string_view payload) {
  FrameBuilder builder(payload.size());
  builder.append(payload);
  if (link_->push(builder.finish(opcode), {}) == Pushed::full) link_->close(CloseCode::slow, title(CloseCode::slow), {});
}

void answerWithEcho(const HttpRequest& request, Responder responder) {
  if (isUpgrade(request)) return responder.upgrade(EchoHandler::options(), std::make_unique<EchoHandler>());
  HttpResponse response = problemResponse({Code::upgrade_required, "", 0, {}});
  response.headers.emplace_back("Upgrade", "websocket");
  responder.send(std::move(response));
}

}  // namespace atrium
