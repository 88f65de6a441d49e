#include "plugin/types_port.hpp"

#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

std::string copyOf(const atrium_text& text) { return text.size == 0 ? std::string() : std::string(text.data, text.size); }
atrium_text textOf(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace

class TypesPort::RoomTypeSlot final : public RoomType {
 public:
  void take(const atrium_room_type_info& info, PluginSlot& slot) {
    name_ = copyOf(info.name);
    message_types_ = copyOf(info.message_types);
    info_ = info;
    info_.name = textOf(name_);
    info_.message_types = textOf(message_types_);
    owner_ = &slot;
    row_.assign(1, &slot);
    present = true;
  }
  const atrium_room_type_info& info() const override { return info_; }
  std::span<HookTarget* const> row() const override { return row_; }
  [[nodiscard]] const PluginSlot* owner() const { return owner_; }

  bool present = false;

 private:
  std::string name_, message_types_;
  atrium_room_type_info info_{};
  const PluginSlot* owner_ = nullptr;
  std::vector<HookTarget*> row_;
};

class TypesPort::MessageTypeSlot final : public MessageType {
 public:
  MessageTypeSlot() : no_metadata_(JsonDocument::emptyObject()) {}

  void take(const atrium_message_type_info& info, const JsonSchema* schema, PluginSlot& slot) {
    name_ = copyOf(info.name);
    info_ = info;
    info_.name = textOf(name_);
    schema_ = schema;
    owner_ = &slot;
    present = true;
  }
  void drop() {
    schema_ = nullptr;
    present = false;
  }
  const atrium_message_type_info& info() const override { return info_; }
  HookSet hooks() const override {
    HookSet hooks = owner_->hooks();
    if (schema_) hooks.add(Hook::check);
    return hooks;
  }
  void call(const HookCall& call, HookDone done) override {
    if (call.hook == Hook::check && schema_) {
      const JsonView metadata(call.message->metadata);
      std::vector<FieldProblem> problems;
      schema_->check(metadata.exists() ? metadata : no_metadata_.root(), "/metadata", problems);
      if (!problems.empty()) {
        HookOutcome refused;
        refused.refused = Error{Code::validation_failed, {}, 0, std::move(problems)};
        return done(std::move(refused));
      }
    }
    if (!owner_->hooks().has(call.hook)) return done({});
    owner_->call(call, std::move(done));
  }
  [[nodiscard]] const PluginSlot* owner() const { return owner_; }

  bool present = false;

 private:
  std::string name_;
  atrium_message_type_info info_{};
  const JsonSchema* schema_ = nullptr;
  const JsonDocument no_metadata_;
  PluginSlot* owner_ = nullptr;
};

TypesPort::TypesPort() = default;
TypesPort::~TypesPort() = default;

PluginSlot& TypesPort::slotOf(const std::string& plugin_id) {
  std::unique_ptr<PluginSlot>& slot = plugins_[plugin_id];
  if (!slot) slot = std::make_unique<PluginSlot>(plugin_id);
  return *slot;
}

void TypesPort::dropTypes(const PluginSlot& slot, std::string_view room_type, std::string_view message_type) {
  for (const auto& [name, type] : room_types_)
    if (type->owner() == &slot && name != room_type) type->present = false;
  for (const auto& [name, type] : message_types_)
    if (type->owner() == &slot && name != message_type) type->drop();
}

void TypesPort::publish(const TypesPublication& publication) {
  PluginSlot& slot = slotOf(publication.plugin_id);
  const std::chrono::seconds tick_interval{publication.room_type ? publication.room_type->tick_seconds : 0};
  slot.publish(publication.hooks, publication.allow_on_failure, tick_interval);
  std::string room_type, message_type;
  if (publication.room_type) {
    room_type = copyOf(publication.room_type->name);
    std::unique_ptr<RoomTypeSlot>& type = room_types_[room_type];
    if (!type) type = std::make_unique<RoomTypeSlot>();
    type->take(*publication.room_type, slot);
  }
  if (publication.message_type) {
    message_type = copyOf(publication.message_type->name);
    std::unique_ptr<MessageTypeSlot>& type = message_types_[message_type];
    if (!type) type = std::make_unique<MessageTypeSlot>();
    type->take(*publication.message_type, publication.message_schema, slot);
  }
  dropTypes(slot, room_type, message_type);
  if (changed_) changed_();
}

void TypesPort::withdraw(std::string_view plugin_id) {
  const auto found = plugins_.find(plugin_id);
  if (found == plugins_.end()) return;
  dropTypes(*found->second, {}, {});
  found->second->withdraw();
}

void TypesPort::park(std::string_view plugin_id) {
  if (const auto found = plugins_.find(plugin_id); found != plugins_.end()) found->second->park();
}

void TypesPort::unpark(std::string_view plugin_id) {
  if (const auto found = plugins_.find(plugin_id); found != plugins_.end()) found->second->unpark();
}

RoomType* TypesPort::roomType(std::string_view name) {
  const auto found = room_types_.find(name);
  return found == room_types_.end() || !found->second->present ? nullptr : found->second.get();
}

MessageType* TypesPort::messageType(std::string_view name) {
  const auto found = message_types_.find(name);
  return found == message_types_.end() || !found->second->present ? nullptr : found->second.get();
}

std::vector<std::string> TypesPort::roomTypeNames() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : room_types_)
    if (type->present) names.push_back(name);
  return names;
}

std::vector<std::string> TypesPort::messageTypeNames() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : message_types_)
    if (type->present) names.push_back(name);
  return names;
}

}  // namespace atrium
