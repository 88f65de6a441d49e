#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/ports.hpp"

namespace atrium::sim {

// What the store may do to the engine. Probabilities are per mille.
struct StoreOptions {
  unsigned refuse_batch = 0;  // A batch fails as a whole: nothing of it was kept.
  unsigned refuse_write = 0;  // A document write fails.
  unsigned turns_max = 0;     // An answer comes after up to so many turns of the shards; 0: inline.
};

// One log of a room: the truth that clients are compared with.
struct SimLog {
  std::string epoch;
  std::vector<Record> records;  // records[seq - 1]
};

// The store behind every shard: one writer, in order of hand-over, whose answers come late or not at all as the seed decides.
class SimStore {
 public:
  SimStore(Random& random, StoreOptions options) : options(options), random_(random) {}

  // The port of one shard; answers are posted to it through `post`.
  std::unique_ptr<Store> port(std::function<void(Task)> post);
  // Lets the store work for one turn.
  void work();
  // Stops answering until resumed: what is handed over waits.
  void stall(bool stalled) { stalled_ = stalled; }
  [[nodiscard]] bool idle() const { return jobs_.empty() || stalled_; }
  [[nodiscard]] const SimLog* log(const RoomKey& room) const;

  StoreOptions options;

 private:
  class Port;
  struct Kept {
    std::uint64_t seq;
    Id message;
    std::uint64_t fingerprint;
    Wall sent_at;
  };
  void submit(std::move_only_function<void()> job);
  void append(AppendBatch& batch);
  Result<void> write(const std::vector<DocumentWrite>& writes);

  Random& random_;
  std::unordered_map<RoomKey, SimLog, RoomKeyHash> logs_;
  std::unordered_map<RoomKey, std::map<std::string, Kept>, RoomKeyHash> keys_;
  std::map<DocumentKey, Document> documents_;
  std::deque<std::pair<std::move_only_function<void()>, unsigned>> jobs_;
  bool stalled_ = false;
};

}  // namespace atrium::sim
