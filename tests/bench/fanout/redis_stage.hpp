#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "load/stage.hpp"

namespace atrium::bench {

// A redis-server of our own on a free port of 127.0.0.1, without persistence and without anything in it.
class RedisServer {
 public:
  RedisServer(const std::filesystem::path& scratch, int cpu);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Child& child() { return child_; }

 private:
  std::uint16_t port_;
  Child child_;
};

// The same rooms as channels: every receiver is a subscriber with a connection of its own, and every channel has a connection that
// publishes (in Atrium the sender's connection receives as well; a Redis connection does one or the other).
class RedisStage final : public Stage {
 public:
  // Channels are named `prefix` and the room's number. Returns when everybody has subscribed.
  RedisStage(PeerLoop& loop, RedisServer& server, Shape shape, const std::string& prefix);
  ~RedisStage() override;

 private:
  class Subscriber;
  class Publisher;
  void publish(std::uint32_t room, std::string_view content) override;
  std::vector<std::string> channels_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::size_t subscribed_ = 0;
};

}  // namespace atrium::bench
