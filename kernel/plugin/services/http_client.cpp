#include "plugin/services/http_client.hpp"

#include <utility>

#include "protocol/metrics.hpp"

namespace atrium {

namespace {

WorkerPool::Options poolOptions(const HttpClient::Options& options) {
  return {.threads = options.threads,
          .jobs_max = options.requests_max,
          .hang_after = std::chrono::minutes{3},
          .replacements_max = 4,
          .refused = Metric::http_calls_refused,
          .job_seconds = Metric::http_call_seconds};
}

}  // namespace

HttpClient::HttpClient(Options options, const Clock& clock, Log& log, MetricSet& metrics)
    : carry_(options.carry), pool_(poolOptions(options), clock, log, metrics) {}

void HttpClient::send(const std::shared_ptr<PendingCalls>& calls, const Grants& grants, const std::string& plugin_id,
                      const atrium_http_call* call, const atrium_token* token) {
  const auto number = calls->begin(token);
  if (!number) return;
  auto request = readOutbound(call, grants);
  if (!request) return calls->finish(*number, request.error().status, std::move(request.error().text));
  if (request->streamed) request->piece = [calls, number = *number](std::string_view came) { calls->progress(number, came); };
  const auto cut = std::make_shared<SocketCut>();
  // The plugin has its answer in time, also while a name is being looked up, which nothing can cut off, and while all threads are busy with
  // servers that do not answer.
  const std::uint64_t deadline = pool_.alarmAfter(request->timeout, [calls, number = *number, cut] {
    cut->cut();
    calls->finish(number, ATRIUM_TIMED_OUT, "the other server did not answer in time");
  });
  if (deadline == 0) return calls->finish(*number, ATRIUM_FULL, "too many requests of plugins are under way");
  {
    const std::scoped_lock lock(mutex_);
    under_way_.insert(cut);
  }
  const bool taken = pool_.post(
      [this, calls, number = *number, request = *std::move(request), cut, deadline] {
        OutboundAnswer answer = carry_(request, *cut);
        static_cast<void>(pool_.cancel(deadline));
        forget(cut);
        calls->finish(number, answer.status, std::move(answer.text));
      },
      plugin_id + " http", plugin_id);
  if (taken) return;
  static_cast<void>(pool_.cancel(deadline));
  forget(cut);
  calls->finish(*number, ATRIUM_FULL, "too many requests of plugins are under way");
}

void HttpClient::forget(const std::shared_ptr<SocketCut>& cut) {
  const std::scoped_lock lock(mutex_);
  under_way_.erase(cut);
}

void HttpClient::stop() {
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& cut : under_way_) cut->cut();
  }
  pool_.stop();
}

}  // namespace atrium
