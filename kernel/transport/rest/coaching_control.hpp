#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "engine/shard.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// Which tips are asked for. A value.
struct ListTips {
  std::string agent_id = {};  // Empty: everyone's, for who may see them.
  std::string cursor = {};    // Empty: from the newest.
  std::uint32_t limit = 0;
};

enum class TipVerdict : std::uint8_t { accepted, dismissed };

// How a supervisor enters a conversation.
enum class Supervision : std::uint8_t { monitor, take_over };

// The way of one loop's API to what helps agents, which lives on their tenants' home loops; kernel/app implements it. On that loop. What
// each completes with is a text of schemas.yaml; all may be refused with overloaded and with the refusals of the store.
class CoachingControl {
 public:
  virtual ~CoachingControl() = default;
  // `names_task`: the body says what is wanted; otherwise it is coaching. An Assistance; what readAssistRequest() and CoachingDesk::ask()
  // say.
  virtual void assist(PrincipalPtr caller, JsonDocument body, bool names_task, Completion<std::string> done) = 0;
  // A Tip; not_found, tip_judged.
  virtual void judge(PrincipalPtr caller, std::string tip_id, TipVerdict verdict, Completion<std::string> done) = 0;
  // A TipList; forbidden, validation_failed.
  virtual void list(PrincipalPtr caller, ListTips query, Completion<std::string> done) = 0;
  // What no assistant sees of the caller's tenant: a Privacy; forbidden.
  virtual void readPrivacy(PrincipalPtr caller, Completion<std::string> done) = 0;
  // Marks it anew; forbidden, validation_failed, identity_mismatch.
  virtual void putPrivacy(PrincipalPtr caller, JsonDocument body, Completion<std::string> done) = 0;
  // An Assistance; forbidden, validation_failed, not_found.
  virtual void whisper(PrincipalPtr caller, std::string room_id, JsonDocument body, Completion<std::string> done) = 0;
  // A SupervisionReply; forbidden and what the room refuses.
  virtual void supervise(PrincipalPtr caller, std::string room_id, Supervision how, Completion<std::string> done) = 0;
};

}  // namespace atrium
