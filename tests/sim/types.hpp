#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/ports.hpp"

namespace atrium::sim {

// Room and message types for tests of the engine alone. Rooms: "open" (anyone enters), "invited" (by invitation, small), "hooked" (its post
// hook answers when the test says so: release()). Messages: "text" (no check), "checked" (denied when its content is "no", annotated and
// normalised otherwise), "whisper" (sender and supervisors only), "system" (server only).
class SimTypes final : public Types {
 public:
  SimTypes();
  ~SimTypes() override;
  [[nodiscard]] RoomType* roomType(std::string_view name) override;
  [[nodiscard]] MessageType* messageType(std::string_view name) override;
  [[nodiscard]] std::vector<std::string> roomTypeNames() const override;
  [[nodiscard]] std::vector<std::string> messageTypeNames() const override;

  // Hooks of "hooked" rooms that wait for an answer.
  std::deque<HookDone> waiting;
  void release(HookOutcome outcome = {});

 private:
  class SimRoomType;
  class SimMessageType;
  std::map<std::string, std::unique_ptr<SimRoomType>, std::less<>> rooms_;
  std::map<std::string, std::unique_ptr<SimMessageType>, std::less<>> messages_;
};

}  // namespace atrium::sim
