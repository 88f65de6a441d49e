#include "plugin/assistants_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "plugin/plugin_text.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr std::chrono::seconds assistant_cancel_deadline{1};
constexpr std::size_t assistant_reason_max = 300;  // bytes of what an assistant says of its failure
constexpr std::size_t figures_max = 16 * 1024;     // bytes

// What a completion says of the plugin; a refusal with a sentence is an answer like any other.
WorkerCall::Verdict assistantVerdict(atrium_status status, const std::string& result) {
  if (status == ATRIUM_OK) return {status};
  return {status, result.empty() ? std::string_view("it ended its stream with a failure and no reason")
                                 : withoutHalf(std::string_view(result).substr(0, assistant_reason_max))};
}

}  // namespace

// What both sides of one question share; it may outlive it.
struct AssistantsPort::Stream {
  explicit Stream(AssistantCall asked) : call(std::move(asked)) {}

  const AssistantCall call;
  std::mutex mutex;
  std::string text;
  bool full = false;
  bool begun = false;             // A piece came, or the end.
  std::weak_ptr<WorkerCall> run;  // Once a worker has taken it.

  void add(std::string_view piece) {
    const std::scoped_lock lock(mutex);
    begun = true;
    if (full) return;
    const std::size_t room = call.output_max - text.size();
    full = piece.size() > room;  // Nothing follows what was cut.
    text.append(withoutHalf(piece.substr(0, room)));
  }
};

// Until an answer ends.
struct AssistantsPort::Waiting {
  explicit Waiting(std::shared_ptr<Stream> its_stream, std::move_only_function<void()> look)
      : stream(std::move(its_stream)), first_piece(std::move(look)) {}
  std::shared_ptr<Stream> stream;
  Timer first_piece;
  std::uint64_t run = 0;  // Of WorkerCalls.
  bool silent = false;    // It was given up for want of a first piece.
};

AssistantsPort::AssistantsPort(PluginRegistry& registry, WorkerCalls& calls, CompletionDesk& desk)
    : registry_(registry), calls_(calls), desk_(desk) {}
AssistantsPort::~AssistantsPort() = default;

void AssistantsPort::ask(AssistantCall call, Completion<AssistantAnswer> done) {
  PluginLease lease = registry_.lease(AssistantKind::word, call.assistant);
  if (!lease) return done(fail(Code::plugin_unavailable, fmt::format("There is no assistant \"{}\" at present.", call.assistant), 1000));
  if (!(lease->extension<AssistantKind>()->info.tasks & call.task))
    return done(fail(Code::plugin_unavailable, fmt::format("The assistant \"{}\" does not take this task.", call.assistant)));
  const auto first_piece = calls_.parts().now.mono + call.first_piece;
  const auto total = call.total;
  const auto stream = std::make_shared<Stream>(std::move(call));
  const std::uint64_t number = ++last_number_;
  auto& waiting = *waiting_.emplace(number, std::make_unique<Waiting>(stream, [this, number] { lookAtFirstPiece(number); })).first->second;
  calls_.parts().timers.arm(waiting.first_piece, first_piece);
  std::string plugin_id = lease->manifest().id;
  const std::uint64_t run = calls_.run<std::string>(
      std::move(lease), "open", total,
      [&desk = desk_, stream](const std::shared_ptr<WorkerCall>& open, WorkerCalls::Answer<std::string> answer) {
        LoadedPlugin& plugin = open->plugin();
        const atrium_assistant& table = plugin.extension<AssistantKind>()->table;
        const atrium_token token = desk.open({.complete =
                                                  [answer, run = std::weak_ptr(open), stream](atrium_status status, std::string result) {
                                                    // The token must not keep the plugin leased: it may never be completed.
                                                    if (const auto held = run.lock()) held->settle(assistantVerdict(status, result));
                                                    answer({status, std::move(result)});
                                                  },
                                              .progress = [stream](const std::string& piece) { stream->add(piece); }});
        {
          const std::scoped_lock lock(stream->mutex);
          stream->run = open;
        }
        const bool awaited = open->whenOver([&desk, id = token.id, cancel = table.cancel] { return desk.forget(id) && cancel; },
                                            [&plugin, stream, cancel = table.cancel] {
                                              static_cast<void>(guarded(plugin, "cancel", assistant_cancel_deadline, [&] {
                                                cancel(plugin.self(), textOf(stream->call.request_id));
                                                return ATRIUM_OK;
                                              }));
                                            });
        if (!awaited) return static_cast<void>(desk.forget(token.id));  // Before it began: the plugin need not know of it.
        const AssistantCall& asked = stream->call;
        const atrium_assistant_request request{.struct_size = sizeof(atrium_assistant_request),
                                               .task = asked.task,
                                               .request_id = textOf(asked.request_id),
                                               .tenant_id = textOf(asked.tenant_id),
                                               .context = asked.context.root().abi(),
                                               .output_max = asked.output_max,
                                               .first_piece_ms = static_cast<std::uint32_t>(asked.first_piece.count()),
                                               .total_ms = static_cast<std::uint32_t>(asked.total.count()),
                                               .reserved = 0};
        const atrium_status status = open->invoke([&] { return table.open(plugin.self(), &request, &token); });
        if (status == ATRIUM_OK) return;
        open->settle({status, fmt::format("it returned {}", status)});
        // It never will complete the token.
        if (desk.forget(token.id)) answer({status == ATRIUM_FULL || status == ATRIUM_TIMED_OUT ? ATRIUM_FAILED : status, {}});
      },
      [this, number, plugin_id = std::move(plugin_id), stream, done = std::move(done)](const CallAnswer<std::string>& answer) mutable {
        answered(number, plugin_id, *stream, answer, std::move(done));
      });
  if (const auto found = waiting_.find(number); found != waiting_.end()) found->second->run = run;
}

void AssistantsPort::lookAtFirstPiece(std::uint64_t number) {
  Waiting& waiting = *waiting_.at(number);
  std::shared_ptr<WorkerCall> run;
  {
    const std::scoped_lock lock(waiting.stream->mutex);
    if (waiting.stream->begun) return;
    run = waiting.stream->run.lock();
  }
  waiting.silent = true;
  if (run) run->settle({ATRIUM_TIMED_OUT, fmt::format("it said nothing within {} ms", waiting.stream->call.first_piece.count())});
  calls_.giveUp(waiting.run);
}

void AssistantsPort::answered(std::uint64_t number, const std::string& plugin_id, Stream& stream, const CallAnswer<std::string>& answer,
                              Completion<AssistantAnswer> done) {
  const auto found = waiting_.find(number);
  const bool silent = found->second->silent;
  waiting_.erase(found);
  if (silent)
    return done(fail(Code::assistant_timed_out, fmt::format("The assistant said nothing within {} ms.", stream.call.first_piece.count())));
  switch (answer.status) {
    case ATRIUM_OK: break;
    case ATRIUM_FULL: return done(fail(Code::overloaded, "The server has more work than it can queue.", 1000));
    case ATRIUM_TIMED_OUT: return done(fail(Code::assistant_timed_out, "The assistant did not come to an end in time."));
    default: {
      const std::string sentence(withoutHalf(std::string_view(answer.value).substr(0, assistant_reason_max)));
      return done(fail(Code::plugin_failed, sentence.empty() ? fmt::format("The plugin {} failed.", plugin_id) : sentence));
    }
  }
  AssistantAnswer told;
  {
    const std::scoped_lock lock(stream.mutex);
    told.text = std::move(stream.text);
  }
  if (!answer.value.empty()) {
    auto figures = answer.value.size() <= figures_max ? JsonDocument::parse(answer.value) : Result<JsonDocument>(fail(Code::too_large));
    if (!figures || !figures->root().isObject())
      return done(fail(Code::plugin_failed, fmt::format("The plugin {} ended its answer with what is no JSON object.", plugin_id)));
    told.figures = *std::move(figures);
  }
  done(std::move(told));
}

}  // namespace atrium
