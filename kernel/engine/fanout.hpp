#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/timer_wheel.hpp"
#include "engine/link.hpp"
#include "engine/room_key.hpp"
#include "engine/shard.hpp"

namespace atrium {

class LiveSession;

// One frame on its way from its room to the room's sessions on one shard.
struct Cast {
  FramePtr frame;
  FramePtr stub;         // For those outside the audience; empty when everyone sees the frame.
  std::string audience;  // As stored; empty: everyone.
  PushOptions options;
  std::uint64_t seq = 0;     // Of a log entry; 0: ephemeral.
  std::uint64_t except = 0;  // A session of this shard that does not get it; 0: none.
  unsigned home = 0;         // The room's shard...
  std::uint64_t token = 0;   // ...and whom to tell there what became of it; 0: nobody.
};

// What became of a message at one session.
// In this order, the best of several sessions counts. Awaited: its shard has not told yet.
enum class Handed : std::uint8_t { none, awaited, failed, pending, delivered };

struct HandedTo {
  std::uint32_t ordinal;  // The user's place in the room's list of attached users.
  Handed handed;
};

// The sessions of this shard by room, and the frames on their way to them. Writes go out in slices of slice_max, so that a big room stalls
// nobody; frames of one room keep their order. Bound: what a room's shard may have on its way here (EngineOptions::fanouts_pending_max).
class Fanout {
 public:
  static constexpr std::size_t slice_max = 256;

  explicit Fanout(Shard::Impl& shard);

  // From now on `session` gets what is cast to the room, except log entries up to `head`, which its snapshot covers.
  void subscribe(const RoomKey& room, LiveSession& session, std::uint32_t ordinal, std::uint64_t head);
  void unsubscribe(const RoomKey& room, LiveSession& session);

  void cast(const RoomKey& room, Cast cast);
  // After the flush: tells the rooms' shards what was handed over.
  void settle();
  // The session's link is about to go; what waits for it has failed.
  void sessionClosed(LiveSession& session);

 private:
  struct Subscriber {
    LiveSession* session;  // Null: gone, its place is cleared when the list rests.
    std::uint32_t ordinal;
    std::uint64_t head;
  };
  struct Delivery {
    struct Entry {
      LiveSession* session;
      std::uint64_t position;
      HandedTo to;
    };
    unsigned home;
    std::uint64_t token;
    Mono deadline;
    bool whole = false;  // Every slice has been written.
    std::vector<Entry> entries;
  };
  struct List {
    const RoomKey* room = nullptr;  // Its key in lists_.
    std::vector<Subscriber> subscribers;
    std::deque<Cast> waiting;  // The first is being written.
    std::size_t cursor = 0;
    Delivery* delivery = nullptr;  // Of the first cast, once opened; it stays at least until its last slice.
    std::size_t gone = 0;
    bool scheduled = false;
  };

  void write(const RoomKey& room, List& list);
  bool writeSlice(List& list);
  void push(const Cast& cast, Subscriber& subscriber, const class Audience& audience, List& list);
  void clear(List& list);
  Delivery& openDelivery(const Cast& cast);
  void report(Delivery& delivery);

  Shard::Impl& shard_;
  std::unordered_map<RoomKey, List, RoomKeyHash> lists_;
  std::vector<std::unique_ptr<Delivery>> deliveries_;
  std::vector<std::unique_ptr<Delivery>> settled_;
  std::vector<std::unique_ptr<Delivery>> spare_;  // At most spare_max.
  Timer timer_;
  static constexpr std::size_t spare_max = 64;
};

}  // namespace atrium
