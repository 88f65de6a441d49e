#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/timer_wheel.hpp"
#include "engine/fanout.hpp"
#include "engine/hook_request.hpp"
#include "engine/room.hpp"
#include "engine/shard.hpp"
#include "engine/trace.hpp"

namespace atrium {

// Who sent a message and wants to hear of it: a session, or a REST request through its completion.
struct Origin {
  unsigned shard = 0;
  std::uint64_t session = 0;  // 0: `reply` is set.
  std::string ref;            // The frame's `ref` as JSON; empty: none.
  Completion<std::string> reply;
  Mono received{};
};

// What hooks are told of a message once it is stored.
struct SentMessage {
  HookRequest request;  // The sender and the message.
  MessageType* type;
  TraceKey key;
};

// A command that is run once the message that holds it is stored, for the session that sent it.
struct PostedCommand {
  PrincipalPtr sender;
  RunCommand command;
  unsigned shard = 0;
  std::uint64_t session = 0;  // 0: sent by REST, which is told of the message alone.
  std::string ref;
};

// The messages of this shard's rooms from acceptance to confirmation. A message lives in a slot; its token names slot and generation,
// so that a late answer for an earlier message is noticed. Bound: every room's pending limit.
class Posts {
 public:
  explicit Posts(Shard::Impl& shard);

  // Takes a message that its room accepted and encoded; it goes to the store with this turn's batch.
  // `sent` is null when no hook is to be told, `command` when there is none to run, `worker` when nobody watches what he posts.
  void append(RoomPin room, AppendItem item, Origin origin, std::string client_message_id, Priority priority,
              std::unique_ptr<SentMessage> sent, std::unique_ptr<PostedCommand> command, PrincipalPtr worker);
  // Refuses a message, wherever it got to.
  void refuse(Origin& origin, const Error& error, std::string_view client_message_id, std::string_view tenant_id);

  // Hands the turn's messages to the store.
  void submit();
  // The store's answer for one batch.
  void stored(std::unique_ptr<AppendBatch> batch);
  // Reports of the shards that delivered a message: per user, then the end.
  void handed(std::uint64_t token, HandedTo to);
  void shardSettled(std::uint64_t token, unsigned shard);
  // A message was cast to that shard and will be reported.
  void castTo(unsigned shard);
  // Whether some shard owes so many reports that no more messages are taken.
  [[nodiscard]] bool congested() const { return congested_ > 0; }

  // Messages not yet confirmed or refused.
  [[nodiscard]] std::size_t pending() const { return pending_; }
  // Runs when pending() is 0, at once if it is.
  void whenIdle(std::move_only_function<void()> done);

 private:
  struct Pending {
    Pending(Posts& posts, std::uint32_t slot) : index(slot), budget([this, &posts] { posts.overBudget(*this); }) {}
    const std::uint32_t index;
    std::uint32_t generation = 1;  // One more with each message the slot has held.
    bool appended = false;         // The store has answered.
    bool answered = false;         // The sender has been told that the message is in doubt.
    RoomPin room;
    Origin origin;
    std::string client_message_id;
    Priority priority{};
    std::string audience;
    FramePtr body;
    std::unique_ptr<PostedCommand> command;  // Null: it holds none.
    PrincipalPtr worker;                     // The sender, for the workplace; null: it does not hear of this message.
    Mono submitted{};
    atrium_append_result result{};
    std::unique_ptr<SentMessage> sent;
    std::uint32_t shards_waiting = 0;
    std::vector<Handed> by_ordinal;  // Of the room's attached users.
    Timer budget;
  };

  Pending* find(std::uint64_t token);
  static std::uint64_t tokenOf(const Pending& pending) { return std::uint64_t{pending.generation} << 32 | pending.index; }
  std::uint32_t take();
  void release(Pending& pending);
  void storedOne(AppendItem& item);
  void deliver(Pending& pending);
  void runPosted(std::unique_ptr<PostedCommand> command);
  void confirm(Pending& pending);
  void overBudget(Pending& pending);
  void answerOverdue();
  void watchDeadline();

  Shard::Impl& shard_;
  std::unique_ptr<AppendBatch> batch_;
  std::vector<std::unique_ptr<AppendBatch>> spare_;  // At most a few.
  std::vector<std::unique_ptr<Pending>> slots_;
  std::vector<std::uint32_t> free_;
  std::deque<std::uint64_t> appending_;  // Tokens in order of submission.
  std::size_t pending_ = 0;
  std::vector<std::uint32_t> owed_;  // Reports owed, by shard.
  unsigned congested_ = 0;           // Shards that owe the most they may.
  Timer deadline_;
  std::move_only_function<void()> idle_;
};

}  // namespace atrium
