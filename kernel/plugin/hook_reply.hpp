#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "atrium/room.h"
#include "engine/ports.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// What a hook may say.
enum ReplyAbility : unsigned {
  reply_deny = 1,
  reply_deny_field = 2,
  reply_annotate = 4,
  reply_set_content = 8,
  reply_audience = 16,
  reply_patch = 32
};

// What was wrong with a call of a hook that has returned. A value.
struct HookFlaw {
  enum class Kind : std::uint8_t {
    none,
    failed,  // The plugin says so, or something came out of it.
    misfit,  // It is over a bound, or changes what is not there. What users sent may have led to that, so it is held against this call
             // alone.
    breach   // It is against the contract whatever was asked: a fault.
  } kind = Kind::none;
  std::string text;  // A sentence's end.

  explicit operator bool() const { return kind != Kind::none; }
};

// The host's side of atrium_reply: copies what a hook says and holds it to its bounds. Text that is not UTF-8, annotations that are not
// JSON, classes of audience that do not exist and anything over a bound make the answer void as a whole. One call, one thread.
class HookReply {
 public:
  // `indexer` outlives the reply; it checks annotations.
  HookReply(unsigned abilities, JsonIndexer& indexer);
  HookReply(const HookReply&) = delete;
  HookReply& operator=(const HookReply&) = delete;

  [[nodiscard]] const atrium_reply* abi() const { return &abi_; }
  // What was wrong with what it said, the first thing: a misfit or a breach, or nothing.
  [[nodiscard]] const HookFlaw& flaw() const { return flaw_; }
  // What the hook said, once it has returned and kept the contract.
  [[nodiscard]] HookOutcome take();

 private:
  static HookReply& of(void* context) { return *static_cast<HookReply*>(context); }
  void deny(atrium_text reason);
  void denyField(atrium_text path, atrium_text reason);
  void annotate(atrium_text key, atrium_text json);
  void setContent(atrium_text content);
  void addAudience(atrium_text audience_class);
  void patch(atrium_text path, atrium_text json);
  // Whether `json` is one value.
  bool wellFormed(std::string_view json);
  // The text when it is within `max` bytes and UTF-8; otherwise a flaw that names `what`.
  bool accept(const atrium_text& text, std::size_t max, std::string_view what, std::string_view& out);
  void note(HookFlaw::Kind kind, std::string sentence);
  void breach(std::string sentence) { note(HookFlaw::Kind::breach, std::move(sentence)); }
  void misfit(std::string sentence) { note(HookFlaw::Kind::misfit, std::move(sentence)); }

  atrium_reply abi_;
  JsonIndexer& indexer_;
  bool denied_ = false;
  std::string reason_;
  std::vector<FieldProblem> fields_;
  HookOutcome outcome_;
  HookFlaw flaw_;
};

}  // namespace atrium
