#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/timer_wheel.hpp"
#include "engine/command_runs.hpp"
#include "engine/link.hpp"
#include "engine/room.hpp"
#include "engine/shard.hpp"

namespace atrium {

// A session on the shard whose loop accepted it: reads frames into commands, sends them to their rooms' shards, and pushes events to its
// link.
class LiveSession final : public Session {
 public:
  LiveSession(Shard::Impl& shard, std::uint64_t number, PrincipalPtr principal, Link& link, SessionOptions options);
  ~LiveSession() override;

  void onText(std::string_view text) override;
  void onClosed(bool clean) override;

  // Greets the client and enters the room named at connection.
  void start();

  [[nodiscard]] std::uint64_t id() const { return number_; }
  [[nodiscard]] const Principal& principal() const { return *principal_; }
  [[nodiscard]] Link& link() { return link_; }

  // Pushes an event of a room. A log entry, or a change of members, that finds the outbox full leaves a gap; the client is then told once,
  // by `resync`, to read the history, and closed (slow) when it happens again within a minute.
  Pushed deliver(const RoomKey& room, const FramePtr& frame, const PushOptions& options, bool log_entry);
  // Pushes an answer or another event of its own. None of them is made up for later, so a client that cannot take one is closed (slow)
  // and knows that it has to ask again; a message keeps its first result under its client_message_id. False: it was not queued.
  bool send(const FramePtr& frame, const PushOptions& options = {});
  // Pushes what somebody else makes up for when it does not fit.
  Pushed push(const FramePtr& frame, const PushOptions& options);
  void sendError(const Error& error, std::string_view ref, std::string_view client_message_id = {});
  // Says bye and closes.
  void bye(CloseCode code, std::string_view reason);
  // Runs a command of this user's and sends what comes of it.
  void run(RunCommand command, std::string ref);
  // The room has let the session go (removed, closed): no more events of it.
  void expelled(const RoomKey& room, CloseCode code, std::string_view reason);

 private:
  void sendMessage(const JsonView& frame, std::string_view ref);
  void joinRoom(std::string_view room_id, std::string ref, bool bound);
  void leaveRoom(std::string_view room_id, std::string_view ref);
  // Ends its attachment to a room it has joined.
  void leave(const RoomKey& room);
  [[nodiscard]] SessionRef self() const;
  void runCommand(const JsonView& frame, std::string_view ref);
  void typing(const JsonView& frame, std::string_view ref);
  void updatePresence(const JsonView& frame, std::string_view ref);
  void subscribeTopic(const JsonView& frame, std::string_view ref);
  void unsubscribeTopic(const JsonView& frame, std::string_view ref);
  void attached(const RoomKey& room, Result<Room::Attached> result, const std::string& ref, bool bound);
  void authenticate(const JsonView& frame, std::string_view ref);
  void authenticated(Result<Principal> fresh, std::string_view ref);
  void fellBehind(const RoomKey& room);
  void closeSlow();
  void sendResync();
  void watchExpiry();
  void detachAll();
  // The room a frame means: the one it names, or the one of the URL. not_found when that is no room id.
  [[nodiscard]] Result<RoomKey> roomOf(std::string_view room_id) const;

  struct Place {
    bool joined = false;                // The snapshot has been sent.
    bool behind = false;                // A log entry did not fit; the client is owed a resync.
    std::optional<std::string> leaves;  // The ref of a leave_room that came before the room's answer; it is carried out behind it.
  };
  Shard::Impl& shard_;
  const std::uint64_t number_;
  PrincipalPtr principal_;
  Link& link_;
  SessionOptions options_;
  std::unordered_map<RoomKey, Place, RoomKeyHash> rooms_;
  std::map<std::uint64_t, std::shared_ptr<CommandRun>> runs_;  // Commands under way, at most runs_max; given up when the session ends.
  std::uint64_t last_run_ = 0;
  bool leaving_ = false;
  bool warned_ = false;  // token_expiring was sent.
  std::optional<Mono> last_resync_;
  Timer resync_timer_;
  Timer expiry_;
};

// The sessions of one shard.
class Sessions {
 public:
  explicit Sessions(Shard::Impl& shard) : shard_(shard) {}
  LiveSession& open(PrincipalPtr principal, Link& link, SessionOptions options);
  void end(LiveSession& session);
  [[nodiscard]] LiveSession* find(std::uint64_t number);
  template <typename Each>
  void forEach(Each each) {
    for (auto& [number, session] : sessions_) each(*session);
  }

 private:
  Shard::Impl& shard_;
  std::unordered_map<std::uint64_t, std::unique_ptr<LiveSession>> sessions_;
  std::uint64_t next_ = 1;
};

}  // namespace atrium
