#include "plugin/types_port.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "protocol/abi_text.hpp"
#include "protocol/json_merge.hpp"

namespace atrium {

class TypesPort::RoomTypeSlot final : public RoomType {
 public:
  explicit RoomTypeSlot(RoomTypeWish wish) : wish_(std::move(wish)) {
    if (wish_.settings) own_settings_ = JsonDocument::parse(toJson(*wish_.settings)).value_or(JsonDocument{});
    for (const PlacedName& type : wish_.message_types.value_or(std::vector<PlacedName>{}))
      (own_message_types_ += own_message_types_.empty() ? "" : ",") += type.name;
  }

  // What a plugin says of its type; compose() does the rest.
  void take(const atrium_room_type_info& info, PluginSlot& slot) {
    copy(info, std::string(viewOf(info.name)));
    owner_ = &slot;
    published_ = true;
  }
  void drop() { published_ = false; }

  // Makes the row and, of a type of the configuration's own, everything else, of what it is based on and of the others.
  template <typename Find>
  void compose(const std::string& name, const Find& find) {
    row_.clear();
    present_ = false;
    if (wish_.based_on) {
      const RoomTypeSlot* base = find(wish_.based_on->name);
      if (!base || base->info_.name.size == 0) return;
      copy(base->info_, name);
      differ();
      settings_ = base->settings_;
      if (!own_settings_.empty())
        settings_ = JsonDocument::parse(mergedObject(base->settings_.root(), own_settings_.root())).value_or(own_settings_);
      row_ = base->row_;
      present_ = base->present_ && wish_.on;
    } else if (owner_) {
      row_.push_back(owner_);
      present_ = published_ && !(info_.flags & ATRIUM_ROOM_TYPE_ADDON);
    }
    // Also those whose plugin is not there: what they would have forbidden is not to slip through meanwhile.
    for (const PlacedName& addon : wish_.with)
      if (const RoomTypeSlot* slot = find(addon.name); slot && slot->owner_ && std::ranges::find(row_, slot->owner_) == row_.end())
        row_.push_back(slot->owner_);
  }

  const atrium_room_type_info& info() const override { return info_; }
  std::span<HookTarget* const> row() const override { return row_; }
  const JsonDocument* settings() const override { return settings_.empty() ? nullptr : &settings_; }
  [[nodiscard]] PluginSlot* owner() const { return owner_; }
  [[nodiscard]] const std::optional<PlacedName>& basedOn() const { return wish_.based_on; }
  [[nodiscard]] bool present() const { return present_; }

 private:
  void copy(const atrium_room_type_info& info, std::string name) {
    std::string message_types(viewOf(info.message_types));
    info_ = info;
    name_ = std::move(name);
    message_types_ = std::move(message_types);
    info_.name = textOf(name_);
    info_.message_types = textOf(message_types_);
  }
  void differ() {
    if (wish_.max_members) {
      info_.max_members = *wish_.max_members;
      if (info_.max_members_limit > 0) info_.max_members_limit = std::max(info_.max_members_limit, info_.max_members);
    }
    if (wish_.retention_days) info_.retention_days = *wish_.retention_days;
    if (wish_.entry) info_.entry = *wish_.entry;
    if (wish_.message_types) info_.message_types = textOf(own_message_types_);
    for (const auto& [role, bits] : wish_.permissions) info_.permissions[role] = bits;
  }

  const RoomTypeWish wish_;
  std::string own_message_types_;
  JsonDocument own_settings_, settings_;  // Without and with those of what it is based on.
  std::string name_, message_types_;
  atrium_room_type_info info_{};
  PluginSlot* owner_ = nullptr;  // Null: the configuration's own.
  bool published_ = false;
  bool present_ = false;
  std::vector<HookTarget*> row_;
};

class TypesPort::MessageTypeSlot final : public MessageType {
 public:
  void take(const atrium_message_type_info& info, const JsonSchema* schema, PluginSlot& slot) {
    name_ = viewOf(info.name);
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
    HookSet hooks = owner_->ownHooks() | shadows_.hooks();
    if (schema_) hooks.add(Hook::check);
    return hooks;
  }
  void call(const HookCall& call, HookDone done) override {
    if (!shadows_.empty() && shadows_.hooks().has(call.hook)) [[unlikely]]
      done = shadows_.watched(call, std::move(done));
    if (call.hook == Hook::check && schema_)
      if (auto problem = metadataRefusal(*schema_, call)) {
        HookOutcome refused;
        refused.refused = std::move(problem);
        return done(std::move(refused));
      }
    if (!owner_->ownHooks().has(call.hook)) return done({});
    owner_->call(call, std::move(done));
  }
  [[nodiscard]] ShadowRow& shadows() { return shadows_; }
  [[nodiscard]] const PluginSlot* owner() const { return owner_; }

  bool present = false;

 private:
  std::string name_;
  atrium_message_type_info info_{};
  const JsonSchema* schema_ = nullptr;
  PluginSlot* owner_ = nullptr;
  ShadowRow shadows_{true};
};

TypesPort::TypesPort(const std::map<std::string, RoomTypeWish>& wishes) {
  for (const auto& [name, wish] : wishes) room_types_.emplace(name, std::make_unique<RoomTypeSlot>(wish));
}
TypesPort::~TypesPort() = default;

PluginSlot& TypesPort::slotOf(const std::string& plugin_id) {
  std::unique_ptr<PluginSlot>& slot = plugins_[plugin_id];
  if (!slot) slot = std::make_unique<PluginSlot>(plugin_id);
  return *slot;
}

void TypesPort::dropTypes(const PluginSlot& slot, std::string_view room_type, std::string_view message_type) {
  for (const auto& [name, type] : room_types_)
    if (type->owner() == &slot && name != room_type) type->drop();
  for (const auto& [name, type] : message_types_)
    if (type->owner() == &slot && name != message_type) type->drop();
}

void TypesPort::publish(const TypesPublication& publication) {
  if (publication.shadow) return publishShadow(publication);
  shadows_.erase(publication.plugin_id);
  PluginSlot& slot = slotOf(publication.plugin_id);
  const std::chrono::seconds tick_interval{publication.room_type ? publication.room_type->tick_seconds : 0};
  slot.publish(publication.hooks, publication.allow_on_failure, tick_interval);
  std::string room_type, message_type;
  if (publication.room_type) {
    room_type = viewOf(publication.room_type->name);
    roomTypeSlot(room_type).take(*publication.room_type, slot);
  }
  if (publication.message_type) {
    message_type = viewOf(publication.message_type->name);
    std::unique_ptr<MessageTypeSlot>& type = message_types_[message_type];
    if (!type) type = std::make_unique<MessageTypeSlot>();
    type->take(*publication.message_type, publication.message_schema, slot);
  }
  dropTypes(slot, room_type, message_type);
  compose();
}

void TypesPort::publishShadow(const TypesPublication& publication) {
  // It may have been in force until now.
  if (const auto found = plugins_.find(publication.plugin_id); found != plugins_.end()) {
    dropTypes(*found->second, {}, {});
    found->second->withdraw();
  }
  const std::chrono::seconds tick_interval{publication.room_type ? publication.room_type->tick_seconds : 0};
  shadows_.insert_or_assign(
      publication.plugin_id,
      ShadowOf{publication.room_type ? std::string(viewOf(publication.room_type->name)) : std::string(),
               publication.message_type ? std::string(viewOf(publication.message_type->name)) : std::string(),
               std::make_shared<Shadow>(publication.hooks, publication.shadow, publication.message_schema, tick_interval)});
  compose();
}

void TypesPort::linkShadows() {
  for (const auto& [id, slot] : plugins_) slot->shadows().clear();
  for (const auto& [name, type] : message_types_) type->shadows().clear();
  for (const auto& [id, shadow] : shadows_) {
    if (const auto type = room_types_.find(shadow.room_type); type != room_types_.end() && type->second->owner())
      type->second->owner()->shadows().add(shadow.shadow);
    if (const auto type = message_types_.find(shadow.message_type); type != message_types_.end())
      type->second->shadows().add(shadow.shadow);
  }
}

TypesPort::RoomTypeSlot& TypesPort::roomTypeSlot(const std::string& name) {
  std::unique_ptr<RoomTypeSlot>& type = room_types_[name];
  if (!type) type = std::make_unique<RoomTypeSlot>(RoomTypeWish{});
  return *type;
}

void TypesPort::compose() {
  const auto find = [this](const std::string& name) {
    const auto found = room_types_.find(name);
    return found == room_types_.end() ? nullptr : found->second.get();
  };
  // What a type is based on comes before it: as many rounds as the longest chain has links, which is short.
  std::vector<std::pair<const std::string*, RoomTypeSlot*>> left;
  for (const auto& [name, type] : room_types_) left.emplace_back(&name, type.get());
  std::set<std::string_view> done;
  while (!left.empty()) {
    const auto ready = std::ranges::partition(left, [&done](const auto& one) {
      const auto& base = one.second->basedOn();
      return base && !done.contains(base->name);
    });
    if (ready.empty()) break;  // Only what is based on nothing there is.
    for (const auto& [name, type] : ready) {
      type->compose(*name, find);
      done.insert(*name);
    }
    left.erase(ready.begin(), ready.end());
  }
  linkShadows();
  if (changed_) changed_();
}

void TypesPort::withdraw(std::string_view plugin_id) {
  if (const auto shadow = shadows_.find(plugin_id); shadow != shadows_.end()) {
    shadows_.erase(shadow);
    return compose();
  }
  const auto found = plugins_.find(plugin_id);
  if (found == plugins_.end()) return;
  dropTypes(*found->second, {}, {});
  compose();
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
  return found == room_types_.end() || !found->second->present() ? nullptr : found->second.get();
}

MessageType* TypesPort::messageType(std::string_view name) {
  const auto found = message_types_.find(name);
  return found == message_types_.end() || !found->second->present ? nullptr : found->second.get();
}

std::vector<std::string> TypesPort::roomTypeNames() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : room_types_)
    if (type->present()) names.push_back(name);
  return names;
}

std::vector<std::string> TypesPort::messageTypeNames() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : message_types_)
    if (type->present) names.push_back(name);
  return names;
}

}  // namespace atrium
