#include "fanout/redis_stage.hpp"

#include <cstdlib>

#include "fanout/resp.hpp"
#include "load/failure.hpp"

namespace atrium::bench {

namespace {

constexpr Nanos subscribe_limit = 30 * second;
constexpr std::size_t subscribe_at_once = 100;  // Fewer than the listener's backlog.

std::string findRedis() {
  std::string_view rest = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    const auto candidate = std::filesystem::path(rest.substr(0, end)) / "redis-server";
    if (std::filesystem::exists(candidate)) return candidate.string();
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  throw Failure("there is no redis-server on the PATH; the Debian package redis-server (or redis-tools, through ./dev) has it");
}

}  // namespace

RedisServer::RedisServer(const std::filesystem::path& scratch, int cpu)
    : port_(freePort()),
      child_({.command = {findRedis(), "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
                          scratch.string(), "--maxclients", "20000", "--daemonize", "no"},
              .environment = {},
              .cpu = cpu,
              .log = scratch / "redis.log",
              .ready = "Ready to accept connections"}) {}

class RedisStage::Subscriber final : public Peer {
 public:
  Subscriber(RedisStage& stage, std::uint32_t room, std::uint32_t index) : stage_(stage), room_(room), index_(index) {}
  void subscribe() { appendCommand<2>(out(), {"SUBSCRIBE", stage_.channels_[room_]}); }

 private:
  std::size_t onBytes(std::string_view bytes, Nanos when) override {
    std::size_t used = 0;
    while (const auto reply = readReply(bytes.substr(used))) {
      used += reply->size;
      if (reply->elements[0] == "subscribe") {
        ++stage_.subscribed_;
      } else if (reply->elements[1] != stage_.channels_[room_]) {
        stage_.misrouted();
      } else {
        stage_.delivered(room_, index_, reply->elements[2], 0, when);
      }
    }
    return used;
  }
  void onEnd() override { throw Failure("Redis dropped a subscriber"); }

  RedisStage& stage_;
  std::uint32_t room_;
  std::uint32_t index_;
};

class RedisStage::Publisher final : public Peer {
 public:
  explicit Publisher(RedisStage& stage) : stage_(stage) {}
  void publish(std::string_view channel, std::string_view content) { appendCommand<3>(out(), {"PUBLISH", channel, content}); }

 private:
  std::size_t onBytes(std::string_view bytes, Nanos) override {
    std::size_t used = 0;
    while (const auto reply = readReply(bytes.substr(used))) {
      used += reply->size;
      if (reply->array || reply->integer != stage_.shape().members)
        throw Failure("Redis published to " + std::to_string(reply->integer) + " subscribers");
      stage_.confirmed();
    }
    return used;
  }
  void onEnd() override { throw Failure("Redis dropped a publisher"); }

  RedisStage& stage_;
};

RedisStage::RedisStage(PeerLoop& loop, RedisServer& server, Shape shape, const std::string& prefix) : Stage(loop, server.child(), shape) {
  for (std::uint32_t room = 0; room < shape.rooms; ++room) {
    channels_.push_back(prefix + std::to_string(room));
    publishers_.push_back(std::make_unique<Publisher>(*this));
    loop.connect(*publishers_.back(), server.port());
    for (std::uint32_t index = 0; index < shape.members; ++index) subscribers_.push_back(std::make_unique<Subscriber>(*this, room, index));
  }
  for (std::size_t begin = 0; begin < subscribers_.size(); begin += subscribe_at_once) {
    const std::size_t end = std::min(subscribers_.size(), begin + subscribe_at_once);
    for (std::size_t i = begin; i < end; ++i) {
      loop.connect(*subscribers_[i], server.port());
      subscribers_[i]->subscribe();
    }
    if (!loop.run([&] { return subscribed_ == end; }, subscribe_limit)) throw Failure("Redis did not take all subscribers in time");
  }
}

RedisStage::~RedisStage() = default;

void RedisStage::publish(std::uint32_t room, std::string_view content) { publishers_[room]->publish(channels_[room], content); }

}  // namespace atrium::bench
