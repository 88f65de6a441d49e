#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/metrics.hpp"
#include "coaching/assist_request.hpp"
#include "coaching/assistants.hpp"
#include "coaching/day_budget.hpp"
#include "coaching/privacy.hpp"
#include "coaching/tip_book.hpp"
#include "coaching/tip_rooms.hpp"
#include "engine/shard.hpp"

// One desk on every loop: it asks assistants in the name of the tenants whose home that loop is, shows them what is not private, keeps
// what they may cost and what became of their tips.
//
// A question takes this road: what the tenant has marked private, the room's latest messages as the caller reads them (which also finds out
// whether he may), the day's spending, the assistant that is wanted and, when that one has no budget left or fails, the one to fall back
// on; then the tip is stored together with what it cost, said in its room, and the caller gets it. Nothing is told before the store has it.
// A message that cannot be said costs the caller nothing: he has the tip, and the reason.
//
// The bound of the day is looked at before an assistant is asked, so that what is under way at that moment may go over it.
namespace atrium {

// What the operator decides. A value.
struct CoachingOptions {
  std::array<std::string, assist_task_count> assistants;  // By task: who is asked.
  std::string fallback;                                   // Who is asked when that one cannot; empty: nobody.
  RedactionRules redaction;                               // Of all tenants.
  unsigned at_once = 8;                                   // Questions of one tenant; above it they are refused with rate_limited.
  DayBounds day;
  std::uint32_t output_max = 4096;  // bytes
  std::chrono::milliseconds first_piece{3000};
  std::chrono::milliseconds total{20'000};
  std::chrono::seconds tips_kept{30 * 86'400};
};

// A supervisor's word to one agent, in a room. A value.
struct Whisper {
  std::string room_id;
  std::string agent_id;
  std::string topic;
  std::string text;
};
inline constexpr std::size_t whisper_max = 4096;       // bytes of text
inline constexpr std::size_t whisper_topic_max = 200;  // bytes
// Fails with validation_failed. `room_id` is the path's.
[[nodiscard]] Result<Whisper> readWhisper(const JsonView& body, const Principal& caller, std::string room_id);

// Writes the member not_said: why a message is missing, or null.
void writeNotSaid(JsonWriter<std::string>& json, const std::optional<Error>& why);

// On the loop's thread, where everything completes.
class CoachingDesk {
 public:
  // All of it outlives the desk.
  struct Ports {
    Store& store;
    Assistants& assistants;
    TipRooms& rooms;
    const Now& now;
    MetricSet& metrics;
    std::uint64_t seed;  // For ids.
  };
  static constexpr std::size_t tenants_max = 10'000;  // Remembered; those of which nothing is under way give way, and are read anew.

  CoachingDesk(const Ports& ports, CoachingOptions options);

  // Completes with an Assistance of schemas.yaml. Refusals: rate_limited; those of the room, the store and the last assistant that was
  // asked.
  void ask(PrincipalPtr caller, AssistRequest request, Completion<std::string> done);
  // See TipBook. Completes with a Tip.
  void judge(PrincipalPtr caller, const std::string& tip_id, TipState verdict, Completion<std::string> done);
  void list(const Principal& caller, const TipQuery& query, Completion<std::string> done) { book_.list(caller, query, std::move(done)); }
  [[nodiscard]] Privacy& privacy() { return privacy_; }
  // For supervisors, admins and services. A whisper is a tip like any other: it is accepted or dismissed. Completes with an Assistance.
  void whisper(PrincipalPtr caller, Whisper whisper, Completion<std::string> done);

 private:
  struct Asking;
  using AskingPtr = std::shared_ptr<Asking>;
  struct Tenant {
    unsigned running = 0;
    std::string day;  // Of `spend`; empty: not read yet.
    DaySpend spend;
  };

  // The steps of a question, in this order.
  void lookAtPrivacy(const AskingPtr& asking);
  void lookAtRoom(const AskingPtr& asking, const RedactionRules& rules);
  void lookAtBudget(const AskingPtr& asking);
  void choose(const AskingPtr& asking);
  void askOne(const AskingPtr& asking, const std::string& assistant);
  void failed(const AskingPtr& asking, const std::string& assistant, const Error& why);
  void answered(const AskingPtr& asking, const std::string& assistant, AssistantAnswer answer);
  void say(const AskingPtr& asking);
  void end(const AskingPtr& asking, Result<std::string> outcome);

  [[nodiscard]] Tenant& tenantOf(const std::string& tenant_id);
  // Removes what was spent on other days.
  void forgetDays(const std::string& tenant_id, const std::string& today);
  // What the day's document becomes with an answer's figures; nothing when they cost nothing.
  [[nodiscard]] std::vector<DocumentWrite> spend(const std::string& tenant_id, const JsonView& figures);

  const Ports ports_;
  const CoachingOptions options_;
  TipBook book_;
  Privacy privacy_;
  IdSource ids_;
  std::unordered_map<std::string, Tenant> tenants_;
};

}  // namespace atrium
