#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/timer_wheel.hpp"
#include "engine/commands.hpp"
#include "engine/places.hpp"
#include "engine/ports.hpp"
#include "engine/presence.hpp"
#include "engine/serial.hpp"
#include "engine/shard.hpp"
#include "protocol/commands.hpp"

namespace atrium {

class Room;
struct Happening;
struct Origin;
struct SentMessage;
struct TraceKey;
struct PostedCommand;

// Keeps a room in memory while something is on its way for it. One thread. A pin may outlive the whole shard, in a completion that nobody
// calls any more; then it only lets go.
class RoomPin {
 public:
  RoomPin() = default;
  explicit RoomPin(Room& room);
  RoomPin(RoomPin&& other) noexcept : pins_(std::exchange(other.pins_, nullptr)) {}
  RoomPin& operator=(RoomPin&& other) noexcept {
    std::swap(pins_, other.pins_);
    return *this;
  }
  ~RoomPin();
  [[nodiscard]] RoomPin again() const { return RoomPin(**this); }
  explicit operator bool() const { return pins_ != nullptr; }
  Room* operator->() const { return pins_->room; }
  Room& operator*() const { return *pins_->room; }

 private:
  friend class Room;
  // The pins of one room; lives as long as the room or the last of them.
  struct Pins {
    Room* room;  // Null: it has gone.
    std::uint32_t count = 0;
  };
  Pins* pins_ = nullptr;
};

// A user's durable place in a room.
struct Member {
  std::string display_name;
  Role role = Role::member;
  Wall joined_at{};
};

// What a room is, apart from its members and messages: the stored document.
struct RoomDocument {
  std::string room_type;
  std::string name;
  std::string description;
  std::string created_by;
  Wall created_at{};
  std::uint32_t max_members = 0;
  bool active = true;
  JsonDocument settings = JsonDocument::emptyObject();
  JsonDocument context = JsonDocument::emptyObject();
};

// A room in memory, on its home shard. Its files: room.cpp (state, views, change, close), membership.cpp (members, attachments),
// room_post.cpp (a message's way to the store), history.cpp (pages), room_presence.cpp (who is there, who types).
class Room {
 public:
  Room(Shard::Impl& shard, RoomKey key, RoomDocument document, RoomType& type);
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  ~Room();

  [[nodiscard]] const RoomKey& key() const { return key_; }
  [[nodiscard]] const std::string& idText() const { return id_text_; }
  // How long a busy connection's writes of this room may wait for company.
  [[nodiscard]] std::chrono::microseconds flushWindow() const;

  // ---- Loading (Rooms)
  void restoreMember(std::string user_id, Member member);
  void restoreHead(const RoomHead& head, std::uint64_t document_version);

  // Tells the hooks of a room that has just been made.
  void didCreate(const Principal& creator);
  // Looks which hooks want to be called from time to time; when the room is in memory, and when its types have changed.
  void armTick();

  // ---- Requests, on this shard.
  void read(const Principal& caller, Completion<std::string> done);
  // The room as an item of its member's list; nothing when the filters leave it out.
  [[nodiscard]] std::string listed(const Principal& caller, const ListRooms& query) const;
  void change(PrincipalPtr caller, ChangeRoom command, Completion<std::string> done);
  void close(PrincipalPtr caller, Completion<void> done);
  void addMember(PrincipalPtr caller, AddMember command, Completion<std::string> done);
  void removeMember(PrincipalPtr caller, std::string user_id, Completion<void> done);
  void changeRole(PrincipalPtr caller, std::string user_id, Role role, Completion<std::string> done);
  void history(const Principal& caller, HistoryQuery query, Completion<HistoryPage> done);
  void presence(const Principal& caller, Completion<std::string> done);

  // A message. `command`'s views need to live only for the call.
  void post(const PrincipalPtr& sender, const SendMessage& command, Origin origin);
  // What a command that `caller` runs here is to see. not_a_member, room_closed.
  [[nodiscard]] Result<CommandScene> commandScene(const Principal& caller) const;
  void typing(const SessionRef& session, const Principal& who, bool is_typing);
  // A user's presence changed; sessions here are told when he is a member.
  void presenceChanged(const std::string& user_id, const Presence& presence);

  // ---- Attachments
  struct Attached {
    FramePtr snapshot;  // The room_joined event.
    std::uint32_t ordinal = 0;
    std::uint64_t head = 0;
  };
  // Puts a session into the room, making its user a member if the type allows. Completes, with the snapshot, in the same turn in which
  // casts begin to reach that session.
  void attach(PrincipalPtr who, SessionRef session, Completion<Attached> done);
  void detach(const SessionRef& session);

  // ---- Posts
  // A record has been committed: moves the head and returns the event, spliced from the stored body.
  [[nodiscard]] FramePtr committed(const atrium_append_result& result, std::string_view body);
  [[nodiscard]] FramePtr withheldEvent(std::uint64_t seq) const;
  // Casts a frame to every shard with sessions of this room. Returns how many shards will report on `token`.
  std::uint32_t cast(const FramePtr& frame, const FramePtr& stub, const std::string& audience, const PushOptions& options,
                     std::uint64_t seq, std::uint64_t token, const SessionRef* except = nullptr);
  // Tells the hooks that a message was stored, and what became of it at those who are there.
  void didPost(const SentMessage& sent, const atrium_append_result& result);
  void didDeliver(const SentMessage& sent, const atrium_append_result& result, std::uint32_t delivered);
  // Tells the workplace of a message that was committed here. Only for rooms that are watched().
  void tellWorkplace(const Principal& sender, Wall at) const;
  // The store has answered for one message; the room leaves doubt when none is left there.
  void appendEnded();
  void markInDoubt();
  [[nodiscard]] const std::vector<Places::User>& attachedUsers() const { return places_.users(); }
  [[nodiscard]] const std::set<std::string>& offlineMembers() const { return offline_; }

 private:
  friend class RoomPin;
  struct HeldPost;
  template <typename T>
  class Change;
  template <typename T>
  using ChangePtr = std::shared_ptr<Change<T>>;

  // room_hooks.cpp
  [[nodiscard]] atrium_room_view view() const;
  // What hooks see of somebody, with his role in this room.
  [[nodiscard]] atrium_user_view userView(const Principal& who) const;
  struct Entering;
  [[nodiscard]] Entering entering(const Principal& actor, const std::string& user_id, const Member& member) const;
  void tellOfMember(Hook hook, const Principal& actor, const std::string& user_id, const Member& member);
  void tick();
  // A completion that notes what became of a call for that message.
  [[nodiscard]] HookDone traced(const TraceKey& key, Hook hook);
  void noteCall(const TraceKey& key, Hook hook, const HookOutcome& outcome);
  // room.cpp
  [[nodiscard]] std::uint32_t permissions(const Principal& who) const;
  // not_a_member or, for a member whose role does not grant it, forbidden; `what` ends "does not allow to ...".
  [[nodiscard]] Result<void> may(const Principal& who, std::uint32_t permission, std::string_view what) const;
  [[nodiscard]] Result<void> mayRead(const Principal& who) const;
  [[nodiscard]] std::string json() const;
  template <typename Out>
  void encode(JsonWriter<Out>& json) const;
  template <typename Out>
  static void writeMember(JsonWriter<Out>& json, const std::string& user_id, const Member& member);
  void broadcastUpdate();
  // Counts and logs that the store is past its deadline for this room.
  void tellInDoubt();
  // room_change.hpp
  template <typename T, typename F>
  void inTurn(Completion<T> done, F step);
  template <typename T, typename F>
  void write(const ChangePtr<T>& change, std::vector<DocumentWrite> writes, std::optional<Happening> event, F apply);
  [[nodiscard]] static Error changesWait();
  // membership.cpp
  [[nodiscard]] Result<void> mayEnter(const Principal& who, const std::string& user_id, bool by_other) const;
  void join(PrincipalPtr actor, std::string user_id, Member member, Completion<void> done);
  void install(const std::string& user_id, Member member);
  void announceMember(std::string_view event_type, const std::string& user_id, const Member& member);
  void announceLeft(const std::string& user_id);
  [[nodiscard]] std::string memberJson(const std::string& user_id) const;
  void detachUser(const std::string& user_id, CloseCode code, std::string_view reason);
  void takeName(const Principal& who);
  void attachNow(const PrincipalPtr& who, SessionRef session, std::vector<Presence> present, Completion<Attached>& done);
  // room_post.cpp
  // Whether the workplace hears of what is posted here.
  [[nodiscard]] bool watched() const;
  [[nodiscard]] std::unique_ptr<PostedCommand> postedCommand(const PrincipalPtr& sender, std::string_view content,
                                                             const Origin& origin) const;
  [[nodiscard]] Result<void> mayPost(const Principal& sender, const SendMessage& command, MessageType*& type) const;
  void runHooks(std::unique_ptr<HeldPost> held);
  // Who is to be asked next about this message: its type, then those of the room's row; null when all have been.
  [[nodiscard]] HookTarget* nextTarget(HeldPost& post) const;
  void askNext(std::unique_ptr<HeldPost> held);
  // Applies what a hook said to the message. A failure when it cannot be applied.
  Result<void> take(HeldPost& post, HookOutcome& outcome);
  void hookDone(std::unique_ptr<HeldPost> held, HookOutcome outcome);
  void hooksDone(std::unique_ptr<HeldPost> held, const Error* refused);
  void nextHeld();
  void accept(const PrincipalPtr& sender, const SendMessage& command, Origin origin, MessageType& type, HeldPost* held);
  // history.cpp
  struct HistoryWalk;
  void readHistory(std::unique_ptr<HistoryWalk> walk);
  // room_presence.cpp
  void flushPresence();
  void expireTyping();
  void castTyping(const std::string& user_id, const std::string& display_name, bool is_typing, const SessionRef* except);
  void gatherPresence(std::vector<std::string> users, Completion<std::vector<Presence>> done);
  void bringUpToDate(std::vector<Presence>& present) const;

  Shard::Impl& shard_;
  const RoomKey key_;
  const std::string id_text_;
  RoomDocument document_;
  std::uint64_t document_version_ = 0;
  RoomType& type_;
  std::map<std::string, Member, std::less<>> members_;
  std::set<std::string> offline_;  // Members without a session in this room.
  std::string epoch_;              // Empty until the first message.
  std::uint64_t last_seq_ = 0;

  RoomPin::Pins* const pins_;
  std::uint32_t appends_ = 0;  // Messages at the store.
  bool in_doubt_ = false;

  Places places_;  // Of users with sessions here.
  struct Attachment {
    std::uint32_t ordinal;
    RoomPin pin;
  };
  std::vector<std::unordered_map<std::uint64_t, Attachment>> sessions_;  // By shard, by session number.

  Serial changes_;                             // Members, settings, closing: one at a time.
  bool changes_in_doubt_ = false;              // The store owes an answer for one of them past its deadline.
  std::list<std::unique_ptr<HeldPost>> held_;  // Messages waiting behind one whose hook is not done.
  bool hook_running_ = false;
  bool taking_held_ = false;

  Timer tick_timer_;
  std::vector<std::pair<HookTarget*, Mono>> ticks_;  // Who is to be called next, and when.

  struct Typist {
    std::string display_name;
    Mono until;
  };
  std::map<std::string, Typist> typing_;
  Timer typing_timer_;
  std::map<std::string, Presence> changed_presence_;  // In big rooms, until the next gathering.
  Timer presence_timer_;
  std::uint32_t attaching_ = 0;            // Sessions whose snapshot is being gathered...
  std::map<std::string, Presence> heard_;  // ...and what changed of members meanwhile.
};

}  // namespace atrium
