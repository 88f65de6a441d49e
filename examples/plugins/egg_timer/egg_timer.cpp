// [snippet:whole]
#include <atrium/plugin.hpp>
#include <atrium/services.hpp>
#include <charconv>
#include <cstdint>
#include <string>

// "/egg_timer 10 Call Mrs Baker". What waits is forgotten when the server stops: the timers end with the plugin.
class EggTimer {
 public:
  EggTimer(atrium::Host host, const atrium::Json& options)
      : timers_(host), publisher_(host), minutes_max_(static_cast<unsigned>(options["minutes_max"].as_int().value())) {
    host.require("timer");
    host.require("publish");
  }

  void execute(const atrium::CommandCall& call, atrium::Completion done) {
    const std::string text = call["text"].as_text().value();
    const std::string digits = call["minutes"].as_text().value();
    unsigned minutes = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minutes);
    if (error != std::errc() || end != digits.data() + digits.size() || minutes == 0 || minutes > minutes_max_)
      return done.fail(ATRIUM_INVALID, "Say after how many minutes, from 1 to " + std::to_string(minutes_max_) + ".");
    const auto remind = [this, text, tenant = std::string(call.room().tenant_id()), room = std::string(call.room().room_id()),
                         id = std::string(call.id()), who = std::string(call.caller().display_name())] {
      // The run's own id: a server that repeats the call does not remind twice.
      publisher_.post({.tenant_id = tenant, .room_id = room, .content = who + " asked to be reminded: " + text, .client_message_id = id},
                      [](const atrium::Answer&) {});
    };
    if (!timers_.start(std::uint64_t{minutes} * 60'000, remind)) return done.fail(ATRIUM_FULL, "Too many reminders are waiting.");
    done.complete("I will, in " + std::to_string(minutes) + " minutes.");
  }
  static constexpr atrium::CommandInfo command{
      .name = "egg_timer", .summary = "Reminds this room after some minutes.", .positional = "minutes text"};

 private:
  atrium::Timers timers_;
  atrium::Publisher publisher_;
  unsigned minutes_max_;
};

ATRIUM_PLUGIN(EggTimer, "com.acme.egg-timer", "1.0.0")
// [/snippet]
