#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_index.hpp"

namespace Poco::Net {
class WebSocket;
}

namespace atrium::demo {

// A WebSocket session with the server. One that breaks is told by connected() alone: its owner connects anew. One thread.
class Session {
 public:
  Session();
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  // False: the server is not there, or does not want this one now.
  bool connect(const std::string& url, const std::string& token);
  [[nodiscard]] bool connected() const { return socket_ != nullptr; }
  // Hands on the events that have come, some hundred at most, and waits for none.
  void read(const std::function<void(const JsonView& event)>& take);
  // `event` is a JSON object. Lost when the session breaks.
  void send(std::string_view event);
  void close();

  // Waits until one of them has something to read, and so long at most; at most 1,000 of them are looked at.
  static void waitForAny(const std::vector<const Session*>& sessions, std::chrono::milliseconds time);

 private:
  std::unique_ptr<Poco::Net::WebSocket> socket_;  // Null: not connected.
};

}  // namespace atrium::demo
