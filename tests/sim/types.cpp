#include "sim/types.hpp"

#include <algorithm>
#include <iterator>

#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"

namespace atrium::sim {

namespace {
atrium_text text(std::string_view view) { return {view.data(), view.size()}; }
constexpr std::uint32_t everyone =
    ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_CLIENT | ATRIUM_ROLE_SERVICE;
std::string words(const atrium_text& part) { return {part.data, part.size}; }
std::string words(const atrium_room_view& room) {
  return "room=" + words(room.name) + " members=" + std::to_string(room.member_count) + " max=" + std::to_string(room.max_members);
}
std::string words(const atrium_user_view& user) { return words(user.user_id) + '/' + std::to_string(user.room_role); }
std::string words(const atrium_message_view& message) { return words(message.message_type) + " \"" + words(message.content) + '"'; }
}  // namespace

class SimTypes::SimRoomType final : public RoomType, public HookTarget {
 public:
  SimRoomType(SimTypes& types, std::string name, std::uint32_t entry, std::uint32_t max_members)
      : types_(types), name_(std::move(name)), hooked_(name_ == "hooked") {
    info_.struct_size = sizeof info_;
    info_.entry = entry;
    info_.max_members = max_members;
    info_.name = text(name_);
    if (name_ == "narrow") {
      info_.max_members_limit = 10;
      info_.retention_days = 30;
      info_.flush_window_us = 5000;
      info_.message_types = text("text,short");
    }
    const std::uint32_t member = ATRIUM_MAY_READ | ATRIUM_MAY_POST;
    const std::uint32_t moderator = member | ATRIUM_MAY_ADD_MEMBERS | ATRIUM_MAY_REMOVE_MEMBERS;
    const std::uint32_t owner = moderator | ATRIUM_MAY_CHANGE_ROOM | ATRIUM_MAY_CHANGE_ROLES | ATRIUM_MAY_CLOSE;
    const std::uint32_t permissions[5] = {0, ATRIUM_MAY_READ, member, moderator, owner};
    std::copy(std::begin(permissions), std::end(permissions), info_.permissions);
  }
  const atrium_room_type_info& info() const override { return info_; }
  std::span<HookTarget* const> row() const override { return {&self_, hooked_ ? 1u : 0u}; }
  const JsonDocument* settings() const override {
    const auto found = types_.settings.find(name_);
    return found == types_.settings.end() ? nullptr : &found->second;
  }
  HookSet hooks() const override { return {Hook::check_settings, Hook::will_join, Hook::will_post}; }
  void call(const HookCall& call, HookDone done) override {
    if (call.hook == Hook::check_settings) return checkSettings(*call.room, *call.actor, std::move(done));
    if (call.hook == Hook::will_join) return willJoin(*call.room, *call.user, *call.actor, std::move(done));
    willPost(*call.room, *call.user, *call.message, std::move(done));
  }

 private:
  void checkSettings(const atrium_room_view& room, const atrium_user_view& actor, HookDone done) {
    types_.seen.push_back("settings " + words(room) + " actor=" + words(actor));
    if (has(room.settings, "late")) return types_.waiting.push_back(std::move(done));
    HookOutcome outcome;
    if (has(room.settings, "forbidden"))
      outcome.refused = Error{Code::rejected_by_plugin, "forbidden settings", 0, {{"/settings/forbidden", "must not be there"}}};
    done(std::move(outcome));
  }
  void willJoin(const atrium_room_view& room, const atrium_user_view& user, const atrium_user_view& actor, HookDone done) {
    types_.seen.push_back("join " + words(room) + " user=" + words(user) + " actor=" + words(actor));
    const std::string_view user_id(user.user_id.data, user.user_id.size);
    if (user_id == "late") return types_.waiting.push_back(std::move(done));
    HookOutcome outcome;
    if (user_id == "banned") outcome.refused = Error{Code::rejected_by_plugin, "banned here", 0, {}};
    done(std::move(outcome));
  }
  void willPost(const atrium_room_view& room, const atrium_user_view& sender, const atrium_message_view& message, HookDone done) {
    types_.seen.push_back("post " + words(room) + " sender=" + words(sender) + ' ' + words(message));
    types_.waiting.push_back(std::move(done));
  }

  static bool has(const atrium_json& value, std::string_view key) { return JsonView(value)[key].exists(); }

  SimTypes& types_;
  HookTarget* const self_ = this;
  const std::string name_;
  const bool hooked_;
  atrium_room_type_info info_{};
};

class SimTypes::SimLink final : public HookTarget {
 public:
  SimLink(SimTypes& types, const std::string& name) : types_(types), source_{.plugin_id = "sim." + name, .version = "1.0.0"}, name_(name) {}

  HookSet hooks() const override {
    return {Hook::check_settings, Hook::will_create, Hook::will_join, Hook::will_post, Hook::did_create,
            Hook::did_join,       Hook::did_leave,   Hook::did_post,  Hook::did_close, Hook::tick};
  }
  std::chrono::seconds tickInterval() const override { return std::chrono::seconds{name_ == "one" ? 60 : 0}; }
  void call(const HookCall& call, HookDone done) override {
    std::string note = name_ + ' ' + std::string(word(call.hook)) + ' ' + words(call.room->name);
    if (call.user) note += " user=" + words(*call.user);
    if (call.actor) note += " actor=" + words(*call.actor);
    if (call.message) note += ' ' + words(*call.message);
    if (call.position) note += " seq=" + std::to_string(call.position->seq);
    types_.seen.push_back(std::move(note));
    HookOutcome outcome;
    outcome.source = &source_;
    outcome.took = std::chrono::microseconds(3);
    if (call.hook == Hook::will_create && name_ == "one" && words(call.room->name) == "forbidden")
      outcome.refused = Error{Code::rejected_by_plugin, "no such room", 0, {}};
    if (call.hook == Hook::will_post) obey(JsonView(call.message->metadata)[name_], outcome);
    done(std::move(outcome));
  }

 private:
  static void obey(const JsonView& order, HookOutcome& outcome) {
    std::string scratch;
    if (order["deny"].exists()) outcome.refused = Error{Code::rejected_by_plugin, order["deny"].text(), 0, {}};
    if (order["content"].exists()) outcome.content = order["content"].text();
    const JsonView annotations = order["annotate"], patches = order["patch"], audience = order["audience"];
    for (JsonView one = annotations.first(); one.exists(); one = one.sibling(annotations))
      outcome.annotations.emplace_back(one.key(scratch), one.raw());
    for (JsonView one = patches.first(); one.exists(); one = one.sibling(patches))
      outcome.patches.emplace_back(one.key(scratch), one.raw());
    for (JsonView one = audience.first(); one.exists(); one = one.sibling(audience)) outcome.audience.push_back(one.text());
  }

  SimTypes& types_;
  const HookSource source_;
  const std::string name_;
};

class SimTypes::SimChain final : public RoomType {
 public:
  SimChain(SimTypes& types, const RoomType& like) : info_(like.info()), one_(types, "one"), two_(types, "two"), three_(types, "three") {
    info_.name = text("chained");
  }
  const atrium_room_type_info& info() const override { return info_; }
  std::span<HookTarget* const> row() const override { return row_; }

 private:
  atrium_room_type_info info_;
  SimLink one_, two_, three_;
  HookTarget* const row_[3] = {&one_, &two_, &three_};
};

class SimTypes::SimMessageType final : public MessageType {
 public:
  SimMessageType(SimTypes& types, std::string name, std::uint32_t roles, std::uint32_t content_min, std::uint32_t content_max = 0)
      : types_(types), name_(std::move(name)) {
    info_.struct_size = sizeof info_;
    info_.sender_roles = roles;
    info_.content_min = content_min;
    info_.content_max = content_max;
    info_.name = text(name_);
  }
  const atrium_message_type_info& info() const override { return info_; }
  HookSet hooks() const override {
    if (name_ == "told") return {Hook::did_deliver};
    return name_ == "checked" || name_ == "whisper" || name_ == "asked" ? HookSet{Hook::check} : HookSet{};
  }
  void call(const HookCall& call, HookDone done) override {
    const atrium_message_view& message = *call.message;
    if (call.hook == Hook::did_deliver) {
      types_.seen.push_back("delivered " + words(message) + " to " + std::to_string(call.number));
      return done({});
    }
    types_.seen.push_back("check " + words(*call.room) + " sender=" + words(*call.user) + ' ' + words(message));
    if (name_ == "asked") return types_.waiting.push_back(std::move(done));
    HookOutcome outcome;
    const std::string_view content(message.content.data, message.content.size);
    if (name_ == "whisper") {
      outcome.audience = {"sender", "role:supervisor"};
    } else if (content == "no") {
      outcome.refused = Error{Code::rejected_by_plugin, "no means no", 0, {{"/content", "must not be no"}}};
    } else {
      outcome.content = "checked " + std::string(content);
      outcome.annotations = {{"length", std::to_string(content.size())}, {"by", "\"sim\""}};
    }
    done(std::move(outcome));
  }

 private:
  SimTypes& types_;
  const std::string name_;
  atrium_message_type_info info_{};
};

SimTypes::SimTypes() {
  const auto addRoom = [this](const std::string& name, std::uint32_t entry, std::uint32_t max_members) {
    rooms_.emplace(name, std::make_unique<SimRoomType>(*this, name, entry, max_members));
  };
  addRoom("open", ATRIUM_ENTRY_OPEN, 0);
  addRoom("invited", ATRIUM_ENTRY_INVITATION, 3);
  addRoom("hooked", ATRIUM_ENTRY_OPEN, 0);
  addRoom("narrow", ATRIUM_ENTRY_OPEN, 0);
  addRoom("client_session", ATRIUM_ENTRY_OPEN, 0);
  addRoom("lead_collaboration", ATRIUM_ENTRY_OPEN, 0);
  rooms_.emplace("chained", std::make_unique<SimChain>(*this, *rooms_.at("open")));
  const auto addMessage = [this](const std::string& name, std::uint32_t roles, std::uint32_t content_min, std::uint32_t content_max) {
    messages_.emplace(name, std::make_unique<SimMessageType>(*this, name, roles, content_min, content_max));
  };
  addMessage("text", everyone, 1, 0);
  addMessage("checked", everyone, 0, 0);
  addMessage("asked", everyone, 0, 0);
  addMessage("whisper", everyone & ~ATRIUM_ROLE_CLIENT, 1, 0);
  addMessage("told", everyone, 0, 0);
  addMessage("short", everyone, 0, 8);
  addMessage("command", everyone, 0, 0);
  addMessage("system", 0, 0, 0);
}
SimTypes::~SimTypes() = default;

RoomType* SimTypes::roomType(std::string_view name) {
  const auto it = rooms_.find(name);
  return it == rooms_.end() ? nullptr : it->second.get();
}
MessageType* SimTypes::messageType(std::string_view name) {
  const auto it = messages_.find(name);
  return it == messages_.end() ? nullptr : it->second.get();
}
std::vector<std::string> SimTypes::roomTypeNames() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : rooms_) names.push_back(name);
  return names;
}
std::vector<std::string> SimTypes::messageTypeNames() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : messages_) names.push_back(name);
  return names;
}

void SimTypes::release(HookOutcome outcome) {
  HookDone done = std::move(waiting.front());
  waiting.pop_front();
  done(std::move(outcome));
}

}  // namespace atrium::sim
