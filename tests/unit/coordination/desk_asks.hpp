#pragma once

#include <string>
#include <string_view>

#include "protocol/errors.hpp"
#include "sim/desk_world.hpp"

// What people ask of a desk, each run to its end.
namespace atrium::test {

using sim::DeskWorld;

inline JsonDocument parsed(const Result<std::string>& reply) { return *JsonDocument::parse(reply.value_or("{}")); }
inline std::string fieldOf(const Result<std::string>& reply, std::string_view name) {
  return reply ? parsed(reply).root()[name].text() : "refused: " + reply.error().detail;
}
inline PrincipalPtr sue() { return DeskWorld::user("sue", ATRIUM_ROLE_SUPERVISOR); }

// On the roster, and here.
inline void staff(DeskWorld& world, const std::string& agent, std::uint32_t capacity = 3,
                  std::vector<std::pair<std::string, double>> skills = {{"flat", 1.0}}) {
  world.hire(agent, capacity, std::move(skills));
  world.come(agent);
  world.settle();
}
inline Result<std::string> accept(DeskWorld& world, const std::string& agent, const std::string& offer) {
  return world.ask([&](Desk::Reply done) { world.desk().accept(DeskWorld::user(agent), offer, std::move(done)); });
}
inline Result<std::string> accept(DeskWorld& world, const std::string& agent) { return accept(world, agent, world.lastOffer(agent)); }
inline Result<std::string> reject(DeskWorld& world, const std::string& agent, const std::string& offer) {
  return world.ask([&](Desk::Reply done) { world.desk().reject(DeskWorld::user(agent), offer, {.reason = "at lunch"}, std::move(done)); });
}
inline Result<std::string> complete(DeskWorld& world, const std::string& agent, const std::string& offer) {
  return world.ask(
      [&](Desk::Reply done) { world.desk().complete(DeskWorld::user(agent), offer, {.outcome = "won", .value = 5}, std::move(done)); });
}
// The lead comes, and that agent, who is the one it goes to, accepts it.
inline void works(DeskWorld& world, const std::string& agent, const std::string& lead) {
  (void)world.route(lead);
  (void)accept(world, agent);
}
inline Result<std::string> readLead(DeskWorld& world, const std::string& lead) {
  return world.ask([&](Desk::Reply done) { world.desk().lead(lead, std::move(done)); });
}
inline std::string leadState(DeskWorld& world, const std::string& lead) { return fieldOf(readLead(world, lead), "state"); }
inline std::string ownerOf(DeskWorld& world, const std::string& lead) { return fieldOf(readLead(world, lead), "owner"); }
// Pauses him, or takes that back; for a plugin, or for a person.
inline void hold(DeskWorld& world, const std::string& agent, bool paused, const std::string& plugin = "") {
  (void)world.ask([&](Desk::Reply done) { world.desk().pauseAgent(agent, paused, plugin, std::move(done)); });
}
inline Result<std::string> assign(DeskWorld& world, const std::string& lead, const std::string& agent, bool over_cap = false) {
  return world.ask([&](Desk::Reply done) {
    world.desk().assign(sue(), lead, {.agent_id = agent, .reason = "she knows him", .over_cap = over_cap}, std::move(done));
  });
}
inline Result<std::string> withdraw(DeskWorld& world, const std::string& lead) {
  return world.ask([&](Desk::Reply done) { world.desk().withdraw(sue(), lead, "he has bought", std::move(done)); });
}
// Without `to` the policy finds somebody.
inline Result<std::string> handOver(DeskWorld& world, const std::string& owner, const std::string& lead, const std::string& to = "",
                                    HandoffFallback fallback = HandoffFallback::back) {
  BeginHandoff command;
  command.lead_id = lead;
  command.to = to;
  command.summary = "wants a balcony";
  command.commitments = {"call on Friday"};
  command.fallback = fallback;
  return world.ask([&](Desk::Reply done) { world.desk().beginHandoff(DeskWorld::user(owner), std::move(command), std::move(done)); });
}
inline Result<std::string> rebalance(DeskWorld& world, bool preview) {
  return world.ask([&](Desk::Reply done) { world.desk().rebalance(sue(), preview, std::move(done)); });
}
// The summary of the decision that led to the offer an agent was told of last.
inline JsonDocument decisionOf(DeskWorld& world, const std::string& agent) {
  const auto& told = world.audience.offers[agent];
  const std::string id = told.empty() ? std::string() : fieldOf(told.back(), "decision_id");
  const Document* kept = world.store.document({"decision", "acme", id});
  return kept ? *JsonDocument::parse(kept->value) : JsonDocument::emptyObject();
}

}  // namespace atrium::test
