#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "load/clock.hpp"

// The generator's only loop: one thread, one epoll set, thousands of connections. Nothing is allocated per delivery: all connections read
// into one buffer, and only what is left of an incomplete frame is kept with its connection.
namespace atrium::bench {

class PeerLoop;

// One TCP connection of the generator. Its bytes mean something to the class derived from it. Lives until the loop has gone.
class Peer {
 public:
  virtual ~Peer();
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] bool open() const { return fd_ >= 0; }
  // Ends the connection without a word.
  void drop();

 protected:
  // What has arrived and was not consumed yet; `when` is the time right after it was read. Returns how many bytes it consumed; the rest
  // comes again, with more behind it.
  virtual std::size_t onBytes(std::string_view bytes, Nanos when) = 0;
  // The other side has closed. Unless a peer expects it, that is the end of the measurement: throw Failure.
  virtual void onEnd() = 0;
  // Where to write bytes for the other side; they leave at the end of the turn.
  std::string& out();

 private:
  friend class PeerLoop;
  PeerLoop* loop_ = nullptr;
  int fd_ = -1;
  bool dirty_ = false;        // On the loop's list of those with something to send.
  bool wants_write_ = false;  // A write came back short.
  std::string unread_;
  std::string out_;
};

class PeerLoop {
 public:
  PeerLoop();
  ~PeerLoop();
  PeerLoop(const PeerLoop&) = delete;
  PeerLoop& operator=(const PeerLoop&) = delete;

  // Connects `peer` to 127.0.0.1:port; it may write from now on. Throws Failure.
  void connect(Peer& peer, std::uint16_t port);

  // Calls `tick` when `when` has come, once; it may set the next one. One timer is all an open loop needs.
  void setTimer(Nanos when, std::function<void()> tick);

  // Runs until `done` or until `limit` has passed; returns done().
  bool run(const std::function<bool()>& done, Nanos limit);

  [[nodiscard]] std::uint64_t bytesRead() const { return bytes_read_; }
  [[nodiscard]] std::uint64_t reads() const { return reads_; }

 private:
  friend class Peer;
  void turn(Nanos wake);
  void readFrom(Peer& peer);
  void writeTo(Peer& peer);
  void watch(Peer& peer, bool writable, int operation);

  int epoll_;
  std::vector<char> buffer_;
  std::vector<Peer*> dirty_;
  std::vector<Peer*> flushing_;
  Nanos timer_ = 0;  // 0: none.
  std::function<void()> tick_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace atrium::bench
