// Who of a room's members is reachable, and who types. The truth about a user lives at his home shard; a room only passes changes on, at
// once in small rooms, gathered each second in big ones.
#include <algorithm>

#include "engine/room.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::size_t big_room_members = 200;
constexpr auto gathering_interval = std::chrono::seconds(1);
constexpr std::size_t presence_asked_max = 10'000;

std::uint64_t collapseKey(const Id& room, const std::string& user_id, std::string_view kind) {
  return stableHash(user_id, stableHash(kind, IdHash{}(room)));
}

}  // namespace

void Room::presence(const Principal& caller, Completion<std::string> done) {
  if (const auto may = mayRead(caller); !may) return done(fail(may.error()));
  std::vector<std::string> users;
  for (const auto& [user_id, member] : members_) {
    if (users.size() == presence_asked_max) break;
    users.push_back(user_id);
  }
  gatherPresence(std::move(users),
                 [tenant = key_.tenant_id, pin = RoomPin(*this), done = std::move(done)](Result<std::vector<Presence>> present) mutable {
                   if (!present) return done(fail(present.error()));
                   std::string out;
                   JsonWriter json(out);
                   json.begin('[');
                   for (const Presence& presence : *present) {
                     json.begin('{');
                     encodePresence(json, presence, tenant);
                     json.end('}');
                   }
                   json.end(']');
                   done(std::move(out));
                 });
}

void Room::gatherPresence(std::vector<std::string> users, Completion<std::vector<Presence>> done) {
  struct Gathering {
    std::vector<Presence> present;
    std::size_t shards = 0;
    std::optional<Error> failed;
    Completion<std::vector<Presence>> done;
  };
  auto gathering = std::make_shared<Gathering>();
  gathering->present.resize(users.size());
  gathering->done = std::move(done);
  std::vector<std::vector<std::pair<std::size_t, UserKey>>> asked(shard_.peers.size());
  for (std::size_t at = 0; at < users.size(); ++at) {
    UserKey user{key_.tenant_id, std::move(users[at])};
    const unsigned home = shard_.homeOf(user);
    asked[home].emplace_back(at, std::move(user));
  }
  using Found = std::vector<std::pair<std::size_t, Presence>>;
  gathering->shards = 1 + static_cast<std::size_t>(std::ranges::count_if(asked, [](const auto& part) { return !part.empty(); }));
  const auto settle = [gathering] {
    if (--gathering->shards > 0) return;
    if (gathering->failed) return gathering->done(fail(*gathering->failed));
    gathering->done(std::move(gathering->present));
  };
  for (unsigned home = 0; home < asked.size(); ++home) {
    if (asked[home].empty()) continue;
    shard_.ask<Found>(
        home,
        [gathering, settle](Result<Found> found) {
          if (!found)
            gathering->failed = found.error();
          else
            for (auto& [at, presence] : *found) gathering->present[at] = std::move(presence);
          settle();
        },
        [part = std::move(asked[home])](Shard::Impl& there, Completion<Found> answer) {
          Found found;
          found.reserve(part.size());
          for (const auto& [at, user] : part) found.emplace_back(at, there.users.read(user));
          answer(std::move(found));
        });
  }
  settle();
}

// Each shard has told of its users at another moment. Whoever enters with what they told gets no event of what changed since then, as he
// was not there yet.
void Room::bringUpToDate(std::vector<Presence>& present) const {
  if (heard_.empty()) return;
  for (Presence& presence : present) {
    const auto heard = heard_.find(presence.user_id);
    if (heard != heard_.end() && heard->second.version > presence.version) presence = heard->second;
  }
}

void Room::presenceChanged(const std::string& user_id, const Presence& presence) {
  if (!members_.contains(user_id)) return;
  if (attaching_ > 0) heard_.insert_or_assign(user_id, presence);
  if (places_.empty()) return;
  changed_presence_.insert_or_assign(user_id, presence);
  if (members_.size() <= big_room_members) return flushPresence();
  if (!presence_timer_.armed()) shard_.ports.timers.arm(presence_timer_, shard_.ports.now.mono + gathering_interval);
}

void Room::flushPresence() {
  for (const auto& [user_id, presence] : changed_presence_) {
    FrameBuilder out(256);
    JsonWriter json(out);
    json.begin('{').key("event_type").value("presence_update").key("room_id").value(id_text_);
    encodePresence(json, presence, key_.tenant_id);
    json.key("version").value(presence.version).end('}');
    PushOptions options;
    options.lane = Lane::ephemeral;
    options.shed = Shed::latest;
    options.collapse_key = collapseKey(key_.room, user_id, "presence");
    options.flush_window = flushWindow();
    cast(out.finish(), {}, {}, options, 0, 0);
  }
  changed_presence_.clear();
}

void Room::typing(const SessionRef& session, const Principal& who, bool is_typing) {
  const auto attachment = sessions_[session.shard].find(session.number);
  if (attachment == sessions_[session.shard].end() || !members_.contains(who.user_id)) return;
  if (is_typing) {
    typing_.insert_or_assign(who.user_id, Typist{who.display_name, shard_.ports.now.mono + shard_.options.typing_timeout});
    if (!typing_timer_.armed()) shard_.ports.timers.arm(typing_timer_, shard_.ports.now.mono + shard_.options.typing_timeout);
  } else {
    typing_.erase(who.user_id);
  }
  castTyping(who.user_id, who.display_name, is_typing, &session);
}

void Room::expireTyping() {
  const Mono now = shard_.ports.now.mono;
  Mono next = Mono::max();
  for (auto it = typing_.begin(); it != typing_.end();) {
    if (it->second.until > now) {
      next = std::min(next, it->second.until);
      ++it;
      continue;
    }
    const auto node = typing_.extract(it++);
    castTyping(node.key(), node.mapped().display_name, false, nullptr);
  }
  if (next != Mono::max()) shard_.ports.timers.arm(typing_timer_, next);
}

void Room::castTyping(const std::string& user_id, const std::string& display_name, bool is_typing, const SessionRef* except) {
  FrameBuilder out(192);
  JsonWriter json(out);
  json.begin('{').key("event_type").value("typing_indicator").key("room_id").value(id_text_).key("user_id").value(user_id);
  json.key("display_name").value(display_name).key("is_typing").value(is_typing).end('}');
  PushOptions options;
  options.lane = Lane::ephemeral;
  options.shed = Shed::always;
  options.flush_window = flushWindow();
  cast(out.finish(), {}, {}, options, 0, 0, except);
}

}  // namespace atrium
