#include "plugin/isolated/service_counter.hpp"

#include <sys/epoll.h>

#include <mutex>
#include <utility>
#include <vector>

#include "atrium/service/coordination.h"
#include "atrium/service/http.h"
#include "atrium/service/kv.h"
#include "atrium/service/publish.h"
#include "plugin/plugin_text.hpp"

namespace atrium {

namespace {
constexpr unsigned turn_max = 64;  // Requests that are read before anybody else has a turn.
}

// Outlives the counter where a call does.
struct ServiceCounter::Exit {
  std::mutex mutex;
  Loop* loop = nullptr;               // Null: the counter has gone. Under the mutex.
  ServiceCounter* counter = nullptr;  // On the loop's thread.

  static void leave(const std::shared_ptr<Exit>& self, Answer answer) {
    const std::scoped_lock lock(self->mutex);
    if (!self->loop) return;
    self->loop->postAlways([self, answer = std::move(answer)]() mutable {
      if (self->counter) self->counter->answer(std::move(answer));
    });
  }
};

// Goes with its completion, of which there is exactly one (PendingCalls).
struct ServiceCounter::Awaited {
  std::shared_ptr<Exit> exit;
  std::uint64_t call;

  static void complete(void* context, std::uint64_t /*id*/, atrium_status status, atrium_text result) {
    const std::unique_ptr<Awaited> self(static_cast<Awaited*>(context));
    Exit::leave(self->exit, {.call = self->call, .status = status, .text = std::string(viewOf(result))});
  }
  static void progress(void* context, std::uint64_t /*id*/, atrium_text piece) {
    const auto& self = *static_cast<Awaited*>(context);
    Exit::leave(self.exit, {.kind = WireKind::progress, .call = self.call, .status = ATRIUM_OK, .text = std::string(viewOf(piece))});
  }
};

ServiceCounter::ServiceCounter(Loop& loop, PluginServices& services, Descriptor socket, std::shared_ptr<RunnerProcess> process)
    : loop_(loop), services_(services), socket_(std::move(socket)), process_(std::move(process)), exit_(std::make_shared<Exit>()) {
  exit_->loop = &loop;
  exit_->counter = this;
  loop_.watch(socket_.get(), EPOLLIN, *this);
}

ServiceCounter::~ServiceCounter() {
  if (watched_) loop_.unwatch(socket_.get(), *this);
  exit_->counter = nullptr;
  const std::scoped_lock lock(exit_->mutex);
  exit_->loop = nullptr;
}

void ServiceCounter::breach(const char* why) {
  if (!watched_) return;
  loop_.unwatch(socket_.get(), *this);
  watched_ = false;
  process_->kill(why);
}

void ServiceCounter::onReady(std::uint32_t) {
  flush();
  for (unsigned turn = 0; turn < turn_max && watched_; ++turn) {
    switch (inbox_.receive(socket_.get(), false)) {
      case WireInbox::Got::nothing: return;
      case WireInbox::Got::message:
        if (!serve(inbox_.header(), inbox_.payload())) breach("it asked its services for what is no request");
        break;
      case WireInbox::Got::broken: breach("it asked its services for what is no request"); break;
      case WireInbox::Got::ended:  // Its end is told elsewhere.
        loop_.unwatch(socket_.get(), *this);
        watched_ = false;
        break;
    }
  }
}

template <typename Service>
const Service* ServiceCounter::service(const char* id) const {
  return static_cast<const Service*>(services_.host()->get_service(services_.host(), id));
}

bool ServiceCounter::serve(const WireHeader& header, std::string_view payload) {
  if (header.kind != WireKind::call) return false;
  PayloadReader in(payload);
  const auto method = static_cast<ServiceMethod>(header.method);
  if (method == ServiceMethod::declare_metric) return declareMetric(in);
  if (method == ServiceMethod::record_metrics) return recordMetrics(in);
  auto awaited = std::make_unique<Awaited>(exit_, header.call);
  const atrium_token token{.struct_size = sizeof(atrium_token),
                           .reserved = 0,
                           .context = awaited.get(),
                           .id = header.call,
                           .complete = Awaited::complete,
                           .progress = Awaited::progress};
  bool taken = false;
  switch (method) {
    case ServiceMethod::kv_get:
    case ServiceMethod::kv_put:
    case ServiceMethod::kv_remove: taken = kv(method, in, token); break;
    case ServiceMethod::publish: taken = publish(in, token); break;
    case ServiceMethod::coordinate: taken = coordinate(in, token); break;
    case ServiceMethod::http: taken = http(in, token); break;
    default: return false;
  }
  if (!in.whole() || !in.atEnd()) return false;
  if (taken)
    static_cast<void>(awaited.release());
  else
    answer({.call = header.call, .status = ATRIUM_DENIED, .text = "The grant for this service was not given."});
  return true;
}

// Each of these reads its request to the end before it begins anything. False: it is not granted, or the request is none.
bool ServiceCounter::kv(ServiceMethod method, PayloadReader& in, const atrium_token& token) const {
  const std::string_view tenant = in.text(), key = in.text(), value = in.text();
  const auto* table = service<atrium_kv_service>(ATRIUM_SERVICE_KV);
  if (!table || !in.whole() || !in.atEnd()) return false;
  if (method == ServiceMethod::kv_get)
    table->get(services_.host(), textOf(tenant), textOf(key), &token);
  else if (method == ServiceMethod::kv_put)
    table->put(services_.host(), textOf(tenant), textOf(key), textOf(value), &token);
  else
    table->remove(services_.host(), textOf(tenant), textOf(key), &token);
  return true;
}

bool ServiceCounter::publish(PayloadReader& in, const atrium_token& token) const {
  atrium_publication publication{};
  publication.struct_size = sizeof publication;
  publication.priority = in.number<std::uint32_t>();
  for (atrium_text* text : {&publication.tenant_id, &publication.room_id, &publication.message_type, &publication.content,
                            &publication.metadata, &publication.client_message_id})
    *text = textOf(in.text());
  const auto* table = service<atrium_publish_service>(ATRIUM_SERVICE_PUBLISH);
  if (!table || !in.whole() || !in.atEnd()) return false;
  table->post(services_.host(), &publication, &token);
  return true;
}

bool ServiceCounter::coordinate(PayloadReader& in, const atrium_token& token) const {
  atrium_coordination_request request{};
  request.struct_size = sizeof request;
  request.operation = in.number<std::uint32_t>();
  for (atrium_text* text : {&request.tenant_id, &request.id, &request.body}) *text = textOf(in.text());
  const auto* table = service<atrium_coordination_service>(ATRIUM_SERVICE_COORDINATION);
  if (!table || !in.whole() || !in.atEnd()) return false;
  table->request(services_.host(), &request, &token);
  return true;
}

bool ServiceCounter::http(PayloadReader& in, const atrium_token& token) const {
  atrium_http_call call{};
  call.struct_size = sizeof call;
  call.timeout_ms = in.number<std::uint32_t>();
  call.flags = in.number<std::uint32_t>();
  call.method = textOf(in.text());
  call.url = textOf(in.text());
  call.body = textOf(in.text());
  call.header_count = in.number<std::uint32_t>();
  std::vector<atrium_http_header> headers;
  for (std::uint32_t at = 0; at < call.header_count && at < ATRIUM_HTTP_HEADERS_MAX; ++at) {
    const std::string_view name = in.text(), value = in.text();
    headers.push_back({textOf(name), textOf(value)});
  }
  call.headers = headers.data();
  const auto* table = service<atrium_http_service>(ATRIUM_SERVICE_HTTP);
  if (!table || !in.whole() || !in.atEnd()) return false;
  table->send(services_.host(), &call, &token);
  return true;
}

bool ServiceCounter::declareMetric(PayloadReader& in) {
  const auto metric = in.number<std::uint32_t>(), kind = in.number<std::uint32_t>();
  const std::string_view name = in.text(), help = in.text();
  if (!in.whole() || !in.atEnd() || metric == 0 || metric > metrics_.size()) return false;
  if (const auto* table = service<atrium_metrics_service>(ATRIUM_SERVICE_METRICS))
    metrics_[metric - 1] = table->declare(services_.host(), kind, textOf(name), textOf(help));
  return true;
}

bool ServiceCounter::recordMetrics(PayloadReader& in) const {
  const auto* table = service<atrium_metrics_service>(ATRIUM_SERVICE_METRICS);
  for (std::size_t count = 0; count < metric_records_max && in.whole() && !in.atEnd(); ++count) {
    const auto metric = in.number<std::uint32_t>();
    const auto value = in.number<double>();
    if (in.whole() && table && metric > 0 && metric <= metrics_.size()) table->record(services_.host(), metrics_[metric - 1], value);
  }
  return in.whole() && in.atEnd();
}

void ServiceCounter::answer(Answer answer) {
  if (!watched_) return;
  if (answer.text.size() > service_answer_max) answer.status = ATRIUM_FAILED, answer.text = "The answer is larger than a runner takes.";
  bytes_ += answer.text.size();
  // Pieces that come faster than they are taken go together, as far as one may be.
  Answer* const last = answers_.empty() ? nullptr : &answers_.back();
  if (last && last->sent == 0 && answer.kind == WireKind::progress && last->kind == answer.kind && last->call == answer.call &&
      last->text.size() + answer.text.size() <= service_answer_max)
    last->text += answer.text;
  else
    answers_.push_back(std::move(answer));
  if (answers_.size() > answers_max || bytes_ > bytes_max) return breach("it did not take the answers of its services");
  flush();
}

void ServiceCounter::flush() {
  if (!watched_) return;
  bool full = false;
  while (!answers_.empty() && !full) {
    Answer& next = answers_.front();
    const WireHeader header{.kind = next.kind, .call = next.call, .status = next.status};
    if (sendMessage(socket_.get(), header, next.text, next.sent, false) == Sent::all) {
      bytes_ -= next.text.size();
      answers_.pop_front();
    } else {
      full = true;  // Or gone, which reading tells.
    }
  }
  if (full == wants_out_) return;
  wants_out_ = full;
  loop_.rewatch(socket_.get(), full ? EPOLLIN | EPOLLOUT : EPOLLIN, *this);
}

}  // namespace atrium
