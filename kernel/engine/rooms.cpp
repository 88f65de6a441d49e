#include "engine/rooms.hpp"

#include <algorithm>

#include "engine/happenings.hpp"
#include "engine/hook_request.hpp"
#include "engine/hook_row.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/abi_text.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_merge.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t members_page = 1000;

// A new room is one batch of documents: the room, its event, and for each member, the creator among them, two.
constexpr std::size_t initial_members_max = (ATRIUM_BATCH_MAX - 2) / 2 - 1;

std::string idBytes(const Id& id) { return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}; }

std::optional<Role> roleOf(std::string_view word_text) {
  for (const Role role : {Role::observer, Role::member, Role::moderator, Role::owner})
    if (word(role) == word_text) return role;
  return std::nullopt;
}

Error damaged(std::string_view what) { return {Code::storage_unavailable, "The stored " + std::string(what) + " is damaged.", 0, {}}; }

Error allBusy() { return {Code::overloaded, "All rooms that fit into memory are busy.", 1000, {}}; }

}  // namespace

DocumentKey roomDocumentKey(const RoomKey& room) { return {std::string(room_collection), room.tenant_id, idBytes(room.room)}; }
DocumentKey memberKey(const RoomKey& room, const std::string& user_id) {
  return {std::string(member_collection), room.tenant_id, idBytes(room.room), user_id};
}
DocumentKey userRoomKey(const RoomKey& room, const std::string& user_id) {
  return {std::string(user_room_collection), room.tenant_id, user_id, idBytes(room.room)};
}

std::string encodeRoomDocument(const RoomDocument& document) {
  std::string out;
  JsonWriter json(out);
  json.begin('{')
      .key("room_type")
      .value(document.room_type)
      .key("name")
      .value(document.name)
      .key("description")
      .value(document.description);
  json.key("created_by").value(document.created_by).key("created_at_ms").value(toMillis(document.created_at));
  json.key("max_members").value(document.max_members).key("active").value(document.active);
  json.key("settings").raw(document.settings.text()).key("context").raw(document.context.text()).end('}');
  return out;
}

Result<RoomDocument> decodeRoomDocument(std::string_view stored) {
  const auto parsed = JsonDocument::parse(stored);
  if (!parsed) return fail(damaged("room"));
  const JsonView root = parsed->root();
  RoomDocument document;
  std::int64_t created = 0, members = 0;
  document.room_type = root["room_type"].text();
  document.name = root["name"].text();
  document.description = root["description"].text();
  document.created_by = root["created_by"].text();
  if (document.room_type.empty() || !root["created_at_ms"].integer(created) || !root["max_members"].integer(members) ||
      !root["settings"].isObject() || !root["context"].isObject())
    return fail(damaged("room"));
  document.created_at = fromMillis(static_cast<std::uint64_t>(created));
  document.max_members = static_cast<std::uint32_t>(members);
  document.active = root["active"].boolean(true);
  document.settings = JsonDocument(root["settings"]);
  document.context = JsonDocument(root["context"]);
  return document;
}

std::string encodeMember(const Member& member) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("display_name").value(member.display_name).key("role").value(word(member.role));
  json.key("joined_at_ms").value(toMillis(member.joined_at)).end('}');
  return out;
}

Result<Member> decodeMember(std::string_view stored) {
  const auto parsed = JsonDocument::parse(stored);
  if (!parsed) return fail(damaged("member"));
  std::int64_t joined = 0;
  const auto role = roleOf(parsed->root()["role"].text());
  if (!role || !parsed->root()["joined_at_ms"].integer(joined)) return fail(damaged("member"));
  return Member{parsed->root()["display_name"].text(), *role, fromMillis(static_cast<std::uint64_t>(joined))};
}

// A room on its way into memory, with those who wait for it.
struct Rooms::Loading {
  RoomKey key;
  RoomDocument document;
  std::uint64_t version = 0;
  std::vector<std::pair<std::string, Member>> members;
  RoomHead head;
  std::vector<Completion<RoomPin>> waiting;
};

Rooms::Rooms(Shard::Impl& shard) : shard_(shard) {
  shard_.ports.types.whenChanged([this] {
    for (const auto& [key, room] : rooms_) room->armTick();
  });
}

Rooms::~Rooms() { shard_.ports.types.whenChanged(nullptr); }

Room* Rooms::loaded(const RoomKey& key) {
  const auto it = rooms_.find(key);
  return it == rooms_.end() ? nullptr : it->second.get();
}

void Rooms::becameIdle(Room& room) {
  idle_.push_back(&room);
  idle_place_.insert_or_assign(&room, std::prev(idle_.end()));
}

void Rooms::becameBusy(Room& room) {
  const auto it = idle_place_.find(&room);
  if (it == idle_place_.end()) return;
  idle_.erase(it->second);
  idle_place_.erase(it);
}

bool Rooms::makePlace() {
  while (rooms_.size() + creating_ >= shard_.options.rooms_loaded_max) {
    if (idle_.empty()) return false;
    Room* room = idle_.front();
    becameBusy(*room);
    rooms_.erase(RoomKey(room->key()));
    shard_.ports.metrics.set(Metric::rooms_loaded, static_cast<std::int64_t>(rooms_.size()));
  }
  return true;
}

Result<Room*> Rooms::install(const RoomKey& key, RoomDocument document) {
  RoomType* type = shard_.ports.types.roomType(document.room_type);
  if (!type) return fail(Code::plugin_unavailable, "The room type " + document.room_type + " is not switched on.", 1000);
  if (!makePlace()) return fail(allBusy());
  auto room = std::make_unique<Room>(shard_, key, std::move(document), *type);
  Room* made = room.get();
  rooms_.emplace(key, std::move(room));
  shard_.ports.metrics.set(Metric::rooms_loaded, static_cast<std::int64_t>(rooms_.size()));
  return made;
}

std::uint32_t Rooms::capacityLimit(const atrium_room_type_info& type) const {
  const std::uint32_t limit = shard_.options.max_members_limit;
  return type.max_members_limit > 0 ? std::min(type.max_members_limit, limit) : limit;
}

void Rooms::create(PrincipalPtr caller, Id room, CreateRoom command, Completion<std::string> done) {
  RoomType* type = shard_.ports.types.roomType(command.room_type);
  const auto refuse = [&done](std::string path, std::string message) {
    Error error{Code::validation_failed, path + " " + message, 0, {}};
    error.fields.push_back({std::move(path), std::move(message)});
    done(fail(std::move(error)));
  };
  if (!type) {
    std::string known;
    for (const std::string& name : shard_.ports.types.roomTypeNames()) (known += known.empty() ? "" : ", ") += name;
    return refuse("/room_type", "must be one of " + known);
  }
  if (!caller->has(ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE))
    return done(fail(Code::forbidden, "Your role does not allow to create rooms."));
  const atrium_room_type_info& info = type->info();
  const std::uint32_t limit = capacityLimit(info);
  if (command.max_members == 0) command.max_members = std::min(limit, info.max_members > 0 ? info.max_members : shard_.options.max_members);
  if (command.max_members > limit) return refuse("/max_members", "must be at most " + std::to_string(limit));
  if (command.initial_members.size() > initial_members_max)
    return refuse("/initial_members", "must name at most " + std::to_string(initial_members_max) + " users; add the others afterwards");
  if (command.initial_members.size() + 1 > command.max_members) return refuse("/initial_members", "are more than max_members");

  if (const JsonDocument* begin = type->settings()) {
    const std::string whole = mergedObject(begin->root(), command.settings.root());
    if (whole.size() > object_max) return refuse("/settings", "must be at most 16 KiB with what rooms of this type begin with");
    auto settings = JsonDocument::parse(whole);
    if (!settings) return done(fail(settings.error()));
    command.settings = *std::move(settings);
  }

  const RoomKey key{caller->tenant_id, room};
  RoomDocument document{std::move(command.room_type),
                        std::move(command.name),
                        std::move(command.description),
                        caller->user_id,
                        shard_.ports.now.wall,
                        command.max_members,
                        true,
                        std::move(command.settings),
                        std::move(command.context)};
  atrium_room_view view{};
  view.struct_size = sizeof view;
  view.member_count = 1;
  view.max_members = document.max_members;
  view.tenant_id = textOf(key.tenant_id);
  view.room_type = textOf(document.room_type);
  view.name = textOf(document.name);
  view.settings = document.settings.root().abi();
  view.context = document.context.root().abi();
  atrium_user_view actor{};
  actor.struct_size = sizeof actor;
  actor.token_roles = caller->roles;
  actor.room_role = ATRIUM_ROOM_ROLE_OWNER;
  actor.user_id = textOf(caller->user_id);
  actor.display_name = textOf(caller->display_name);

  // The document goes by copy: the view leads into this one until the hook has returned.
  auto create = [this, key, caller, document, initial = std::move(command.initial_members),
                 done = std::move(done)](HookOutcome outcome) mutable {
    if (outcome.refused) return done(fail(std::move(*outcome.refused)));
    // Before anything is stored, so that a refusal leaves nothing behind.
    if (!makePlace()) return done(fail(allBusy()));
    ++creating_;
    std::vector<std::pair<std::string, Member>> members;
    members.emplace_back(caller->user_id, Member{caller->display_name, Role::owner, document.created_at});
    for (std::string& user : initial) {
      Member member{user, Role::member, document.created_at};
      members.emplace_back(std::move(user), std::move(member));
    }
    std::vector<DocumentWrite> writes;
    writes.reserve(1 + 2 * members.size());
    writes.push_back({roomDocumentKey(key), 0, encodeRoomDocument(document)});
    for (const auto& [user, member] : members) {
      writes.push_back({memberKey(key, user), ATRIUM_VERSION_ANY, encodeMember(member)});
      writes.push_back({userRoomKey(key, user), ATRIUM_VERSION_ANY, std::string("{}")});
    }
    // Answered once: by the store's word or, when that takes too long, before it. The room comes to be whenever the store says so.
    const auto answer = std::make_shared<Completion<std::string>>(std::move(done));
    const auto overdue = [this, key, answer] {
      shard_.ports.metrics.add(Metric::rooms_in_doubt);
      shard_.ports.log.warning("room.in_doubt", {{"tenant_id", key.tenant_id}, {"room_id", formatId(room_prefix, key.room)}});
      std::exchange(*answer, nullptr)(fail(writeInDoubt()));
    };
    Happening event = roomHappening(EventType::room_created, key, document, caller->user_id);
    shard_.writes.write(
        std::move(writes), std::move(event), overdue,
        [this, key, caller, document = std::move(document), members = std::move(members), answer](Result<void> written) mutable {
          --creating_;
          Completion<std::string> done = *answer ? std::move(*answer) : [](const auto&) {};
          if (!written) return done(fail(written.error()));
          shard_.ports.metrics.add(Metric::rooms_created);
          for (const auto& [user, member] : members) {
            const UserKey user_key{key.tenant_id, user};
            shard_.thereAlways(shard_.homeOf(user_key),
                               [user_key, room = key.room](Shard::Impl& home) { home.users.memberOf(user_key, room, true); });
          }
          // Somebody may have seen it in the store and loaded it already.
          Room* made = loaded(key);
          if (!made) {
            const auto installed = install(key, std::move(document));
            if (!installed) return done(fail(installed.error()));
            made = *installed;
            for (auto& [user, member] : members) made->restoreMember(std::move(user), std::move(member));
            made->restoreHead({}, 1);
          }
          const RoomPin pin(*made);
          pin->didCreate(*caller);
          pin->read(*caller, std::move(done));
        });
  };
  if (!type->has(Hook::will_create))
    return askRow(type->row(), {.hook = Hook::check_settings, .room = &view, .actor = &actor}, std::move(create));
  // Whoever answers the first may take his time, and the views have gone by then.
  auto second = [type, request = HookRequest({.hook = Hook::will_create, .room = &view, .actor = &actor}),
                 create = std::move(create)](HookOutcome outcome) mutable {
    if (outcome.refused) return create(std::move(outcome));
    const OpenedCall opened = request.open();
    askRow(type->row(), opened.call(), std::move(create));
  };
  askRow(type->row(), {.hook = Hook::check_settings, .room = &view, .actor = &actor}, std::move(second));
}

void Rooms::find(const RoomKey& key, Completion<RoomPin> done) {
  if (Room* room = loaded(key)) return done(RoomPin(*room));
  if (const auto it = loading_.find(key); it != loading_.end()) {
    if (it->second->waiting.size() >= shard_.options.room_pending_max)
      return done(fail(Code::overloaded, "Too many wait for this room.", 500));
    it->second->waiting.push_back(std::move(done));
    return;
  }
  auto loading = std::make_shared<Loading>();
  loading->key = key;
  loading->waiting.push_back(std::move(done));
  loading_.emplace(key, loading);
  shard_.ports.store.get(roomDocumentKey(key), [this, loading](Result<std::optional<Document>> found) {
    if (!found) return finish(loading, fail(found.error()));
    if (!*found) return finish(loading, fail(Code::not_found, "There is no such room."));
    auto document = decodeRoomDocument((*found)->value);
    if (!document) return finish(loading, fail(document.error()));
    loading->document = std::move(*document);
    loading->version = (*found)->version;
    loadMembers(loading, {});
  });
}

void Rooms::loadMembers(const std::shared_ptr<Loading>& loading, DocumentKey after) {
  const DocumentKey prefix{std::string(member_collection), loading->key.tenant_id, idBytes(loading->key.room)};
  shard_.ports.store.scan(prefix, std::move(after), members_page, [this, loading](Result<std::vector<Document>> found) {
    if (!found) return finish(loading, fail(found.error()));
    for (Document& document : *found) {
      auto member = decodeMember(document.value);
      if (!member) return finish(loading, fail(member.error()));
      loading->members.emplace_back(document.key.back(), std::move(*member));
    }
    if (found->size() == members_page) return loadMembers(loading, found->back().key);
    loadHead(loading);
  });
}

void Rooms::loadHead(const std::shared_ptr<Loading>& loading) {
  shard_.ports.store.head(loading->key, [this, loading](Result<RoomHead> head) {
    if (!head) return finish(loading, fail(head.error()));
    loading->head = std::move(*head);
    finish(loading, {});
  });
}

void Rooms::finish(const std::shared_ptr<Loading>& loading, Result<void> outcome) {
  loading_.erase(loading->key);
  RoomPin pin;
  if (Room* room = loaded(loading->key)) {  // It was being created, and its creator was told meanwhile.
    pin = RoomPin(*room);
    outcome = {};
  } else if (outcome) {
    const auto made = install(loading->key, std::move(loading->document));
    if (made) {
      pin = RoomPin(**made);
      for (auto& [user, member] : loading->members) pin->restoreMember(std::move(user), std::move(member));
      pin->restoreHead(loading->head, loading->version);
    } else {
      outcome = fail(made.error());
    }
  }
  for (Completion<RoomPin>& done : loading->waiting) {
    if (outcome)
      done(pin.again());
    else
      done(fail(outcome.error()));
  }
}

}  // namespace atrium
