#include <charconv>
#include <utility>

#include "protocol/errors.hpp"
#include "rest/rest_handler.hpp"

// The handlers of what admins do with event sinks and their dead letters.
namespace atrium {

namespace {

constexpr PageLimits letter_pages{.fallback = 50, .most = 200};

// A whole number of the query, 0 when it is not there; nothing when it is something else.
std::optional<std::uint64_t> numberOf(const HttpRequest& request, std::string_view name) {
  std::string text;
  std::uint64_t value = 0;
  if (!request.parameter(name, text)) return value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void wrong(Reply& reply, std::string_view name, std::string problem) {
  reply.problem({Code::validation_failed, "The query has wrong parameters.", 0, {{"/" + std::string(name), std::move(problem)}}});
}

}  // namespace

void RestHandler::sinks(Call call) { call.reply.json(parts_.sinks.sinksJson()); }

void RestHandler::forgetSink(Call call) {
  SinkCommand command{.verb = SinkCommand::Verb::forget, .sink = call.routing.parameters.front(), .by = call.caller->user_id};
  parts_.sinks.run(std::move(command), [reply = std::move(call.reply)](const Result<std::string>& done) mutable {
    if (!done) return reply.problem(done.error());
    reply.nothing();
  });
}

void RestHandler::deadLetters(Call call) {
  const auto after = numberOf(call.request, "cursor");
  if (!after) return wrong(call.reply, "cursor", "must be a next_cursor");
  const auto limit = readLimit(call.request, letter_pages);
  if (!limit) return call.reply.problem(limit.error());
  SinkCommand command{
      .verb = SinkCommand::Verb::dead_letters, .sink = call.routing.parameters.front(), .after = *after, .limit = *limit, .by = {}};
  parts_.sinks.run(std::move(command), [reply = std::move(call.reply)](Result<std::string> done) mutable {
    if (!done) return reply.problem(done.error());
    reply.json(*std::move(done));
  });
}

void RestHandler::changeDeadLetters(Call call, SinkCommand::Verb verb) {
  SinkCommand command{.verb = verb, .sink = call.routing.parameters.front(), .by = call.caller->user_id};
  std::string given;
  if (call.request.parameter("offset", given)) {
    const auto offset = numberOf(call.request, "offset");
    if (!offset || *offset == 0) return wrong(call.reply, "offset", "must be a whole number above 0");
    command.offset = *offset;
  }
  parts_.sinks.run(std::move(command), [reply = std::move(call.reply)](Result<std::string> done) mutable {
    if (!done) return reply.problem(done.error());
    reply.json(*std::move(done));
  });
}

}  // namespace atrium
