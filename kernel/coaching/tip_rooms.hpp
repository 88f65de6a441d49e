#pragma once

#include <string>

#include "base/result.hpp"
#include "engine/shard.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// A tip as it is said in a room. A value.
struct TipMessage {
  PrincipalPtr sender;
  std::string room_id;
  std::string tip_id;    // Makes saying it twice harmless.
  std::string agent_id;  // Who reads it, beside supervisors.
  std::string topic;
  std::string text;
};

// The rooms in which coaching happens, as one loop reaches them; kernel/app implements it. On that loop.
class TipRooms {
 public:
  virtual ~TipRooms() = default;
  // The latest messages as `caller` reads them: a bare array, newest first. not_found, not_a_member.
  virtual void conversation(PrincipalPtr caller, std::string room_id, Completion<JsonDocument> done) = 0;
  // Says it as a message of type coaching_tip; completes with the message's id.
  virtual void post(TipMessage message, Completion<std::string> done) = 0;
};

}  // namespace atrium
