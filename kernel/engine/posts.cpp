#include "engine/posts.hpp"

#include <algorithm>
#include <set>

#include "base/assert.hpp"
#include "engine/command_runs.hpp"
#include "engine/durability_words.hpp"
#include "engine/events.hpp"
#include "engine/session.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::size_t spare_batches_max = 8;
constexpr std::size_t recipients_listed_max = 100;
constexpr auto late_after = std::chrono::milliseconds(50);  // As throughput_target_met counts it.

// How much longer than the confirmation budget a shard's report is waited for: it watches the budget itself.
constexpr auto report_grace = std::chrono::milliseconds(5);

bool capacityRefusal(Code code) { return code == Code::overloaded || code == Code::storage_unavailable || code == Code::in_doubt; }

Error errorFor(const atrium_append_result& result) {
  switch (result.status) {
    case ATRIUM_CONFLICT: return {Code::idempotency_conflict, "This client_message_id was used for another message.", 0, {}};
    case ATRIUM_PRECONDITION: return {Code::precondition_failed, "The room's last seq is " + std::to_string(result.seq) + ".", 0, {}};
    case ATRIUM_FULL: return {Code::overloaded, "Storage takes no more messages at present.", 1000, {}};
    case ATRIUM_INVALID: return {Code::internal, "Storage refused the message.", 0, {}};
    default: return {Code::storage_unavailable, "Storage could not keep the message.", 2000, {}};
  }
}

}  // namespace

Posts::Posts(Shard::Impl& shard) : shard_(shard), deadline_([this] { answerOverdue(); }) {}

std::uint32_t Posts::take() {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(std::make_unique<Pending>(*this, index));
  } else {
    index = free_.back();
    free_.pop_back();
  }
  ++pending_;
  return index;
}

Posts::Pending* Posts::find(std::uint64_t token) {
  const auto index = static_cast<std::uint32_t>(token);
  if (index >= slots_.size() || slots_[index]->generation != token >> 32) return nullptr;
  return slots_[index].get();
}

void Posts::release(Pending& pending) {
  ++pending.generation;
  pending.budget.disarm();
  pending.origin = {};
  pending.body = {};
  pending.sent = {};
  pending.worker = {};
  pending.audience.clear();
  pending.by_ordinal.clear();
  pending.appended = false;
  pending.answered = false;
  pending.shards_waiting = 0;
  const RoomPin pin = std::move(pending.room);
  free_.push_back(pending.index);
  if (--pending_ == 0 && idle_) std::exchange(idle_, nullptr)();
}

void Posts::append(RoomPin room, AppendItem item, Origin origin, std::string client_message_id, Priority priority,
                   std::unique_ptr<SentMessage> sent, std::unique_ptr<PostedCommand> command, PrincipalPtr worker) {
  Pending& pending = *slots_[take()];
  pending.room = std::move(room);
  pending.origin = std::move(origin);
  pending.client_message_id = std::move(client_message_id);
  pending.priority = priority;
  pending.sent = std::move(sent);
  pending.audience = item.audience;
  pending.body = item.body;
  pending.command = std::move(command);
  pending.worker = std::move(worker);
  pending.submitted = shard_.ports.now.mono;
  item.token = tokenOf(pending);
  item.result = {};
  item.result.struct_size = sizeof item.result;
  if (!batch_) {
    if (spare_.empty()) {
      batch_ = std::make_unique<AppendBatch>();
    } else {
      batch_ = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  appending_.push_back(item.token);
  // Its event stands or falls with the message: the store gets both in one batch.
  const bool told = shard_.events.wants(EventType::message_posted);
  batch_->items.push_back(std::move(item));
  if (told) batch_->items.push_back(shard_.events.itemFor(batch_->items.back()));
  if (batch_->items.size() + 2 > append_batch_max) submit();
}

void Posts::submit() {
  if (!batch_) return;
  batch_->submitted = shard_.ports.now.mono;
  shard_.ports.metrics.add(Metric::append_batches);
  shard_.ports.metrics.add(Metric::append_items, static_cast<std::int64_t>(batch_->items.size()));
  shard_.ports.store.append(std::move(batch_), [this](std::unique_ptr<AppendBatch> done) { stored(std::move(done)); });
  watchDeadline();
}

void Posts::stored(std::unique_ptr<AppendBatch> batch) {
  shard_.ports.metrics.observe(Metric::append_seconds, shard_.ports.now.mono - batch->submitted);
  const AppendItem* message = nullptr;
  for (AppendItem& item : batch->items) {
    if (item.token == 0) {  // No message, but the event of the one before it.
      shard_.events.recorded(item, message);
      continue;
    }
    storedOne(item);
    message = &item;
  }
  batch->items.clear();
  if (spare_.size() < spare_batches_max) spare_.push_back(std::move(batch));
  watchDeadline();
}

void Posts::storedOne(AppendItem& item) {
  Pending* found = find(item.token);
  ATRIUM_ASSERT(found, "a message stays until the store has answered");
  Pending& pending = *found;
  Room& room = *pending.room;
  room.appendEnded();
  pending.appended = true;
  pending.result = item.result;
  const bool answered = pending.answered;
  if (item.result.status != ATRIUM_OK && item.result.status != ATRIUM_DUPLICATE) {
    shard_.ports.metrics.add(Metric::store_failures, item.result.status >= ATRIUM_FULL ? 1 : 0);
    if (!answered) refuse(pending.origin, errorFor(item.result), pending.client_message_id, room.key().tenant_id);
    return release(pending);
  }
  // A late success is delivered like any other; only its sender was told otherwise already. What is not confirmed here ends with its
  // confirmation, and with it the pin on the room.
  std::unique_ptr<PostedCommand> command = std::move(pending.command);
  if (item.result.status != ATRIUM_OK) command = nullptr;  // A repeat does not run it again.
  if (item.result.status == ATRIUM_OK)
    deliver(pending);
  else
    confirm(pending);
  if (command) runPosted(std::move(command));
  if (answered) release(pending);
}

void Posts::runPosted(std::unique_ptr<PostedCommand> command) {
  PostedCommand& posted = *command;
  if (posted.session == 0)
    return runCommand(shard_, posted.sender, std::move(posted.command), std::make_shared<CommandRun>(),
                      {.progress = {}, .done = [](const Id&, const Result<std::string>&) {}});
  shard_.thereAlways(posted.shard, [command = std::move(command)](Shard::Impl& there) {
    if (LiveSession* session = there.sessions.find(command->session)) session->run(std::move(command->command), std::move(command->ref));
  });
}

void Posts::deliver(Pending& pending) {
  Room& room = *pending.room;
  TenantFigures& figures = shard_.figures.of(room.key().tenant_id);
  ++figures.messages;
  figures.sent.add(shard_.ports.now.mono);
  shard_.ports.metrics.add(Metric::messages_accepted);
  const FramePtr frame = room.committed(pending.result, pending.body->payload());
  if (pending.worker) room.tellWorkplace(*pending.worker, fromMillis(pending.result.sent_at_ms));
  const FramePtr stub = pending.audience.empty() ? FramePtr{} : room.withheldEvent(pending.result.seq);
  PushOptions options;
  if (pending.priority < Priority::urgent) options.flush_window = room.flushWindow();
  if (pending.answered) {
    room.cast(frame, stub, pending.audience, options, pending.result.seq, 0);
    if (pending.sent) room.didPost(*pending.sent, pending.result);
    return;
  }
  // Whom an audience leaves out, only the shards of the sessions know.
  const bool everyone = pending.audience.empty();
  for (const Places::User& user : room.attachedUsers())
    pending.by_ordinal.push_back(everyone && user.sessions > 0 ? Handed::awaited : Handed::none);
  // They report at the end of a turn, none from within this call.
  pending.shards_waiting = room.cast(frame, stub, pending.audience, options, pending.result.seq, tokenOf(pending));
  if (pending.sent) room.didPost(*pending.sent, pending.result);
  if (pending.shards_waiting == 0) return confirm(pending);
  shard_.ports.timers.arm(pending.budget, shard_.ports.now.mono + shard_.options.confirmation_budget + report_grace);
}

void Posts::castTo(unsigned shard) {
  if (owed_.size() <= shard) owed_.resize(shard + 1);
  if (++owed_[shard] == shard_.options.fanouts_pending_max) ++congested_;
}

void Posts::handed(std::uint64_t token, HandedTo to) {
  Pending* pending = find(token);
  if (!pending || to.ordinal >= pending->by_ordinal.size()) return;
  Handed& best = pending->by_ordinal[to.ordinal];
  best = std::max(best, to.handed);
}

void Posts::shardSettled(std::uint64_t token, unsigned shard) {
  if (owed_[shard]-- == shard_.options.fanouts_pending_max) --congested_;
  Pending* pending = find(token);
  if (pending && --pending->shards_waiting == 0) confirm(*pending);
}

void Posts::overBudget(Pending& pending) { confirm(pending); }

void Posts::confirm(Pending& pending) {
  Room& room = *pending.room;
  const atrium_append_result& result = pending.result;
  const bool duplicate = result.status == ATRIUM_DUPLICATE;
  const Mono now = shard_.ports.clock.now().mono;
  const auto latency = std::max<std::chrono::nanoseconds>(now - pending.origin.received, 0ns);
  TenantFigures& figures = shard_.figures.of(room.key().tenant_id);
  if (duplicate) {
    shard_.ports.metrics.add(Metric::messages_duplicate);
  } else {
    figures.latency.observe(latency);
    shard_.ports.metrics.observe(Metric::delivery_seconds, latency);
  }
  shard_.ports.metrics.observe(Metric::ack_seconds, latency);
  if (latency > late_after) figures.late.add(shard_.ports.now.mono);
  if (pending.answered) return;

  const auto& users = room.attachedUsers();
  const auto& absent = room.offlineMembers();
  std::uint32_t delivered = 0, waiting = 0, failed = 0;
  std::set<std::string_view> gone;  // Handed the message, and offline since: they are told of once.
  for (std::size_t ordinal = 0; ordinal < pending.by_ordinal.size(); ++ordinal) {
    Handed& handed = pending.by_ordinal[ordinal];
    // What no shard told of is on its way still or, when all have told, left before the message came.
    if (handed == Handed::awaited) handed = pending.shards_waiting > 0 ? Handed::pending : Handed::none;
    if (handed == Handed::none) continue;
    delivered += handed == Handed::delivered;
    waiting += handed == Handed::pending;
    failed += handed == Handed::failed;
    if (users[ordinal].sessions == 0 && absent.contains(users[ordinal].user_id)) gone.insert(users[ordinal].user_id);
  }
  const std::size_t offline = duplicate ? 0 : absent.size() - gone.size();
  figures.deliveries += delivered;
  figures.deliveries_failed += failed;
  shard_.ports.metrics.add(Metric::deliveries, delivered);
  shard_.ports.metrics.add(Metric::deliveries_pending, waiting);
  shard_.ports.metrics.add(Metric::deliveries_failed, failed);
  if (failed > 0) {
    shard_.ports.log.warning("message.delivery_failed",
                             {{"tenant_id", room.key().tenant_id}, {"room_id", room.idText()}, {"recipients", failed}});
  }
  if (pending.sent && !duplicate) room.didDeliver(*pending.sent, result, delivered);
  const std::string_view status = duplicate || delivered + waiting + failed == 0 ? "stored"
                                  : waiting + failed == 0                        ? "delivered"
                                  : delivered > 0                                ? "partial"
                                  : waiting > 0                                  ? "pending"
                                                                                 : "failed";

  const auto encode = [&](auto& json) {
    if (!pending.client_message_id.empty()) json.key("client_message_id").value(pending.client_message_id);
    Id id;
    std::ranges::copy(result.message.bytes, id.bytes.begin());
    json.key("message_id").id(message_prefix, id).key("room_id").value(room.idText());
    json.key("seq").value(result.seq);
    json.key("epoch").value(std::string_view(result.epoch, ::strnlen(result.epoch, sizeof result.epoch)));
    json.key("durability").value(durabilityWord(result.durability)).key("duplicate").value(duplicate);
    json.key("delivery_status").value(status);
    const auto list = [&](std::string_view name, Handed wanted) {
      json.key(name).begin('[');
      std::size_t listed = 0;
      for (std::size_t ordinal = 0; ordinal < pending.by_ordinal.size() && listed < recipients_listed_max; ++ordinal) {
        if (pending.by_ordinal[ordinal] != wanted) continue;
        json.value(std::string_view(users[ordinal].user_id));
        ++listed;
      }
      json.end(']');
    };
    list("delivered_to", Handed::delivered);
    list("failed_recipients", Handed::failed);
    list("pending_recipients", Handed::pending);
    json.key("offline_recipients").begin('[');
    std::size_t listed = 0;
    if (!duplicate)
      for (const std::string& user : absent) {
        if (gone.contains(user)) continue;
        if (listed++ == recipients_listed_max) break;
        json.value(std::string_view(user));
      }
    json.end(']');
    json.key("delivered_count").value(delivered).key("failed_count").value(failed).key("pending_count").value(waiting);
    json.key("offline_count").value(offline);
    json.key("latency_ms").value(std::chrono::duration<double, std::milli>(latency).count());
    json.key("timestamp").time(fromMillis(result.sent_at_ms)).end('}');
  };

  Origin& origin = pending.origin;
  if (origin.session == 0) {
    std::string out;
    JsonWriter json(out);
    json.begin('{');
    encode(json);
    auto reply = std::move(origin.reply);
    release(pending);
    return reply(std::move(out));
  }
  FrameBuilder out(512 + 16 * std::size_t{delivered});
  JsonWriter json(out);
  json.begin('{').key("event_type").value("message_confirmation");
  if (!origin.ref.empty()) json.key("ref").raw(origin.ref);
  encode(json);
  shard_.thereAlways(origin.shard, [number = origin.session, frame = out.finish()](Shard::Impl& there) {
    if (LiveSession* session = there.sessions.find(number)) session->send(frame);
  });
  release(pending);
}

void Posts::refuse(Origin& origin, const Error& error, std::string_view client_message_id, std::string_view tenant_id) {
  shard_.ports.metrics.add(Metric::messages_refused);
  if (capacityRefusal(error.code)) shard_.figures.of(tenant_id).refused.add(shard_.ports.now.mono);
  // What a request is answered is counted where it came from, with what never got to a room.
  if (origin.session != 0) shard_.figures.noteRefusal(tenant_id, error.code);
  if (origin.session == 0) {
    auto reply = std::move(origin.reply);
    return reply(fail(error));
  }
  shard_.thereAlways(
      origin.shard, [number = origin.session, error, ref = std::move(origin.ref), id = std::string(client_message_id)](Shard::Impl& there) {
        if (LiveSession* session = there.sessions.find(number)) session->sendError(error, ref, id);
      });
}

void Posts::watchDeadline() {
  while (!appending_.empty()) {
    const Pending* pending = find(appending_.front());
    if (pending && !pending->appended) {
      const Mono due = pending->submitted + shard_.options.store_deadline;
      if (!deadline_.armed() || deadline_.deadline() != due) shard_.ports.timers.arm(deadline_, due);
      return;
    }
    appending_.pop_front();
  }
  deadline_.disarm();
}

void Posts::answerOverdue() {
  const Mono now = shard_.ports.now.mono;
  while (!appending_.empty()) {
    Pending* pending = find(appending_.front());
    if (pending && !pending->appended) {
      if (pending->submitted + shard_.options.store_deadline > now) break;
      pending->room->markInDoubt();
      refuse(pending->origin, {Code::in_doubt, "Storage did not answer in time; send again with the same client_message_id.", 1000, {}},
             pending->client_message_id, pending->room->key().tenant_id);
      pending->answered = true;
    }
    appending_.pop_front();
  }
  watchDeadline();
}

void Posts::whenIdle(std::move_only_function<void()> done) {
  if (pending_ == 0) return done();
  idle_ = std::move(done);
}

}  // namespace atrium
