#include <atrium/plugin.hpp>
#include <atrium/services.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>

// Brings what is published to every subscription of its topic in this process, whatever instance it was made at. A real bus sends it to the
// other nodes as well; the rules shown here stay: nothing is received from within publish(), what waits is bounded, and nothing is received
// after unsubscribe().
class SampleName {
 public:
  explicit SampleName(atrium::Host host) : executor_(host) {}

  atrium_status publish(atrium::BusPieces pieces) {
    const std::lock_guard lock(waiting_mutex_);
    if (waiting_.size() + pieces.size() > waiting_max) return ATRIUM_FULL;
    // All or none: the job first, and one for all that waits.
    if (!on_its_way_ && !executor_.post([this] { deliver(); })) return ATRIUM_FULL;
    on_its_way_ = true;
    for (const atrium::BusPiece piece : pieces) waiting_.emplace_back(piece.topic(), piece.payload());
    return ATRIUM_OK;
  }
  atrium_status subscribe(std::string_view topic, std::string_view cursor, atrium::BusReceiver receiver, std::uint64_t& subscription) {
    if (!cursor.empty()) return ATRIUM_NOT_FOUND;  // Nothing is kept.
    const std::lock_guard lock(subscriptions_mutex_);
    subscription = ++last_;
    subscriptions_.emplace(subscription, std::pair(std::string(topic), receiver));
    return ATRIUM_OK;
  }
  void unsubscribe(std::uint64_t subscription) {
    const std::lock_guard lock(subscriptions_mutex_);
    subscriptions_.erase(subscription);
  }
  atrium::BusInfo bus{.flags = ATRIUM_BUS_ORDERED, .name = "sample_name"};

 private:
  static constexpr std::size_t waiting_max = 10'000;

  // One at a time, so that the pieces stay in order.
  void deliver() {
    const std::lock_guard lock(subscriptions_mutex_);
    std::unique_lock waiting(waiting_mutex_);
    while (!waiting_.empty()) {
      const auto [topic, payload] = std::move(waiting_.front());
      waiting_.pop_front();
      waiting.unlock();
      for (const auto& [number, subscription] : subscriptions_)
        if (subscription.first == topic) subscription.second.receive(topic, payload);
      waiting.lock();
    }
    on_its_way_ = false;
  }

  atrium::Executor executor_;
  std::mutex waiting_mutex_;
  std::deque<std::pair<std::string, std::string>> waiting_;
  bool on_its_way_ = false;  // A job is, that takes what waits.
  // Of all instances.
  static inline std::mutex subscriptions_mutex_;
  static inline std::uint64_t last_ = 0;
  static inline std::map<std::uint64_t, std::pair<std::string, atrium::BusReceiver>> subscriptions_;
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
