#include "plugin/types_port.hpp"

#include <fmt/format.h>

#include <ranges>
#include <utility>

#include "plugin/hook_reply.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

// Calls one hook with a reply of its own and makes an outcome of what came.
template <typename Hook>
HookOutcome runHook(LoadedPlugin& plugin, HookGuard& guard, unsigned abilities, JsonIndexer& indexer, bool allow_on_failure, Hook&& hook) {
  HookReply reply(abilities, indexer);
  const atrium_status status = guard.call([&] { return hook(reply.abi()); });
  if (status == ATRIUM_OK && reply.fault().empty()) return reply.take();
  plugin.report(guard, reply.fault().empty() ? fmt::format("it returned {}", status) : "it broke the contract: " + reply.fault());
  HookOutcome outcome;
  if (!allow_on_failure) outcome.refused = Error{Code::plugin_failed, fmt::format("The plugin {} failed.", plugin.manifest().id), 0, {}};
  return outcome;
}

}  // namespace

class TypesPort::RoomTypePort final : public RoomType {
 public:
  RoomTypePort(LoadedPlugin& plugin, std::chrono::nanoseconds deadline, bool allow_on_failure, JsonIndexer& indexer)
      : plugin_(plugin), type_(*plugin.roomType()), allow_on_failure_(allow_on_failure), indexer_(indexer) {
    if (type_.table.check_settings) settings_guard_ = &plugin.makeGuard("check_settings", deadline);
    if (type_.table.will_join) join_guard_ = &plugin.makeGuard("will_join", deadline);
    if (type_.table.will_post) post_guard_ = &plugin.makeGuard("will_post", deadline);
  }

  const atrium_room_type_info& info() const override { return type_.info; }
  bool checksSettings() const override { return settings_guard_ != nullptr; }
  bool checksJoin() const override { return join_guard_ != nullptr; }
  bool checksPost() const override { return post_guard_ != nullptr; }

  void checkSettings(const atrium_room_view& room, const atrium_user_view& actor, HookDone done) override {
    done(runHook(plugin_, *settings_guard_, reply_deny | reply_deny_field, indexer_, allow_on_failure_,
                 [&](const atrium_reply* reply) { return type_.table.check_settings(plugin_.self(), &room, &actor, reply); }));
  }
  void willJoin(const atrium_room_view& room, const atrium_user_view& user, const atrium_user_view& actor, HookDone done) override {
    done(runHook(plugin_, *join_guard_, reply_deny, indexer_, allow_on_failure_,
                 [&](const atrium_reply* reply) { return type_.table.will_join(plugin_.self(), &room, &user, &actor, reply); }));
  }
  void willPost(const atrium_room_view& room, const atrium_user_view& sender, const atrium_message_view& message, HookDone done) override {
    done(runHook(plugin_, *post_guard_, reply_deny | reply_annotate | reply_audience, indexer_, allow_on_failure_,
                 [&](const atrium_reply* reply) { return type_.table.will_post(plugin_.self(), &room, &sender, &message, reply); }));
  }

 private:
  LoadedPlugin& plugin_;
  const RoomTypeKind& type_;
  bool allow_on_failure_;
  JsonIndexer& indexer_;
  HookGuard* settings_guard_ = nullptr;
  HookGuard* join_guard_ = nullptr;
  HookGuard* post_guard_ = nullptr;
};

class TypesPort::MessageTypePort final : public MessageType {
 public:
  MessageTypePort(LoadedPlugin& plugin, std::chrono::nanoseconds deadline, bool allow_on_failure, JsonIndexer& indexer)
      : plugin_(plugin),
        type_(*plugin.messageType()),
        schema_(plugin.manifest().message_schema ? &*plugin.manifest().message_schema : nullptr),
        allow_on_failure_(allow_on_failure),
        indexer_(indexer),
        no_metadata_(JsonDocument::emptyObject()) {
    if (type_.table.check) check_guard_ = &plugin.makeGuard("check", deadline);
  }

  const atrium_message_type_info& info() const override { return type_.info; }
  bool checks() const override { return schema_ || check_guard_; }

  void check(const atrium_room_view& room, const atrium_user_view& sender, const atrium_message_view& message, HookDone done) override {
    if (schema_) {
      const JsonView metadata(message.metadata);
      std::vector<FieldProblem> problems;
      schema_->check(metadata.exists() ? metadata : no_metadata_.root(), "/metadata", problems);
      if (!problems.empty()) {
        HookOutcome refused;
        refused.refused = Error{Code::validation_failed, {}, 0, std::move(problems)};
        return done(std::move(refused));
      }
    }
    if (!check_guard_) return done({});
    static constexpr unsigned all = reply_deny | reply_deny_field | reply_annotate | reply_set_content | reply_audience;
    done(runHook(plugin_, *check_guard_, all, indexer_, allow_on_failure_,
                 [&](const atrium_reply* reply) { return type_.table.check(plugin_.self(), &room, &sender, &message, reply); }));
  }

 private:
  LoadedPlugin& plugin_;
  const MessageTypeKind& type_;
  const JsonSchema* schema_;
  bool allow_on_failure_;
  JsonIndexer& indexer_;
  JsonDocument no_metadata_;
  HookGuard* check_guard_ = nullptr;
};

TypesPort::TypesPort() = default;
TypesPort::~TypesPort() = default;

void TypesPort::addRoomType(LoadedPlugin& plugin, std::chrono::nanoseconds deadline, bool allow_on_failure) {
  const atrium_text& name = plugin.roomType()->info.name;
  room_types_.emplace(std::string(name.data, name.size), std::make_unique<RoomTypePort>(plugin, deadline, allow_on_failure, indexer_));
}

void TypesPort::addMessageType(LoadedPlugin& plugin, std::chrono::nanoseconds deadline, bool allow_on_failure) {
  const atrium_text& name = plugin.messageType()->info.name;
  message_types_.emplace(std::string(name.data, name.size),
                         std::make_unique<MessageTypePort>(plugin, deadline, allow_on_failure, indexer_));
}

RoomType* TypesPort::roomType(std::string_view name) {
  const auto found = room_types_.find(name);
  return found == room_types_.end() ? nullptr : found->second.get();
}

MessageType* TypesPort::messageType(std::string_view name) {
  const auto found = message_types_.find(name);
  return found == message_types_.end() ? nullptr : found->second.get();
}

std::vector<std::string> TypesPort::roomTypeNames() const {
  const auto names = std::views::keys(room_types_);
  return {names.begin(), names.end()};
}

std::vector<std::string> TypesPort::messageTypeNames() const {
  const auto names = std::views::keys(message_types_);
  return {names.begin(), names.end()};
}

}  // namespace atrium
