#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "sim/world.hpp"

// The engine's users as its tests speak of them.
namespace atrium::sim {

inline constexpr std::string_view tenant_default = "acme";

// "ok", or the word of the code: it reads well when an expectation fails.
template <typename T>
std::string codeOf(const Result<T>& result) {
  return result ? "ok" : std::string(info(result.error().code).word);
}
// The paths of what is wrong, joined by spaces.
template <typename T>
std::string pathsOf(const Result<T>& result) {
  std::string paths;
  if (!result)
    for (const FieldProblem& field : result.error().fields) (paths += paths.empty() ? "" : " ") += field.path;
  return paths;
}

// An integer of a reply or event; -1 when it is none.
[[nodiscard]] std::int64_t number(const JsonView& value);
[[nodiscard]] std::vector<std::string> strings(const JsonView& array);
// The member `name` of each element.
[[nodiscard]] std::vector<std::string> strings(const JsonView& array, std::string_view name);
// The names of an object's members, in order.
[[nodiscard]] std::vector<std::string> keys(const JsonView& object);
using Strings = std::vector<std::string>;

// The last event of that type; absent when there was none.
[[nodiscard]] JsonView last(const Client& client, std::string_view event_type);
[[nodiscard]] std::size_t count(const Client& client, std::string_view event_type);
// Positions of the messages and stubs a client was sent, in order.
[[nodiscard]] std::vector<std::int64_t> seqs(const Client& client);
// Contents of the messages a client was sent, in order.
[[nodiscard]] Strings contents(const Client& client);

// A send_message frame; `more` holds further members, each with a comma before it.
[[nodiscard]] std::string message(const std::string& room_id, std::string_view content, std::string_view more = {});
[[nodiscard]] RoomKey keyOf(const std::string& room_id, std::string_view tenant_id = tenant_default);

// Someone with a token. Requests take their JSON body, run to their end and answer as REST would.
class User {
 public:
  User(World& world, std::string user_id, std::uint32_t roles = ATRIUM_ROLE_AGENT, std::string_view tenant_id = tenant_default)
      : world_(world), who_(World::principal(std::string(tenant_id), std::move(user_id), roles)) {}

  Result<JsonDocument> create(std::string_view body) const;
  // The id of a new room of that type with these members beside him.
  std::string room(Strings members = {}, std::string_view room_type = "open") const;
  Result<JsonDocument> rooms(ListRooms query = {}) const;
  Result<JsonDocument> read(const std::string& room_id) const;
  Result<JsonDocument> change(const std::string& room_id, std::string_view body) const;
  Result<void> close(const std::string& room_id) const;
  Result<JsonDocument> add(const std::string& room_id, std::string_view body = "{}") const;
  Result<void> remove(const std::string& room_id, const std::string& user_id) const;
  Result<JsonDocument> changeRole(const std::string& room_id, const std::string& user_id, Role role) const;
  Result<JsonDocument> post(std::string_view body) const;
  Result<JsonDocument> broadcast(std::string_view body) const;
  Result<HistoryPage> historyPage(HistoryQuery query) const;
  Result<JsonDocument> history(HistoryQuery query) const;
  Result<void> setPresence(std::string_view body) const;
  Result<JsonDocument> presence(const std::string& room_id) const;
  // His own entry of a room's presence.
  JsonDocument presenceOf(const std::string& room_id, const std::string& user_id) const;

  // A session; to a room at once when it is named. Runs until nothing moves.
  Client& connect(const std::string& room_id = {}) const;
  Client& connectAt(unsigned shard, const std::string& room_id = {}) const;
  // A frame of his session, and what follows from it.
  void says(Client& client, std::string_view frame) const;
  void joins(Client& client, const std::string& room_id) const;
  void leaves(Client& client, const std::string& room_id) const;

  [[nodiscard]] const PrincipalPtr& principal() const { return who_; }
  [[nodiscard]] const std::string& id() const { return who_->user_id; }
  World& world() const { return world_; }

 private:
  World& world_;
  PrincipalPtr who_;
};

}  // namespace atrium::sim
