#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/ports.hpp"

namespace atrium::sim {

// Room and message types for tests of the engine alone.
//   Rooms     open: anyone enters. invited: by invitation, three members. hooked: its hooks for posts, for a member named "late" and for
//             settings with "late" answer when the test says so (release()); it refuses the setting "forbidden" and the user "banned".
//             narrow: takes "text" and "short" only, at most ten members, keeps messages 30 days, gathers writes for 5 ms.
//   Messages  text: no check. checked: denied when its content is "no", annotated and normalised otherwise. asked: as the test says
//             (release()). whisper: sender and supervisors only. short: at most 8 bytes. system: from the server only.
class SimTypes final : public Types {
 public:
  SimTypes();
  ~SimTypes() override;
  [[nodiscard]] RoomType* roomType(std::string_view name) override;
  [[nodiscard]] MessageType* messageType(std::string_view name) override;
  [[nodiscard]] std::vector<std::string> roomTypeNames() const override;
  [[nodiscard]] std::vector<std::string> messageTypeNames() const override;

  // Hooks that wait for an answer; release() answers the first.
  std::deque<HookDone> waiting;
  void release(HookOutcome outcome = {});
  // What each hook so far was shown, in words: "settings room=new members=1 max=50 actor=ana/4".
  std::vector<std::string> seen;

 private:
  class SimRoomType;
  class SimMessageType;
  std::map<std::string, std::unique_ptr<SimRoomType>, std::less<>> rooms_;
  std::map<std::string, std::unique_ptr<SimMessageType>, std::less<>> messages_;
};

}  // namespace atrium::sim
