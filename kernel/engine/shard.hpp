#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/histogram.hpp"
#include "base/result.hpp"
#include "engine/event_outbox.hpp"
#include "engine/link.hpp"
#include "engine/ports.hpp"
#include "engine/topics.hpp"
#include "protocol/commands.hpp"
#include "protocol/principal.hpp"

namespace atrium {

class Session;
struct RunCommand;

// The bounds and times of the engine, as the operator set them.
struct EngineOptions {
  std::uint32_t trace_entries = 4096;  // Calls of plugins a shard remembers; the oldest are forgotten.
  std::size_t frame_max = 64 * 1024;   // bytes of a client's frame; told in the hello.
  std::uint32_t rooms_per_session = 128;
  std::uint32_t sessions_per_user = 64;  // On one node; above it a new session is refused with 4504.
  std::uint32_t max_members = 50;        // For room types and rooms that name none.
  std::uint32_t max_members_limit = 100'000;
  std::uint32_t rooms_loaded_max = 20'000;    // A shard. Idle rooms leave memory; when all are busy, `overloaded`.
  std::uint32_t room_pending_max = 1024;      // Commands a room lets wait for storage or a hook; above: `overloaded`.
  std::uint32_t fanouts_pending_max = 8192;   // Deliveries one shard may owe another; above: `overloaded`.
  std::uint32_t history_limit = 1000;         // Messages a room keeps at least.
  std::chrono::seconds message_ttl{604'800};  // Age up to which a room keeps them; the room type's or room's days override.
  std::chrono::milliseconds confirmation_budget{10};
  std::chrono::milliseconds store_deadline{250};
  std::chrono::microseconds flush_window{1000};  // The most a room type may ask for.
  std::chrono::seconds presence_linger{20};
  std::chrono::seconds presence_ttl{300};
  std::chrono::seconds typing_timeout{6};
  std::chrono::seconds heartbeat_interval{30};  // Told in the hello.
  std::vector<std::string> operator_tenants{};  // Whose admins operate the server; empty: everyone's.
  TopicLimits topics{};
};

// Who asks, shared by everything that is on its way for him. Immutable.
using PrincipalPtr = std::shared_ptr<const Principal>;

struct SessionOptions {
  std::string room_id;  // Of /collaboration/ws/{room_id}: joined at once, and meant by frames that name no room.
};

struct HistoryQuery {
  std::string room_id{};
  std::uint32_t limit = 50;                  // 1 to page_max; otherwise validation_failed.
  std::string before{};                      // A message id or a seq; empty: from the newest.
  std::string after{};                       // Likewise; oldest first above it. Not together with `before`.
  std::vector<std::string> message_types{};  // At most ATRIUM_PAGE_TYPES_MAX; otherwise validation_failed.
  std::string sender{};
  std::string thread{};  // A message id.
};

// The longest page: with one item more, which tells whether another follows, it is as long as a store's may be.
inline constexpr std::uint32_t page_max = ATRIUM_PAGE_MAX - 1;

// With filters a page may hold less than asked for, even nothing, and still not be the last.
struct HistoryPage {
  std::string json;            // A bare array.
  std::uint64_t next_seq = 0;  // The cursor of the next page in the same direction; 0: this was the last.
  bool forward = false;
};

struct ListRooms {
  std::string room_type{};  // Empty: all, and so on.
  std::string member{};
  std::string query{};       // Part of the name, without case (ASCII).
  std::string cursor{};      // A room's id: the list goes on behind it. Empty: from the first. Anything else is validation_failed.
  std::uint32_t limit = 50;  // 1 to page_max; otherwise validation_failed.
};

// What one shard knows of a tenant, or of all of them, since the start; figures of several shards add up.
struct EngineFigures {
  std::uint64_t sessions = 0;
  std::uint64_t sessions_opened = 0;
  std::uint64_t sessions_refused = 0;
  std::uint64_t rooms_active = 0;  // Loaded and open.
  std::uint64_t messages = 0;
  std::uint64_t messages_last_minute = 0;
  std::uint64_t messages_refused_last_minute = 0;  // For want of capacity: overloaded, storage_unavailable, in_doubt.
  std::uint64_t deliveries = 0;
  std::uint64_t deliveries_failed = 0;
  std::uint64_t queued_late_last_minute = 0;  // Messages confirmed more than 50 ms after receipt.
  Histogram::Snapshot latency;                // Receipt to the last hand-over.
  void add(const EngineFigures& other);
};

// The engine of one loop: its rooms, its users' presence, its sessions. It holds no lock, no socket and no clock. Everything here is called
// on the shard's own thread; a request for something that lives elsewhere is passed on by posts, and its completion comes back here.
class Shard {
 public:
  Shard(const ShardPorts& ports, const EngineOptions& options);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  // Makes the shards of one engine known to each other, in order of index; before anything else is called.
  void connect(std::vector<Shard*> shards);

  // The steps of a turn, in this order: submit() hands what was sent in this turn to the store, the transport flushes, settle() finds out
  // what that delivered and confirms, the transport flushes again.
  void submit();
  void settle();

  // ---- Sessions. openSession() greets the client. The session belongs to the shard and lives until its onClosed() returns.
  Session& openSession(PrincipalPtr principal, Link& link, SessionOptions options);

  // ---- Requests. Codes: not_found for what is not there or another tenant's; not_a_member, forbidden, and what each command adds.
  // JSON texts are whole objects as PROTOCOL.md describes them.
  void createRoom(PrincipalPtr caller, CreateRoom command, Completion<std::string> done);
  void listRooms(PrincipalPtr caller, ListRooms query, Completion<std::string> done);
  void readRoom(PrincipalPtr caller, std::string room_id, Completion<std::string> done);
  void changeRoom(PrincipalPtr caller, std::string room_id, ChangeRoom command, Completion<std::string> done);
  void closeRoom(PrincipalPtr caller, std::string room_id, Completion<void> done);
  void addMember(PrincipalPtr caller, std::string room_id, AddMember command, Completion<std::string> done);
  void removeMember(PrincipalPtr caller, std::string room_id, std::string user_id, Completion<void> done);
  void changeRole(PrincipalPtr caller, std::string room_id, std::string user_id, ChangeRole command, Completion<std::string> done);
  // `body` is what readSendMessage() accepts; it names its room. Completes with the seed's reply and ours.
  void sendMessage(PrincipalPtr caller, JsonDocument body, Mono received, Completion<std::string> done);
  // Likewise for what no client sent, but the server or a plugin says: its way begins here.
  void sendMessage(PrincipalPtr caller, JsonDocument body, Completion<std::string> done);
  // To every live session of the tenant; for supervisors, admins and services. Nothing is stored.
  void broadcast(PrincipalPtr caller, Broadcast command, Completion<std::string> done);
  void history(PrincipalPtr caller, HistoryQuery query, Completion<HistoryPage> done);
  void updatePresence(PrincipalPtr caller, UpdatePresence command, Completion<void> done);
  void roomPresence(PrincipalPtr caller, std::string room_id, Completion<std::string> done);
  // The commands the caller may run.
  void listCommands(PrincipalPtr caller, Completion<std::string> done);
  // Completes with what the command answered, at its deadline at the latest.
  void runCommand(PrincipalPtr caller, RunCommand command, Completion<std::string> done);
  // Of one tenant; an empty id: of all.
  void figures(std::string tenant_id, Completion<EngineFigures> done);
  // Shows of each tenant, of this shard alone and since its start, how long messages took from receipt to the last hand-over, and how many
  // were refused for a reason that is the server's and not the sender's.
  void eachTenantsMessages(
      const std::function<void(std::string_view tenant_id, const Histogram& latency, std::uint64_t failed)>& visit) const;
  // Pushes these events, in order, to the live sessions of this shard whose users operate the server. One that cannot take them is closed
  // (slow) and asks anew.
  void tellOperators(std::span<const FramePtr> events);
  // Where the streams of the tenants whose home is this shard are published.
  [[nodiscard]] Topics& topics();
  // By which event sinks are told of what else is written with this shard's Store.
  [[nodiscard]] EventOutbox& eventOutbox();
  // How many sessions were handed an event; called once, on this shard. Empty: nobody wants to know.
  using Told = std::move_only_function<void(std::uint64_t sessions)>;
  // To every live session of one user, wherever they are. One that cannot take it is closed (slow) and asks anew.
  void tellUser(const std::string& tenant_id, const std::string& user_id, FramePtr event, Told told = {});
  // To every live session of the tenant whose user has one of these roles (ATRIUM_ROLE_... bits). Likewise.
  void tellTenant(const std::string& tenant_id, std::uint32_t roles, FramePtr event, Told told = {});
  // {"items":[...]}: the calls of plugins for one message of that tenant, as far as they are remembered. `message` is its id or the
  // client_message_id its sender gave it, which finds those that were refused, too.
  void trace(std::string tenant_id, std::string message, Completion<std::string> done);

  // Says bye to every session with `code` and refuses new ones and new messages with shutting_down; completes when no message of this
  // shard is on its way any more.
  void drain(CloseCode code, std::move_only_function<void()> done);

  class Impl;  // The parts of the shard see each other through it (engine/shard_impl.hpp).

 private:
  std::unique_ptr<Impl> impl_;
};

// An authenticated live connection, as its transport sees it. On the shard's thread.
class Session {
 public:
  virtual ~Session() = default;
  // One text frame, with JsonIndexer::padding readable bytes behind it.
  virtual void onText(std::string_view text) = 0;
  // The connection has gone; the session ends with this call. `clean`: by a closing handshake, so that presence does not linger.
  virtual void onClosed(bool clean) = 0;
};

}  // namespace atrium
