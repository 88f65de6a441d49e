#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/world_store.hpp"

namespace atrium::sim {

// What the store may do to the engine. Probabilities are per mille.
struct StoreOptions {
  unsigned refuse_batch = 0;   // A batch fails as a whole: nothing of it was kept.
  unsigned refuse_events = 0;  // An item of the event log fails, and its batch does not: against the contract.
  unsigned refuse_write = 0;   // A document write fails.
  unsigned refuse_read = 0;    // A head, page, get or scan fails.
  unsigned refuse_trim = 0;    // So many trims fail, from the first.
  bool drops = false;          // What is trimmed goes; otherwise nothing is dropped, whatever the answer says.
  unsigned looks_max = 0;      // Records a page looks at; 0: all.
  unsigned turns_max = 0;      // An answer comes after up to so many turns of the shards; 0: inline.
  atrium_status batch_refusal = ATRIUM_FAILED;
};

// One log of a room: the truth that clients are compared with.
struct SimLog {
  std::string epoch;
  std::vector<Record> records;  // records[seq - 1]
  std::vector<Id> threads;      // Of each.
  std::uint64_t dropped = 0;    // So many of the first are given to nobody any more.
};

// The store behind every shard: one writer, in order of hand-over, whose answers come late or not at all as the seed decides.
class SimStore final : public WorldStore {
 public:
  SimStore(Random& random, StoreOptions options) : options(options), random_(random) {}

  // The port of one shard; answers are posted to it through `post`.
  std::unique_ptr<Store> port(std::function<void(Task)> post) override;
  // Lets the store work for one turn.
  void work() override;
  // Stops answering until resumed: what is handed over waits.
  void stall(bool stalled) { stalled_ = stalled; }
  [[nodiscard]] bool idle() const override { return jobs_.empty() || stalled_; }
  // The power is gone: of the documents what was not synced yet, which is all that nobody has been told of, is there up to some write that
  // the seed draws, and what waited was never begun.
  void cutPower();
  [[nodiscard]] const SimLog* log(const RoomKey& room) const;
  // Puts a document there by hand, as an operator or a failing disk might.
  void put(const DocumentKey& key, std::string value);
  [[nodiscard]] const Document* document(const DocumentKey& key) const;
  [[nodiscard]] std::vector<Document> documents(const DocumentKey& prefix) const override;

  StoreOptions options;
  std::uint64_t writes = 0;  // Documents written or removed so far.
  struct Trim {
    RoomKey room;
    std::uint64_t keep_last;
    Wall sent_before;
  };
  std::vector<Trim> trims;        // What was asked so far.
  std::uint64_t trim_answer = 0;  // Unless options.drops.

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
  std::uint64_t drop(const Trim& trim);
  Result<void> write(const std::vector<DocumentWrite>& batch);
  // Somebody was told of so many batches: they are synced.
  void synced(std::uint64_t batches);
  bool refusesRead() { return options.refuse_read > 0 && random_.below(1000) < options.refuse_read; }

  Random& random_;
  std::unordered_map<RoomKey, SimLog, RoomKeyHash> logs_;
  std::unordered_map<RoomKey, std::map<std::string, Kept>, RoomKeyHash> keys_;
  std::map<DocumentKey, Document> documents_;
  // What batches nobody was told of have replaced, the oldest first; and how many were kept in all.
  std::deque<std::vector<std::pair<DocumentKey, std::optional<Document>>>> unsynced_;
  std::uint64_t kept_ = 0;
  std::deque<std::pair<std::move_only_function<void()>, unsigned>> jobs_;
  bool stalled_ = false;
};

}  // namespace atrium::sim
