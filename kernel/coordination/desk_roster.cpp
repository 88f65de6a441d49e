#include <utility>

#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "coordination/stored_json.hpp"
#include "protocol/body_reader.hpp"
#include "protocol/errors.hpp"

// Who is on the team.
namespace atrium {

namespace {

Error unknownAgent(const std::string& agent_id) {
  return {Code::agent_unknown, "\"" + agent_id + "\" is not on the roster; PUT /coordination/agents/" + agent_id + " adds him.", 0, {}};
}

}  // namespace

void Desk::putAgent(AgentProfile profile, Reply done) {
  ready(std::move(done), [this, profile = std::move(profile)](Reply done) mutable {
    const Seat* known = team_.find(profile.agent_id);
    if (!known && team_.seats().size() >= parts_.rules.agents_max)
      return done(fail(Code::overloaded, "The roster has as many agents as it may.", 0));
    if (known) {
      // What `workload` told stays until somebody says otherwise.
      if (profile.conversion_rate < 0) profile.conversion_rate = known->profile->conversion_rate;
      if (profile.satisfaction < 0) profile.satisfaction = known->profile->satisfaction;
      profile.held_by = known->profile->held_by;
    }
    profile.version = known ? known->profile->version + 1 : 1;
    seatChanged(std::move(profile), std::move(done));
  });
}

// The profile takes its place, is stored and told, and what waits is looked at anew.
void Desk::seatChanged(AgentProfile profile, Reply done) {
  Seat& seat = team_.put(std::move(profile));
  Change change = this->change();
  change.put(*seat.profile);
  change.show(seat);
  commit(std::move(change), std::move(done), agentJson(seat, parts_.now.wall));
  lookWhatHeTakes(seat.profile->agent_id, Trigger::slot_freed);
}

void Desk::removeAgent(std::string agent_id, Reply done) {
  ready(std::move(done), [this, agent_id = std::move(agent_id)](Reply done) {
    const Seat* seat = team_.find(agent_id);
    if (!seat) return done(fail(unknownAgent(agent_id)));
    if (seat->places() > 0)
      return done(fail(Code::conflict, "He has " + std::to_string(seat->places()) + " leads or offers; hand them over first."));
    Change change = this->change();
    change.removeAgent(agent_id);
    team_.remove(agent_id);
    commit(std::move(change), std::move(done), "{}");
  });
}

void Desk::putWorkload(std::string agent_id, Workload workload, Reply done) {
  ready(std::move(done), [this, agent_id = std::move(agent_id), workload = std::move(workload)](Reply done) {
    const Seat* seat = team_.find(agent_id);
    if (!seat) return done(fail(unknownAgent(agent_id)));
    AgentProfile profile = *seat->profile;
    if (workload.name) profile.name = *workload.name;
    if (workload.conversion_rate) profile.conversion_rate = *workload.conversion_rate;
    if (workload.satisfaction) profile.satisfaction = *workload.satisfaction;
    if (workload.capacity) profile.capacity = *workload.capacity;
    ++profile.version;
    seatChanged(std::move(profile), std::move(done));
  });
}

void Desk::pauseAgent(std::string agent_id, bool paused, std::string plugin_id, Reply done) {
  ready(std::move(done), [this, agent_id = std::move(agent_id), paused, plugin_id = std::move(plugin_id)](Reply done) {
    const Seat* seat = team_.find(agent_id);
    if (!seat) return done(fail(unknownAgent(agent_id)));
    AgentProfile profile = *seat->profile;
    auto& holds = profile.held_by;
    if (plugin_id.empty()) {
      // Whoever takes a pause back takes back all: people overrule what plugins know of them.
      profile.paused = paused;
      if (!paused) holds.clear();
    } else {
      std::erase(holds, plugin_id);
      if (paused && holds.size() >= AgentProfile::holds_max)
        return done(fail(Code::overloaded, "As many plugins hold this agent as may.", 0));
      if (paused) holds.push_back(plugin_id);
    }
    if (profile.paused == seat->profile->paused && holds == seat->profile->held_by)
      return read(agentJson(*seat, parts_.now.wall), std::move(done));
    ++profile.version;
    seatChanged(std::move(profile), std::move(done));
  });
}

void Desk::agents(Listing query, Reply done) {
  ready(std::move(done), [this, query = std::move(query)](Reply done) {
    std::string out = R"({"items":[)";
    std::string next;
    std::uint32_t count = 0;
    for (auto at = team_.seats().upper_bound(query.cursor); at != team_.seats().end(); ++at) {
      const Seat& seat = at->second;
      if (!query.state.empty() && word(seat.status()) != query.state) continue;
      if (count == query.limit) {
        next = std::prev(at)->first;
        break;
      }
      if (count++ > 0) out += ',';
      out += agentJson(seat, parts_.now.wall);
    }
    closeList(out, next);
    read(std::move(out), std::move(done));
  });
}

void Desk::agent(std::string agent_id, Reply done) {
  ready(std::move(done), [this, agent_id = std::move(agent_id)](Reply done) {
    const Seat* seat = team_.find(agent_id);
    if (!seat) return done(fail(unknownAgent(agent_id)));
    read(agentJson(*seat, parts_.now.wall), std::move(done));
  });
}

Result<Workload> readWorkload(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  Workload workload;
  workload.name = in.text("name", 1, display_name_max);
  workload.conversion_rate = in.number("conversion_rate", 0, 1, "from 0 to 1");
  workload.satisfaction = in.number("satisfaction", 0, 5, "from 0 to 5");
  if (const auto capacity = in.integer("capacity", 1, AgentProfile::capacity_max))
    workload.capacity = static_cast<std::uint32_t>(*capacity);
  // Measured here; looked at so that a mistake in them is told.
  in.integer("active_leads", 0, 1'000'000);
  in.integer("active_conversations", 0, 1'000'000);
  in.number("capacity_utilization", 0, 1, "from 0 to 1");
  in.number("avg_response_time", 0, 1e9, "of at least 0");
  static constexpr std::array<std::string_view, 5> statuses{"available", "busy", "offline", "in_call", "away"};
  if (const auto status = in.oneOf<AgentStatus>("status", statuses)) workload.status = std::string(word(*status));
  return in.finish(std::move(workload));
}

}  // namespace atrium
