#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace atrium {

// What dashboards watch, each a live stream of its own per tenant: events `topic_update` of PROTOCOL.md.
enum class Topic : std::uint8_t { agents, queue, offers, decisions, metrics, alerts };
inline constexpr std::size_t topic_count = 6;

struct TopicInfo {
  Topic topic;
  std::string_view name;
  bool events;          // A stream of things that happened; otherwise the latest value of each key.
  std::uint32_t roles;  // ATRIUM_ROLE_... bits of those who may watch it.
};
[[nodiscard]] const TopicInfo& info(Topic topic);
// Null: there is none of that name.
[[nodiscard]] const TopicInfo* topicNamed(std::string_view name);

// Bounds and times of topics. Each is of one topic of one tenant, but waiting_bytes, which is of one session.
struct TopicLimits {
  std::size_t keys = 20'000;                 // At it, a new key is refused.
  std::size_t bytes = 32 * 1024 * 1024;      // Of keys and values; likewise.
  std::size_t value_bytes = 16 * 1024;       // A longer value is refused.
  std::size_t events = 200;                  // The newest of a stream of events, which a snapshot holds.
  std::size_t ring_frames = 1024;            // Changes that can be made up for; who missed more gets a snapshot.
  std::size_t ring_bytes = 4 * 1024 * 1024;  // Likewise.
  std::size_t frame_bytes = 32 * 1024;       // A frame ends with the item that reaches it.
  std::size_t waiting_bytes = 256 * 1024;    // A session with more in its outbox gets nothing of its topics until it has read.
  std::chrono::milliseconds window{50};      // From one frame of changes to the next at least, but when they do not fit into one.
  std::chrono::seconds linger{60};           // How long changes are kept for those who come back, after the last one has left.
};

// Where what is watched is published. On the tenant's home shard only (homeOfTenant), on its thread; the implementation is TopicBoard.
// Nothing is stored: a new process begins with empty topics and other epochs, and whoever publishes says everything anew.
// `value` is one JSON value, which is not looked at.
class Topics {
 public:
  virtual ~Topics() = default;
  // For topics of values. What is put twice within a window, or as it is already, is told once or not at all. False: refused at a bound
  // of TopicLimits, and counted; the key is then absent, whatever it was before, so that nobody sees what is no longer so.
  virtual bool put(std::string_view tenant_id, Topic topic, std::string_view key, std::string_view value) = 0;
  // A key that is not there is nothing to do.
  virtual void remove(std::string_view tenant_id, Topic topic, std::string_view key) = 0;
  // For topics of events: told once each, in this order. False: the value is too long.
  virtual bool append(std::string_view tenant_id, Topic topic, std::string_view key, std::string_view value) = 0;
};

}  // namespace atrium
