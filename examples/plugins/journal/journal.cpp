// [snippet:whole]
#include <atrium/plugin.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

// A file a day (UTC), one JSON object a line. Calls come one after the other, so that nothing here needs a lock.
class Journal {
 public:
  explicit Journal(const atrium::Json& options) : directory_(options["directory"].as_text().value()) {
    std::filesystem::create_directories(directory_);
  }

  atrium::Delivery deliver(atrium::Events events) {
    for (std::uint32_t done = 0; done < events.size(); ++done)
      if (!append(directory_ / name_of_day(events[done].at_ms()), line_of(events[done])))
        return atrium::Delivery::again(done, "the file of the day cannot be written");
    return atrium::Delivery::all();
  }
  static constexpr atrium::EventSinkInfo event_sink{.name = "journal", .batch_max = 1000};

 private:
  // "2026-01-31.ndjson"
  static std::string name_of_day(std::uint64_t at_ms) {
    const auto seconds = static_cast<std::time_t>(at_ms / 1000);
    std::tm day{};
    gmtime_r(&seconds, &day);
    char name[32];
    return {name, std::strftime(name, sizeof name, "%Y-%m-%d.ndjson", &day)};
  }
  // A whole line or none: half of one, from a disk that is full, would spoil the next one for whoever reads lines.
  static bool append(const std::filesystem::path& path, const std::string& line) {
    std::error_code missing, ignored;
    const auto before = std::filesystem::file_size(path, missing);
    std::ofstream file(path, std::ios::app | std::ios::binary);
    file << line;
    file.close();
    if (file) return true;
    if (std::filesystem::is_regular_file(path, ignored)) std::filesystem::resize_file(path, missing ? 0 : before, ignored);
    return false;
  }
  static std::string line_of(const atrium::Event& event) {
    return "{\"offset\":" + std::to_string(event.offset()) + ",\"at_ms\":" + std::to_string(event.at_ms()) +
           ",\"event_id\":" + atrium::json_quoted(event.event_id()) + ",\"type\":" + atrium::json_quoted(event.type()) +
           ",\"tenant_id\":" + atrium::json_quoted(event.tenant_id()) + ",\"data\":" + std::string(event.data()) + "}\n";
  }

  std::filesystem::path directory_;
};

ATRIUM_PLUGIN(Journal, "com.acme.journal", "1.0.0")
// [/snippet]
