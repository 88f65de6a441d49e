#include <atrium/plugin.hpp>
#include <atrium/services.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Reminders wait in timers and, so that they outlive the process, in the key-value store: each in a slot of its own, "17", so that one
// that cannot be written costs no other. The store cannot be listed, so whoever starts reads all slots there are, and takes nothing before
// it has.
//
// A generation that takes over from another gets what that one knows as its state. The old one may owe a run its answer at that moment and
// keep one more reminder; the new one reads the slots again when that is over. Which slot a reminder gets depends on its run, so that the
// two hardly ever choose the same.
//
// A reminder is told under an id of its own, which makes a second telling harmless: after a crash, and by both of two generations.
class Remind {
 public:
  Remind(atrium::Host host, const atrium::Json& options)
      : host_(host),
        timers_(host),
        kv_(host),
        publisher_(host),
        json_(host),
        waiting_max_(static_cast<std::size_t>(options["waiting_max"].as_int().value_or(200))),
        tenant_max_(static_cast<std::size_t>(options["tenant_max"].as_int().value_or(50))) {
    host.require("timer");
    host.require("publish");
    readSlots(0);  // Answered once the server serves.
  }

  void execute(const atrium::CommandCall& call, atrium::Completion done) {
    const auto delay_ms = milliseconds(call["in"].as_text().value_or(""));
    if (!delay_ms) return done.fail(ATRIUM_INVALID, "Say when as a number and s, m or h, up to 24 hours: /remind 10m Call Ben.");
    Run run{.id = std::string(call.id()),
            .reminder = {.tenant_id = std::string(call.room().tenant_id()),
                         .room_id = std::string(call.room().room_id()),
                         .text = "Reminder for " + std::string(call.caller().display_name()) + ": " + call["what"].as_text().value_or(""),
                         .due_ms = host_.wall_ms() + *delay_ms},
            .delay_ms = *delay_ms,
            .promise = "I will remind you in " + call["in"].as_text().value_or("") + ".",
            .done = std::make_shared<atrium::Completion>(std::move(done))};
    {
      const std::lock_guard lock(mutex_);
      if (!known_) {  // A slot that looks free may not be. Who waits too long here is told so by the server.
        if (early_.size() < waiting_max_) return early_.push_back(std::move(run));
        return run.done->fail(ATRIUM_DENIED, "The reminders are being read; try again in a moment.");
      }
    }
    take(std::move(run));
  }

  // ---- From one generation to the next
  std::string export_state() {
    const std::lock_guard lock(mutex_);
    std::string state = R"({"waiting":[)";
    for (const auto& [id, reminder] : waiting_) {
      if (!state.ends_with('[')) state += ',';
      state += R"({"slot":)" + json_.quote(reminder.slot) + R"(,"reminder":)" + textOf(id, reminder) + "}";
    }
    return state + "]}";
  }
  bool import_state(std::uint32_t format, std::string_view state) {
    if (format != 1) return false;
    bool sound = false;
    static_cast<void>(json_.parse(state, [&](const atrium::Json& came) {
      sound = came["waiting"].is_array();
      for (const atrium::Json item : came["waiting"]) adopt(item["slot"].as_text().value_or(""), item["reminder"]);
    }));
    return sound && timers_.start(takeover_ms, [this] { readSlots(0); }).has_value();
  }

  static constexpr atrium::CommandInfo command{
      .name = "remind", .summary = "Posts a reminder here after a while.", .positional = "in what", .flags = ATRIUM_COMMAND_IDEMPOTENT};

 private:
  struct Reminder {
    std::string tenant_id;
    std::string room_id;
    std::string text;
    std::uint64_t due_ms = 0;  // wall
    std::string slot = {};
  };
  struct Run {
    std::string id;
    Reminder reminder;
    std::uint64_t delay_ms = 0;
    std::string promise;
    std::shared_ptr<atrium::Completion> done;
  };
  static constexpr std::size_t slots = 800;  // Twice what waiting_max may be at most.
  static constexpr std::uint64_t retry_ms = 5000;
  static constexpr std::uint64_t takeover_ms = 15'000;  // By then the former generation has ended its last run.

  static std::optional<std::uint64_t> milliseconds(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number == 0 || number > 86'400 || end + 1 != text.data() + text.size()) return std::nullopt;
    const std::uint64_t unit = *end == 's' ? 1000 : *end == 'm' ? 60'000 : *end == 'h' ? 3'600'000 : 0;
    if (unit == 0 || number * unit > ATRIUM_TIMER_DELAY_MS_MAX) return std::nullopt;
    return number * unit;
  }

  // ---- Taking one

  void take(Run run) {
    const std::string id = run.id;
    std::string slot, text;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.contains(id)) return run.done->complete(run.promise);  // The same run again.
      if (const char* full = whyFull(run.reminder.tenant_id)) return run.done->fail(ATRIUM_DENIED, full);
      slot = run.reminder.slot = freeSlot(id);
      used_.insert(slot);
      text = textOf(id, run.reminder);
      waiting_.emplace(id, std::move(run.reminder));
    }
    if (!arm(id, run.delay_ms)) {
      forget(id);
      return run.done->fail(ATRIUM_FULL, "The server takes no more timers.");
    }
    // Promised once it is kept, as far as this server keeps anything: without the grant nothing is.
    kv_.put("", slot, text, [this, id, promise = run.promise, done = run.done](const atrium::Answer& answer) {
      if (answer.ok() || answer.status == ATRIUM_DENIED) return done->complete(promise);
      forget(id);
      done->fail(ATRIUM_FAILED, "The reminder could not be kept: " + answer.text);
    });
  }

  // Under the lock, as the next two. Null: it may be taken.
  const char* whyFull(const std::string& tenant_id) const {
    if (waiting_.size() >= waiting_max_ || used_.size() >= slots) return "As many reminders wait as may; try again when one was told.";
    const auto of_tenant =
        std::ranges::count(waiting_, tenant_id, [](const auto& entry) -> const std::string& { return entry.second.tenant_id; });
    if (static_cast<std::size_t>(of_tenant) >= tenant_max_) return "As many of your reminders wait as may; try again when one was told.";
    return nullptr;
  }
  std::string freeSlot(const std::string& id) const {
    std::size_t number = std::hash<std::string>{}(id) % slots;
    while (used_.contains(std::to_string(number))) number = (number + 1) % slots;
    return std::to_string(number);
  }
  std::string textOf(const std::string& id, const Reminder& reminder) const {
    return R"({"id":)" + json_.quote(id) + R"(,"tenant":)" + json_.quote(reminder.tenant_id) + R"(,"room":)" +
           json_.quote(reminder.room_id) + R"(,"text":)" + json_.quote(reminder.text) + R"(,"due_ms":)" + std::to_string(reminder.due_ms) +
           "}";
  }

  // ---- Telling it

  bool arm(const std::string& id, std::uint64_t delay_ms) {
    return timers_.start(delay_ms, [this, id] { tell(id); }).has_value();
  }

  void tell(const std::string& id) {
    Reminder reminder;
    {
      const std::lock_guard lock(mutex_);
      const auto found = waiting_.find(id);
      if (found == waiting_.end()) return;
      reminder = found->second;
    }
    publisher_.post({.tenant_id = reminder.tenant_id, .room_id = reminder.room_id, .content = reminder.text, .client_message_id = id},
                    [this, id](const atrium::Answer& answer) {
                      // A server that cannot store it now may later; a room that is gone or closed never will.
                      const bool later = answer.status == ATRIUM_FAILED || answer.status == ATRIUM_FULL;
                      if (answer.status == ATRIUM_CANCELLED || (later && arm(id, retry_ms))) return;
                      if (!answer.ok()) host_.warning("reminder_lost", answer.text);
                      forget(id);
                    });
  }

  void forget(const std::string& id) {
    std::string slot;
    {
      const std::lock_guard lock(mutex_);
      const auto found = waiting_.find(id);
      if (found == waiting_.end()) return;
      slot = found->second.slot;
      waiting_.erase(found);
    }
    empty(slot);
  }

  // The slot is free once the store has it empty.
  void empty(const std::string& slot) {
    kv_.remove("", slot, [this, slot](const atrium::Answer& answer) {
      if (answer.status == ATRIUM_CANCELLED) return;
      if (!answer.ok() && answer.status != ATRIUM_DENIED && timers_.start(retry_ms, [this, slot] { empty(slot); })) return;
      const std::lock_guard lock(mutex_);
      used_.erase(slot);
    });
  }

  // ---- Reading what is kept

  // One after the other from `at` on.
  void readSlots(std::size_t at) {
    if (at == slots) return allRead();
    const std::string slot = std::to_string(at);
    kv_.get("", slot, [this, at, slot](const atrium::Answer& answer) {
      if (answer.status == ATRIUM_CANCELLED) return;
      if (answer.status == ATRIUM_DENIED) return allRead();  // Nothing is kept here.
      if (answer.ok())
        static_cast<void>(json_.parse(answer.text, [&](const atrium::Json& kept) { adopt(slot, kept); }));
      else if (answer.status != ATRIUM_NOT_FOUND)
        return static_cast<void>(timers_.start(retry_ms, [this, at] { readSlots(at); }));
      readSlots(at + 1);
    });
  }

  void adopt(const std::string& slot, const atrium::Json& kept) {
    const std::string id = kept["id"].as_text().value_or("");
    Reminder reminder{.tenant_id = kept["tenant"].as_text().value_or(""),
                      .room_id = kept["room"].as_text().value_or(""),
                      .text = kept["text"].as_text().value_or(""),
                      .due_ms = static_cast<std::uint64_t>(kept["due_ms"].as_int().value_or(0)),
                      .slot = slot};
    const std::uint64_t now_ms = host_.wall_ms();
    const std::uint64_t left_ms = reminder.due_ms > now_ms ? reminder.due_ms - now_ms : 0;
    {
      const std::lock_guard lock(mutex_);
      used_.insert(slot);
      if (!waiting_.emplace(id, std::move(reminder)).second) return;
    }
    if (!arm(id, std::min<std::uint64_t>(left_ms, ATRIUM_TIMER_DELAY_MS_MAX))) host_.warning("reminder_lost", "There is no timer for it.");
  }

  void allRead() {
    std::vector<Run> early;
    {
      const std::lock_guard lock(mutex_);
      known_ = true;
      early.swap(early_);
    }
    for (Run& run : early) take(std::move(run));
  }

  atrium::Host host_;
  atrium::Timers timers_;
  atrium::Kv kv_;
  atrium::Publisher publisher_;
  atrium::JsonTexts json_;
  const std::size_t waiting_max_, tenant_max_;
  std::mutex mutex_;
  std::map<std::string, Reminder, std::less<>> waiting_;  // By the id of the run that asked.
  std::set<std::string, std::less<>> used_;               // Slots.
  bool known_ = false;                                    // Whether all slots have been read.
  std::vector<Run> early_;                                // Runs that came before that.
};

ATRIUM_PLUGIN(Remind, "atrium.command.remind", "1.0.0")
