#include "engine/hook_request.hpp"

#include <cstring>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <type_traits>

#include "base/assert.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t magic = 0x31435441;  // "ATC1"
constexpr std::size_t alignment = 8;

enum Part : std::uint32_t { part_room = 1, part_user = 2, part_actor = 4, part_message = 8, part_position = 16, parts_all = 31 };

// Where bytes lie, from the beginning of the call.
struct WireText {
  std::uint32_t offset;
  std::uint32_t size;
};
// A JSON value: its text, and its index with the value itself at entry 0. No fields: no value.
struct WireJson {
  WireText text;
  std::uint32_t fields_offset;
  std::uint32_t field_count;
};
struct WireUser {
  std::uint32_t token_roles;
  std::uint32_t room_role;
  WireText user_id;
  WireText display_name;
};
struct WireCall {
  std::uint32_t magic;
  std::uint32_t size;  // Of the whole call, a multiple of 8.
  std::uint32_t hook;
  std::uint32_t present;  // Part bits
  std::uint64_t number;
  // room
  std::uint32_t member_count;
  std::uint32_t max_members;
  WireText tenant_id;
  WireText room_id;
  WireText room_type;
  WireText name;
  WireJson settings;
  WireJson context;
  WireUser user;
  WireUser actor;
  // message
  std::uint32_t priority;
  std::uint32_t durability;  // position
  WireText message_type;
  WireText content;
  WireJson metadata;
  // position
  std::uint64_t seq;
  std::uint64_t sent_at_ms;
  WireText message_id;
  WireText epoch;
};
static_assert(std::is_trivially_copyable_v<WireCall> && alignof(WireCall) <= alignment && sizeof(WireCall) == 216);
static_assert(sizeof(atrium_json_field) == 24 && alignof(atrium_json_field) == 4);

constexpr std::size_t roundUp(std::size_t size) { return (size + alignment - 1) / alignment * alignment; }

// The part of a text and its index that one value takes.
struct JsonPiece {
  std::string_view raw;
  std::span<const atrium_json_field> fields;
};

JsonPiece pieceOf(const atrium_json& value) {
  if (value.field_count == 0) return {};
  const atrium_json_field& root = value.fields[value.at];
  const bool quoted = root.type == ATRIUM_JSON_STRING;
  const char* const from = value.text + root.value_offset - (quoted ? 1 : 0);
  return {{from, root.value_size + (quoted ? 2u : 0u)}, {value.fields + value.at, root.next - value.at}};
}

// Sizes first, so that the bytes are reserved once; then everything is put where it goes.
class Writer {
 public:
  explicit Writer(std::vector<std::byte>& out) : out_(out), base_(out.size()) {}

  void write(const HookCall& call) {
    const atrium_json no_value{};
    const atrium_room_view& room = call.room ? *call.room : no_room_;
    const atrium_message_view& message = call.message ? *call.message : no_message_;
    const JsonPiece pieces[] = {pieceOf(call.room ? room.settings : no_value), pieceOf(call.room ? room.context : no_value),
                                pieceOf(call.message ? message.metadata : no_value)};
    std::size_t size = sizeof(WireCall);
    for (const JsonPiece& piece : pieces) size += piece.fields.size_bytes() + piece.raw.size();
    const auto text = [&size](const atrium_text& one) { size += one.size; };
    for (const atrium_text& one : {room.tenant_id, room.room_id, room.room_type, room.name, message.message_type, message.content})
      text(one);
    for (const atrium_user_view* user : {call.user, call.actor})
      if (user) text(user->user_id), text(user->display_name);
    if (call.position) text(call.position->message_id), text(call.position->epoch);
    size = roundUp(size);
    ATRIUM_ASSERT(size <= std::numeric_limits<std::uint32_t>::max(),
                  "what a hook is shown is bounded by the frame and the room's document");
    out_.resize(base_ + size);
    at_ = sizeof(WireCall);

    WireCall wire{};
    wire.magic = magic;
    wire.size = static_cast<std::uint32_t>(size);
    wire.hook = static_cast<std::uint32_t>(call.hook);
    wire.number = call.number;
    // The indices stand before the bytes, where they are aligned.
    WireJson* const values[] = {&wire.settings, &wire.context, &wire.metadata};
    for (std::size_t n = 0; n < std::size(pieces); ++n) *values[n] = putFields(pieces[n]);
    for (std::size_t n = 0; n < std::size(pieces); ++n) values[n]->text = put(pieces[n].raw);
    if (call.room) {
      wire.present |= part_room;
      wire.member_count = room.member_count;
      wire.max_members = room.max_members;
      wire.tenant_id = put(room.tenant_id);
      wire.room_id = put(room.room_id);
      wire.room_type = put(room.room_type);
      wire.name = put(room.name);
    }
    if (call.user) wire.present |= part_user, wire.user = put(*call.user);
    if (call.actor) wire.present |= part_actor, wire.actor = put(*call.actor);
    if (call.message) {
      wire.present |= part_message;
      wire.priority = message.priority;
      wire.message_type = put(message.message_type);
      wire.content = put(message.content);
    }
    if (call.position) {
      wire.present |= part_position;
      wire.durability = call.position->durability;
      wire.seq = call.position->seq;
      wire.sent_at_ms = call.position->sent_at_ms;
      wire.message_id = put(call.position->message_id);
      wire.epoch = put(call.position->epoch);
    }
    std::memcpy(out_.data() + base_, &wire, sizeof wire);
  }

 private:
  WireJson putFields(const JsonPiece& piece) {
    WireJson json{};
    if (piece.fields.empty()) return json;
    json.fields_offset = static_cast<std::uint32_t>(at_);
    json.field_count = static_cast<std::uint32_t>(piece.fields.size());
    // Offsets and entries count from the value itself, not from the text and the index it was cut out of.
    const bool quoted = piece.fields.front().type == ATRIUM_JSON_STRING;
    const std::uint32_t text_base = piece.fields.front().value_offset - (quoted ? 1 : 0);
    const std::uint32_t entry_base = piece.fields.front().next - json.field_count;
    std::byte* to = out_.data() + base_ + at_;
    for (atrium_json_field field : piece.fields) {
      field.value_offset -= text_base;
      field.next -= entry_base;
      field.key_offset = field.key_size > 0 ? field.key_offset - text_base : 0;
      if (to == out_.data() + base_ + at_) {  // The value has no name of its own.
        field.key_offset = 0;
        field.key_size = 0;
        field.flags &= static_cast<std::uint8_t>(~ATRIUM_JSON_KEY_ESCAPED);
      }
      std::memcpy(to, &field, sizeof field);
      to += sizeof field;
    }
    at_ += piece.fields.size_bytes();
    return json;
  }
  WireText put(std::string_view text) {
    const WireText where{static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(text.size())};
    if (!text.empty()) std::memcpy(out_.data() + base_ + at_, text.data(), text.size());
    at_ += text.size();
    return where;
  }
  WireText put(const atrium_text& text) { return put(std::string_view(text.data, text.size)); }
  WireUser put(const atrium_user_view& user) { return {user.token_roles, user.room_role, put(user.user_id), put(user.display_name)}; }

  static constexpr atrium_room_view no_room_{};
  static constexpr atrium_message_view no_message_{};
  std::vector<std::byte>& out_;
  const std::size_t base_;
  std::size_t at_ = 0;
};

// Whether a child lies between its parent's brackets.
bool inside(const atrium_json_field& child, const atrium_json_field& parent) {
  const std::uint64_t begin = std::uint64_t{parent.value_offset} + 1;
  const std::uint64_t end = std::uint64_t{parent.value_offset} + parent.value_size;
  const auto between = [&](std::uint64_t offset, std::uint64_t size) { return offset >= begin && offset + size < end; };
  if (child.key_size > 0 && !between(child.key_offset, child.key_size)) return false;
  // A string's quotes stand around it.
  const bool quoted = child.type == ATRIUM_JSON_STRING;
  return between(child.value_offset - (quoted ? 1u : 0u), child.value_size + (quoted ? 2u : 0u)) && (!quoted || child.value_offset > 0);
}

// Whether walking `fields` stays within it and within `text_size` bytes: each entry's children follow it one after the other, fill it and
// lie within its text.
bool soundIndex(std::span<const atrium_json_field> fields, std::uint64_t text_size) {
  if (fields.front().next != fields.size()) return false;
  for (std::size_t n = 0; n < fields.size(); ++n) {
    const atrium_json_field& field = fields[n];
    if (field.type > ATRIUM_JSON_OBJECT || field.next <= n || field.next > fields.size()) return false;
    if (std::uint64_t{field.key_offset} + field.key_size > text_size) return false;
    if (std::uint64_t{field.value_offset} + field.value_size > text_size) return false;
    // A string's quotes stand around it: whoever wants it as JSON takes them along.
    if (field.type == ATRIUM_JSON_STRING &&
        (field.value_offset == 0 || std::uint64_t{field.value_offset} + field.value_size + 1 > text_size))
      return false;
    if (field.children > 0 && field.type != ATRIUM_JSON_ARRAY && field.type != ATRIUM_JSON_OBJECT) return false;
    std::size_t child = n + 1;
    for (std::uint32_t seen = 0; seen < field.children; ++seen) {
      if (child >= field.next || fields[child].next <= child || fields[child].next > field.next) return false;
      if (!inside(fields[child], field)) return false;
      child = fields[child].next;
    }
    if (child != field.next) return false;
  }
  return true;
}

}  // namespace

struct OpenedCall::Reader {
  std::span<const std::byte> bytes;
  bool sound = true;

  // Whether [offset, offset + size) lies behind the fixed part and within the call.
  bool within(std::uint64_t offset, std::uint64_t size) const { return offset >= sizeof(WireCall) && offset + size <= bytes.size(); }

  atrium_text text(const WireText& where) {
    if (where.size == 0) return {};
    if (!within(where.offset, where.size)) {
      sound = false;
      return {};
    }
    return {reinterpret_cast<const char*>(bytes.data()) + where.offset, where.size};
  }
  atrium_json json(const WireJson& value) {
    if (value.field_count == 0) return {};
    const atrium_text raw = text(value.text);
    const std::uint64_t fields_size = std::uint64_t{value.field_count} * sizeof(atrium_json_field);
    if (!sound || value.fields_offset % alignof(atrium_json_field) != 0 || !within(value.fields_offset, fields_size)) {
      sound = false;
      return {};
    }
    const auto* fields = reinterpret_cast<const atrium_json_field*>(bytes.data() + value.fields_offset);
    sound = soundIndex({fields, value.field_count}, raw.size);
    if (!sound) return {};
    return {raw.data, raw.size, fields, value.field_count, 0};
  }
  atrium_user_view user(const WireUser& user) {
    return {.struct_size = sizeof(atrium_user_view),
            .token_roles = user.token_roles,
            .room_role = user.room_role,
            .reserved = 0,
            .user_id = text(user.user_id),
            .display_name = text(user.display_name)};
  }
};

std::optional<OpenedCall> OpenedCall::open(std::span<const std::byte> bytes) {
  WireCall wire;
  if (bytes.size() < sizeof wire) return std::nullopt;
  std::memcpy(&wire, bytes.data(), sizeof wire);
  if (wire.magic != magic || wire.size != bytes.size() || wire.hook >= hook_count || (wire.present & ~parts_all) != 0) return std::nullopt;
  Reader reader{bytes};
  OpenedCall opened;
  opened.hook_ = static_cast<Hook>(wire.hook);
  opened.present_ = wire.present;
  opened.number_ = wire.number;
  opened.room_ = {.struct_size = sizeof(atrium_room_view),
                  .member_count = wire.member_count,
                  .max_members = wire.max_members,
                  .reserved = 0,
                  .tenant_id = reader.text(wire.tenant_id),
                  .room_id = reader.text(wire.room_id),
                  .room_type = reader.text(wire.room_type),
                  .name = reader.text(wire.name),
                  .settings = reader.json(wire.settings),
                  .context = reader.json(wire.context)};
  opened.user_ = reader.user(wire.user);
  opened.actor_ = reader.user(wire.actor);
  opened.message_ = {.struct_size = sizeof(atrium_message_view),
                     .priority = wire.priority,
                     .message_type = reader.text(wire.message_type),
                     .content = reader.text(wire.content),
                     .metadata = reader.json(wire.metadata)};
  opened.position_ = {.struct_size = sizeof(atrium_position),
                      .durability = wire.durability,
                      .seq = wire.seq,
                      .sent_at_ms = wire.sent_at_ms,
                      .message_id = reader.text(wire.message_id),
                      .epoch = reader.text(wire.epoch)};
  if (!reader.sound) return std::nullopt;
  return opened;
}

HookCall OpenedCall::call() const {
  return {.hook = hook_,
          .room = present_ & part_room ? &room_ : nullptr,
          .user = present_ & part_user ? &user_ : nullptr,
          .actor = present_ & part_actor ? &actor_ : nullptr,
          .message = present_ & part_message ? &message_ : nullptr,
          .position = present_ & part_position ? &position_ : nullptr,
          .number = number_};
}

void encodeCall(const HookCall& call, std::vector<std::byte>& out) { Writer(out).write(call); }

HookRequest::HookRequest(const HookCall& call) { encodeCall(call, bytes_); }

OpenedCall HookRequest::open() const {
  auto opened = OpenedCall::open(bytes());
  ATRIUM_ASSERT(opened, "what was written here can be read");
  return *opened;
}

}  // namespace atrium
