#include "rest/rest_handler.hpp"

#include <string>
#include <utility>

#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "rest/credentials.hpp"
#include "rest/kept_request.hpp"
#include "rest/websocket_entry.hpp"

namespace atrium {

void RestHandler::handle(const HttpRequest& request, Responder responder) {
  const std::string_view origin = request.header("Origin");
  const bool origin_allowed = parts_.origins.allows(origin, request.header("Host"));
  Reply reply(std::move(responder), origin_allowed ? std::string(origin) : std::string());

  const Result<Routing> routing = routeOf(request.method, request.path);
  if (!routing) return reply.problem(routing.error());
  // A filter that cannot be read must not be taken for none.
  if (!request.queryDecodes()) return reply.problem({Code::bad_request, "The query has a broken escape.", 0, {}});
  if (request.method == "OPTIONS") return preflight(request, *routing, origin_allowed, std::move(reply));
  if (!routing->route) {
    HttpResponse refusal = problemResponse({Code::method_not_allowed, "This path answers to " + routing->allow + ".", 0, {}});
    refusal.headers.emplace_back("Allow", routing->allow);
    return reply.send(std::move(refusal));
  }
  if (routing->route->access == Access::socket) return openSocket(request, *routing, origin_allowed, std::move(reply));

  const Access access = routing->route->access;
  if (access == Access::open || (access == Access::ops && (options_.ops_public || fromThisMachine(request))))
    return dispatch({request, *routing, nullptr, std::move(reply)});
  const std::string token = bearerToken(request);
  if (token.empty()) return reply.problem({Code::unauthorized, "Send Authorization: Bearer and a token.", 0, {}});
  identify(request, token, [this, routing = *routing, reply = std::move(reply)](const HttpRequest& asked, Result<Principal> who) mutable {
    if (!who) return reply.problem(who.error());
    const Access wanted = routing.route->access;
    if (wanted != Access::token && !who->has(ATRIUM_ROLE_ADMIN)) return reply.problem({Code::forbidden, "This is for admins.", 0, {}});
    if ((wanted == Access::operators || wanted == Access::ops) && !operatesServer(*who, options_.operator_tenants))
      return reply.problem({Code::forbidden, "This is for those who operate the server.", 0, {}});
    dispatch({asked, routing, std::make_shared<const Principal>(*std::move(who)), std::move(reply)});
  });
}

void RestHandler::preflight(const HttpRequest& request, const Routing& routing, bool origin_allowed, Reply reply) {
  if (!origin_allowed) return reply.problem({Code::forbidden, "This origin is not on the server's list.", 0, {}});
  HttpResponse response{.status = 204, .content_type = {}, .body = {}, .headers = {{"Allow", routing.allow}}};
  if (request.header("Access-Control-Request-Method").data() != nullptr) {
    response.headers.emplace_back("Access-Control-Allow-Methods", routing.allow);
    response.headers.emplace_back("Access-Control-Allow-Headers", "Authorization, Content-Type");
    response.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  reply.send(std::move(response));
}

void RestHandler::identify(const HttpRequest& request, std::string_view token, Identified next) {
  if (auto known = parts_.tokens.verify(token, parts_.now.wall)) {
    tell(*known, request);
    return next(request, *std::move(known));
  }
  auto kept = std::make_unique<KeptRequest>(request);
  if (kept->size() > kept_max - kept_bytes_)
    return next(request, fail(Code::overloaded, "More requests wait for their tokens to be judged than can be.", 1000));
  kept_bytes_ += kept->size();
  parts_.tokens.ask(std::string(token), [this, kept = std::move(kept), next = std::move(next)](Result<Principal> who) mutable {
    kept_bytes_ -= kept->size();
    tell(who, kept->view());
    next(kept->view(), std::move(who));
  });
}

void RestHandler::tell(const Result<Principal>& who, const HttpRequest& request) {
  parts_.metrics.add(who ? Metric::auth_accepted : Metric::auth_refused);
  if (!who)
    parts_.log.warning("auth.refused",
                       {{"path", loggedPath(request)}, {"code", info(who.error().code).word}, {"reason", who.error().detail}});
}

void RestHandler::openSocket(const HttpRequest& request, const Routing& routing, bool origin_allowed, Reply reply) {
  if (!isUpgrade(request)) {
    HttpResponse refusal = problemResponse({Code::upgrade_required, "Open this path as a WebSocket, version 13.", 0, {}});
    refusal.headers.emplace_back("Upgrade", "websocket");
    refusal.headers.emplace_back("Sec-WebSocket-Version", "13");
    return reply.send(std::move(refusal));
  }
  // A page from elsewhere learns nothing, not even by a close code.
  if (!origin_allowed) return reply.problem({Code::forbidden, "This origin is not on the server's list.", 0, {}});
  const OfferedProtocols offered = offeredProtocols(request);
  if (offered.ours.empty() && offered.foreign)
    return reply.problem({Code::unknown_protocol, "This server speaks the sub-protocol atrium.v1.json.", 0, {}});

  admitSocket(request, routing, std::move(reply));
}

void RestHandler::admitSocket(const HttpRequest& request, const Routing& routing, Reply reply) {
  const OfferedProtocols offered = offeredProtocols(request);
  WebSocketOptions socket{.sub_protocol = std::string(offered.ours), .message_max = options_.frame_max, .heartbeat = options_.heartbeat};
  // Who offered a protocol of ours understands a close code.
  const auto refuse = [](WebSocketOptions socket_options, Reply refused, CloseCode code, const Error& error) {
    if (socket_options.sub_protocol.empty()) return refused.problem(error);
    refused.responder().upgrade(std::move(socket_options), makeRefusedSocket(code, error.detail));
  };
  if (!offered.ours.empty() && !offered.spoken)
    return refuse(std::move(socket), std::move(reply), CloseCode::unknown_protocol,
                  {Code::unknown_protocol, "This server speaks the sub-protocol atrium.v1.json.", 0, {}});

  const std::string* room_id = routing.parameters.empty() ? nullptr : &routing.parameters.front();
  const auto enter = [this, refuse](const HttpRequest& asked, const std::string* room, WebSocketOptions options, Reply answer,
                                    const Result<Principal>& who) {
    auto admission = admit(asked, room, who);
    if (!admission) return refuse(std::move(options), std::move(answer), admission.error().close, admission.error().error);
    answer.responder().upgrade(std::move(options), makeSessionSocket(parts_.shard, *std::move(admission)));
  };
  const std::string token = socketToken(request);
  if (token.empty())
    return enter(request, room_id, std::move(socket), std::move(reply), fail(Code::unauthorized, "A token is needed to connect."));
  identify(request, token,
           [enter, room = room_id ? std::optional(*room_id) : std::nullopt, socket = std::move(socket), reply = std::move(reply)](
               const HttpRequest& asked, Result<Principal> who) mutable {
             enter(asked, room ? &*room : nullptr, std::move(socket), std::move(reply), who);
           });
}

void RestHandler::dispatch(Call call) {
  using Verb = CoordinationCommand::Verb;
  // No default: a route without a handler does not compile.
  switch (call.routing.route->operation) {
    case Operation::create_room: return createRoom(std::move(call));
    case Operation::list_rooms: return listRooms(std::move(call));
    case Operation::read_room: return readRoom(std::move(call));
    case Operation::change_room: return changeRoom(std::move(call));
    case Operation::close_room: return closeRoom(std::move(call));
    case Operation::add_member: return addMember(std::move(call));
    case Operation::change_role: return changeRole(std::move(call));
    case Operation::remove_member: return removeMember(std::move(call));
    case Operation::send_message: return sendMessage(std::move(call));
    case Operation::list_commands: return listCommands(std::move(call));
    case Operation::run_command: return runCommand(std::move(call));
    case Operation::broadcast: return broadcast(std::move(call));
    case Operation::history: return history(std::move(call));
    case Operation::update_presence: return updatePresence(std::move(call));
    case Operation::room_presence: return roomPresence(std::move(call));
    case Operation::collaboration_metrics: return collaborationMetrics(std::move(call));
    case Operation::prometheus: return prometheus(std::move(call));
    case Operation::health_live: return healthLive(std::move(call));
    case Operation::health_ready: return healthReady(std::move(call));
    case Operation::trace: return trace(std::move(call));
    case Operation::plugins: return plugins(std::move(call));
    case Operation::plugin_events: return pluginEvents(std::move(call));
    case Operation::read_plugin: return readPlugin(std::move(call));
    case Operation::rescan_plugins: return controlPlugins(std::move(call), PluginCommand::Verb::rescan);
    case Operation::enable_plugin: return controlPlugins(std::move(call), PluginCommand::Verb::enable);
    case Operation::disable_plugin: return controlPlugins(std::move(call), PluginCommand::Verb::disable);
    case Operation::reload_plugin: return controlPlugins(std::move(call), PluginCommand::Verb::reload);
    case Operation::reset_plugin: return controlPlugins(std::move(call), PluginCommand::Verb::reset);
    case Operation::configure_plugin: return controlPlugins(std::move(call), PluginCommand::Verb::configure);
    case Operation::plan_config: return controlPlugins(std::move(call), PluginCommand::Verb::plan);
    case Operation::apply_config: return controlPlugins(std::move(call), PluginCommand::Verb::apply);
    case Operation::sinks: return sinks(std::move(call));
    case Operation::forget_sink: return forgetSink(std::move(call));
    case Operation::dead_letters: return deadLetters(std::move(call));
    case Operation::retry_dead_letters: return changeDeadLetters(std::move(call), SinkCommand::Verb::retry);
    case Operation::drop_dead_letters: return changeDeadLetters(std::move(call), SinkCommand::Verb::drop);
    case Operation::list_policies: return listPolicies(std::move(call));
    case Operation::choose_policy: return choosePolicy(std::move(call));
    case Operation::read_policy: return readPolicy(std::move(call));
    case Operation::put_policy: return putPolicy(std::move(call));
    case Operation::remove_policy: return removePolicy(std::move(call));
    case Operation::analytics_report: return analyticsReport(std::move(call));
    case Operation::coordination_metrics: return coordinationMetrics(std::move(call));
    case Operation::list_alerts: return listAlerts(std::move(call));
    case Operation::backtest_alerts: return changeAlerts(std::move(call), AlertCall::Verb::backtest);
    case Operation::read_alert: return changeAlerts(std::move(call), AlertCall::Verb::read);
    case Operation::acknowledge_alert: return changeAlerts(std::move(call), AlertCall::Verb::acknowledge);
    case Operation::resolve_alert: return changeAlerts(std::move(call), AlertCall::Verb::resolve);
    case Operation::run_alert_action: return changeAlerts(std::move(call), AlertCall::Verb::act);
    case Operation::list_silences: return changeAlerts(std::move(call), AlertCall::Verb::silences);
    case Operation::create_silence: return changeAlerts(std::move(call), AlertCall::Verb::silence);
    case Operation::delete_silence: return changeAlerts(std::move(call), AlertCall::Verb::unsilence);
    case Operation::request_coaching: return assist(std::move(call), false);
    case Operation::assist: return assist(std::move(call), true);
    case Operation::list_tips: return tips(std::move(call));
    case Operation::accept_tip: return judgeTip(std::move(call), TipVerdict::accepted);
    case Operation::dismiss_tip: return judgeTip(std::move(call), TipVerdict::dismissed);
    case Operation::read_privacy: return readPrivacy(std::move(call));
    case Operation::put_privacy: return putPrivacy(std::move(call));
    case Operation::whisper: return whisper(std::move(call));
    case Operation::monitor: return supervise(std::move(call), Supervision::monitor);
    case Operation::take_over: return supervise(std::move(call), Supervision::take_over);
    case Operation::ui_menu: return uiMenu(std::move(call));
    case Operation::ui_root: return uiRoot(std::move(call));
    case Operation::ui_page: return uiPage(std::move(call));
    case Operation::ui_get:
    case Operation::ui_post:
    case Operation::ui_put:
    case Operation::ui_patch:
    case Operation::ui_delete: return uiCall(std::move(call));
    case Operation::hook: return hook(std::move(call));
    case Operation::list_agents: return coordinate(std::move(call), Verb::list_agents, CoordinationBody::query);
    case Operation::read_agent: return coordinate(std::move(call), Verb::read_agent, CoordinationBody::none);
    case Operation::put_agent: return coordinate(std::move(call), Verb::put_agent, CoordinationBody::needed);
    case Operation::remove_agent: return coordinate(std::move(call), Verb::remove_agent, CoordinationBody::none);
    case Operation::put_workload: return coordinate(std::move(call), Verb::put_workload, CoordinationBody::needed);
    case Operation::pause_agent: return coordinate(std::move(call), Verb::pause_agent, CoordinationBody::none);
    case Operation::resume_agent: return coordinate(std::move(call), Verb::resume_agent, CoordinationBody::none);
    case Operation::route_lead: return coordinate(std::move(call), Verb::route_lead, CoordinationBody::needed);
    case Operation::list_leads: return coordinate(std::move(call), Verb::list_leads, CoordinationBody::query);
    case Operation::queue: return coordinate(std::move(call), Verb::list_queue, CoordinationBody::query);
    case Operation::read_lead: return coordinate(std::move(call), Verb::read_lead, CoordinationBody::none);
    case Operation::assign_lead: return coordinate(std::move(call), Verb::assign_lead, CoordinationBody::needed);
    case Operation::withdraw_lead: return coordinate(std::move(call), Verb::withdraw_lead, CoordinationBody::optional);
    case Operation::list_offers: return coordinate(std::move(call), Verb::list_offers, CoordinationBody::query);
    case Operation::read_offer: return coordinate(std::move(call), Verb::read_offer, CoordinationBody::none);
    case Operation::accept_offer: return coordinate(std::move(call), Verb::accept_offer, CoordinationBody::none);
    case Operation::reject_offer: return coordinate(std::move(call), Verb::reject_offer, CoordinationBody::needed);
    case Operation::complete_offer: return coordinate(std::move(call), Verb::complete_offer, CoordinationBody::optional);
    case Operation::begin_handoff: return coordinate(std::move(call), Verb::begin_handoff, CoordinationBody::needed);
    case Operation::list_handoffs: return coordinate(std::move(call), Verb::list_handoffs, CoordinationBody::query);
    case Operation::read_handoff: return coordinate(std::move(call), Verb::read_handoff, CoordinationBody::none);
    case Operation::rebalance: return coordinate(std::move(call), Verb::rebalance, CoordinationBody::optional);
    case Operation::list_decisions: return coordinate(std::move(call), Verb::list_decisions, CoordinationBody::query);
    case Operation::read_decision: return coordinate(std::move(call), Verb::read_decision, CoordinationBody::none);
    case Operation::replay_decision: return coordinate(std::move(call), Verb::replay_decision, CoordinationBody::optional);
    case Operation::replay_traffic: return coordinate(std::move(call), Verb::replay_traffic, CoordinationBody::needed);
    case Operation::read_shadows: return coordinate(std::move(call), Verb::read_shadows, CoordinationBody::none);
    case Operation::openapi: return openapi(std::move(call));
    case Operation::asyncapi: return asyncapi(std::move(call));
    case Operation::docs: return docs(std::move(call));
    case Operation::websocket:
    case Operation::websocket_room: return;  // Access::socket: taken by openSocket().
  }
}

}  // namespace atrium
