#include "sim/desk_told.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/json_index.hpp"

namespace atrium::sim {

namespace {

// How far an offer has come.
int stepOf(std::string_view state) { return state.empty() || state == "pending" ? 0 : state == "active" ? 1 : state == "wrapping" ? 2 : 3; }

std::string member(const std::string& json, std::string_view name) {
  const auto parsed = JsonDocument::parse(json);
  return parsed ? parsed->root()[name].text() : std::string();
}

}  // namespace

void DeskTold::offer(const std::string& offer_id, std::string_view state) {
  if (over_.contains(offer_id)) return;
  std::string& told = offers_[offer_id];
  if (state == "active" && stepOf(told) == 0) ++accepted_;
  if (told.empty() || stepOf(state) >= stepOf(told)) told = state;
}

void DeskTold::agent(const std::string& agent_id, std::uint64_t change) {
  std::uint64_t& told = agents_[agent_id];
  told = std::max(told, change);
}

std::string DeskTold::missing(const Find& find, const std::string& offer_id, const std::string& told, bool& over) const {
  auto stored = find({"offer", tenant_id_, offer_id});
  over = !stored;
  if (!stored) stored = find({"offer_ended", tenant_id_, offer_id});
  if (!stored) return offer_id + " was told to be " + told + " and is nowhere";
  const std::string state = member(*stored, "state");
  if (stepOf(state) < stepOf(told) || (stepOf(told) == 3 && state != told))
    return offer_id + " was told to be " + told + " and is " + state;
  return {};
}

std::string DeskTold::missing(const Find& find) {
  for (auto at = offers_.begin(); at != offers_.end();) {
    bool over = false;
    if (std::string flaw = missing(find, at->first, at->second, over); !flaw.empty()) return flaw;
    const auto offer = at++;
    if (over) over_.insert(offers_.extract(offer));
  }
  for (auto at = leads_.begin(); at != leads_.end();) {
    const auto lead = at++;
    if (find({"lead", tenant_id_, *lead})) continue;
    if (!find({"lead_closed", tenant_id_, *lead})) return *lead + " was told and is nowhere";
    closed_.insert(leads_.extract(lead));
  }
  for (const auto& [agent_id, change] : agents_) {
    const auto stored = find({"agent", tenant_id_, agent_id});
    if (!stored) return agent_id + " was told to be on the roster and is not";
    const std::string name = member(*stored, "name");
    std::uint64_t there = 0;
    std::from_chars(name.data() + name.find_last_of(' ') + 1, name.data() + name.size(), there);
    if (there < change) return agent_id + " was told to be change " + std::to_string(change) + " and is " + name;
  }
  return {};
}

std::string DeskTold::missingInTheEnd(const Find& find) {
  offers_.merge(over_);
  leads_.merge(closed_);
  over_.clear();
  closed_.clear();
  return missing(find);
}

}  // namespace atrium::sim
