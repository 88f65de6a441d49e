#pragma once

#include <utility>
#include <vector>

#include "engine/event_log.hpp"
#include "engine/fanout.hpp"
#include "engine/figures.hpp"
#include "engine/posts.hpp"
#include "engine/presence.hpp"
#include "engine/retention.hpp"
#include "engine/rooms.hpp"
#include "engine/session.hpp"
#include "engine/shard.hpp"
#include "engine/topic_board.hpp"
#include "engine/topic_readers.hpp"
#include "engine/trace.hpp"
#include "engine/writes.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

// The parts of one shard. They see each other through it; a part of another shard is reached by there() alone.
class Shard::Impl {
 public:
  Impl(const ShardPorts& shard_ports, const EngineOptions& engine_options);

  [[nodiscard]] unsigned homeOf(const RoomKey& room) const { return static_cast<unsigned>(RoomKeyHash{}(room) % peers.size()); }
  [[nodiscard]] unsigned homeOf(const UserKey& user) const { return static_cast<unsigned>(UserKeyHash{}(user) % peers.size()); }

  // Runs f(Impl&) on that shard: at once when it is this one. False when its mailbox is full; f is then destroyed.
  template <typename F>
  bool there(unsigned shard, F f) {
    if (shard == ports.index) {
      f(*this);
      return true;
    }
    return ports.shards.post(shard, [peer = peers[shard], f = std::move(f)]() mutable { f(*peer); });
  }
  // Likewise without the bound: for answers, and for what is bounded elsewhere.
  template <typename F>
  void thereAlways(unsigned shard, F f) {
    if (shard == ports.index)
      f(*this);
    else
      ports.shards.postAlways(shard, [peer = peers[shard], f = std::move(f)]() mutable { f(*peer); });
  }
  // Asks that shard: f(Impl&, Completion<T>) runs there, and `done` here with what it completes with.
  template <typename T, typename F>
  void ask(unsigned shard, Completion<T> done, F f) {
    if (shard == ports.index) return f(*this, std::move(done));
    auto answer = [shards = &ports.shards, home = ports.index, done = std::move(done)](Result<T> result) mutable {
      shards->postAlways(home, [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
    };
    // The completion has to survive a refused post, so it is held outside the task until that is sure.
    auto held = std::make_shared<Completion<T>>(std::move(answer));
    const bool taken = ports.shards.post(shard, [peer = peers[shard], f = std::move(f), held]() mutable { f(*peer, std::move(*held)); });
    if (!taken) (*held)(fail(Code::overloaded, "The server has more work than it can queue.", 1000));
  }

  ShardPorts ports;
  EngineOptions options;
  std::vector<Impl*> peers;  // By index, this one among them.
  Random random;
  IdSource ids;
  JsonIndexer indexer;
  Figures figures;
  Trace trace;
  bool draining = false;

  Sessions sessions;
  Fanout fanout;
  TopicBoard topics;
  TopicReaders topic_readers;
  Users users;
  EventLog events;
  Rooms rooms;
  Writes writes;
  Retention retention;
  Posts posts;  // After rooms: messages on their way pin them, so they end first.
};

}  // namespace atrium
