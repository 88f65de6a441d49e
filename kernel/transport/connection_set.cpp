#include "transport/connection_set.hpp"

#include <algorithm>

#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/metrics.hpp"
#include "transport/http_protocol.hpp"
#include "transport/http_response.hpp"

namespace atrium {

ConnectionSet::ConnectionSet(Loop& loop, const TransportLimits& limits, HttpHandler& handler)
    : loop_(loop), limits_(limits), handler_(handler), read_buffer_(limits.read_max + JsonIndexer::padding) {}

ConnectionSet::~ConnectionSet() {
  abortAll();
  reap();
}

Connection& ConnectionSet::insert(std::unique_ptr<Stream> stream, bool from_loopback, ConnectionBudget::Place place, Gate::Pass pass) {
  auto& connection =
      *connections_.emplace_back(std::make_unique<Connection>(*this, std::move(stream), from_loopback, std::move(place), std::move(pass)));
  connection.place_in_set_ = static_cast<std::uint32_t>(connections_.size() - 1);
  metrics().add(Metric::connections);
  return connection;
}

void ConnectionSet::add(std::unique_ptr<Stream> stream, bool from_loopback, ConnectionBudget::Place place) {
  Gate::Pass pass = gate_.enter();
  if (!pass) return;
  Connection& connection = insert(std::move(stream), from_loopback, std::move(place), std::move(pass));
  metrics().add(Metric::connections_accepted);
  connection.become(std::make_unique<HttpProtocol>(connection));
}

void ConnectionSet::addRefused(std::unique_ptr<Stream> stream) {
  metrics().add(Metric::connections_refused);
  Gate::Pass pass = gate_.enter();
  if (!pass || refusals_ >= limits_.refusals_max) return;
  Connection& connection = insert(std::move(stream), false, {}, std::move(pass));
  ++refusals_;
  connection.pushAnswer(
      httpAnswer(problemResponse({Code::overloaded, "the server has as many connections as it may have", 5000, {}}), {.date = date()}));
  connection.finish();
}

std::string_view ConnectionSet::date() {
  const auto second = std::chrono::floor<std::chrono::seconds>(loop_.now().wall);
  if (second.time_since_epoch().count() != date_second_) {
    date_second_ = second.time_since_epoch().count();
    date_ = httpDate(second);
  }
  return date_;
}

void ConnectionSet::schedule(Connection& connection) {
  if (!std::exchange(connection.in_dirty_, true)) dirty_.push_back(&connection);
}

void ConnectionSet::settle(Connection& connection, Mono now) {
  if (connection.settle(now) != Connection::Settled::held) return;
  held_due_ = std::min(held_due_, connection.due());
  if (!std::exchange(connection.in_held_, true)) held_.push_back(&connection);
}

void ConnectionSet::flush() {
  const Mono now = this->now();
  // Settling may make others dirty: input that waited is handled here.
  for (std::size_t at = 0; at < dirty_.size(); ++at) {
    dirty_[at]->in_dirty_ = false;
    settle(*dirty_[at], now);
  }
  dirty_.clear();
  if (held_due_ <= now) flushHeld(now);
  reap();
  // The end of a connection may have made others dirty.
  if (!dirty_.empty()) loop_.turnAgain();
  if (!held_.empty()) loop_.wakeBy(held_due_);
  publish();
}

void ConnectionSet::flushHeld(Mono now) {
  held_due_ = Mono::max();
  std::erase_if(held_, [&](Connection* connection) {
    connection->in_held_ = connection->settle(now) == Connection::Settled::held;
    if (connection->in_held_) held_due_ = std::min(held_due_, connection->due());
    return !connection->in_held_;
  });
}

void ConnectionSet::reap() {
  // By index: what a handler does when it is told may end further connections.
  for (std::size_t at = 0; at < retired_.size(); ++at) retired_[at]->onRetired();
  retired_.clear();
  while (!doomed_.empty()) {
    Connection* const connection = doomed_.back();
    doomed_.pop_back();
    erase(*connection);
  }
}

void ConnectionSet::erase(Connection& connection) {
  if (connection.in_dirty_) std::erase(dirty_, &connection);
  if (connection.in_held_) std::erase(held_, &connection);
  if (!connection.place_) --refusals_;
  metrics().add(Metric::connections, -1);
  const std::uint32_t place = connection.place_in_set_;
  std::swap(connections_[place], connections_.back());
  connections_[place]->place_in_set_ = place;
  connections_.pop_back();
}

void ConnectionSet::drain(std::move_only_function<void()> closed) {
  for (std::size_t at = 0; at < connections_.size(); ++at) connections_[at]->drain();
  gate_.close(std::move(closed));
}

void ConnectionSet::abortAll() {
  for (const auto& connection : connections_) connection->abort();
}

void ConnectionSet::publish() {
  MetricSet& set = metrics();
  const auto tell = [&set](Metric metric, std::uint64_t total, std::uint64_t& told) {
    if (total != told) set.add(metric, static_cast<std::int64_t>(total - std::exchange(told, total)));
  };
  set.set(Metric::outbox_bytes, static_cast<std::int64_t>(totals_.waiting));
  tell(Metric::writes, totals_.writes, published_.writes);
  tell(Metric::bytes_out, totals_.bytes_out, published_.bytes_out);
  tell(Metric::bytes_in, bytes_in_, bytes_in_published_);
  tell(Metric::dropped_outbox_full, totals_.refused, published_.refused);
  tell(Metric::dropped_sheddable, totals_.shed, published_.shed);
  tell(Metric::dropped_collapsed, totals_.collapsed, published_.collapsed);
}

}  // namespace atrium
