#include <atrium/plugin.hpp>
#include <atrium/services.hpp>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

// Reminders wait in timers and, so that they outlive the process, as one list in the key-value store. A reminder is told under an id of its
// own, which makes a second telling after a crash harmless.
class Remind {
 public:
  Remind(atrium::Host host, const atrium::Json& options)
      : host_(host), timers_(host), kv_(host), publisher_(host), json_(host), waiting_max_(options["waiting_max"].as_int().value_or(200)) {
    host.require("timer");
    host.require("publish");
    // Answered once the server serves.
    kv_.get("", list_key, [this](const atrium::Answer& answer) {
      if (answer.ok()) restore(answer.text);
    });
  }

  void execute(const atrium::CommandCall& call, atrium::Completion done) {
    const auto delay_ms = milliseconds(call["in"].as_text().value_or(""));
    if (!delay_ms) return done.fail(ATRIUM_INVALID, "Say when as a number and s, m or h, up to 24 hours: /remind 10m Call Ben.");
    Reminder reminder{.tenant_id = std::string(call.room().tenant_id()),
                      .room_id = std::string(call.room().room_id()),
                      .text = "Reminder for " + std::string(call.caller().display_name()) + ": " + call["what"].as_text().value_or(""),
                      .due_ms = host_.wall_ms() + *delay_ms};
    {
      const std::lock_guard lock(mutex_);
      if (static_cast<std::int64_t>(waiting_.size()) >= waiting_max_)
        return done.fail(ATRIUM_DENIED, "As many reminders wait as may; try again when one was told.");
      waiting_.emplace(call.id(), std::move(reminder));
    }
    if (!arm(std::string(call.id()), *delay_ms)) {
      forget(std::string(call.id()));
      return done.fail(ATRIUM_FAILED, "The server takes no more timers.");
    }
    // Promised once it is kept, as far as this server keeps anything.
    const auto promise = std::make_shared<atrium::Completion>(std::move(done));
    save([promise, text = "I will remind you in " + call["in"].as_text().value_or("") + "."] { promise->complete(text); });
  }

  static constexpr atrium::CommandInfo command{
      .name = "remind", .summary = "Posts a reminder here after a while.", .positional = "in what", .flags = ATRIUM_COMMAND_IDEMPOTENT};

 private:
  struct Reminder {
    std::string tenant_id;
    std::string room_id;
    std::string text;
    std::uint64_t due_ms = 0;  // wall
  };
  static constexpr std::string_view list_key = "waiting";
  static constexpr std::uint64_t retry_ms = 5000;

  static std::optional<std::uint64_t> milliseconds(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number == 0 || number > 86'400 || end + 1 != text.data() + text.size()) return std::nullopt;
    const std::uint64_t unit = *end == 's' ? 1000 : *end == 'm' ? 60'000 : *end == 'h' ? 3'600'000 : 0;
    if (unit == 0 || number * unit > ATRIUM_TIMER_DELAY_MS_MAX) return std::nullopt;
    return number * unit;
  }

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
                      save();
                    });
  }

  void forget(const std::string& id) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(id);
  }

  void save(const std::function<void()>& kept = [] {}) {
    std::string list = "[";
    const std::lock_guard lock(mutex_);
    for (const auto& [id, reminder] : waiting_) {
      if (list.size() > 1) list += ',';
      list += R"({"id":)" + json_.quote(id) + R"(,"tenant":)" + json_.quote(reminder.tenant_id) + R"(,"room":)" +
              json_.quote(reminder.room_id) + R"(,"text":)" + json_.quote(reminder.text) + R"(,"due_ms":)" +
              std::to_string(reminder.due_ms) + "}";
    }
    list += ']';
    // Under the lock, so that an older list never comes behind a newer one.
    kv_.put("", list_key, list, [this, kept](const atrium::Answer& answer) {
      if (!answer.ok() && answer.status != ATRIUM_CANCELLED) host_.warning("reminders_not_kept", answer.text);
      kept();
    });
  }

  void restore(const std::string& list) {
    const std::uint64_t now_ms = host_.wall_ms();
    static_cast<void>(json_.parse(list, [&](const atrium::Json& items) {
      for (const atrium::Json item : items) {
        const std::string id = item["id"].as_text().value_or("");
        Reminder reminder{.tenant_id = item["tenant"].as_text().value_or(""),
                          .room_id = item["room"].as_text().value_or(""),
                          .text = item["text"].as_text().value_or(""),
                          .due_ms = static_cast<std::uint64_t>(item["due_ms"].as_int().value_or(0))};
        const std::uint64_t left_ms = reminder.due_ms > now_ms ? reminder.due_ms - now_ms : 0;
        {
          const std::lock_guard lock(mutex_);
          waiting_.emplace(id, std::move(reminder));
        }
        if (!arm(id, std::min<std::uint64_t>(left_ms, ATRIUM_TIMER_DELAY_MS_MAX)))
          host_.warning("reminder_lost", "There is no timer for it.");
      }
    }));
  }

  atrium::Host host_;
  atrium::Timers timers_;
  atrium::Kv kv_;
  atrium::Publisher publisher_;
  atrium::JsonTexts json_;
  const std::int64_t waiting_max_;
  std::mutex mutex_;
  std::map<std::string, Reminder, std::less<>> waiting_;  // By the id of the run that asked.
};

ATRIUM_PLUGIN(Remind, "atrium.command.remind", "1.0.0")
