#include "base/log.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

namespace atrium {

namespace {

void appendEscaped(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
          out += c;
    }
  }
  out += '"';
}

struct AppendValue {
  std::string& out;
  void operator()(std::string_view text) const { appendEscaped(out, text); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(double value) const { out += value - value == 0.0 ? fmt::format("{}", value) : "null"; }
  void operator()(std::int64_t value) const { out += fmt::format_int(value).c_str(); }
  void operator()(std::uint64_t value) const { out += fmt::format_int(value).c_str(); }
};

constexpr std::string_view levelName(LogLevel level) {
  constexpr std::string_view names[] = {"debug", "info", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

constexpr std::size_t max_event_names =
    8192;  // Names come from our own code and from plugins that are there; the bound is against a mistake.

// Whose budget a line takes from: what one plugin has to say hides nothing of another's.
std::string budgetOf(std::string_view event, std::initializer_list<LogField> fields) {
  std::string name(event);
  for (const LogField& field : fields)
    if (field.key == "plugin")
      if (const auto* plugin = std::get_if<std::string_view>(&field.value)) name.append(1, ' ').append(*plugin);
  return name;
}

}  // namespace

struct Log::Sink {
  struct Budget {
    std::int64_t second = -1;
    std::uint32_t used = 0;
    std::uint64_t suppressed = 0;
  };

  explicit Sink(Options o)
      : options(o),
        pool(std::make_shared<spdlog::details::thread_pool>(o.queue_lines, 1)),
        logger(std::make_shared<spdlog::async_logger>("atrium", std::make_shared<spdlog::sinks::stderr_sink_mt>(), pool,
                                                      spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
  }

  // How many lines of this name were held back since the last one that passed; nothing when this one is held back too.
  std::optional<std::uint64_t> admit(const std::string& event, Now now) {
    const std::scoped_lock lock(mutex);
    auto it = budgets.find(event);
    if (it == budgets.end()) {
      if (budgets.size() >= max_event_names) return 0;
      it = budgets.emplace(event, Budget{}).first;
    }
    Budget& budget = it->second;
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.mono.time_since_epoch()).count();
    if (second != budget.second) {
      budget.second = second;
      budget.used = 0;
    }
    if (budget.used >= options.burst) {
      ++budget.suppressed;
      return std::nullopt;
    }
    ++budget.used;
    return std::exchange(budget.suppressed, 0);
  }

  Options options;
  std::atomic<LogLevel> level{options.level};
  SystemClock clock;
  std::mutex mutex;
  std::unordered_map<std::string, Budget> budgets;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Log::Log(Options options) : sink_(std::make_unique<Sink>(options)) {}

// The library waits for its thread, and that for standard error, however long: so somebody else does the waiting.
Log::~Log() {
  std::promise<void> written;
  const std::future<void> whole = written.get_future();
  std::thread end([pool = std::move(sink_->pool), logger = std::move(sink_->logger), written = std::move(written)]() mutable {
    logger.reset();
    pool.reset();
    written.set_value();
  });
  if (whole.wait_for(sink_->options.patience) == std::future_status::ready)
    end.join();
  else
    end.detach();
}

void Log::setLevel(LogLevel level) { sink_->level.store(level, std::memory_order_relaxed); }

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < sink_->level.load(std::memory_order_relaxed)) return;
  const Now now = sink_->clock.now();
  const auto suppressed = sink_->admit(budgetOf(event, fields), now);
  if (!suppressed) return;
  std::string line = R"({"time":")";
  line += formatTime(now.wall);
  line += R"(","level":")";
  line += levelName(level);
  line += R"(","event":)";
  appendEscaped(line, event);
  for (const LogField& field : fields) {
    line += ',';
    appendEscaped(line, field.key);
    line += ':';
    std::visit(AppendValue{line}, field.value);
  }
  if (*suppressed > 0) line += fmt::format(R"(,"suppressed":{})", *suppressed);
  line += '}';
  sink_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

std::uint64_t Log::dropped() const { return sink_->pool->overrun_counter(); }

}  // namespace atrium
