#pragma once

#include <atrium/http.hpp>
#include <atrium/metrics.hpp>
#include <atrium/plugin.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

// Asks the Messages API and passes its text on as it comes. The request leaves through the server, and the key is the operator's secret.
//
// It asks once. When the API says that it is busy (429, 529, or an event that says so), nothing is asked again until the time it names is
// over: whoever asks meanwhile is refused at once, and the server falls back on another assistant. So a busy API is asked less and not
// more.
class Claude {
 public:
  // Throws the sentence for the operator.
  Claude(atrium::Host host, const atrium::Json& options);

  void open(const atrium::AssistantRequest& request, atrium::Stream stream);
  void cancel(std::string_view id);

  static constexpr atrium::AssistantInfo assistant{.tasks = ATRIUM_TASK_COACHING | ATRIUM_TASK_MESSAGE_SUGGESTION |
                                                            ATRIUM_TASK_HANDOFF_RECOMMENDATION | ATRIUM_TASK_SENTIMENT |
                                                            ATRIUM_TASK_NOTIFICATION_PRIORITY | ATRIUM_TASK_SUMMARY,
                                                   .name = "claude"};

 private:
  struct Run;
  void end(Run& run, const atrium::HttpResponse& response);
  void fail(Run& run, atrium_status status, const std::string& why);
  void keep_quiet(std::uint64_t seconds);
  [[nodiscard]] std::uint64_t quiet_seconds() const;
  [[nodiscard]] std::string error_of(const Run& run) const;
  [[nodiscard]] bool is_awaited(const std::string& id);
  [[nodiscard]] std::string figures_of(const Run& run) const;

  atrium::Host host_;
  atrium::Http http_;
  atrium::JsonTexts texts_;
  atrium::Counter asked_, failed_, busy_;
  const std::string model_, url_, version_, instructions_;
  const std::uint32_t max_tokens_, timeout_ms_;
  const double input_price_, output_price_;  // For a million tokens.
  std::string key_;
  std::atomic<std::uint64_t> quiet_until_ns_{0};  // Of the server's clock.
  std::mutex mutex_;
  std::set<std::string, std::less<>> awaited_;  // Ids of requests whose answers are wanted; at most as many as may be under way.
};
