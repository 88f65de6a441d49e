// In the runner: the kinds that are called on workers, from their request's bytes to their answer's. The other half is isolated_tables.cpp.
#include <algorithm>
#include <utility>
#include <vector>

#include "plugin/isolated/runner_methods.hpp"
#include "plugin/isolated/struct_codec.hpp"
#include "plugin/plugin_text.hpp"

namespace atrium {

namespace {

constexpr std::size_t error_max = 1000;  // bytes of a sentence

template <typename Struct>
std::vector<Struct> readStructs(StructReader& io, std::uint32_t count, std::uint32_t max) {
  std::vector<Struct> items(count <= max ? count : 0);
  for (Struct& item : items) readStruct(io, item);
  return items;
}
template <typename Struct>
std::vector<const Struct*> pointersTo(const std::vector<Struct>& items) {
  std::vector<const Struct*> pointers;
  for (const Struct& item : items) pointers.push_back(&item);
  return pointers;
}

// ---- routing-scorer

void writeScores(const std::vector<atrium_score>& scores, PayloadWriter& out) {
  for (const atrium_score& score : scores)
    out.number(score.value).text(std::string_view(score.reason, std::min(score.reason_size, ATRIUM_SCORER_REASON_MAX)));
}

template <typename One, typename Many, typename Call>
atrium_status score(std::string_view request, PayloadWriter& out, Call&& call) {
  PayloadReader in(request);
  StructReader io{in};
  One one{};
  readStruct(io, one);
  const auto count = in.number<std::uint32_t>();
  const auto many = readStructs<Many>(io, count, ATRIUM_SCORER_BATCH_MAX);
  if (!in.whole() || many.empty()) return ATRIUM_INVALID;
  std::vector<atrium_score> scores(many.size());
  for (atrium_score& each : scores) each.value = -1;
  const atrium_status status = call(&one, pointersTo(many).data(), static_cast<std::uint32_t>(many.size()), scores.data());
  if (status == ATRIUM_OK) writeScores(scores, out);
  return status;
}

// ---- alert-rule

atrium_status evaluate(const AlertRuleKind& rule, atrium_plugin* self, std::string_view request, PayloadWriter& out) {
  PayloadReader in(request);
  StructReader io{in};
  atrium_window window{};
  readStruct(io, window);
  struct Points {
    std::vector<std::uint64_t> at;
    std::vector<double> values;
  };
  std::vector<atrium_series> series;
  std::vector<Points> points;
  for (std::uint32_t n = 0; n < window.series_count && in.whole(); ++n) {
    readStruct(io, series.emplace_back());
    Points& each = points.emplace_back();
    for (std::uint32_t at = 0; at < series.back().count && in.whole(); ++at) {
      each.at.push_back(in.number<std::uint64_t>());
      each.values.push_back(in.number<double>());
    }
  }
  if (!in.whole()) return ATRIUM_INVALID;
  for (std::size_t n = 0; n < series.size(); ++n) {
    series[n].at_ms = points[n].at.data();
    series[n].values = points[n].values.data();
  }
  const auto pointers = pointersTo(series);
  window.series = pointers.data();
  struct Raised {
    PayloadWriter alerts;
    std::uint32_t count = 0;
  } raised;
  const atrium_status status = rule.table.evaluate(
      self, &window,
      [](void* context, const atrium_alert* alert) {
        auto& so_far = *static_cast<Raised*>(context);
        if (!alert || ++so_far.count > ATRIUM_ALERTS_MAX) return;
        so_far.alerts.number(std::uint8_t{1});
        StructWriter write{so_far.alerts};
        members(write, *alert);
        const std::uint32_t actions = alert->actions ? std::min(alert->action_count, ATRIUM_ALERT_ACTIONS_MAX) : 0;
        so_far.alerts.number(actions);
        for (std::uint32_t at = 0; at < actions; ++at) members(write, alert->actions[at]);
      },
      &raised);
  out.number(raised.count);
  out.append(raised.alerts.take());
  return status;
}

// ---- event-sink, authenticator, http-ui

atrium_status deliver(const EventSinkKind& sink, atrium_plugin* self, std::string_view request, PayloadWriter& out) {
  PayloadReader in(request);
  StructReader io{in};
  const auto events = readStructs<atrium_sink_event>(io, in.number<std::uint32_t>(), ATRIUM_SINK_BATCH_MAX);
  if (!in.whole() || events.empty()) return ATRIUM_INVALID;
  BoundedText error{{}, error_max};
  std::uint32_t accepted = 0;
  const atrium_status status =
      sink.table.deliver_batch(self, pointersTo(events).data(), static_cast<std::uint32_t>(events.size()), &accepted, error.sink());
  out.number(accepted).text(error.text);
  return status;
}

atrium_status authenticateWith(const AuthenticatorKind& authenticator, atrium_plugin* self, std::string_view request, PayloadWriter& out) {
  PayloadReader in(request);
  const std::string_view token = in.text();
  const auto now_ms = in.number<std::uint64_t>();
  if (!in.whole()) return ATRIUM_INVALID;
  BoundedText error{{}, error_max};
  struct Accepted {
    PayloadWriter principals;
    std::uint8_t count = 0;
  } accepted;
  const atrium_status status = authenticator.table.authenticate(
      self, {token.data(), token.size()}, now_ms,
      [](void* context, const atrium_principal* principal) {
        auto& so_far = *static_cast<Accepted*>(context);
        if (!principal || so_far.count == 2) return;  // Two are already one too many.
        ++so_far.count;
        StructWriter write{so_far.principals};
        members(write, *principal);
      },
      &accepted, error.sink());
  out.text(error.text).number(accepted.count);
  out.append(accepted.principals.take());
  return status;
}

atrium_status handle(const HttpUiKind& ui, atrium_plugin* self, std::string_view request_bytes, PayloadWriter& out) {
  if (!ui.table.handle) return ATRIUM_UNSUPPORTED;
  PayloadReader in(request_bytes);
  StructReader io{in};
  atrium_ui_request request{};
  readStruct(io, request);
  const auto headers = readStructs<atrium_http_field>(io, request.header_count, ATRIUM_UI_HEADERS_MAX);
  atrium_user_view caller{};
  if (in.number<std::uint8_t>() != 0) {
    readStruct(io, caller);
    request.caller = &caller;
  }
  if (!in.whole()) return ATRIUM_INVALID;
  request.headers = headers.data();
  request.header_count = static_cast<std::uint32_t>(headers.size());
  struct Response {
    std::uint32_t status = 200;
    std::uint32_t headers = 0;
    PayloadWriter fields;
    BoundedText body{{}, ATRIUM_UI_BODY_MAX};
  } said;
  const atrium_ui_response response{.struct_size = sizeof(atrium_ui_response),
                                    .reserved = 0,
                                    .context = &said,
                                    .status = [](void* context, std::uint32_t status) { static_cast<Response*>(context)->status = status; },
                                    .header =
                                        [](void* context, atrium_text name, atrium_text value) {
                                          auto& so_far = *static_cast<Response*>(context);
                                          if (so_far.headers == ATRIUM_UI_HEADERS_MAX) return;
                                          ++so_far.headers;
                                          so_far.fields.text(name).text(value);
                                        },
                                    .write =
                                        [](void* context, const void* data, std::uint64_t size) {
                                          const atrium_sink body = static_cast<Response*>(context)->body.sink();
                                          body.write(body.context, data, size);
                                        }};
  const atrium_status status = ui.table.handle(self, &request, &response);
  out.number(said.status).number(said.headers);
  out.append(said.fields.take());
  out.text(said.body.text);
  return status;
}

// ---- command, assistant: calls that are completed later, from any thread

atrium_status execute(const CommandKind& command, atrium_plugin* self, std::string_view request, RunnerTokens& tokens,
                      const RunnerTokens::Progress& progress, PayloadWriter& out) {
  PayloadReader in(request);
  StructReader io{in};
  atrium_command_call call{};
  atrium_room_view room{};
  atrium_user_view caller{};
  readStruct(io, call);
  const bool in_room = in.number<std::uint8_t>() != 0;
  if (in_room) readStruct(io, room);
  const bool called = in.number<std::uint8_t>() != 0;
  if (called) readStruct(io, caller);
  if (!in.whole()) return ATRIUM_INVALID;
  if (in_room) call.room = &room;
  if (called) call.caller = &caller;
  return tokens.run([&](const atrium_token* token) { return command.table.execute(self, &call, token); }, progress, out);
}

atrium_status open(const AssistantKind& assistant, atrium_plugin* self, std::string_view request, RunnerTokens& tokens,
                   const RunnerTokens::Progress& progress, PayloadWriter& out) {
  PayloadReader in(request);
  StructReader io{in};
  atrium_assistant_request asked{};
  readStruct(io, asked);
  if (!in.whole()) return ATRIUM_INVALID;
  return tokens.run([&](const atrium_token* token) { return assistant.table.open(self, &asked, token); }, progress, out);
}

atrium_status cancel(void (*function)(atrium_plugin* self, atrium_text id), atrium_plugin* self, std::string_view request) {
  PayloadReader in(request);
  const std::string_view id = in.text();
  if (!in.whole()) return ATRIUM_INVALID;
  if (function) function(self, {id.data(), id.size()});
  return ATRIUM_OK;
}

}  // namespace

RunnerTokens::RunnerTokens() {
  abi_ = {.struct_size = sizeof(atrium_token),
          .reserved = 0,
          .context = this,
          .id = 0,
          .complete = [](void* context, std::uint64_t id, atrium_status status,
                         atrium_text result) { static_cast<RunnerTokens*>(context)->complete(id, status, result); },
          .progress = [](void* context, std::uint64_t id, atrium_text piece) { static_cast<RunnerTokens*>(context)->progress(id, piece); }};
}

atrium_status RunnerTokens::run(const std::function<atrium_status(const atrium_token*)>& begin, const Progress& progress,
                                PayloadWriter& out) {
  const auto pending = std::make_shared<Pending>();
  pending->progress = &progress;
  atrium_token token = abi_;
  {
    const std::scoped_lock lock(mutex_);
    token.id = ++last_id_;
    pending_.emplace(token.id, pending);
  }
  // Also when an exception comes out of the plugin.
  struct Over {
    RunnerTokens& tokens;
    std::uint64_t id;
    Pending& pending;
    ~Over() {
      {
        const std::scoped_lock lock(tokens.mutex_);
        tokens.pending_.erase(id);
      }
      const std::scoped_lock lock(pending.saying);
      pending.progress = nullptr;
    }
  };
  atrium_status begun = ATRIUM_FAILED;
  {
    const Over over{*this, token.id, *pending};
    begun = begin(&token);
    std::unique_lock lock(mutex_);
    if (begun == ATRIUM_OK) completed_.wait(lock, [&] { return pending->done; });
  }
  if (begun != ATRIUM_OK) return begun;
  out.text(pending->result);
  return pending->status;
}

void RunnerTokens::complete(std::uint64_t id, atrium_status status, const atrium_text& result) {
  const std::scoped_lock lock(mutex_);
  const auto found = pending_.find(id);
  if (found == pending_.end() || found->second->done) return;
  Pending& pending = *found->second;
  pending.done = true;
  pending.status = status;
  // One byte more than allowed tells the server that there were too many.
  if (result.data) pending.result.assign(result.data, std::min<std::uint64_t>(result.size, std::uint64_t{ATRIUM_COMPLETION_MAX} + 1));
  completed_.notify_all();
}

void RunnerTokens::progress(std::uint64_t id, const atrium_text& piece) {
  std::shared_ptr<Pending> pending;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = pending_.find(id);
    if (found == pending_.end() || found->second->done || !piece.data) return;
    pending = found->second;
  }
  const std::scoped_lock lock(pending->saying);
  if (pending->progress) (*pending->progress)({piece.data, std::min<std::uint64_t>(piece.size, ATRIUM_PROGRESS_MAX)});
}

atrium_status callWorkerMethod(LoadedPlugin& plugin, RunnerMethod method, std::string_view request, RunnerTokens& tokens,
                               const RunnerTokens::Progress& progress, PayloadWriter& out) {
  atrium_plugin* const self = plugin.self();
  const auto with = [&]<typename Kind>(const Kind* kind, auto&& call) -> atrium_status {
    return kind ? call(*kind) : static_cast<atrium_status>(ATRIUM_UNSUPPORTED);
  };
  switch (method) {
    case RunnerMethod::score_batch:
      return with(plugin.extension<RoutingScorerKind>(), [&](const RoutingScorerKind& kind) -> atrium_status {
        if (!kind.table.score_batch) return ATRIUM_UNSUPPORTED;
        return score<atrium_lead, atrium_agent>(request, out,
                                                [&](auto... arguments) { return kind.table.score_batch(self, arguments...); });
      });
    case RunnerMethod::score_queue:
      return with(plugin.extension<RoutingScorerKind>(), [&](const RoutingScorerKind& kind) -> atrium_status {
        if (!kind.table.score_queue) return ATRIUM_UNSUPPORTED;
        return score<atrium_agent, atrium_lead>(request, out,
                                                [&](auto... arguments) { return kind.table.score_queue(self, arguments...); });
      });
    case RunnerMethod::evaluate:
      return with(plugin.extension<AlertRuleKind>(), [&](const AlertRuleKind& kind) { return evaluate(kind, self, request, out); });
    case RunnerMethod::deliver_batch:
      return with(plugin.extension<EventSinkKind>(), [&](const EventSinkKind& kind) { return deliver(kind, self, request, out); });
    case RunnerMethod::authenticate:
      return with(plugin.extension<AuthenticatorKind>(),
                  [&](const AuthenticatorKind& kind) { return authenticateWith(kind, self, request, out); });
    case RunnerMethod::handle:
      return with(plugin.extension<HttpUiKind>(), [&](const HttpUiKind& kind) { return handle(kind, self, request, out); });
    case RunnerMethod::execute_command:
      return with(plugin.extension<CommandKind>(),
                  [&](const CommandKind& kind) { return execute(kind, self, request, tokens, progress, out); });
    case RunnerMethod::cancel_command:
      return with(plugin.extension<CommandKind>(), [&](const CommandKind& kind) { return cancel(kind.table.cancel, self, request); });
    case RunnerMethod::open_assistant:
      return with(plugin.extension<AssistantKind>(),
                  [&](const AssistantKind& kind) { return open(kind, self, request, tokens, progress, out); });
    case RunnerMethod::cancel_assistant:
      return with(plugin.extension<AssistantKind>(), [&](const AssistantKind& kind) { return cancel(kind.table.cancel, self, request); });
  }
  return ATRIUM_UNSUPPORTED;
}

}  // namespace atrium
