#include <utility>

#include "protocol/errors.hpp"
#include "rest/rest_handler.hpp"

// The handlers of agents, leads, offers, handoffs and decisions: the desk of the caller's tenant does what they ask.
namespace atrium {

namespace {

constexpr std::uint32_t coordination_page_max = 500;
constexpr std::size_t filter_bytes_max = 200;  // The longest id there is.

// The filters of a list. False: one of them is wrong, and the caller was told.
bool readListing(const HttpRequest& request, CoordinationCommand& command, Reply& reply) {
  const auto refuse = [&reply](std::string path, std::string problem) {
    reply.problem({Code::validation_failed, "The query has wrong parameters.", 0, {{std::move(path), std::move(problem)}}});
    return false;
  };
  for (const auto& [name, text] : {std::pair<std::string_view, std::string*>{"state", &command.state},
                                   {"agent", &command.agent},
                                   {"queue", &command.queue},
                                   {"lead", &command.lead},
                                   {"cursor", &command.cursor}}) {
    request.parameter(name, *text);
    if (text->size() > filter_bytes_max)
      return refuse("/" + std::string(name), "must have at most " + std::to_string(filter_bytes_max) + " bytes");
  }
  std::string given;
  const auto limit = readLimit(request, {.fallback = command.limit, .most = coordination_page_max});
  if (!limit) return reply.problem(limit.error()), false;
  command.limit = *limit;
  if (request.parameter("ended", given)) {
    if (given != "true" && given != "false") return refuse("/ended", "must be true or false");
    command.ended = given == "true";
  }
  return true;
}

}  // namespace

void RestHandler::coordinate(Call call, CoordinationCommand::Verb verb, CoordinationBody body) {
  CoordinationCommand command{.verb = verb, .caller = call.caller, .received = parts_.now.mono};
  if (!call.routing.parameters.empty()) command.id = call.routing.parameters.front();
  if (body == CoordinationBody::query && !readListing(call.request, command, call.reply)) return;
  if (body == CoordinationBody::needed || (body == CoordinationBody::optional && !call.request.body.empty())) {
    const auto given = bodyOf(call);
    if (!given) return;
    command.body = JsonDocument(*given);
  } else {
    command.body = JsonDocument::emptyObject();
  }
  parts_.coordination.run(std::move(command), [reply = std::move(call.reply), verb](Result<std::string> done) mutable {
    if (!done) return reply.problem(done.error());
    if (verb == CoordinationCommand::Verb::remove_agent) return reply.nothing();
    reply.json(*std::move(done), verb == CoordinationCommand::Verb::begin_handoff ? 201 : 200);
  });
}

}  // namespace atrium
