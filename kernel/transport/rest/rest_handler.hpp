#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "engine/shard.hpp"
#include "protocol/json_index.hpp"
#include "protocol/tokens.hpp"
#include "protocol/ui.hpp"
#include "rest/alert_control.hpp"
#include "rest/analytics_control.hpp"
#include "rest/coaching_control.hpp"
#include "rest/coordination_control.hpp"
#include "rest/node.hpp"
#include "rest/origin.hpp"
#include "rest/plugin_control.hpp"
#include "rest/policy_control.hpp"
#include "rest/query.hpp"
#include "rest/reply.hpp"
#include "rest/reports.hpp"
#include "rest/router.hpp"
#include "rest/sink_control.hpp"
#include "transport/http.hpp"

namespace atrium {

// What the operator decides about the API.
struct RestOptions {
  bool ops_public = false;                         // Whether what operators see needs no token from other machines either.
  std::vector<std::string> operator_tenants = {};  // Whose admins operate the server; empty: everyone's.
  PageLimits pages = {};
  std::size_t frame_max = 64 * 1024;   // bytes of a WebSocket message
  std::chrono::seconds heartbeat{30};  // interval of pings
  bool ui_pages = true;                // Whether what plugins serve below /ui is served...
  bool ui_hooks = true;                // ...and below /hooks.
};

// The API of one loop: finds a request's route (protocol/routes.yaml), who asks, and calls the engine. Everything it refers to outlives it.
// On the loop's thread.
class RestHandler final : public HttpHandler {
 public:
  struct Parts {
    Shard& shard;
    Tokens& tokens;  // This loop's own.
    UiPort& ui;      // This loop's own.
    const OriginPolicy& origins;
    const Node& node;
    PluginControl& plugins;             // This loop's own.
    SinkControl& sinks;                 // Likewise.
    CoordinationControl& coordination;  // Likewise.
    PolicyControl& policies;            // Likewise.
    Reports& reports;                   // Likewise.
    AnalyticsControl& analytics;        // Likewise.
    AlertControl& alerts;               // Likewise.
    CoachingControl& coaching;          // Likewise.
    const Now& now;
    MetricSet& metrics;
    Log& log;
  };
  // Bytes of requests that may wait until it is known whose token they bring; further ones are refused with overloaded.
  static constexpr std::size_t kept_max = std::size_t{32} << 20;

  RestHandler(const Parts& parts, const RestOptions& options) : parts_(parts), options_(options) {}

  void handle(const HttpRequest& request, Responder responder) override;

 private:
  // One request on its way to the handler of its operation.
  struct Call {
    const HttpRequest& request;
    const Routing& routing;
    PrincipalPtr caller;  // Null where none is needed.
    Reply reply;
  };

  void preflight(const HttpRequest& request, const Routing& routing, bool origin_allowed, Reply reply);
  // What comes next once it is known who asks. The request is the one that was handed in, or a copy of it.
  using Identified = std::move_only_function<void(const HttpRequest& request, Result<Principal> who)>;
  // Finds out whose token it is: at once or, when others have to be asked, later.
  void identify(const HttpRequest& request, std::string_view token, Identified next);
  void tell(const Result<Principal>& who, const HttpRequest& request);
  void dispatch(Call call);
  void openSocket(const HttpRequest& request, const Routing& routing, bool origin_allowed, Reply reply);
  void admitSocket(const HttpRequest& request, const Routing& routing, Reply reply);
  // The body as `read` understands it; answers the refusal itself and returns nothing otherwise.
  template <typename Command>
  std::optional<Command> commandOf(Call& call, Result<Command> (*read)(const JsonView&, const Principal&));
  std::optional<JsonView> bodyOf(Call& call);

  void createRoom(Call call);
  void listRooms(Call call);
  void readRoom(Call call);
  void changeRoom(Call call);
  void closeRoom(Call call);
  void addMember(Call call);
  void changeRole(Call call);
  void removeMember(Call call);
  void sendMessage(Call call);
  void listCommands(Call call);
  void runCommand(Call call);
  void broadcast(Call call);
  void history(Call call);
  void updatePresence(Call call);
  void roomPresence(Call call);
  void collaborationMetrics(Call call);
  void prometheus(Call call);
  void healthLive(Call call);
  void healthReady(Call call);
  void plugins(Call call);
  void trace(Call call);
  void readPlugin(Call call);
  void pluginEvents(Call call);
  void controlPlugins(Call call, PluginCommand::Verb verb);
  void sinks(Call call);
  void forgetSink(Call call);
  void deadLetters(Call call);
  void changeDeadLetters(Call call, SinkCommand::Verb verb);
  void listPolicies(Call call);
  void readPolicy(Call call);
  void putPolicy(Call call);
  void removePolicy(Call call);
  void choosePolicy(Call call);
  void analyticsReport(Call call);
  void coordinationMetrics(Call call);
  void listAlerts(Call call);
  void changeAlerts(Call call, AlertCall::Verb verb);
  void askAlerts(Call call, AlertCall alerts);
  void assist(Call call, bool names_task);
  void tips(Call call);
  void judgeTip(Call call, TipVerdict verdict);
  void readPrivacy(Call call);
  void putPrivacy(Call call);
  void whisper(Call call);
  void supervise(Call call, Supervision how);
  void uiMenu(Call call);
  void uiRoot(Call call);
  void uiPage(Call call);
  void uiCall(Call call);
  void hook(Call call);
  void askUi(const UiBundle& bundle, UiRequest request, Reply reply);
  [[nodiscard]] bool hookIsSigned(const Call& call, const UiBundle& bundle, const UiHook& hook, Error& refusal);
  // What a request to a desk brings: nothing, filters, a body, or a body or nothing.
  enum class CoordinationBody : std::uint8_t { none, query, needed, optional };
  void coordinate(Call call, CoordinationCommand::Verb verb, CoordinationBody body);
  void openapi(Call call);
  void asyncapi(Call call);
  void docs(Call call);

  Parts parts_;
  RestOptions options_;
  JsonIndexer indexer_;
  std::set<std::string> secrets_missed_;  // Told already; of hooks that exist, so that their number bounds it.
  std::size_t kept_bytes_ = 0;            // Of requests that wait for an answer about their token.
};

}  // namespace atrium
