#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "load/audit.hpp"
#include "load/child.hpp"
#include "load/peer_loop.hpp"

// Rooms full of receivers on some server, and the two ways to load them. Which server it is, a derived class knows: the same generator
// measures Atrium and those it is compared with.
namespace atrium::bench {

struct Shape {
  std::uint32_t rooms = 1;
  std::uint32_t members = 2;  // Receivers in each room; the sender is one of them where the server allows it.
  std::size_t payload = 128;  // bytes of a message's text, at least content_min.
};

class Stage {
 public:
  virtual ~Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] PeerLoop& loop() { return loop_; }
  [[nodiscard]] Child& server() { return server_; }
  [[nodiscard]] RoomAudit& audit(std::uint32_t room) { return audits_[room]; }
  [[nodiscard]] std::uint64_t deliveries() const;
  [[nodiscard]] std::uint64_t sentCount() const;
  // Whether every message that was sent has reached every receiver and was confirmed to its sender.
  [[nodiscard]] bool quiet() const;
  [[nodiscard]] Faults faults() const;
  // From a sender's own delivery of a message to its confirmation; collected while not null.
  Samples* confirmations = nullptr;
  // Called when a message has reached all receivers of its room.
  std::function<void(std::uint32_t room)> on_complete;

  // Sends the next message of `room`, which was due at `intended`.
  void send(std::uint32_t room, Nanos intended);

 protected:
  Stage(PeerLoop& loop, Child& server, Shape shape);
  // Puts a message on the way to the server, on the connection that sends for `room`.
  virtual void publish(std::uint32_t room, std::string_view content) = 0;
  // For the derived class's peers. `position` 0: this server knows none, and messages of a room are expected in the order of their numbers.
  void delivered(std::uint32_t room, std::size_t receiver, std::string_view content, std::uint64_t position, Nanos when);
  void confirmed() { ++confirmed_; }
  void misrouted() { ++misrouted_; }

 private:
  PeerLoop& loop_;
  Child& server_;
  Shape shape_;
  std::vector<RoomAudit> audits_;
  std::string content_;
  std::uint64_t confirmed_ = 0;
  std::uint64_t misrouted_ = 0;
};

struct Outcome {
  std::uint64_t messages = 0;
  std::uint64_t deliveries = 0;
  Nanos wall = 0;
  Nanos server_cpu = 0;
  double bytes_per_delivery = 0;  // What the generator read, confirmations included.
  double reads_per_delivery = 0;  // System calls of the generator: below 1 when the server coalesces.
  Samples latency{};              // Intended send to each delivery.
  Samples confirmation{};         // Own delivery to confirmation.
  [[nodiscard]] double cpuSecondsPerMillion() const;
};

// The next message of a room goes out as soon as fewer than `in_flight` of that room are on their way.
Outcome runClosed(Stage& stage, std::uint32_t in_flight, Nanos duration);
// `rate` messages a second over all rooms in turn, on schedule whatever the server does; a message that goes out late counts from when it
// was due.
Outcome runOpen(Stage& stage, double rate, Nanos duration);

}  // namespace atrium::bench
