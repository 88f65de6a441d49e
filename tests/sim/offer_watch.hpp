#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordination/queue_rule.hpp"
#include "engine/ports.hpp"
#include "protocol/commands.hpp"
#include "protocol/json_index.hpp"

namespace atrium::sim {

// Looks at each offer in the moment in which it goes into the store, whether that agent might get that lead. It reads the rule of the queue
// and the stored texts by itself and shares nothing with the desk that decides: what a routed offer asks for is what docs/coordination.md
// and docs/routing.md say an agent must have, one after the other. Whom a person names needs a live session and a free place; whom a queue
// names as its fallback needs nothing.
//
// It sees what the store takes, in order, and is told who comes and goes and when: people are looked up as of the offer's own time, so that
// an offer that is stored late is held against what was so when it was made.
class OfferWatch {
 public:
  // The rules outlive it.
  explicit OfferWatch(const CoordinationRules& rules) : rules_(rules) {}

  // How a user stands from `at` on. Of several at the same time the last one counts, so that time has to move before each.
  void presence(const std::string& user_id, Status status, std::size_t sessions, Wall at);
  // The process has ended, and everybody's session with it.
  void allGone(Wall at);

  // Begins anew with what the store holds of agents, open leads and open offers.
  void begin(const std::vector<std::vector<Document>>& documents);
  // One batch, as the store takes it or is about to.
  void take(const std::vector<DocumentWrite>& batch);
  // The last batch was refused.
  void takeBack();

  // The first offer that should not have been, and why; empty: none.
  [[nodiscard]] const std::string& flaw() const { return flaw_; }
  // Offers looked at.
  [[nodiscard]] std::uint64_t offers() const { return looked_at_; }
  // Runs for each of them.
  void onOffer(std::function<void(const std::string& offer_id)> looked) { looked_ = std::move(looked); }

 private:
  using Json = std::shared_ptr<const JsonDocument>;  // Null: it is not there.
  using Shelf = std::map<std::string, Json, std::less<>>;
  struct Presence {
    Wall at{};
    Status status = Status::offline;
    std::size_t sessions = 0;
  };
  [[nodiscard]] Shelf* shelf(const DocumentKey& key);
  [[nodiscard]] Presence presenceAt(const std::string& user_id, Wall at) const;
  void look(const JsonView& offer, const JsonView& lead, const std::string& policy);
  // Why not; empty: he might. Each of those below likewise.
  [[nodiscard]] std::string objection(const JsonView& offer, const JsonView& lead, const std::string& policy) const;
  [[nodiscard]] std::string toNamed(const JsonView& offer, const JsonView& agent, Wall at) const;
  [[nodiscard]] std::string toFallback(const JsonView& offer, const JsonView& lead, const QueueRule& rule, Wall at) const;
  [[nodiscard]] std::string toPerson(const JsonView& agent, const std::string& agent_id, Wall at) const;
  [[nodiscard]] std::string toPlaces(const JsonView& offer, const JsonView& agent) const;
  [[nodiscard]] std::string toRamp(const std::string& agent_id, const QueueRule& rule, Wall at) const;

  const CoordinationRules& rules_;
  Shelf agents_, leads_, offers_;
  std::map<std::string, std::deque<Presence>, std::less<>> people_;
  std::map<std::string, Wall, std::less<>> back_;              // Of agents who have been on the roster since they came.
  std::map<std::string, std::deque<Wall>, std::less<>> made_;  // Offers to each since then, of the last minute.
  struct Undo {
    Shelf* shelf;
    std::string id;
    Json before;
  };
  std::vector<Undo> undo_;  // Of the last batch.
  std::uint64_t looked_at_ = 0;
  std::string flaw_;
  std::function<void(const std::string&)> looked_;
};

}  // namespace atrium::sim
