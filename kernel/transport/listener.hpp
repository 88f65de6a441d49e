#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "loop/loop.hpp"

namespace Poco::Net {
class ServerSocket;
}

namespace atrium {

// A bound and listening socket. Moves; not tied to a thread until a Listener takes it.
class ListenSocket {
 public:
  explicit ListenSocket(std::unique_ptr<Poco::Net::ServerSocket> socket);
  ListenSocket(ListenSocket&&) noexcept;
  ListenSocket& operator=(ListenSocket&&) noexcept;
  ~ListenSocket();

  [[nodiscard]] int descriptor() const;
  [[nodiscard]] std::uint16_t port() const;

 private:
  std::unique_ptr<Poco::Net::ServerSocket> socket_;
};

struct ListenOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6, or a name.
  std::uint16_t port = 0;             // 0: a free one.
  int backlog = 1024;
};

// `count` sockets that listen at the same address, one for each loop: the system spreads connections over them by a hash of the client's
// address, evenly when there are many, and without waking a loop that does not get one. (One socket watched by every loop gives most
// connections to whichever loop was busy last.) Fails when the address is in use, by this user's processes too.
[[nodiscard]] Result<std::vector<ListenSocket>> listenAt(const ListenOptions& options, unsigned count);

// Accepts the connections of one listening socket, on one loop.
class Listener final : public Watcher {
 public:
  // A connection just accepted: non-blocking, without delay for small writes, with at most 128 KiB unsent in the system's buffer, so that
  // what is handed over is nearly sent. The callee owns the descriptor.
  using Accepted = std::move_only_function<void(int descriptor, bool from_loopback)>;

  Listener(Loop& loop, ListenSocket socket, Accepted accepted);
  // Stops listening. On the loop's thread, or after its end.
  ~Listener() override;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // While paused, clients wait in the system's queue.
  void pause();
  void resume();

  void onReady(std::uint32_t events) override;

 private:
  void shedOne();

  Loop& loop_;
  ListenSocket socket_;
  Accepted accepted_;
  Timer retry_;
  int reserve_;  // A descriptor to be given up when there are none left, so that a client can be told instead of being left to wait.
  bool paused_ = false;
};

}  // namespace atrium
