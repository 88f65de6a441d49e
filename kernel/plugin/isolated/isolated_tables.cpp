#include "plugin/isolated/isolated_tables.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "config/source_text.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "plugin/isolated/runner_methods.hpp"
#include "plugin/isolated/struct_codec.hpp"

namespace atrium {

namespace {

using std::chrono::milliseconds;
using Answer = IsolatedPlugin::Answer;

constexpr milliseconds cancel_deadline{1000};

// Of one call of that kind to that plugin.
template <typename Kind>
milliseconds deadlineOf(const atrium_plugin* self) {
  return reinterpret_cast<const IsolatedPlugin*>(self)->limited(Kind::deadline_max);
}

Answer ask(atrium_plugin* self, RunnerMethod method, std::string_view name, PayloadWriter& request, milliseconds deadline, bool repeatable,
           const IsolatedPlugin::Progress& progress = {}) {
  return reinterpret_cast<IsolatedPlugin*>(self)->call(static_cast<std::uint32_t>(method), name, request.view(), deadline, repeatable,
                                                       progress);
}

// ---- routing-scorer

bool readScores(std::string_view bytes, std::uint32_t count, atrium_score* out) {
  PayloadReader in(bytes);
  for (std::uint32_t at = 0; at < count; ++at) {
    out[at].value = in.number<double>();
    const std::string_view reason = in.text();
    if (!in.whole() || reason.size() > ATRIUM_SCORER_REASON_MAX) return false;
    out[at].reason_size = static_cast<std::uint32_t>(reason.size());
    std::ranges::copy(reason, out[at].reason);
  }
  return in.atEnd();
}

template <typename One, typename Many>
atrium_status score(atrium_plugin* self, RunnerMethod method, std::string_view name, const One* one, const Many* const* many,
                    std::uint32_t count, atrium_score* out) {
  PayloadWriter request;
  StructWriter io{request};
  members(io, *one);
  request.number(count);
  for (std::uint32_t at = 0; at < count; ++at) members(io, *many[at]);
  const Answer answer = ask(self, method, name, request, deadlineOf<RoutingScorerKind>(self), true);
  if (!answer.answered) return ATRIUM_FAILED;
  if (answer.status != ATRIUM_OK) return answer.status;
  return readScores(answer.payload, count, out) ? ATRIUM_OK : ATRIUM_FAILED;
}

atrium_status scoreBatch(atrium_plugin* self, const atrium_lead* lead, const atrium_agent* const* agents, std::uint32_t count,
                         atrium_score* out) {
  return score(self, RunnerMethod::score_batch, "score_batch", lead, agents, count, out);
}
atrium_status scoreQueue(atrium_plugin* self, const atrium_agent* agent, const atrium_lead* const* leads, std::uint32_t count,
                         atrium_score* out) {
  return score(self, RunnerMethod::score_queue, "score_queue", agent, leads, count, out);
}

// ---- alert-rule

// Raises nothing before everything has been read.
bool raiseAll(std::string_view bytes, void (*raise)(void* context, const atrium_alert* alert), void* context) {
  PayloadReader in(bytes);
  StructReader io{in, true};
  struct Alert {
    atrium_alert alert{};
    std::vector<atrium_alert_action> actions;
  };
  std::vector<Alert> alerts;
  const auto count = in.number<std::uint32_t>();
  if (count > ATRIUM_ALERTS_MAX) return false;
  for (std::uint32_t at = 0; at < count && in.whole(); ++at) {
    Alert& each = alerts.emplace_back();
    if (in.number<std::uint8_t>() != 1) return false;
    readStruct(io, each.alert);
    const auto actions = in.number<std::uint32_t>();
    if (actions > ATRIUM_ALERT_ACTIONS_MAX) return false;
    each.actions.resize(actions);
    for (atrium_alert_action& action : each.actions) readStruct(io, action);
  }
  if (!in.whole() || !in.atEnd() || !io.utf8) return false;
  for (Alert& each : alerts) {
    each.alert.actions = each.actions.data();
    each.alert.action_count = static_cast<std::uint32_t>(each.actions.size());
    raise(context, &each.alert);
  }
  return true;
}

atrium_status evaluate(atrium_plugin* self, const atrium_window* window, void (*raise)(void* context, const atrium_alert* alert),
                       void* context) {
  PayloadWriter request;
  StructWriter io{request};
  members(io, *window);
  for (std::uint32_t n = 0; n < window->series_count; ++n) {
    const atrium_series& series = *window->series[n];
    members(io, series);
    for (std::uint32_t at = 0; at < series.count; ++at) request.number(series.at_ms[at]).number(series.values[at]);
  }
  const Answer answer = ask(self, RunnerMethod::evaluate, "evaluate", request, deadlineOf<AlertRuleKind>(self), true);
  if (!answer.answered) return ATRIUM_FAILED;
  if (answer.status != ATRIUM_OK) return answer.status;
  return raiseAll(answer.payload, raise, context) ? ATRIUM_OK : ATRIUM_FAILED;
}

// ---- event-sink, authenticator, http-ui

void writeTo(const atrium_sink& sink, std::string_view bytes) {
  if (sink.write && !bytes.empty()) sink.write(sink.context, bytes.data(), bytes.size());
}

atrium_status deliverEvents(atrium_plugin* self, const atrium_sink_event* const* events, std::uint32_t count, std::uint32_t* accepted,
                            atrium_sink error) {
  PayloadWriter request;
  StructWriter io{request};
  request.number(count);
  for (std::uint32_t at = 0; at < count; ++at) members(io, *events[at]);
  // A batch may come twice, says the interface; when is the host's queue's to say, which waits between attempts.
  const Answer answer = ask(self, RunnerMethod::deliver_batch, "deliver_batch", request, deadlineOf<EventSinkKind>(self), false);
  PayloadReader in(answer.payload);
  const auto done = in.number<std::uint32_t>();
  const std::string_view said = in.text();
  if (!answer.answered || !in.whole() || done > count) {
    writeTo(error, answer.why);
    return ATRIUM_FAILED;
  }
  *accepted = done;
  writeTo(error, said);
  return answer.status;
}

atrium_status authenticate(atrium_plugin* self, atrium_text token, std::uint64_t now_ms,
                           void (*accept)(void* context, const atrium_principal* principal), void* context, atrium_sink error) {
  PayloadWriter request;
  request.text(token).number(now_ms);
  const Answer answer = ask(self, RunnerMethod::authenticate, "authenticate", request, deadlineOf<AuthenticatorKind>(self), true);
  PayloadReader in(answer.payload);
  StructReader io{in, true};
  const std::string_view said = in.text();
  const auto count = in.number<std::uint8_t>();
  atrium_principal principals[2];
  for (std::uint8_t at = 0; at < count && count <= 2; ++at) readStruct(io, principals[at]);
  if (!answer.answered || !in.whole() || !in.atEnd() || count > 2 || !io.utf8) {
    writeTo(error, answer.why.empty() ? "its runner sent what is no answer" : answer.why);
    return ATRIUM_FAILED;
  }
  for (std::uint8_t at = 0; at < count; ++at) accept(context, &principals[at]);
  writeTo(error, said);
  return answer.status;
}

atrium_status handle(atrium_plugin* self, const atrium_ui_request* asked, const atrium_ui_response* response) {
  PayloadWriter request;
  StructWriter io{request};
  members(io, *asked);
  for (std::uint32_t at = 0; at < asked->header_count; ++at) members(io, asked->headers[at]);
  request.number(static_cast<std::uint8_t>(asked->caller != nullptr));
  if (asked->caller) members(io, *asked->caller);
  const Answer answer = ask(self, RunnerMethod::handle, "handle", request, deadlineOf<HttpUiKind>(self), false);
  if (!answer.answered) return ATRIUM_FAILED;
  PayloadReader in(answer.payload);
  StructReader read{in, true};
  const auto status = in.number<std::uint32_t>(), count = in.number<std::uint32_t>();
  if (count > ATRIUM_UI_HEADERS_MAX) return ATRIUM_FAILED;
  std::vector<atrium_http_field> headers(count);
  for (atrium_http_field& header : headers) readStruct(read, header);
  const std::string_view body = in.text();
  if (!in.whole() || !in.atEnd() || !read.utf8) return ATRIUM_FAILED;
  response->status(response->context, status);
  for (const atrium_http_field& header : headers) response->header(response->context, header.name, header.value);
  response->write(response->context, body.data(), body.size());
  return answer.status;
}

// ---- command, assistant

// Hands on what is said meanwhile and completes the token with the end, on the worker that waits here.
atrium_status complete(const atrium_token& token, const Answer& answer) {
  std::string_view result;
  atrium_status status = ATRIUM_FAILED;
  if (answer.answered) {
    PayloadReader in(answer.payload);
    result = in.text();
    status = answer.status;
    // A run that never began has no result at all; it stands for the status of execute() or open().
    if (answer.payload.empty()) return answer.status == ATRIUM_OK ? ATRIUM_FAILED : answer.status;
    if (!in.whole() || !in.atEnd() || result.size() > ATRIUM_COMPLETION_MAX || !validUtf8(result)) {
      result = "its runner sent what is no answer";
      status = ATRIUM_FAILED;
    }
  } else {
    result = answer.why;
  }
  token.complete(token.context, token.id, status, {result.data(), result.size()});
  return ATRIUM_OK;
}
IsolatedPlugin::Progress progressTo(const atrium_token& token) {
  return [&token](std::string_view piece) {
    if (piece.size() <= ATRIUM_PROGRESS_MAX && validUtf8(piece)) token.progress(token.context, token.id, {piece.data(), piece.size()});
  };
}

atrium_status execute(atrium_plugin* self, const atrium_command_call* call, const atrium_token* token) {
  PayloadWriter request;
  StructWriter io{request};
  members(io, *call);
  request.number(static_cast<std::uint8_t>(call->room != nullptr));
  if (call->room) members(io, *call->room);
  request.number(static_cast<std::uint8_t>(call->caller != nullptr));
  if (call->caller) members(io, *call->caller);
  const bool idempotent =
      (reinterpret_cast<IsolatedPlugin*>(self)->offer().of<CommandKind>().kind.info.flags & ATRIUM_COMMAND_IDEMPOTENT) != 0;
  return complete(*token, ask(self, RunnerMethod::execute_command, "execute", request, milliseconds(call->deadline_ms), idempotent,
                              progressTo(*token)));
}

atrium_status open(atrium_plugin* self, const atrium_assistant_request* asked, const atrium_token* token) {
  PayloadWriter request;
  StructWriter io{request};
  members(io, *asked);
  return complete(*token,
                  ask(self, RunnerMethod::open_assistant, "open", request, milliseconds(asked->total_ms), false, progressTo(*token)));
}

void cancel(atrium_plugin* self, RunnerMethod method, const atrium_text& id) {
  PayloadWriter request;
  request.text(id);
  static_cast<void>(ask(self, method, "cancel", request, cancel_deadline, false));
}
void cancelCommand(atrium_plugin* self, atrium_text id) { cancel(self, RunnerMethod::cancel_command, id); }
void cancelAssistant(atrium_plugin* self, atrium_text id) { cancel(self, RunnerMethod::cancel_assistant, id); }

// ---- Which functions there are

// Of any signature: says that it is not to be called here.
constexpr auto not_here = [](auto...) -> atrium_status { return ATRIUM_UNSUPPORTED; };

// Takes the bits one by one.
class Offered {
 public:
  explicit Offered(std::uint32_t bits) : bits_(bits) {}
  template <typename Function>
  void operator()(Function*& place, auto function) {
    if (bits_ & 1u) place = function;
    bits_ >>= 1;
  }

 private:
  std::uint32_t bits_;
};

}  // namespace

void fillIsolatedTable(RoomTypeKind& kind, std::uint32_t functions) {
  Offered set(functions);
  auto& table = kind.table;
  set(table.check_settings, not_here), set(table.will_join, not_here), set(table.will_post, not_here);
  set(table.will_create, not_here), set(table.did_create, not_here), set(table.did_join, not_here);
  set(table.did_leave, not_here), set(table.did_post, not_here), set(table.did_close, not_here), set(table.tick, not_here);
}
void fillIsolatedTable(MessageTypeKind& kind, std::uint32_t functions) {
  Offered set(functions);
  set(kind.table.check, not_here), set(kind.table.summarise, not_here), set(kind.table.did_deliver, not_here);
}
void fillIsolatedTable(RoutingScorerKind& kind, std::uint32_t functions) {
  Offered set(functions);
  set(kind.table.score_batch, scoreBatch), set(kind.table.score_queue, scoreQueue);
}
void fillIsolatedTable(AlertRuleKind& kind, std::uint32_t functions) { Offered{functions}(kind.table.evaluate, evaluate); }
void fillIsolatedTable(AuthenticatorKind& kind, std::uint32_t functions) { Offered{functions}(kind.table.authenticate, authenticate); }
void fillIsolatedTable(EventSinkKind& kind, std::uint32_t functions) { Offered{functions}(kind.table.deliver_batch, deliverEvents); }
void fillIsolatedTable(HttpUiKind& kind, std::uint32_t functions) { Offered{functions}(kind.table.handle, handle); }
void fillIsolatedTable(CommandKind& kind, std::uint32_t functions) {
  Offered set(functions);
  set(kind.table.execute, execute), set(kind.table.cancel, cancelCommand);
}
void fillIsolatedTable(AssistantKind& kind, std::uint32_t functions) {
  Offered set(functions);
  set(kind.table.open, open), set(kind.table.cancel, cancelAssistant);
}

}  // namespace atrium
