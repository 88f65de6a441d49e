// A message's way from its room to the store: may he post, does the message type agree, does the room type agree, encode, append.
// A type without hooks costs nothing here. With hooks the message is copied once and held, and those behind it wait their turn, so that
// a slow hook holds this room's place alone.
#include <algorithm>

#include "engine/audience.hpp"
#include "engine/metadata_change.hpp"
#include "engine/posts.hpp"
#include "engine/room.hpp"
#include "engine/room_post.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/abi_text.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::string_view command_message_type = "command";
// Where agents work on leads.
constexpr std::string_view client_room_type = "client_session", lead_room_type = "lead_collaboration";
constexpr std::size_t metadata_max = 64 * 1024;  // bytes, after annotations

bool namedIn(const atrium_text& names, std::string_view name) {
  std::string_view rest(names.data, names.size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    if (rest.substr(0, end) == name) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::uint64_t addPart(std::string_view part, std::uint64_t hash) { return stableHash(part, stableHash("\x1f", hash)); }

// Spaces and escapes do not count: a repeat may come by another way, written by another library. Numbers count as they are written.
std::uint64_t addValue(const JsonView& value, std::uint64_t hash) {
  std::string scratch;
  if (value.isString()) return addPart(value.text(scratch), addPart("\"", hash));
  if (!value.isObject() && !value.isArray()) return addPart(value.raw(), hash);
  hash = addPart(value.isObject() ? "{" : "[", hash);
  for (JsonView child = value.first(); child.exists(); child = child.sibling(value)) {
    if (value.isObject()) hash = addPart(child.key(scratch), hash);
    hash = addValue(child, hash);
  }
  return addPart("]", hash);
}

// What the sender meant, to tell a repeat from another message under the same client_message_id.
std::uint64_t fingerprintOf(const SendMessage& command) {
  std::uint64_t hash = stableHash(command.message_type);
  for (const std::string_view part : {command.reply_to, command.thread, word(command.priority)}) hash = addPart(part, hash);
  for (const JsonView& value : {command.content, command.metadata, command.attachments}) hash = addValue(value, hash);
  return hash;
}

}  // namespace

// The command in a message "/assign ben" as it is delivered, when there is one of that name; other messages of the type are the affair of
// whoever reads them.
std::unique_ptr<PostedCommand> Room::postedCommand(const PrincipalPtr& sender, std::string_view content, const Origin& origin) const {
  auto command = parseCommandLine(content);
  if (!command || !shard_.ports.commands || !shard_.ports.commands->known(command->name)) return nullptr;
  command->room_id = id_text_;
  return std::make_unique<PostedCommand>(PostedCommand{sender, *std::move(command), origin.shard, origin.session, origin.ref});
}

bool Room::watched() const {
  return shard_.ports.workplace && (document_.room_type == client_room_type || document_.room_type == lead_room_type);
}

void Room::tellWorkplace(const Principal& sender, Wall at) const {
  std::string scratch;
  shard_.ports.workplace->posted(key_, document_.room_type, document_.context.root()["lead_id"].text(scratch), sender, at);
}

Result<void> Room::mayPost(const Principal& sender, const SendMessage& command, MessageType*& type) const {
  if (!document_.active) return fail(Code::room_closed, "The room is closed.");
  if (!sender.plugin)
    if (const auto member = may(sender, ATRIUM_MAY_POST, "post"); !member) return member;
  type = shard_.ports.types.messageType(command.message_type);
  const auto refuse = [](std::string path, std::string message) {
    Error error{Code::validation_failed, path + " " + message, 0, {}};
    error.fields.push_back({std::move(path), std::move(message)});
    return fail(std::move(error));
  };
  if (!type) return refuse("/message_type", "is not a message type of this server");
  const atrium_message_type_info& info = type->info();
  // A plugin speaks for the server: what only the server sends comes from it, and into every room.
  const bool servers_own = info.sender_roles == 0;
  if (servers_own && !sender.plugin) return fail(Code::forbidden, "Messages of this type come from the server only.");
  if (!servers_own && !sender.plugin && !sender.has(info.sender_roles))
    return fail(Code::forbidden, "Your role does not allow to send messages of this type.");
  if (!servers_own && type_.info().message_types.size > 0 && !namedIn(type_.info().message_types, command.message_type))
    return fail(Code::rejected_by_plugin, "Rooms of this type do not take messages of that type.");
  std::string scratch;
  const std::size_t content_size = command.content.text(scratch).size();
  if (content_size < info.content_min) return refuse("/content", "must not be empty");
  if (info.content_max > 0 && content_size > info.content_max)
    return refuse("/content", "must have at most " + std::to_string(info.content_max) + " bytes");
  if (shard_.draining) return fail(Code::shutting_down, "The server is stopping.", 2000);
  if (in_doubt_) return fail(Code::storage_unavailable, "Storage has not answered for this room yet.", 1000);
  return {};
}

void Room::post(const PrincipalPtr& sender, const SendMessage& command, Origin origin) {
  MessageType* type = nullptr;
  if (const auto may = mayPost(*sender, command, type); !may)
    return shard_.posts.refuse(origin, may.error(), command.client_message_id, key_.tenant_id);
  if (appends_ + held_.size() + hook_running_ >= shard_.options.room_pending_max || shard_.posts.congested()) {
    return shard_.posts.refuse(origin, {Code::overloaded, "The room has as many messages waiting as it may.", 500, {}},
                               command.client_message_id, key_.tenant_id);
  }
  if (!type->has(Hook::check) && !type_.has(Hook::will_post) && held_.empty() && !hook_running_)
    return accept(sender, command, std::move(origin), *type, nullptr);

  auto held = std::make_unique<HeldPost>();
  held->pin = RoomPin(*this);
  held->sender = sender;
  held->frame = JsonDocument(command.whole);
  held->command = *readSendMessage(held->frame.root(), *sender);  // As before, from the copy.
  held->origin = std::move(origin);
  held->type = type;
  held->key = TraceKey::of(shard_.ids.next(shard_.ports.now.wall), key_.tenant_id, command.client_message_id);
  held_.push_back(std::move(held));
  nextHeld();
}

void Room::nextHeld() {
  if (taking_held_) return;  // The loop below goes on, so that hooks that answer at once do not nest.
  taking_held_ = true;
  while (!hook_running_ && !held_.empty()) {
    std::unique_ptr<HeldPost> held = std::move(held_.front());
    held_.pop_front();
    hook_running_ = true;
    runHooks(std::move(held));
  }
  taking_held_ = false;
}

namespace {

atrium_message_view messageView(const SendMessage& command, std::string_view content, const JsonView& metadata) {
  atrium_message_view view{};
  view.struct_size = sizeof view;
  view.priority = static_cast<std::uint32_t>(command.priority);
  view.message_type = textOf(command.message_type);
  view.content = textOf(content);
  view.metadata = metadata.abi();
  return view;
}

}  // namespace

void Room::runHooks(std::unique_ptr<HeldPost> held) {
  std::string scratch;
  held->content = held->command.content.text(scratch);
  held->sender_view = userView(*held->sender);
  askNext(std::move(held));
}

HookTarget* Room::nextTarget(HeldPost& post) const {
  if (!post.type_asked) {
    post.type_asked = true;
    if (post.type->has(Hook::check)) return post.type;
  }
  const std::span<HookTarget* const> row = type_.row();
  while (post.next_in_row < row.size())
    if (HookTarget* target = row[post.next_in_row++]; target->hooks().has(Hook::will_post)) return target;
  return nullptr;
}

void Room::askNext(std::unique_ptr<HeldPost> held) {
  HeldPost& post = *held;
  HookTarget* const target = nextTarget(post);
  if (!target) return hooksDone(std::move(held), nullptr);
  const atrium_message_view message = messageView(post.command, post.content, post.metadataNow());
  const atrium_room_view room = view();
  post.hook = target == post.type ? Hook::check : Hook::will_post;
  // The views lead into `post`, which the completion owns from here on; it stays where it is.
  target->call({.hook = post.hook, .room = &room, .user = &post.sender_view, .message = &message},
               [this, held = std::move(held)](HookOutcome outcome) mutable { hookDone(std::move(held), std::move(outcome)); });
}

Result<void> Room::take(HeldPost& post, HookOutcome& outcome) {
  if (!outcome.audience.empty()) {
    // Each hook has its reasons: nobody sees the message whom one of them leaves out.
    auto audience = Audience::encode(outcome.audience, post.sender->user_id);
    if (audience) audience = Audience::both(post.audience, *audience);
    if (!audience) return fail(std::move(audience.error()));
    post.audience = std::move(*audience);
  }
  if (outcome.content) {
    post.content = *std::move(outcome.content);
    post.content_changed = true;
  }
  if (outcome.annotations.empty() && outcome.patches.empty()) return {};
  // Those who come after see what it says, and so it is indexed anew: the one parse a message costs, and one more for each change.
  const auto unusable = [&](const Error& why) {
    shard_.ports.log.warning("plugin.call_failed", {{"plugin", outcome.source ? std::string_view(outcome.source->plugin_id) : "?"},
                                                    {"hook", word(post.hook)},
                                                    {"reason", std::string_view(why.detail)}});
    return fail(Code::plugin_failed, "A plugin wants to change the message in a way that cannot be.");
  };
  auto text = changedMetadata(shard_.indexer, post.metadataNow(), outcome.annotations, outcome.patches);
  if (!text) return unusable(text.error());
  const std::size_t size = text->size();
  text->resize(size + JsonIndexer::padding);
  shard_.ports.metrics.add(Metric::json_parses);
  const auto root = shard_.indexer.parse(std::string_view(*text).substr(0, size));
  if (!root) return unusable(root.error());
  post.metadata = JsonDocument(*root);
  return {};
}

void Room::hookDone(std::unique_ptr<HeldPost> held, HookOutcome outcome) {
  HeldPost& post = *held;
  if (!outcome.refused)
    if (auto taken = take(post, outcome); !taken) {
      outcome.refused = std::move(taken.error());
      outcome.failed = true;
    }
  noteCall(post.key, post.hook, outcome);
  if (outcome.refused) return hooksDone(std::move(held), &*outcome.refused);
  askNext(std::move(held));
}

void Room::hooksDone(std::unique_ptr<HeldPost> held, const Error* refused) {
  HeldPost& post = *held;
  // The world may have moved on while a hook was thinking.
  MessageType* type = nullptr;
  const auto may = refused ? fail(*refused) : mayPost(*post.sender, post.command, type);
  if (!may)
    shard_.posts.refuse(post.origin, may.error(), post.command.client_message_id, key_.tenant_id);
  else
    accept(post.sender, post.command, std::move(post.origin), *type, &post);
  hook_running_ = false;
  const RoomPin pin = std::move(held->pin);
  held.reset();
  nextHeld();
}

void Room::accept(const PrincipalPtr& sender, const SendMessage& command, Origin origin, MessageType& type, HeldPost* held) {
  const JsonView metadata = held ? held->metadataNow() : command.metadata;
  AppendItem item;
  if (held) item.audience = std::move(held->audience);
  item.room = &key_;
  item.message = held ? held->key.message : shard_.ids.next(shard_.ports.now.wall);
  item.sent_at = shard_.ports.now.wall;
  item.expected_seq = command.has_if_seq ? command.if_seq + 1 : 0;
  item.sender_id = sender->user_id;
  item.message_type = command.message_type;
  if (!command.thread.empty()) item.thread = parseId(message_prefix, command.thread).value_or(Id{});
  if (!command.client_message_id.empty()) {
    item.idempotency_key.reserve(sender->user_id.size() + 1 + command.client_message_id.size());
    item.idempotency_key.append(sender->user_id).append(1, '\x1f').append(command.client_message_id);
    item.fingerprint = fingerprintOf(command);
  }

  FrameBuilder body(512 + command.content.raw().size() + metadata.raw().size());
  JsonWriter json(body);
  json.begin('{').key("message_id").id(message_prefix, item.message);
  json.key("room_id").value(id_text_).key("tenant_id").value(key_.tenant_id);
  json.key("sender_id").value(sender->user_id).key("sender_name");
  if (!sender->name_verified && command.sender_name.exists())
    json.raw(command.sender_name.raw());
  else
    json.value(sender->display_name);
  json.key("message_type").value(command.message_type).key("content");
  if (held && held->content_changed)
    json.value(std::string_view(held->content));
  else
    json.raw(command.content.exists() ? command.content.raw() : std::string_view("\"\""));
  json.key("priority").value(word(command.priority)).key("metadata");
  json.raw(metadata.exists() ? metadata.raw() : std::string_view("{}"));
  if (!command.reply_to.empty()) json.key("reply_to").value(command.reply_to);
  if (!command.thread.empty()) json.key("thread").value(command.thread);
  if (command.attachments.exists()) json.key("attachments").raw(command.attachments.raw());
  if (!command.client_message_id.empty()) json.key("client_message_id").value(command.client_message_id);
  json.key("sent_at").time(item.sent_at).end('}');
  if (body.payloadSize() > shard_.options.frame_max + metadata_max) {
    return shard_.posts.refuse(origin, Error{Code::too_large, "The message with its annotations is too large.", 0, {}},
                               command.client_message_id, key_.tenant_id);
  }
  item.body = body.finishRaw();
  std::unique_ptr<SentMessage> sent;
  if (type.has(Hook::did_deliver) || type_.has(Hook::did_post)) {
    std::string scratch;
    const atrium_user_view who = userView(*sender);
    const atrium_message_view message =
        messageView(command, held ? std::string_view(held->content) : command.content.text(scratch), metadata);
    const TraceKey key = TraceKey::of(item.message, key_.tenant_id, command.client_message_id);
    sent = std::make_unique<SentMessage>(HookRequest({.hook = Hook::did_post, .user = &who, .message = &message}), &type, key);
  }
  ++appends_;
  std::unique_ptr<PostedCommand> posted;
  if (command.message_type == command_message_type && !sender->plugin) {
    std::string scratch;
    posted = postedCommand(sender, held ? std::string_view(held->content) : command.content.text(scratch), origin);
  }
  shard_.posts.append(RoomPin(*this), std::move(item), std::move(origin), std::string(command.client_message_id), command.priority,
                      std::move(sent), std::move(posted), watched() ? sender : nullptr);
}

}  // namespace atrium
