#ifndef ATRIUM_TESTKIT_CALLS_HPP
#define ATRIUM_TESTKIT_CALLS_HPP
// One function for each hook that a test may want to call, as the server calls it: inputs as JSON texts, answers as values.
//   const auto scores = score(plugin, R"({"tier": "vip"})", {R"({"skills": {"senior": 1}})"});
// A hook or kind that the plugin does not have throws std::runtime_error. Rooms and messages stand in room_calls.hpp.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "atrium/ext/alert_rule.h"
#include "atrium/ext/assistant.h"
#include "atrium/ext/authenticator.h"
#include "atrium/ext/command.h"
#include "atrium/ext/event_sink.h"
#include "atrium/ext/http_ui.h"
#include "atrium/ext/routing_scorer.h"
#include "atrium/ext/state.h"
#include "atrium/testkit/plugin.hpp"
#include "atrium/testkit/scene.hpp"

namespace atrium::testkit {
namespace detail {

template <typename From>
struct Row {
  explicit Row(const std::vector<JsonText>& texts) {
    for (const JsonText& text : texts) {
      owned.push_back(std::make_unique<From>(text));
      places.push_back(&owned.back()->abi());
    }
  }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(places.size()); }
  std::vector<std::unique_ptr<From>> owned;
  std::vector<std::remove_reference_t<decltype(std::declval<From>().abi())>*> places;
};

template <typename Hook>
Hook have(Hook hook, const char* name) {
  if (!hook) throw std::runtime_error(std::string("the plugin has no ") + name);
  return hook;
}

}  // namespace detail

// ---- Scorers

struct Scored {
  double value = -1;
  std::string reason;
};
struct Scoring {
  atrium_status status = ATRIUM_OK;
  std::vector<Scored> scores;  // One for each agent or lead, in their order.
  const Scored& operator[](std::size_t at) const { return scores.at(at); }
};

namespace detail {
inline Scoring scoring(atrium_status status, const std::vector<atrium_score>& out) {
  Scoring scoring{status, {}};
  for (const atrium_score& score : out)
    scoring.scores.push_back({score.value, std::string(score.reason, std::min<std::size_t>(score.reason_size, sizeof score.reason))});
  return scoring;
}
inline std::vector<atrium_score> places(std::size_t count) {
  std::vector<atrium_score> out(count);
  for (atrium_score& score : out) score.value = -1;
  return out;
}
}  // namespace detail

inline Scoring score(const Plugin& plugin, const JsonText& lead, const std::vector<JsonText>& agents) {
  const auto& table = plugin.need<atrium_routing_scorer>(ATRIUM_EXT_ROUTING_SCORER);
  const LeadFrom from(lead);
  const detail::Row<AgentFrom> row(agents);
  auto out = detail::places(agents.size());
  const atrium_status status =
      detail::have(table.score_batch, "score_batch")(plugin.self(), &from.abi(), row.places.data(), row.count(), out.data());
  return detail::scoring(status, out);
}
inline Scoring score_queue(const Plugin& plugin, const JsonText& agent, const std::vector<JsonText>& leads) {
  const auto& table = plugin.need<atrium_routing_scorer>(ATRIUM_EXT_ROUTING_SCORER);
  const AgentFrom from(agent);
  const detail::Row<LeadFrom> row(leads);
  auto out = detail::places(leads.size());
  const atrium_status status =
      detail::have(table.score_queue, "score_queue")(plugin.self(), &from.abi(), row.places.data(), row.count(), out.data());
  return detail::scoring(status, out);
}

// ---- Alert rules

struct RaisedAlert {
  std::uint32_t severity = 0;
  std::string subject, title, message;
  double value = 0, threshold = 0;
  std::vector<std::pair<std::string, std::string>> actions;  // label, command
};
struct Evaluation {
  atrium_status status = ATRIUM_OK;
  std::vector<RaisedAlert> alerts;
};

inline Evaluation evaluate(const Plugin& plugin, const JsonText& window) {
  const auto& table = plugin.need<atrium_alert_rule>(ATRIUM_EXT_ALERT_RULE);
  const WindowFrom from(window);
  Evaluation evaluation;
  evaluation.status = detail::have(table.evaluate, "evaluate")(
      plugin.self(), &from.abi(),
      [](void* context, const atrium_alert* alert) {
        RaisedAlert& raised = static_cast<Evaluation*>(context)->alerts.emplace_back();
        raised.severity = alert->severity;
        raised.subject = view(alert->subject);
        raised.title = view(alert->title);
        raised.message = view(alert->message);
        raised.value = alert->value;
        raised.threshold = alert->threshold;
        for (std::uint32_t at = 0; at < alert->action_count; ++at)
          raised.actions.emplace_back(view(alert->actions[at].label), view(alert->actions[at].command));
      },
      &evaluation);
  return evaluation;
}

// ---- Calls that take their time

// What became of a token. Outlives the call: a plugin may complete it from a timer, the executor or another thread that the test joins.
class Awaited {
 public:
  // How often it was completed; the contract says once.
  [[nodiscard]] int completions() const { return state_->completions; }
  [[nodiscard]] bool done() const { return state_->completions > 0; }
  [[nodiscard]] atrium_status status() const { return state_->status; }
  [[nodiscard]] const std::string& result() const { return state_->result; }
  [[nodiscard]] const std::vector<std::string>& progress() const { return state_->progress; }
  // All pieces of an assistant's answer.
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const std::string& piece : state_->progress) all += piece;
    return all;
  }
  // What the call itself returned; other than ATRIUM_OK: there will be no completion.
  atrium_status returned = ATRIUM_OK;

  [[nodiscard]] atrium_token token() {
    return {.struct_size = sizeof(atrium_token), .reserved = 0, .context = state_.get(), .id = 1, .complete = complete, .progress = add};
  }

 private:
  struct State {
    int completions = 0;
    atrium_status status = ATRIUM_OK;
    std::string result;
    std::vector<std::string> progress;
  };
  static void complete(void* context, std::uint64_t /*id*/, atrium_status status, atrium_text result) {
    auto& state = *static_cast<State*>(context);
    if (state.completions++ > 0) return;
    state.status = status;
    state.result = view(result);
  }
  static void add(void* context, std::uint64_t /*id*/, atrium_text piece) {
    auto& state = *static_cast<State*>(context);
    if (state.completions == 0) state.progress.emplace_back(view(piece));
  }
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// `arguments` as the schema of the manifest has let them through.
inline Awaited execute(const Plugin& plugin, const JsonText& arguments, const JsonText& caller = "{}", const JsonText& room = "{}") {
  const auto& table = plugin.need<atrium_command>(ATRIUM_EXT_COMMAND);
  const RoomFrom where(room);
  const UserFrom who(caller);
  const atrium_command_call call{.struct_size = sizeof call,
                                 .deadline_ms = 5000,
                                 .command_id = text_of("command_1"),
                                 .room = &where.abi(),
                                 .caller = &who.abi(),
                                 .arguments = arguments.abi()};
  Awaited run;
  const atrium_token token = run.token();
  run.returned = detail::have(table.execute, "execute")(plugin.self(), &call, &token);
  return run;
}

// `task` is one of ATRIUM_TASK_...
inline Awaited open(const Plugin& plugin, std::uint32_t task, const JsonText& context) {
  const auto& table = plugin.need<atrium_assistant>(ATRIUM_EXT_ASSISTANT);
  const atrium_assistant_request request{.struct_size = sizeof request,
                                         .task = task,
                                         .request_id = text_of("request_1"),
                                         .tenant_id = text_of("tenant_a"),
                                         .context = context.abi(),
                                         .output_max = 4096,
                                         .first_piece_ms = 3000,
                                         .total_ms = 30000,
                                         .reserved = 0};
  Awaited run;
  const atrium_token token = run.token();
  run.returned = detail::have(table.open, "open")(plugin.self(), &request, &token);
  return run;
}

// ---- Event sinks

struct Delivered {
  atrium_status status = ATRIUM_OK;
  std::uint32_t accepted = 0;  // As the server reads it: all of them with ATRIUM_OK.
  std::string why;
};

inline Delivered deliver(const Plugin& plugin, const std::vector<JsonText>& events) {
  const auto& table = plugin.need<atrium_event_sink>(ATRIUM_EXT_EVENT_SINK);
  const detail::Row<EventFrom> row(events);
  Collected error;
  Delivered delivered;
  delivered.status =
      detail::have(table.deliver_batch, "deliver_batch")(plugin.self(), row.places.data(), row.count(), &delivered.accepted, error.sink());
  if (delivered.status == ATRIUM_OK) delivered.accepted = row.count();
  delivered.why = std::move(error.bytes);
  return delivered;
}

// ---- Authenticators

struct Judged {
  atrium_status status = ATRIUM_OK;
  int accepted = 0;  // Calls of accept().
  std::string tenant_id, user_id, display_name;
  std::uint32_t roles = 0;
  std::uint64_t expires_at_ms = 0;
  std::uint32_t cache_seconds = 0;
  std::string why;
};

inline Judged authenticate(const Plugin& plugin, std::string_view token, std::uint64_t now_ms = FakeHost::wall_ms_at_start) {
  const auto& table = plugin.need<atrium_authenticator>(ATRIUM_EXT_AUTHENTICATOR);
  Collected error;
  Judged judged;
  judged.status = detail::have(table.authenticate, "authenticate")(
      plugin.self(), text_of(token), now_ms,
      [](void* context, const atrium_principal* principal) {
        auto& to = *static_cast<Judged*>(context);
        ++to.accepted;
        to.tenant_id = view(principal->tenant_id);
        to.user_id = view(principal->user_id);
        to.display_name = view(principal->display_name);
        to.roles = principal->roles;
        to.expires_at_ms = principal->expires_at_ms;
        to.cache_seconds = principal->cache_seconds;
      },
      &judged, error.sink());
  judged.why = std::move(error.bytes);
  return judged;
}

// ---- Pages

struct UiCall {
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};
  std::map<std::string, std::string> headers = {};  // Names in lower case.
  std::string body = {};
  std::optional<JsonText> caller = JsonText("{}");  // Nothing: by a hook route.
};
struct UiAnswer {
  atrium_status returned = ATRIUM_OK;
  std::uint32_t status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
};

inline UiAnswer handle(const Plugin& plugin, const UiCall& call) {
  const auto& table = plugin.need<atrium_http_ui>(ATRIUM_EXT_HTTP_UI);
  std::vector<atrium_http_field> headers;
  for (const auto& [name, value] : call.headers) headers.push_back({text_of(name), text_of(value)});
  std::optional<UserFrom> caller;
  if (call.caller) caller.emplace(*call.caller);
  const atrium_ui_request request{.struct_size = sizeof request,
                                  .hook = caller ? 0u : 1u,
                                  .method = text_of(call.method),
                                  .path = text_of(call.path),
                                  .query = text_of(call.query),
                                  .headers = headers.data(),
                                  .header_count = static_cast<std::uint32_t>(headers.size()),
                                  .reserved = 0,
                                  .body = text_of(call.body),
                                  .caller = caller ? &caller->abi() : nullptr,
                                  .tenant_id = text_of(caller ? "tenant_a" : "")};
  UiAnswer answer;
  const atrium_ui_response response{
      .struct_size = sizeof response,
      .reserved = 0,
      .context = &answer,
      .status = [](void* context, std::uint32_t status) { static_cast<UiAnswer*>(context)->status = status; },
      .header = [](void* context, atrium_text name,
                   atrium_text value) { static_cast<UiAnswer*>(context)->headers[std::string(view(name))] = view(value); },
      .write = [](void* context, const void* data,
                  std::uint64_t size) { static_cast<UiAnswer*>(context)->body.append(static_cast<const char*>(data), size); }};
  answer.returned = detail::have(table.handle, "handle")(plugin.self(), &request, &response);
  return answer;
}

// ---- State

// Hands the state of one generation to the next, as a swap does; the status of what went wrong first.
inline atrium_status hand_over(const Plugin& from, const Plugin& to) {
  const auto& writer = from.need<atrium_state>(ATRIUM_EXT_STATE);
  const auto& reader = to.need<atrium_state>(ATRIUM_EXT_STATE);
  Collected state;
  if (const atrium_status status = writer.export_state(from.self(), state.sink()); status != ATRIUM_OK) return status;
  return reader.import_state(to.self(), writer.format, text_of(state.bytes));
}
// The sentence of a self-test that fails; empty: it passed, or there is none.
inline std::string self_test(const Plugin& plugin) {
  const auto* table = plugin.extension<atrium_self_test>(ATRIUM_EXT_SELF_TEST);
  Collected error;
  if (!table || table->run(plugin.self(), error.sink()) == ATRIUM_OK) return {};
  return error.bytes.empty() ? "it gave no reason" : error.bytes;
}

}  // namespace atrium::testkit
#endif
