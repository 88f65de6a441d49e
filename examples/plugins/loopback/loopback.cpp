// [snippet:whole]
#include <atrium/plugin.hpp>
#include <deque>
#include <map>
#include <mutex>

// Joins the instances of one process: what a test of several nodes needs, and all that a bus must do. Pieces wait in their sender's queue
// and go out in a job, because a bus never calls a receiver from within publish().
class Loopback {
 public:
  explicit Loopback(atrium::Host host) : executor_(host) { host.require("executor"); }

  atrium_status publish(atrium::BusPieces pieces) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + pieces.size() > waiting_max) return ATRIUM_FULL;
    if (waiting_.empty() && !executor_.post([this] { send(); })) return ATRIUM_FULL;
    for (const atrium::BusPiece piece : pieces) waiting_.push_back({std::string(piece.topic()), std::string(piece.payload())});
    return ATRIUM_OK;
  }
  atrium_status subscribe(std::string_view topic, std::string_view cursor, atrium::BusReceiver receiver, std::uint64_t& subscription) {
    if (!cursor.empty()) return ATRIUM_NOT_FOUND;  // It keeps nothing to go back to.
    const std::lock_guard lock(mutex_);
    subscription = ++last_;
    subscribers_.insert({subscription, {std::string(topic), receiver}});
    return ATRIUM_OK;
  }
  void unsubscribe(std::uint64_t subscription) {
    const std::lock_guard lock(mutex_);
    subscribers_.erase(subscription);
  }

  static constexpr atrium::BusInfo bus{.flags = ATRIUM_BUS_ORDERED};

 private:
  static constexpr std::size_t waiting_max = 10'000;
  struct Subscriber {
    std::string topic;
    atrium::BusReceiver receiver;
  };
  struct Piece {
    std::string topic;
    std::string payload;
  };

  // Holds the lock while it sends, so that unsubscribe() waits for it.
  void send() {
    const std::lock_guard lock(mutex_);
    for (const Piece& piece : waiting_)
      for (const auto& [id, subscriber] : subscribers_)
        if (subscriber.topic == piece.topic) subscriber.receiver.receive(piece.topic, piece.payload);
    waiting_.clear();
  }

  atrium::Executor executor_;
  std::deque<Piece> waiting_;
  // Of all instances.
  static inline std::mutex mutex_;
  static inline std::map<std::uint64_t, Subscriber> subscribers_;
  static inline std::uint64_t last_ = 0;
};

ATRIUM_PLUGIN(Loopback, "com.acme.loopback", "1.0.0")
// [/snippet]
