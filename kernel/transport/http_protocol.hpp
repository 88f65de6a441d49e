#pragma once

#include <memory>
#include <vector>

#include "transport/connection.hpp"
#include "transport/http.hpp"
#include "transport/http_parser.hpp"

namespace atrium {

class HttpExchange;

// HTTP/1.1 over one connection: hands whole requests to the handler, a bounded number at a time, and writes the answers in the order of the
// requests. A refused, late or last request is answered and the connection finished. Ends in a WebSocket when a handler accepts an upgrade.
class HttpProtocol final : public Protocol {
 public:
  explicit HttpProtocol(Connection& connection);
  ~HttpProtocol() override;

  std::size_t onInput(std::span<char> bytes) override;
  [[nodiscard]] bool wantsInput() const override;
  void onInputEnd() override;
  void onDeadline() override;
  void onSlow() override {}  // Pushes nothing that could be refused.
  void onProgress() override {}
  void onDrain() override;
  void onRetired() override;

 private:
  friend class HttpExchange;
  void take(HttpRequest& request);
  void refuse(const Error& error);
  std::shared_ptr<HttpExchange> open(const HttpRequest& request);
  void writeAnswers();
  void writeContinue();
  void end();
  void moveDeadline();

  Connection& connection_;
  HttpParser parser_;
  std::vector<std::shared_ptr<HttpExchange>> exchanges_;  // In the order of the requests; the first is the next to be answered.
  Mono begun_;                                            // When the request being read began to come, or the last answer left.
  Mono last_read_;
  bool served_ = false;         // A request has been read.
  bool last_request_ = false;   // Nothing is read behind it.
  bool upgrade_asked_ = false;  // What follows may be another protocol's.
  bool ended_ = false;
};

}  // namespace atrium
