#include "validator/kinds/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/source_text.hpp"

namespace atrium::validate {

std::uint64_t numberOf(const JsonView& value, std::uint64_t fallback) {
  std::int64_t number = 0;
  return value.integer(number) && number >= 0 ? static_cast<std::uint64_t>(number) : fallback;
}

double realOf(const JsonView& value, double fallback) {
  double number = 0;
  return value.number(number) ? number : fallback;
}

atrium_text lendText(const Call& call, const JsonView& value) { return call.loan.text(value.text()); }

const atrium_room_view* lendRoom(const Call& call, const JsonView& room) {
  const JsonDocument empty = JsonDocument::emptyObject();
  return call.loan.put(atrium_room_view{.struct_size = sizeof(atrium_room_view),
                                        .member_count = static_cast<std::uint32_t>(numberOf(room["members"])),
                                        .max_members = static_cast<std::uint32_t>(numberOf(room["max"], 50)),
                                        .reserved = 0,
                                        .tenant_id = lendText(call, room["tenant"]),
                                        .room_id = lendText(call, room["id"]),
                                        .room_type = lendText(call, room["type"]),
                                        .name = lendText(call, room["name"]),
                                        .settings = call.loan.json(room["settings"].isObject() ? room["settings"] : empty.root()),
                                        .context = call.loan.json(room["context"].isObject() ? room["context"] : empty.root())});
}

const atrium_user_view* lendUser(const Call& call, const JsonView& user) {
  return call.loan.put(atrium_user_view{.struct_size = sizeof(atrium_user_view),
                                        .token_roles = static_cast<std::uint32_t>(numberOf(user["roles"])),
                                        .room_role = static_cast<std::uint32_t>(numberOf(user["room_role"])),
                                        .reserved = 0,
                                        .user_id = lendText(call, user["id"]),
                                        .display_name = lendText(call, user["name"])});
}

const atrium_message_view* lendMessage(const Call& call, const JsonView& message) {
  const JsonView metadata = message["metadata"];
  return call.loan.put(atrium_message_view{.struct_size = sizeof(atrium_message_view),
                                           .priority = static_cast<std::uint32_t>(numberOf(message["priority"], ATRIUM_PRIORITY_NORMAL)),
                                           .message_type = lendText(call, message["type"]),
                                           .content = lendText(call, message["content"]),
                                           .metadata = metadata.isObject() ? call.loan.json(metadata) : atrium_json{}});
}

const atrium_position* lendPosition(const Call& call, const JsonView& input) {
  const std::uint64_t seq = numberOf(input["seq"], 1);
  return call.loan.put(atrium_position{.struct_size = sizeof(atrium_position),
                                       .durability = ATRIUM_DURABILITY_FSYNCED,
                                       .seq = seq,
                                       .sent_at_ms = FakeHost::wall_start_ms + seq,
                                       .message_id = call.loan.text(fmt::format("msg_{:026d}", seq)),
                                       .epoch = call.loan.text("epoch_1")});
}

void inspectHook(Check& check, std::string_view name, bool there) {
  if (check.facts().manifest.hooksInto(name) && !there)
    check.fail("contract.hooks", fmt::format("the hook {}, which the manifest lists", name), "NULL");
}

namespace {

bool isAudienceClass(std::string_view text) {
  static constexpr std::array<std::string_view, 5> roles = {"agent", "supervisor", "admin", "client", "service"};
  if (text == "sender") return true;
  if (text.starts_with("role:")) return std::ranges::find(roles, text.substr(5)) != roles.end();
  return text.starts_with("user:") && text.size() > 5;
}

}  // namespace

ReplyRecorder::ReplyRecorder(Check& check, unsigned abilities) : check_(check) {
  abi_.struct_size = sizeof abi_;
  abi_.context = this;
  if (abilities & deny)
    abi_.deny = [](void* context, atrium_text reason) {
      of(context).denied_ = true;
      of(context).checkText("reply.reason", "a reason", reason, 1, ATRIUM_REASON_MAX);
      of(context).note("deny", reason, {});
    };
  if (abilities & deny_field)
    abi_.deny_field = [](void* context, atrium_text path, atrium_text reason) {
      of(context).denied_ = true;
      of(context).checkText("reply.field", "a path", path, 0, ATRIUM_PATH_MAX);
      if (path.size > 0 && path.data && path.data[0] != '/')
        of(context).check_.fail("reply.field", "a JSON pointer, /like/this", shown(viewOf(path)));
      of(context).checkText("reply.reason", "a reason", reason, 1, ATRIUM_REASON_MAX);
      of(context).note("deny_field", path, reason);
    };
  if (abilities & annotate)
    abi_.annotate = [](void* context, atrium_text key, atrium_text json) {
      of(context).checkText("reply.annotation", "a key", key, 1, ATRIUM_ANNOTATION_KEY_MAX);
      of(context).checkText("reply.annotation", "a value", json, 1, ATRIUM_ANNOTATION_MAX);
      of(context).checkJson("reply.annotation", json, false);
      if (of(context).annotations_.size() < ATRIUM_ANNOTATIONS_MAX)
        of(context).annotations_.emplace_back(viewOf(key), viewOf(json));
      else
        of(context).check_.fail("reply.annotation", fmt::format("{} in all", ATRIUM_ANNOTATIONS_MAX), "more");
      of(context).note("annotate", key, json);
    };
  if (abilities & set_content)
    abi_.set_content = [](void* context, atrium_text content) {
      of(context).checkText("reply.content", "content", content, 0, ATRIUM_CONTENT_MAX);
      of(context).content_ = viewOf(content);
      of(context).has_content_ = true;
      of(context).note("set_content", content, {});
    };
  if (abilities & add_audience)
    abi_.add_audience = [](void* context, atrium_text name) {
      of(context).checkText("reply.audience", "a class", name, 1, ATRIUM_AUDIENCE_CLASS_MAX);
      if (!isAudienceClass(viewOf(name)))
        of(context).check_.fail("reply.audience", "sender, role:<token role> or user:<id>", shown(viewOf(name)));
      if (++of(context).classes_ == ATRIUM_AUDIENCE_CLASSES_MAX + 1)
        of(context).check_.fail("reply.audience", fmt::format("{} in all", ATRIUM_AUDIENCE_CLASSES_MAX), "more");
      of(context).note("add_audience", name, {});
    };
  if (abilities & patch)
    abi_.patch = [](void* context, atrium_text path, atrium_text json) {
      const std::string_view to = viewOf(path);
      if (to != "/metadata" && !to.starts_with("/metadata/"))
        of(context).check_.fail("reply.patch", "a path to /metadata or below", shown(to));
      of(context).checkText("reply.patch", "a path", path, 1, ATRIUM_PATH_MAX);
      of(context).checkText("reply.patch", "a value", json, 0, ATRIUM_ANNOTATION_MAX);
      of(context).checkJson("reply.patch", json, true);
      if (of(context).patches_.size() < ATRIUM_PATCHES_MAX)
        of(context).patches_.emplace_back(to, viewOf(json));
      else
        of(context).check_.fail("reply.patch", fmt::format("{} in all", ATRIUM_PATCHES_MAX), "more");
      of(context).note("patch", path, json);
    };
}

void ReplyRecorder::note(std::string_view what, const atrium_text& a, const atrium_text& b) {
  said_ += fmt::format("{}({}|{})", what, viewOf(a), viewOf(b));
}

void ReplyRecorder::checkText(std::string_view rule, std::string_view what, const atrium_text& text, std::size_t min, std::size_t max) {
  if (text.size > 0 && !text.data) return check_.fail(rule, std::string(what) + " with its bytes", "NULL");
  if (text.size < min || text.size > max)
    check_.fail(rule, fmt::format("{} of {} to {} bytes", what, min, max), fmt::format("{} bytes", text.size));
  else if (!validUtf8(viewOf(text)))
    check_.fail(rule, std::string(what) + " in UTF-8", shown(viewOf(text)));
}

void ReplyRecorder::checkJson(std::string_view rule, const atrium_text& json, bool may_be_empty) {
  if (json.size == 0 && may_be_empty) return;
  if (!JsonDocument::parse(viewOf(json))) check_.fail(rule, "one JSON value", shown(viewOf(json)));
}

}  // namespace atrium::validate
