// [snippet:whole]
#include <algorithm>
#include <atrium/plugin.hpp>
#include <functional>
#include <mutex>
#include <set>

// Asks a model behind HTTP for a tip. The key is the operator's secret `api_key`; the request leaves through the server, so that the plugin
// needs no network of its own, and the answer comes on one of its threads.
class ModelTips {
 public:
  ModelTips(atrium::Host host, const atrium::Json& options)
      : http_(host),
        texts_(host),
        asked_(host, "asked", "Tips that were asked for."),
        failed_(host, "failed", "Tips that did not come."),
        url_(options["url"].as_text().value_or("")) {
    host.require("http");
    const auto key = atrium::Secrets(host).get("api_key");
    if (!key) throw std::runtime_error("the secret api_key is missing");
    authorization_ = "Bearer " + *key;
  }

  void open(const atrium::AssistantRequest& request, atrium::Stream stream) {
    asked_.add();
    {
      const std::lock_guard lock(mutex_);
      awaited_.emplace(request.id());
    }
    const std::string body = "{\"context\":" + std::string(request.context().raw()) + "}";
    http_.send({.method = "POST",
                .url = url_,
                .headers = {{"content-type", "application/json"}, {"authorization", authorization_}},
                .body = body,
                .timeout_ms = std::min(request.total_ms(), ATRIUM_HTTP_TIMEOUT_MS_MAX)},
               [this, id = std::string(request.id()), stream = std::move(stream)](const atrium::HttpResponse& response) mutable {
                 answer(id, response, stream);
               });
  }

  void cancel(std::string_view id) {
    const std::lock_guard lock(mutex_);
    if (const auto one = awaited_.find(id); one != awaited_.end()) awaited_.erase(one);  // Else it comes after its answer.
  }

  static constexpr atrium::AssistantInfo assistant{.tasks = ATRIUM_TASK_COACHING | ATRIUM_TASK_MESSAGE_SUGGESTION};

 private:
  void answer(const std::string& id, const atrium::HttpResponse& response, atrium::Stream& stream) {
    if (!is_awaited(id)) return stream.fail(ATRIUM_CANCELLED, "Nobody waits for it any more.");
    if (response.outcome != ATRIUM_OK) return fail(stream, response.outcome, response.why);
    if (!response.ok()) return fail(stream, ATRIUM_FAILED, "The model answered " + std::to_string(response.status) + ".");
    const bool read = texts_.parse(response.body, [&](const atrium::Json& told) {
      const auto tip = told["tip"].as_text();
      if (!tip) return fail(stream, ATRIUM_FAILED, "The model gave no tip.");
      stream.piece(*tip);
      stream.finish();
    });
    if (!read) fail(stream, ATRIUM_FAILED, "The model answered what is not JSON.");
  }
  void fail(atrium::Stream& stream, atrium_status status, std::string_view why) {
    failed_.add();
    stream.fail(status, why);
  }
  // Asked once for each answer: every request that was sent is answered, so that none of them stays.
  bool is_awaited(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return awaited_.erase(id) > 0;
  }

  atrium::Http http_;
  atrium::JsonTexts texts_;
  atrium::Counter asked_;
  atrium::Counter failed_;
  std::string url_;
  std::string authorization_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> awaited_;  // The ids of requests whose answers are wanted; at most as many as may be under way.
};

ATRIUM_PLUGIN(ModelTips, "com.acme.model-tips", "1.0.0")
// [/snippet]
