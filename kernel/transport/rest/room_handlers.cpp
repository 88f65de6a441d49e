#include <optional>
#include <utility>

#include "protocol/commands.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "protocol/run_command.hpp"
#include "rest/metrics_json.hpp"
#include "rest/rest_handler.hpp"

// The handlers of rooms, members, messages and presence: read the request, call the engine, answer what it says.
namespace atrium {

namespace {

// Answers with the JSON text the engine completed with, or with its refusal.
auto answerJson(Reply reply, int status = 200) {
  return [reply = std::move(reply), status](Result<std::string> result) mutable {
    if (!result) return reply.problem(result.error());
    reply.json(*std::move(result), status);
  };
}

auto answerNothing(Reply reply) {
  return [reply = std::move(reply)](Result<void> result) mutable {
    if (!result) return reply.problem(result.error());
    reply.nothing();
  };
}

// Likewise with 201 and the address of what was made.
HttpResponse created(std::string body, std::string location) {
  return {.status = 201,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}, {"Location", std::move(location)}}};
}

}  // namespace

std::optional<JsonView> RestHandler::bodyOf(Call& call) {
  Result<JsonView> body = jsonBody(call.request, indexer_);
  if (body) {
    parts_.metrics.add(Metric::json_parses);
    return *body;
  }
  call.reply.problem(body.error());
  return std::nullopt;
}

template <typename Command>
std::optional<Command> RestHandler::commandOf(Call& call, Result<Command> (*read)(const JsonView&, const Principal&)) {
  const std::optional<JsonView> body = bodyOf(call);
  if (!body) return std::nullopt;
  Result<Command> command = read(*body, *call.caller);
  if (command) return *std::move(command);
  call.reply.problem(command.error());
  return std::nullopt;
}

void RestHandler::createRoom(Call call) {
  auto command = commandOf(call, readCreateRoom);
  if (!command) return;
  parts_.shard.createRoom(std::move(call.caller), *std::move(command),
                          [reply = std::move(call.reply), prefix = call.routing.prefix](Result<std::string> room) mutable {
                            if (!room) return reply.problem(room.error());
                            const auto made = JsonDocument::parse(*room);
                            const std::string room_id = made ? made->root()["room_id"].text() : std::string();
                            reply.send(created(*std::move(room), std::string(prefix) + "/collaboration/rooms/" + percentEncode(room_id)));
                          });
}

void RestHandler::listRooms(Call call) {
  auto query = readListRooms(call.request, options_.pages);
  if (!query) return call.reply.problem(query.error());
  parts_.shard.listRooms(std::move(call.caller), *std::move(query), answerJson(std::move(call.reply)));
}

void RestHandler::readRoom(Call call) {
  parts_.shard.readRoom(std::move(call.caller), call.routing.parameters[0], answerJson(std::move(call.reply)));
}

void RestHandler::changeRoom(Call call) {
  auto command = commandOf(call, readChangeRoom);
  if (!command) return;
  parts_.shard.changeRoom(std::move(call.caller), call.routing.parameters[0], *std::move(command), answerJson(std::move(call.reply)));
}

void RestHandler::closeRoom(Call call) {
  parts_.shard.closeRoom(std::move(call.caller), call.routing.parameters[0], answerNothing(std::move(call.reply)));
}

void RestHandler::addMember(Call call) {
  std::optional<AddMember> command = AddMember{call.caller->user_id, {}, Role::none};  // Without a body he joins himself.
  if (!call.request.body.empty()) command = commandOf(call, readAddMember);
  if (!command) return;
  const std::string& room_id = call.routing.parameters[0];
  std::string location(call.routing.prefix);
  location += "/collaboration/rooms/" + percentEncode(room_id) + "/members/";
  location += percentEncode(command->user_id);
  parts_.shard.addMember(std::move(call.caller), room_id, *std::move(command),
                         [reply = std::move(call.reply), location = std::move(location)](Result<std::string> room) mutable {
                           if (!room) return reply.problem(room.error());
                           reply.send(created(*std::move(room), std::move(location)));
                         });
}

void RestHandler::changeRole(Call call) {
  auto command = commandOf(call, readChangeRole);
  if (!command) return;
  const auto& parameters = call.routing.parameters;
  parts_.shard.changeRole(std::move(call.caller), parameters[0], parameters[1], *command, answerJson(std::move(call.reply)));
}

void RestHandler::removeMember(Call call) {
  const auto& parameters = call.routing.parameters;
  parts_.shard.removeMember(std::move(call.caller), parameters[0], parameters[1], answerNothing(std::move(call.reply)));
}

void RestHandler::sendMessage(Call call) {
  const std::optional<JsonView> body = bodyOf(call);
  if (!body) return;
  parts_.shard.sendMessage(std::move(call.caller), JsonDocument(*body), call.request.received, answerJson(std::move(call.reply)));
}

void RestHandler::listCommands(Call call) { parts_.shard.listCommands(std::move(call.caller), answerJson(std::move(call.reply))); }

void RestHandler::runCommand(Call call) {
  auto command = commandOf(call, readRunCommand);
  if (!command) return;
  command->room_id = call.routing.parameters[0];
  parts_.shard.runCommand(std::move(call.caller), *std::move(command), answerJson(std::move(call.reply)));
}

void RestHandler::broadcast(Call call) {
  auto command = commandOf(call, readBroadcast);
  if (!command) return;
  parts_.shard.broadcast(std::move(call.caller), *std::move(command), answerJson(std::move(call.reply)));
}

void RestHandler::history(Call call) {
  auto query = readHistoryQuery(call.request, call.routing.parameters[0], options_.pages);
  if (!query) return call.reply.problem(query.error());
  parts_.shard.history(std::move(call.caller), *query,
                       [reply = std::move(call.reply), prefix = call.routing.prefix, query = *query](Result<HistoryPage> page) mutable {
                         if (!page) return reply.problem(page.error());
                         HttpResponse response{
                             .status = 200, .content_type = "application/json", .body = {}, .headers = {{"Cache-Control", "no-store"}}};
                         if (page->next_seq != 0)
                           response.headers.emplace_back("Link", "<" + nextPageTarget(prefix, query, *page) + ">; rel=\"next\"");
                         response.body = std::move(page->json);
                         reply.send(std::move(response));
                       });
}

void RestHandler::updatePresence(Call call) {
  auto command = commandOf(call, readUpdatePresence);
  if (!command) return;
  parts_.shard.updatePresence(std::move(call.caller), *std::move(command), answerNothing(std::move(call.reply)));
}

void RestHandler::roomPresence(Call call) {
  parts_.shard.roomPresence(std::move(call.caller), call.routing.parameters[0], answerJson(std::move(call.reply)));
}

}  // namespace atrium
