#include "engine/presence.hpp"

#include <algorithm>

#include "engine/rooms.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {
constexpr std::uint32_t rooms_page = 1000;
// When the store is asked again for the rooms that are to hear of a change; as much later again at random, so that not all ask at once.
constexpr auto rooms_retry = std::chrono::seconds(2);
constexpr std::size_t gone_max = 50'000;  // Users a shard remembers the last sign of life of.
}  // namespace

template <typename Out>
void encodePresence(JsonWriter<Out>& json, const Presence& presence, std::string_view tenant_id) {
  json.key("user_id").value(presence.user_id).key("tenant_id").value(tenant_id).key("status").value(word(presence.status));
  json.key("status_message");
  presence.status_message.empty() ? json.null() : json.value(presence.status_message);
  json.key("last_seen");
  presence.last_seen == Wall{} ? json.null() : json.time(presence.last_seen);
  json.key("current_room_id");
  presence.current_room_id.empty() ? json.null() : json.value(presence.current_room_id);
}

template void encodePresence(JsonWriter<FrameBuilder>& json, const Presence& presence, std::string_view tenant_id);
template void encodePresence(JsonWriter<std::string>& json, const Presence& presence, std::string_view tenant_id);

struct Users::State {
  State(Users& users, UserKey user)
      : key(std::move(user)),
        offline_timer([this, &users] { users.goOffline(*this); }),
        rooms_timer([this, &users] { users.loadRooms(*this); }) {
    presence.user_id = key.user_id;
  }

  const UserKey key;
  Presence presence;
  std::vector<SessionRef> sessions;      // At most EngineOptions::sessions_per_user.
  Status told_status = Status::offline;  // What the workplace was told last; who is not in memory is offline without a session.
  std::size_t told_sessions = 0;
  std::set<Id> rooms;  // Of which he is a member; whole once `rooms_known`.
  bool rooms_known = false;
  bool rooms_loading = false;
  bool change_owed = false;                          // His rooms were not told of a change, as nobody knew them.
  std::map<Id, bool> meanwhile;                      // Memberships that changed while the rooms were being loaded.
  std::vector<Completion<std::vector<Id>>> waiting;  // At most EngineOptions::room_pending_max.
  Timer offline_timer;                               // The linger after the last session, or the end of a status without one.
  Timer rooms_timer;                                 // After a failed loading, while a change is owed.
};

Users::Users(Shard::Impl& shard) : shard_(shard), gone_(gone_max) {}
Users::~Users() = default;

Users::State& Users::state(const UserKey& user) {
  if (const auto it = users_.find(user); it != users_.end()) return *it->second;
  State& his = *users_.emplace(user, std::make_unique<State>(*this, user)).first->second;
  if (auto gone = gone_.take(user)) his.presence = std::move(*gone);
  return his;
}

bool Users::sessionOpened(const UserKey& user, const SessionRef& session) {
  State& his = state(user);
  if (his.sessions.size() >= shard_.options.sessions_per_user) return false;
  his.sessions.push_back(session);
  his.offline_timer.disarm();
  his.presence.last_seen = shard_.ports.now.wall;
  if (his.sessions.size() == 1 && his.presence.status == Status::offline) {
    his.presence.status = Status::online;
    change(his);
  }
  tellWorkplace(his);
  return true;
}

void Users::sessionClosed(const UserKey& user, const SessionRef& session, bool clean) {
  const auto it = users_.find(user);
  if (it == users_.end() || std::erase(it->second->sessions, session) == 0) return;
  State& his = *it->second;
  his.presence.last_seen = shard_.ports.now.wall;
  if (!his.sessions.empty()) return tellWorkplace(his);
  if (clean) return goOffline(his);
  tellWorkplace(his);  // At once: whoever waits for him need not wait for the linger, which is for people's eyes.
  shard_.ports.timers.arm(his.offline_timer, shard_.ports.now.mono + shard_.options.presence_linger);
}

void Users::goOffline(State& his) {
  his.offline_timer.disarm();
  const UserKey user = his.key;
  if (his.presence.status != Status::offline || !his.presence.current_room_id.empty()) {
    his.presence.status = Status::offline;
    his.presence.status_message.clear();
    his.presence.current_room_id.clear();
    change(his);
  }
  tellWorkplace(his);
  forgetIfIdle(user);
}

void Users::update(const UserKey& user, UpdatePresence command, Completion<void> done) {
  if (!command.has_current_room || command.current_room_id.empty()) {
    updateNow(user, command);
    return done({});
  }
  const auto room = parseId(room_prefix, command.current_room_id);
  if (!room) return done(fail(Code::not_found, "You are in no such room."));
  rooms(user, [this, user, room = *room, command = std::move(command), done = std::move(done)](Result<std::vector<Id>> his) mutable {
    if (!his) return done(fail(his.error()));
    if (!std::ranges::binary_search(*his, room)) return done(fail(Code::not_found, "You are in no such room."));
    updateNow(user, command);
    done({});
  });
}

void Users::updateNow(const UserKey& user, const UpdatePresence& command) {
  State& his = state(user);
  his.presence.status = command.status;
  if (command.has_status_message) his.presence.status_message = command.status_message;
  if (command.has_current_room) his.presence.current_room_id = command.current_room_id;
  his.presence.last_seen = shard_.ports.now.wall;
  if (his.sessions.empty()) shard_.ports.timers.arm(his.offline_timer, shard_.ports.now.mono + shard_.options.presence_ttl);
  change(his);
  tellWorkplace(his);
}

void Users::enteredRoom(const UserKey& user, const std::string& room_id) {
  const auto it = users_.find(user);
  if (it == users_.end() || it->second->presence.current_room_id == room_id) return;
  it->second->presence.current_room_id = room_id;
  change(*it->second);
}

void Users::leftRoom(const UserKey& user, const std::string& room_id) {
  const auto it = users_.find(user);
  // After the last session the linger decides: he may be back before anyone needs to know.
  if (it == users_.end() || it->second->sessions.empty() || it->second->presence.current_room_id != room_id) return;
  it->second->presence.current_room_id.clear();
  change(*it->second);
}

void Users::memberOf(const UserKey& user, const Id& room, bool member) {
  const auto it = users_.find(user);
  if (it == users_.end()) return;  // The store tells when he comes.
  State& his = *it->second;
  if (his.rooms_loading) his.meanwhile.insert_or_assign(room, member);
  if (!his.rooms_known) return;
  if (member)
    his.rooms.insert(room);
  else
    his.rooms.erase(room);
  if (member && his.presence.status != Status::offline) announceTo(his, room);
}

void Users::change(State& his) {
  ++his.presence.version;
  shard_.ports.metrics.add(Metric::presence_changes);
  if (!his.rooms_known) {
    his.change_owed = true;
    return loadRooms(his);  // Announces when it knows them.
  }
  for (const Id& room : his.rooms) announceTo(his, room);
}

void Users::tellWorkplace(State& his) const {
  if (!shard_.ports.workplace || (his.told_status == his.presence.status && his.told_sessions == his.sessions.size())) return;
  his.told_status = his.presence.status;
  his.told_sessions = his.sessions.size();
  shard_.ports.workplace->presenceChanged(his.key, his.told_status, his.told_sessions);
}

void Users::announceTo(const State& his, const Id& room) const {
  const RoomKey key{his.key.tenant_id, room};
  // Lost when that shard's mailbox is full: presence is ephemeral, and the next change carries the whole state.
  shard_.there(shard_.homeOf(key), [key, presence = his.presence](Shard::Impl& home) {
    if (Room* loaded = home.rooms.loaded(key)) loaded->presenceChanged(presence.user_id, presence);
  });
}

void Users::loadRooms(State& his) {
  if (his.rooms_loading) return;
  his.rooms_loading = true;
  his.rooms_timer.disarm();
  // One page after the other until a short one.
  struct Walk {
    UserKey user;
    std::vector<Id> found;
  };
  auto walk = std::make_shared<Walk>(Walk{his.key, {}});
  auto next = std::make_shared<std::move_only_function<void(DocumentKey)>>();
  *next = [this, walk, weak = std::weak_ptr(next)](DocumentKey after) {
    const auto self = weak.lock();
    const DocumentKey prefix{std::string(user_room_collection), walk->user.tenant_id, walk->user.user_id};
    shard_.ports.store.scan(prefix, std::move(after), rooms_page, [this, walk, self](Result<std::vector<Document>> page) {
      if (page) {
        for (const Document& document : *page) {
          Id id;
          if (document.key.back().size() == id.bytes.size())
            std::ranges::copy(document.key.back(), reinterpret_cast<char*>(id.bytes.data()));
          walk->found.push_back(id);
        }
        if (page->size() == rooms_page) return (*self)(page->back().key);
      }
      const auto it = users_.find(walk->user);
      if (it == users_.end()) return;
      State& his = *it->second;
      his.rooms_loading = false;
      auto waiting = std::exchange(his.waiting, {});
      const auto meanwhile = std::exchange(his.meanwhile, {});  // Of account for what this walk found only.
      if (!page) {
        if (his.change_owed) {
          const auto later = rooms_retry + std::chrono::milliseconds(shard_.random.below(std::chrono::milliseconds(rooms_retry).count()));
          shard_.ports.timers.arm(his.rooms_timer, shard_.ports.now.mono + later);
        }
        for (auto& done : waiting) done(fail(page.error()));
        return forgetIfIdle(walk->user);
      }
      his.rooms = {walk->found.begin(), walk->found.end()};
      for (const auto& [room, member] : meanwhile) {
        if (member)
          his.rooms.insert(room);
        else
          his.rooms.erase(room);
      }
      his.rooms_known = true;
      his.change_owed = false;
      for (const Id& room : his.rooms) announceTo(his, room);
      const std::vector<Id> rooms(his.rooms.begin(), his.rooms.end());
      for (auto& done : waiting) done(rooms);
      forgetIfIdle(walk->user);
    });
  };
  (*next)({});
}

Presence Users::read(const UserKey& user) const {
  const auto it = users_.find(user);
  if (it != users_.end()) {
    Presence presence = it->second->presence;
    if (!it->second->sessions.empty()) presence.last_seen = shard_.ports.now.wall;  // A live session is a sign of life.
    return presence;
  }
  if (const Presence* gone = gone_.find(user)) return *gone;
  Presence unknown;
  unknown.user_id = user.user_id;
  return unknown;
}

std::span<const SessionRef> Users::sessions(const UserKey& user) const {
  const auto it = users_.find(user);
  return it == users_.end() ? std::span<const SessionRef>() : it->second->sessions;
}

void Users::rooms(const UserKey& user, Completion<std::vector<Id>> done) {
  State& his = state(user);
  if (his.rooms_known) {
    return done(std::vector<Id>(his.rooms.begin(), his.rooms.end()));
  }
  if (his.waiting.size() >= shard_.options.room_pending_max)
    return done(fail(Code::overloaded, "Too many wait for the list of your rooms.", 500));
  his.waiting.push_back(std::move(done));
  loadRooms(his);
}

void Users::forgetIfIdle(const UserKey& user) {
  const auto it = users_.find(user);
  if (it == users_.end()) return;
  State& his = *it->second;
  if (!his.sessions.empty() || his.presence.status != Status::offline || his.rooms_loading || his.offline_timer.armed() ||
      his.rooms_timer.armed())
    return;
  if (his.presence.last_seen != Wall{}) gone_.remember(user, std::move(his.presence));
  users_.erase(it);
}

}  // namespace atrium
