#pragma once

#include <cstdint>

#include "atrium/room.h"
#include "plugin/isolated/payload.hpp"

namespace atrium {

// What a hook says, on its way out of a runner: there every call of its reply is written down as it comes, and in the server it is said
// again to the reply that holds it to its bounds (hook_reply.hpp). So the bounds are kept in one place, and a plugin is judged alike
// wherever it runs. One call, one thread.
class ReplyRecorder {
 public:
  // `abilities`: as for HookReply; what a hook has no use for is NULL. Writes to `out`, which outlives it.
  ReplyRecorder(unsigned abilities, PayloadWriter& out);
  ReplyRecorder(const ReplyRecorder&) = delete;
  ReplyRecorder& operator=(const ReplyRecorder&) = delete;

  [[nodiscard]] const atrium_reply* abi() const { return &abi_; }

 private:
  void record(std::uint8_t verb, const atrium_text& first, const atrium_text& second);
  void text(const atrium_text& value);

  PayloadWriter& out_;
  atrium_reply abi_{};
};

// Says to `reply` what was recorded, up to the end of `in`. False: what stands there is no record, or the hook said more than can be sent.
[[nodiscard]] bool replay(PayloadReader& in, const atrium_reply* reply);

}  // namespace atrium
