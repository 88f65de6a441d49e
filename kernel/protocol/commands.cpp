#include "protocol/commands.hpp"

#include <algorithm>
#include <array>

#include "protocol/body_reader.hpp"
#include "protocol/errors.hpp"
#include "protocol/run_command.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 5> priority_words{"low", "normal", "high", "urgent", "critical"};
constexpr std::array<std::string_view, 6> status_words{"online", "away", "busy", "offline", "in_call", "do_not_disturb"};
constexpr std::array<std::string_view, 5> role_words{"none", "observer", "member", "moderator", "owner"};

}  // namespace

std::string_view word(Priority priority) { return priority_words[static_cast<std::size_t>(priority)]; }
std::string_view word(Status status) { return status_words[static_cast<std::size_t>(status)]; }
std::string_view word(Role role) { return role_words[static_cast<std::size_t>(role)]; }

bool validUserId(std::string_view text) { return !text.empty() && text.size() <= user_id_max && !hasControl(text, false); }

Result<CreateRoom> readCreateRoom(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("created_by", caller.user_id);
  in.same("user_id", caller.user_id);
  CreateRoom command;
  command.room_type = in.plain("room_type", 64);
  in.needed("room_type", !command.room_type.empty());
  const auto name = in.text("name", 1, name_max);
  in.needed("name", name.has_value());
  command.name = name.value_or("");
  command.description = in.text("description", 0, description_max, true).value_or("");
  command.max_members = static_cast<std::uint32_t>(in.integer("max_members", 1, 100'000).value_or(0));
  if (const JsonView members = body["initial_members"]; members.exists() && !members.isNull()) {
    if (!members.isArray()) in.wrong("initial_members", "must be an array of user ids");
    std::string scratch;
    for (JsonView member = members.first(); member.exists(); member = member.sibling(members)) {
      const std::string_view id = member.text(scratch);
      if (!validUserId(id)) {
        in.wrong("initial_members", "must hold user ids of 1 to " + std::to_string(user_id_max) + " bytes");
        break;
      }
      if (id != caller.user_id) command.initial_members.emplace_back(id);
    }
    std::ranges::sort(command.initial_members);
    const auto again = std::ranges::unique(command.initial_members);
    command.initial_members.erase(again.begin(), again.end());
  }
  const JsonView settings = in.object("settings"), context = in.object("context");
  command.settings = settings.exists() ? JsonDocument(settings) : JsonDocument::emptyObject();
  command.context = context.exists() ? JsonDocument(context) : JsonDocument::emptyObject();
  return in.finish(std::move(command));
}

Result<ChangeRoom> readChangeRoom(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("user_id", caller.user_id);
  ChangeRoom command;
  command.name = in.text("name", 1, name_max);
  command.description = in.text("description", 0, description_max, true);
  if (const auto members = in.integer("max_members", 1, 100'000)) command.max_members = static_cast<std::uint32_t>(*members);
  if (const JsonView settings = in.object("settings"); settings.exists()) command.settings = JsonDocument(settings);
  if (const JsonView context = in.object("context"); context.exists()) command.context = JsonDocument(context);
  for (const std::string_view fixed : {"room_type", "room_id", "created_by", "is_active"})
    if (body[fixed].exists()) in.wrong(fixed, "cannot be changed");
  return in.finish(std::move(command));
}

Result<AddMember> readAddMember(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  AddMember command;
  command.user_id = in.text("user_id", 1, user_id_max).value_or(caller.user_id);
  command.display_name = in.text("display_name", 1, display_name_max).value_or("");
  command.role = in.oneOf<Role>("role", role_words, 1).value_or(Role::none);
  return in.finish(std::move(command));
}

Result<ChangeRole> readChangeRole(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  const auto role = in.oneOf<Role>("role", role_words, 1);
  in.needed("role", role.has_value());
  return in.finish(ChangeRole{role.value_or(Role::member)});
}

Result<SendMessage> readSendMessage(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("sender_id", caller.user_id);
  in.same("user_id", caller.user_id);
  SendMessage command;
  command.whole = body;
  command.room_id = in.plain("room_id", 64);
  command.content = body["content"];
  if (command.content.isNull()) command.content = {};
  if (command.content.exists() && !command.content.isString()) in.wrong("content", "must be a string");
  command.sender_name = body["sender_name"];
  if (command.sender_name.isNull()) command.sender_name = {};
  if (command.sender_name.exists() && (!command.sender_name.isString() || command.sender_name.raw().size() > display_name_max))
    in.wrong("sender_name", "must be a string of at most " + std::to_string(display_name_max) + " bytes");
  command.message_type = in.plain("message_type", 64);
  if (command.message_type.empty()) command.message_type = "text";
  command.priority = in.oneOf<Priority>("priority", priority_words).value_or(Priority::normal);
  command.metadata = in.object("metadata");
  command.client_message_id = in.plain("client_message_id", client_message_id_max);
  for (const auto& [name, id] : {std::pair{"reply_to", &command.reply_to}, std::pair{"thread", &command.thread}}) {
    *id = in.plain(name, 64);
    if (!id->empty() && !parseId(message_prefix, *id)) in.wrong(name, "must be a message id");
  }
  command.attachments = body["attachments"];
  if (command.attachments.isNull()) command.attachments = {};
  if (command.attachments.exists()) {
    bool fine = command.attachments.isArray() && command.attachments.size() <= attachments_max;
    for (JsonView item = command.attachments.first(); fine && item.exists(); item = item.sibling(command.attachments))
      fine = item.plain() && item.raw().size() <= 130;
    if (!fine) in.wrong("attachments", "must be an array of at most " + std::to_string(attachments_max) + " file ids");
  }
  if (const auto seq = in.integer("if_seq", 0, (std::int64_t{1} << 53) - 1)) {
    command.if_seq = *seq;
    command.has_if_seq = true;
  }
  return in.finish(std::move(command));
}

Result<UpdatePresence> readUpdatePresence(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("user_id", caller.user_id);
  UpdatePresence command;
  const auto status = in.oneOf<Status>("status", status_words);
  in.needed("status", status.has_value());
  command.status = status.value_or(Status::online);
  command.has_status_message = body["status_message"].exists();
  command.status_message = in.text("status_message", 0, status_message_max).value_or("");
  command.has_current_room = body["current_room_id"].exists();
  command.current_room_id = in.plain("current_room_id", 64);
  return in.finish(std::move(command));
}

Result<Typing> readTyping(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("user_id", caller.user_id);
  Typing command;
  command.room_id = in.plain("room_id", 64);
  const JsonView typing = body["is_typing"];
  if (typing.exists() && !typing.isBool()) in.wrong("is_typing", "must be true or false");
  command.is_typing = typing.boolean(true);
  return in.finish(command);
}

Result<NameRoom> readNameRoom(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("user_id", caller.user_id);
  const std::string_view room_id = in.plain("room_id", 64);
  return in.finish(NameRoom{room_id});
}

Result<SubscribeTopic> readSubscribeTopic(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("user_id", caller.user_id);
  SubscribeTopic command;
  command.topic = in.plain("topic", topic_name_max);
  in.needed("topic", !command.topic.empty());
  command.epoch = in.text("epoch", 1, epoch_max).value_or("");
  const auto seq = in.integer("seq", 0, (std::int64_t{1} << 53) - 1);
  command.seq = seq.value_or(0);
  if (seq) in.needed("epoch", !command.epoch.empty());
  if (!command.epoch.empty()) in.needed("seq", seq.has_value());
  return in.finish(std::move(command));
}

Result<NameTopic> readNameTopic(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("user_id", caller.user_id);
  const std::string_view topic = in.plain("topic", topic_name_max);
  in.needed("topic", !topic.empty());
  return in.finish(NameTopic{topic});
}

std::optional<RunCommand> parseCommandLine(std::string_view text) {
  if (!text.starts_with('/')) return std::nullopt;
  const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
  const std::string_view name = text.substr(1, end - 1);
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  if (name.empty() || name.size() > command_name_max || !std::ranges::all_of(name, fits)) return std::nullopt;
  return RunCommand{{}, std::string(name), {}, std::string(text.substr(end))};
}

Result<RunCommand> readRunCommand(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("user_id", caller.user_id);
  RunCommand command;
  command.room_id = std::string(in.plain("room_id", 64));
  command.name = in.text("command", 1, command_name_max).value_or("");
  const auto text = in.text("text", 1, command_line_max, true);
  const JsonView arguments = body["arguments"];
  if (arguments.exists() && !arguments.isNull()) {
    if (!arguments.isObject() || arguments.raw().size() > object_max)
      in.wrong("arguments", "must be an object of at most 16 KiB");
    else
      command.arguments = JsonDocument(arguments);
  }
  if (text) {
    if (!command.name.empty() || !command.arguments.empty()) in.wrong("text", "stands alone: without command and arguments");
    if (auto line = parseCommandLine(*text)) {
      command.name = std::move(line->name);
      command.line = std::move(line->line);
    } else {
      in.wrong("text", "must begin with a slash and the command's name");
    }
  }
  in.needed("command", !command.name.empty() || text.has_value());
  return in.finish(std::move(command));
}

Result<Broadcast> readBroadcast(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  in.same("sender_id", caller.user_id);
  in.same("user_id", caller.user_id);
  Broadcast command;
  const auto content = in.text("content", 1, 16 * 1024, true);
  in.needed("content", content.has_value());
  command.content = content.value_or("");
  command.priority = in.oneOf<Priority>("priority", priority_words).value_or(Priority::normal);
  if (const JsonView metadata = in.object("metadata"); metadata.exists()) command.metadata = JsonDocument(metadata);
  return in.finish(std::move(command));
}

}  // namespace atrium
