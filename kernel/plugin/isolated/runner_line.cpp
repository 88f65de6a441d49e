#include "plugin/isolated/runner_line.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

#include "plugin/isolated/payload.hpp"

namespace atrium {

namespace {
constexpr std::chrono::milliseconds flush_period{100};
}  // namespace

RunnerLine::RunnerLine(Descriptor socket) : socket_(std::move(socket)), thread_([this] { listen(); }) {}

RunnerLine::~RunnerLine() {
  flush();
  ::shutdown(socket_.get(), SHUT_RDWR);
  thread_.join();
}

void RunnerLine::send(ServiceMethod method, std::uint64_t call, std::string_view payload) {
  std::size_t sent = 0;
  const std::scoped_lock lock(sending_);
  static_cast<void>(sendMessage(socket_.get(), {.kind = WireKind::call, .method = static_cast<std::uint32_t>(method), .call = call},
                                payload, sent, true));
}

void RunnerLine::ask(ServiceMethod method, const std::shared_ptr<PendingCalls>& calls, std::uint64_t number, std::string_view request) {
  std::uint64_t call = 0;
  {
    const std::scoped_lock lock(mutex_);
    call = ++last_call_;
    waiting_.emplace(call, std::pair(calls, number));
  }
  send(method, call, request);
}

void RunnerLine::declareMetric(std::uint32_t metric, std::uint32_t kind, std::string_view name, std::string_view help) {
  PayloadWriter payload;
  payload.number(metric).number(kind).text(name).text(help);
  send(ServiceMethod::declare_metric, 0, payload.view());
}

void RunnerLine::recordMetric(std::uint32_t metric, double value) {
  {
    const std::scoped_lock lock(mutex_);
    records_.emplace_back(metric, value);
    if (records_.size() < metric_records_max) return;
  }
  flush();
}

void RunnerLine::flush() {
  std::vector<std::pair<std::uint32_t, double>> records;
  {
    const std::scoped_lock lock(mutex_);
    records.swap(records_);
  }
  PayloadWriter payload;
  for (std::size_t at = 0; at < records.size(); ++at) {
    payload.number(records[at].first).number(records[at].second);
    if ((at + 1) % metric_records_max != 0 && at + 1 < records.size()) continue;
    send(ServiceMethod::record_metrics, 0, payload.view());
    payload.clear();
  }
}

void RunnerLine::listen() {
  ::prctl(PR_SET_NAME, "services");
  WireInbox inbox(service_answer_max);
  auto flushed = std::chrono::steady_clock::now();
  for (;;) {
    pollfd readable{socket_.get(), POLLIN, 0};
    static_cast<void>(::poll(&readable, 1, static_cast<int>(flush_period.count())));
    if (const auto now = std::chrono::steady_clock::now(); now - flushed >= flush_period) {
      flush();
      flushed = now;
    }
    const WireInbox::Got got = inbox.receive(socket_.get(), false);
    if (got == WireInbox::Got::nothing) continue;
    const bool piece = got == WireInbox::Got::message && inbox.header().kind == WireKind::progress;
    if (got != WireInbox::Got::message || (inbox.header().kind != WireKind::answer && !piece)) return;
    std::pair<std::shared_ptr<PendingCalls>, std::uint64_t> waited;
    {
      const std::scoped_lock lock(mutex_);
      const auto found = waiting_.find(inbox.header().call);
      if (found == waiting_.end()) continue;
      waited = found->second;
      if (!piece) waiting_.erase(found);
    }
    if (piece)
      waited.first->progress(waited.second, inbox.payload());
    else
      waited.first->finish(waited.second, inbox.header().status, std::string(inbox.payload()));
  }
}

}  // namespace atrium
