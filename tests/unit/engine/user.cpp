#include "user.hpp"

#include <utility>

namespace atrium::sim {

namespace {

template <typename Command>
using Reader = Result<Command> (*)(const JsonView&, const Principal&);

// Reads `body` into a command and hands it to `start`, as a route does.
template <typename Answer, typename Command, typename Start>
Result<Answer> requestWith(World& world, const PrincipalPtr& who, std::string_view body, Reader<Command> read, Start start) {
  const auto document = JsonDocument::parse(body);
  if (!document) return fail(document.error());
  auto command = read(document->root(), *who);
  if (!command) return fail(command.error());
  return world.request<Answer>([&](Shard& shard, Completion<Answer> done) { start(shard, std::move(*command), std::move(done)); });
}

Result<JsonDocument> parsed(Result<std::string> text) {
  if (!text) return fail(text.error());
  return JsonDocument::parse(*text);
}

}  // namespace

std::int64_t number(const JsonView& value) {
  std::int64_t number = -1;
  return value.integer(number) ? number : -1;
}

Strings strings(const JsonView& array) {
  Strings found;
  for (JsonView item = array.first(); item.exists(); item = item.sibling(array)) found.push_back(item.text());
  return found;
}

Strings strings(const JsonView& array, std::string_view name) {
  Strings found;
  for (JsonView item = array.first(); item.exists(); item = item.sibling(array)) found.push_back(item[name].text());
  return found;
}

Strings keys(const JsonView& object) {
  Strings found;
  std::string scratch;
  for (JsonView item = object.first(); item.exists(); item = item.sibling(object)) found.emplace_back(item.key(scratch));
  return found;
}

JsonView last(const Client& client, std::string_view event_type) {
  const JsonDocument* event = client.last(event_type);
  return event ? event->root() : JsonView{};
}

std::size_t count(const Client& client, std::string_view event_type) { return client.events(event_type).size(); }

std::vector<std::int64_t> seqs(const Client& client) {
  std::vector<std::int64_t> found;
  for (const JsonDocument& event : client.received) {
    const std::string type = event.root()["event_type"].text();
    if (type == "collaboration_message") found.push_back(number(event.root()["message"]["seq"]));
    if (type == "withheld") found.push_back(number(event.root()["seq"]));
  }
  return found;
}

Strings contents(const Client& client) {
  Strings found;
  for (const JsonDocument* event : client.events("collaboration_message")) found.push_back(event->root()["message"]["content"].text());
  return found;
}

std::string message(const std::string& room_id, std::string_view content, std::string_view more) {
  return R"({"event_type":"send_message","room_id":")" + room_id + R"(","content":")" + std::string(content) + '"' + std::string(more) +
         '}';
}

RoomKey keyOf(const std::string& room_id, std::string_view tenant_id) {
  const auto id = parseId(room_prefix, room_id);
  ATRIUM_ASSERT(id.has_value(), "a room id");
  return {std::string(tenant_id), *id};
}

Result<JsonDocument> User::create(std::string_view body) const {
  return parsed(requestWith<std::string>(world_, who_, body, readCreateRoom, [&](Shard& shard, CreateRoom command, auto done) {
    shard.createRoom(who_, std::move(command), std::move(done));
  }));
}

std::string User::room(Strings members, std::string_view room_type) const {
  std::string body = R"({"name":"new","room_type":")" + std::string(room_type) + R"(","initial_members":[)";
  for (std::size_t at = 0; at < members.size(); ++at) body += (at == 0 ? "\"" : ",\"") + members[at] + '"';
  world_.clock.advance(1ms);  // Ids of one shard sort by the order of creation, of several by the time.
  const auto made = create(body + "]}");
  ATRIUM_ASSERT(made.has_value(), "the room is created");
  return made->root()["room_id"].text();
}

Result<JsonDocument> User::rooms(ListRooms query) const {
  return parsed(world_.request<std::string>(
      [&](Shard& shard, Completion<std::string> done) { shard.listRooms(who_, std::move(query), std::move(done)); }));
}

Result<JsonDocument> User::read(const std::string& room_id) const {
  return parsed(
      world_.request<std::string>([&](Shard& shard, Completion<std::string> done) { shard.readRoom(who_, room_id, std::move(done)); }));
}

Result<JsonDocument> User::change(const std::string& room_id, std::string_view body) const {
  return parsed(requestWith<std::string>(world_, who_, body, readChangeRoom, [&](Shard& shard, ChangeRoom command, auto done) {
    shard.changeRoom(who_, room_id, std::move(command), std::move(done));
  }));
}

Result<void> User::close(const std::string& room_id) const {
  return world_.request<void>([&](Shard& shard, Completion<void> done) { shard.closeRoom(who_, room_id, std::move(done)); });
}

Result<JsonDocument> User::add(const std::string& room_id, std::string_view body) const {
  return parsed(requestWith<std::string>(world_, who_, body, readAddMember, [&](Shard& shard, AddMember command, auto done) {
    shard.addMember(who_, room_id, std::move(command), std::move(done));
  }));
}

Result<void> User::remove(const std::string& room_id, const std::string& user_id) const {
  return world_.request<void>([&](Shard& shard, Completion<void> done) { shard.removeMember(who_, room_id, user_id, std::move(done)); });
}

Result<JsonDocument> User::changeRole(const std::string& room_id, const std::string& user_id, Role role) const {
  return parsed(world_.request<std::string>(
      [&](Shard& shard, Completion<std::string> done) { shard.changeRole(who_, room_id, user_id, {role}, std::move(done)); }));
}

Result<JsonDocument> User::post(std::string_view body) const {
  auto document = JsonDocument::parse(body);
  if (!document) return fail(document.error());
  return parsed(world_.request<std::string>([&](Shard& shard, Completion<std::string> done) {
    shard.sendMessage(who_, std::move(*document), world_.clock.now().mono, std::move(done));
  }));
}

Result<JsonDocument> User::broadcast(std::string_view body) const {
  return parsed(requestWith<std::string>(world_, who_, body, readBroadcast, [&](Shard& shard, Broadcast command, auto done) {
    shard.broadcast(who_, std::move(command), std::move(done));
  }));
}

Result<HistoryPage> User::historyPage(HistoryQuery query) const {
  return world_.request<HistoryPage>(
      [&](Shard& shard, Completion<HistoryPage> done) { shard.history(who_, std::move(query), std::move(done)); });
}

Result<JsonDocument> User::history(HistoryQuery query) const {
  const auto page = historyPage(std::move(query));
  if (!page) return fail(page.error());
  return JsonDocument::parse(page->json);
}

Result<void> User::setPresence(std::string_view body) const {
  return requestWith<void>(world_, who_, body, readUpdatePresence, [&](Shard& shard, UpdatePresence command, auto done) {
    shard.updatePresence(who_, std::move(command), std::move(done));
  });
}

Result<JsonDocument> User::presence(const std::string& room_id) const {
  return parsed(
      world_.request<std::string>([&](Shard& shard, Completion<std::string> done) { shard.roomPresence(who_, room_id, std::move(done)); }));
}

JsonDocument User::presenceOf(const std::string& room_id, const std::string& user_id) const {
  const auto all = presence(room_id);
  ATRIUM_ASSERT(all.has_value(), "the presence can be read");
  for (JsonView one = all->root().first(); one.exists(); one = one.sibling(all->root()))
    if (one["user_id"].text() == user_id) return JsonDocument(one);
  return {};
}

Client& User::connect(const std::string& room_id) const {
  Client& client = world_.connect(who_->tenant_id, who_->user_id, room_id, who_->roles);
  world_.settle();
  return client;
}

Client& User::connectAt(unsigned shard, const std::string& room_id) const {
  Client& client = world_.connect(shard, who_, {.room_id = room_id});
  world_.settle();
  return client;
}

void User::says(Client& client, std::string_view frame) const {
  world_.send(client, frame);
  world_.settle();
}

void User::joins(Client& client, const std::string& room_id) const {
  says(client, R"({"event_type":"join_room","room_id":")" + room_id + R"("})");
}

void User::leaves(Client& client, const std::string& room_id) const {
  says(client, R"({"event_type":"leave_room","room_id":")" + room_id + R"("})");
}

}  // namespace atrium::sim
