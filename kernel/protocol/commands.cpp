#include "protocol/commands.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "protocol/errors.hpp"
#include "protocol/run_command.hpp"

namespace atrium {

namespace {

template <typename Word, std::size_t Count>
std::optional<Word> parseWord(std::string_view text, const std::array<std::string_view, Count>& words) {
  const auto it = std::ranges::find(words, text);
  if (it == words.end()) return std::nullopt;
  return static_cast<Word>(it - words.begin());
}

constexpr std::array<std::string_view, 5> priority_words{"low", "normal", "high", "urgent", "critical"};
constexpr std::array<std::string_view, 6> status_words{"online", "away", "busy", "offline", "in_call", "do_not_disturb"};
constexpr std::array<std::string_view, 5> role_words{"none", "observer", "member", "moderator", "owner"};

template <std::size_t Count>
std::string listed(const std::array<std::string_view, Count>& words, std::size_t from = 0) {
  std::string list = "must be one of ";
  for (std::size_t at = from; at < Count; ++at) (list += at == from ? "" : ", ") += words[at];
  return list;
}

bool hasControl(std::string_view text, bool lines_allowed) {
  return std::ranges::any_of(text, [lines_allowed](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7F || (byte < 0x20 && !(lines_allowed && (c == '\n' || c == '\t' || c == '\r')));
  });
}

// Reads the members of one object and remembers everything that is wrong with them.
class Reader {
 public:
  Reader(const JsonView& body, const Principal& caller) : body_(body) {
    if (!body.isObject()) wrong("", "must be an object");
    same("tenant_id", caller.tenant_id);
  }

  void wrong(std::string_view name, std::string message) {
    problems_.push_back({name.empty() ? std::string() : "/" + std::string(name), std::move(message)});
  }

  // A name the request may carry for the seed's sake, but which only the token decides.
  void same(std::string_view name, std::string_view mine) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return;
    std::string scratch;
    if (!value.isString())
      wrong(name, "must be a string");
    else if (value.text(scratch) != mine)
      mismatch_ = std::string(name);
  }

  // A string's decoded text, within its bounds; `absent` when it is not there or null.
  std::optional<std::string> text(std::string_view name, std::size_t least, std::size_t most, bool lines_allowed = false) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return std::nullopt;
    if (!value.isString()) {
      wrong(name, "must be a string");
      return std::nullopt;
    }
    std::string text = value.text();
    if (text.size() < least || text.size() > most) {
      wrong(name, "must have " + std::to_string(least) + " to " + std::to_string(most) + " bytes");
      return std::nullopt;
    }
    if (hasControl(text, lines_allowed)) {
      wrong(name, "must not contain control characters");
      return std::nullopt;
    }
    return text;
  }

  // A short word or id that needs no decoding, as a view into the text; empty when it is not there or null.
  std::string_view plain(std::string_view name, std::size_t most) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return {};
    const std::string_view raw = value.raw();
    if (!value.plain() || raw.size() - 2 > most || raw.size() == 2) {
      wrong(name, "must be a string of 1 to " + std::to_string(most) + " bytes without escapes");
      return {};
    }
    return raw.substr(1, raw.size() - 2);
  }

  JsonView object(std::string_view name) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return {};
    if (!value.isObject()) {
      wrong(name, "must be an object");
      return {};
    }
    if (value.raw().size() > object_max) {
      wrong(name, "must have at most " + std::to_string(object_max) + " bytes");
      return {};
    }
    return value;
  }

  std::optional<std::uint64_t> integer(std::string_view name, std::int64_t least, std::int64_t most) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return std::nullopt;
    std::int64_t number = 0;
    if (!value.integer(number) || number < least || number > most) {
      wrong(name, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(number);
  }

  template <typename Word, std::size_t Count>
  std::optional<Word> oneOf(std::string_view name, const std::array<std::string_view, Count>& words, std::size_t from = 0) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return std::nullopt;
    std::string scratch;
    const auto word = parseWord<Word>(value.text(scratch), words);
    if (word && static_cast<std::size_t>(*word) >= from) return word;
    wrong(name, listed(words, from));
    return std::nullopt;
  }

  void needed(std::string_view name, bool there) {
    if (there) return;
    const std::string path = "/" + std::string(name);
    if (std::ranges::none_of(problems_, [&path](const FieldProblem& p) { return p.path == path; })) wrong(name, "is required");
  }

  [[nodiscard]] const JsonView& body() const { return body_; }

  template <typename Command>
  Result<Command> finish(Command command) {
    if (!mismatch_.empty()) return fail(Code::identity_mismatch, mismatch_ + " is not the token's.");
    if (problems_.empty()) return command;
    Error error{Code::validation_failed, problems_.front().path + " " + problems_.front().message, 0, {}};
    error.fields = std::move(problems_);
    return fail(std::move(error));
  }

 private:
  JsonView body_;
  std::vector<FieldProblem> problems_;
  std::string mismatch_;
};

}  // namespace

std::string_view word(Priority priority) { return priority_words[static_cast<std::size_t>(priority)]; }
std::string_view word(Status status) { return status_words[static_cast<std::size_t>(status)]; }
std::string_view word(Role role) { return role_words[static_cast<std::size_t>(role)]; }

bool validUserId(std::string_view text) { return !text.empty() && text.size() <= user_id_max && !hasControl(text, false); }

Result<CreateRoom> readCreateRoom(const JsonView& body, const Principal& caller) {
  Reader in(body, caller);
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
  Reader in(body, caller);
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
  Reader in(body, caller);
  AddMember command;
  command.user_id = in.text("user_id", 1, user_id_max).value_or(caller.user_id);
  command.display_name = in.text("display_name", 1, display_name_max).value_or("");
  command.role = in.oneOf<Role>("role", role_words, 1).value_or(Role::none);
  return in.finish(std::move(command));
}

Result<ChangeRole> readChangeRole(const JsonView& body, const Principal& caller) {
  Reader in(body, caller);
  const auto role = in.oneOf<Role>("role", role_words, 1);
  in.needed("role", role.has_value());
  return in.finish(ChangeRole{role.value_or(Role::member)});
}

Result<SendMessage> readSendMessage(const JsonView& body, const Principal& caller) {
  Reader in(body, caller);
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
  Reader in(body, caller);
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
  Reader in(body, caller);
  in.same("user_id", caller.user_id);
  Typing command;
  command.room_id = in.plain("room_id", 64);
  const JsonView typing = body["is_typing"];
  if (typing.exists() && !typing.isBool()) in.wrong("is_typing", "must be true or false");
  command.is_typing = typing.boolean(true);
  return in.finish(command);
}

Result<NameRoom> readNameRoom(const JsonView& body, const Principal& caller) {
  Reader in(body, caller);
  in.same("user_id", caller.user_id);
  const std::string_view room_id = in.plain("room_id", 64);
  return in.finish(NameRoom{room_id});
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
  Reader in(body, caller);
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
  Reader in(body, caller);
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
