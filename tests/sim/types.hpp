#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/ports.hpp"
#include "protocol/json_index.hpp"

namespace atrium::sim {

// Room and message types for tests of the engine alone.
//   Rooms     open: anyone enters. invited: by invitation, three members. hooked: its hooks for posts, for a member named "late" and for
//             settings with "late" answer when the test says so (release()); it refuses the setting "forbidden" and the user "banned".
//             client_session, lead_collaboration: as open.
//             narrow: takes "text" and "short" only, at most ten members, keeps messages 30 days, gathers writes for 5 ms.
//             chained: "one", "two" and "three" in a row hook into everything and note it; each does with a post what the member of its
//             name in the metadata tells it: {"deny":"why"}, {"content":"new"}, {"annotate":{...}}, {"patch":{"/metadata/a":1}},
//             {"audience":["sender"]}. "one" refuses a room named "forbidden" and wants a tick every minute.
//   Messages  text: no check. checked: denied when its content is "no", annotated and normalised otherwise. asked: as the test says
//             (release()). told: heard of when it was delivered. whisper: sender and supervisors only. short: at most 8 bytes. system: from
//             the server only.
class SimTypes final : public Types {
 public:
  SimTypes();
  ~SimTypes() override;
  [[nodiscard]] RoomType* roomType(std::string_view name) override;
  [[nodiscard]] MessageType* messageType(std::string_view name) override;
  [[nodiscard]] std::vector<std::string> roomTypeNames() const override;
  [[nodiscard]] std::vector<std::string> messageTypeNames() const override;
  void whenChanged(std::move_only_function<void()>) override {}

  // Hooks that wait for an answer; release() answers the first.
  std::deque<HookDone> waiting;
  void release(HookOutcome outcome = {});
  // By room type: what the settings of its rooms begin with.
  std::map<std::string, JsonDocument> settings;
  // What each hook so far was shown, in words: "settings room=new members=1 max=50 actor=ana/4".
  std::vector<std::string> seen;

 private:
  class SimRoomType;
  class SimLink;
  class SimChain;
  class SimMessageType;
  std::map<std::string, std::unique_ptr<RoomType>, std::less<>> rooms_;
  std::map<std::string, std::unique_ptr<SimMessageType>, std::less<>> messages_;
};

}  // namespace atrium::sim
