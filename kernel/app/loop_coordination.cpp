#include "app/loop_coordination.hpp"

#include <algorithm>
#include <utility>

#include "protocol/body_reader.hpp"
#include "protocol/commands.hpp"
#include "protocol/errors.hpp"
#include "protocol/frame.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

using Verb = CoordinationCommand::Verb;

constexpr std::uint32_t overseers = ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;

// What only those may do who oversee others, unless it is about themselves where `own` says so.
enum class Right : std::uint8_t { everyone, own, overseers };

Right rightOf(Verb verb) {
  switch (verb) {
    case Verb::put_agent:
    case Verb::remove_agent:
    case Verb::assign_lead:
    case Verb::withdraw_lead:
    case Verb::rebalance:
    case Verb::list_decisions:
    case Verb::read_decision:
    case Verb::replay_decision:
    case Verb::replay_traffic:
    case Verb::read_shadows: return Right::overseers;
    case Verb::put_workload:
    case Verb::pause_agent:
    case Verb::resume_agent: return Right::own;
    default: return Right::everyone;
  }
}

// Why this caller may not ask that; nothing: he may.
std::optional<Error> refusal(const CoordinationCommand& command) {
  const Principal& caller = *command.caller;
  if (caller.has(overseers)) return std::nullopt;
  if (!caller.has(ATRIUM_ROLE_AGENT)) return Error{Code::forbidden, "This is for agents and those who oversee them.", 0, {}};
  const Right right = rightOf(command.verb);
  if (right == Right::everyone || (right == Right::own && command.id == caller.user_id)) return std::nullopt;
  return Error{Code::forbidden, "This is for supervisors, admins and services.", 0, {}};
}

Listing listingOf(CoordinationCommand& command) {
  Listing listing{.state = std::move(command.state),
                  .agent = std::move(command.agent),
                  .queue = std::move(command.queue),
                  .lead = std::move(command.lead),
                  .cursor = std::move(command.cursor),
                  .limit = command.limit,
                  .ended = command.ended};
  return listing;
}

// Reads the body with `read` and hands it on, or answers what is wrong with it.
template <typename Body, typename Then>
void with(Result<Body> body, Desk::Reply done, Then then) {
  if (!body) return done(fail(std::move(body.error())));
  then(*std::move(body), std::move(done));
}

// Of bodies with one member, which may be absent.
Result<std::string> readWithdrawal(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  return in.finish(in.text("reason", 1, 500).value_or(""));
}
Result<bool> readPreview(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  return in.finish(in.flag("preview").value_or(false));
}
Result<std::string> readReplay(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  return in.finish(in.text("policy", 1, 64).value_or(""));
}

// Presence in the engine's words.
std::optional<Status> presenceOf(const std::string& status) {
  if (status == "available") return Status::online;
  if (status == "busy") return Status::busy;
  if (status == "in_call") return Status::in_call;
  if (status == "away") return Status::away;
  if (status == "offline") return Status::offline;
  return std::nullopt;
}

// The plugin that asks; empty: a person.
std::string pluginOf(const Principal& caller) { return caller.plugin ? caller.user_id : std::string(); }

// An offer that is told to the agent it is about.
FramePtr offerEvent(const std::string& offer) {
  FrameBuilder frame;
  JsonWriter json(frame);
  json.begin('{').key("event_type").value("offer").key("offer").raw(offer).end('}');
  return std::move(frame).finish();
}

// Recorded decisions to be decided by another policy.
struct TrafficRequest {
  std::string policy;
  std::string after;
  std::uint32_t limit = 50;
};

Result<TrafficRequest> readTraffic(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  TrafficRequest request;
  request.policy = in.text("policy", 1, 64).value_or("");
  in.needed("policy", !request.policy.empty());
  request.after = in.text("after", 1, 100).value_or("");
  request.limit = static_cast<std::uint32_t>(in.integer("limit", 1, 200).value_or(50));
  return in.finish(std::move(request));
}

// On the desk's loop.
void serve(Coordination& coordination, CoordinationCommand command, Desk::Reply done) {
  const std::string tenant = command.caller->tenant_id;
  if (command.verb == Verb::list_decisions) return coordination.decisions(tenant, listingOf(command), std::move(done));
  if (command.verb == Verb::read_decision) return coordination.decision(tenant, command.id, std::move(done));
  if (command.verb == Verb::read_shadows) return done(coordination.shadows(tenant));
  if (command.verb == Verb::replay_decision)
    return with(readReplay(command.body.root(), *command.caller), std::move(done), [&](std::string policy, Desk::Reply reply) {
      coordination.replay(tenant, command.id, std::move(policy), std::move(reply));
    });
  if (command.verb == Verb::replay_traffic)
    return with(readTraffic(command.body.root(), *command.caller), std::move(done), [&](TrafficRequest asked, Desk::Reply reply) {
      coordination.replayTraffic(tenant, std::move(asked.policy), {.cursor = std::move(asked.after), .limit = asked.limit},
                                 std::move(reply));
    });
  Desk* found = coordination.of(tenant);
  if (!found) return done(fail(Code::overloaded, "The server coordinates as many tenants as it can.", 1000));
  Desk& desk = *found;
  const JsonView body = command.body.root();
  const Principal& caller = *command.caller;
  std::string id = command.id;
  switch (command.verb) {
    case Verb::list_agents: return desk.agents(listingOf(command), std::move(done));
    case Verb::read_agent: return desk.agent(std::move(id), std::move(done));
    case Verb::put_agent:
      return with(readAgent(id, body, caller), std::move(done),
                  [&](AgentProfile profile, Desk::Reply reply) { desk.putAgent(std::move(profile), std::move(reply)); });
    case Verb::remove_agent: return desk.removeAgent(std::move(id), std::move(done));
    case Verb::put_workload:
      return with(readWorkload(body, caller), std::move(done),
                  [&](Workload workload, Desk::Reply reply) { desk.putWorkload(std::move(id), std::move(workload), std::move(reply)); });
    case Verb::pause_agent: return desk.pauseAgent(std::move(id), true, pluginOf(caller), std::move(done));
    case Verb::resume_agent: return desk.pauseAgent(std::move(id), false, pluginOf(caller), std::move(done));
    case Verb::route_lead:
      return with(readRouteLead(body, caller), std::move(done),
                  [&](RouteLead lead, Desk::Reply reply) { desk.route(std::move(lead), command.received, std::move(reply)); });
    case Verb::list_leads: return desk.leads(listingOf(command), std::move(done));
    case Verb::list_queue: {
      Listing listing = listingOf(command);
      listing.state = word(LeadState::waiting);
      return desk.leads(std::move(listing), std::move(done));
    }
    case Verb::read_lead: return desk.lead(std::move(id), std::move(done));
    case Verb::assign_lead:
      return with(readAssignLead(body, caller), std::move(done), [&](AssignLead assign, Desk::Reply reply) {
        desk.assign(command.caller, std::move(id), std::move(assign), std::move(reply));
      });
    case Verb::withdraw_lead:
      return with(readWithdrawal(body, caller), std::move(done), [&](std::string reason, Desk::Reply reply) {
        desk.withdraw(command.caller, std::move(id), std::move(reason), std::move(reply));
      });
    case Verb::list_offers: {
      Listing listing = listingOf(command);
      if (!caller.has(overseers)) listing.agent = caller.user_id;
      return desk.offers(std::move(listing), std::move(done));
    }
    case Verb::read_offer: return desk.offer(command.caller, std::move(id), std::move(done));
    case Verb::accept_offer: return desk.accept(command.caller, std::move(id), std::move(done));
    case Verb::reject_offer:
      return with(readRejection(body, caller), std::move(done),
                  [&](OfferEnd end, Desk::Reply reply) { desk.reject(command.caller, std::move(id), std::move(end), std::move(reply)); });
    case Verb::complete_offer:
      return with(readOfferCompletion(body, caller), std::move(done),
                  [&](OfferEnd end, Desk::Reply reply) { desk.complete(command.caller, std::move(id), std::move(end), std::move(reply)); });
    case Verb::begin_handoff:
      return with(readBeginHandoff(body, caller), std::move(done), [&](BeginHandoff handoff, Desk::Reply reply) {
        desk.beginHandoff(command.caller, std::move(handoff), std::move(reply));
      });
    case Verb::list_handoffs: return desk.handoffs(listingOf(command), std::move(done));
    case Verb::read_handoff: return desk.handoff(std::move(id), std::move(done));
    case Verb::rebalance:
      return with(readPreview(body, caller), std::move(done),
                  [&](bool preview, Desk::Reply reply) { desk.rebalance(command.caller, preview, std::move(reply)); });
    case Verb::list_decisions:
    case Verb::read_decision:
    case Verb::replay_decision:
    case Verb::replay_traffic:
    case Verb::read_shadows: return;  // Taken above.
  }
}

}  // namespace

void LoopCoordination::run(CoordinationCommand command, Completion<std::string> done) {
  if (!parts_.enabled) return done(fail(Code::not_found, "Coordination is switched off on this server (coordination.enabled)."));
  if (auto why = refusal(command)) return done(fail(*std::move(why)));
  if (command.verb == Verb::put_workload)
    if (const auto status = presenceOf(command.body.root()["status"].text())) done = withStatus(command, *status, std::move(done));
  if (command.verb == Verb::begin_handoff)
    if (std::string room_id = command.body.root()["room_id"].text(); !room_id.empty())
      return inHisRoom(std::move(command), std::move(room_id), std::move(done));
  askDesk(std::move(command), std::move(done));
}

void LoopCoordination::askDesk(CoordinationCommand command, Completion<std::string> done) {
  const std::string tenant = command.caller->tenant_id;
  road_.ask<std::string>(tenant, std::move(done),
                         [command = std::move(command)](Coordination& desks, Completion<std::string> answer) mutable {
                           serve(desks, std::move(command), std::move(answer));
                         });
}

// The status that goes with a workload is the user's presence, which lives with his sessions: it is set once the desk knows him.
Completion<std::string> LoopCoordination::withStatus(const CoordinationCommand& command, Status status, Completion<std::string> done) {
  Principal user = *command.caller;
  user.user_id = command.id;
  return
      [this, user = std::make_shared<const Principal>(std::move(user)), status, done = std::move(done)](Result<std::string> told) mutable {
        if (!told) return done(std::move(told));
        UpdatePresence presence;
        presence.status = status;
        parts_.shard.updatePresence(user, std::move(presence), [](const Result<void>&) {});
        done(std::move(told));
      };
}

// ---- What the engine tells

void LoopCoordination::presenceChanged(const UserKey& user, Status status, std::size_t sessions) {
  road_.tellAlways(user.tenant_id, [user, status, sessions](Coordination& desks) { desks.presenceChanged(user, status, sessions); });
}

void LoopCoordination::posted(const RoomKey& room, std::string_view, std::string_view lead_id, const Principal& sender, Wall at) {
  if (sender.plugin || lead_id.empty()) return;
  // One that a full mailbox refuses is missing from the response times, and from nothing else.
  road_.tell(room.tenant_id, [room, lead = std::string(lead_id), sender_id = sender.user_id, by_client = sender.has(ATRIUM_ROLE_CLIENT),
                              at](Coordination& desks) { desks.posted(room, lead, sender_id, by_client, at); });
}

// ---- What desks tell

void LoopCoordination::offer(const std::string& tenant_id, const std::string& agent_id, const std::string& offer) {
  parts_.shard.tellUser(tenant_id, agent_id, offerEvent(offer));
}

void LoopCoordination::put(const std::string& tenant_id, Topic topic, const std::string& key, const std::string& value) {
  if (value.empty())
    parts_.shard.topics().remove(tenant_id, topic, key);
  else
    parts_.shard.topics().put(tenant_id, topic, key, value);
}

void LoopCoordination::agent(const std::string& tenant_id, const std::string& agent_id, std::string value) {
  put(tenant_id, Topic::agents, agent_id, value);
}

void LoopCoordination::lead(const std::string& tenant_id, const std::string& lead_id, std::string value) {
  put(tenant_id, Topic::queue, lead_id, value);
}

void LoopCoordination::offerRow(const std::string& tenant_id, const std::string& offer_id, std::string value) {
  put(tenant_id, Topic::offers, offer_id, value);
}

void LoopCoordination::decision(const std::string& tenant_id, const std::string& decision_id, std::string value) {
  parts_.shard.topics().append(tenant_id, Topic::decisions, decision_id, value);
}

// ---- Policies

void LoopCoordination::find(const std::string& tenant_id, std::string name, Completion<PolicyInForce> done) {
  parts_.policies.of(tenant_id).get(std::move(name), [done = std::move(done)](const Result<PolicyEntry>& entry) mutable {
    if (entry) return done(PolicyInForce{entry->policy, entry->version});
    if (entry.error().code == Code::not_found) return done(PolicyInForce{});
    done(fail(entry.error()));
  });
}

}  // namespace atrium
