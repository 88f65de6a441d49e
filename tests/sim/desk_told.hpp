#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/storm_witness.hpp"

namespace atrium::sim {

// What people were told of a desk, by an answer or an event, and whether it is there: whatever was confirmed stands in the store, as it was
// or moved on from there. What nobody heard of may be there or not.
class DeskTold final : public StormWitness {
 public:
  // The value stored under that key; nothing: there is none.
  using Find = std::function<std::optional<std::string>(const std::vector<std::string>& key)>;
  explicit DeskTold(std::string tenant_id) : tenant_id_(std::move(tenant_id)) {}

  void offer(const std::string& offer_id, std::string_view state) override;
  void lead(const std::string& lead_id) override { leads_.insert(lead_id); }
  void agent(const std::string& agent_id, std::uint64_t change) override;
  void agentMayGo(const std::string& agent_id) override { agents_.erase(agent_id); }
  // Offers that somebody was told of, and those of them that were accepted.
  [[nodiscard]] std::uint64_t offers() const { return offers_.size() + over_.size(); }
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }

  // What is missing; empty: nothing. An offer or a lead that is found to be over is looked at again in the end only.
  [[nodiscard]] std::string missing(const Find& find);
  // Likewise, of all that was ever told.
  [[nodiscard]] std::string missingInTheEnd(const Find& find);

 private:
  [[nodiscard]] std::string missing(const Find& find, const std::string& offer_id, const std::string& told, bool& over) const;
  const std::string tenant_id_;
  std::map<std::string, std::string, std::less<>> offers_, over_;  // Their states; those of over_ are their last.
  std::set<std::string, std::less<>> leads_, closed_;
  std::map<std::string, std::uint64_t, std::less<>> agents_;  // Their changes.
  std::uint64_t accepted_ = 0;
};

}  // namespace atrium::sim
