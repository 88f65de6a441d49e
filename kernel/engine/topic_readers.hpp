#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/timer_wheel.hpp"
#include "engine/link.hpp"
#include "engine/shard.hpp"
#include "engine/topic_board.hpp"
#include "engine/topics.hpp"
#include "protocol/frame.hpp"

namespace atrium {

class LiveSession;

// How frames of topics travel: behind messages, in their order, and none is ever shed.
inline constexpr PushOptions topic_options{.lane = Lane::ephemeral, .shed = Shed::never, .collapse_key = 0, .flush_window = {}};

// The sessions of this shard that watch topics. A session has at most one subscription a topic.
class TopicReaders {
 public:
  explicit TopicReaders(Shard::Impl& shard);

  // Begins, or begins anew, from that position; `ref` is in every frame of the answer. An error, overloaded, is told to the session.
  void subscribe(LiveSession& session, const TopicInfo& topic, TopicPosition from, std::string ref);
  // False: he had not subscribed.
  bool unsubscribe(LiveSession& session, Topic topic);
  // Ends what the session's user may no longer watch.
  void checkRights(LiveSession& session);
  void sessionClosed(LiveSession& session);

  // A change from the topic's home.
  void cast(std::string_view tenant_id, Topic topic, std::uint64_t seq, const FramePtr& frame);
  // After a flush: hands those who were too slow what they missed, as far as they have read by now.
  void catchUp();

 private:
  struct Reader {
    explicit Reader(LiveSession& of) : session(&of) {}
    LiveSession* session;
    std::uint64_t attempt = 0;      // The last time that he asked his topic's home; an answer to an earlier one is dropped.
    bool asked = false;             // It has not answered.
    TopicPosition at{};             // He has been handed all up to here.
    std::vector<FramePtr> backlog;  // What brings him to `then`, from `next` on.
    std::size_t next = 0;
    TopicPosition then{};
    std::string ref;  // While the answer to his subscription is under way.
    bool subscribing = true;
  };
  struct List {
    std::unordered_map<std::uint64_t, Reader> readers;  // By the session's number.
    std::uint64_t last_seq = 0;                         // Of the last change that was cast here.
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Tenant = std::array<List, topic_count>;

  [[nodiscard]] List* find(std::string_view tenant_id, Topic topic);
  void ask(Reader& reader, Topic topic);
  void answered(std::uint64_t session, Topic topic, std::uint64_t attempt, Result<TopicCatchup> result);
  // Pushes what waits for him, as far as he takes it, and asks for more when he is behind still.
  void advance(Reader& reader, Topic topic, List& list);
  // False: he cannot take it now.
  bool push(Reader& reader, const FramePtr& frame);
  void fallBehind(const Reader& reader, Topic topic);

  Shard::Impl& shard_;
  std::unordered_map<std::string, Tenant, Hash, std::equal_to<>> tenants_;
  std::set<std::pair<std::uint64_t, Topic>> behind_;  // Whom advance() is owed.
  std::uint64_t attempts_ = 0;
  Timer timer_;
};

}  // namespace atrium
