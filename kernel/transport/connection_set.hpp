#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "transport/connection.hpp"
#include "transport/http.hpp"
#include "transport/limits.hpp"

namespace atrium {

// The connections of one loop: owns them, and does at the end of each turn what was put off during it. On the loop's thread.
class ConnectionSet {
 public:
  // All outlive the set.
  ConnectionSet(Loop& loop, const TransportLimits& limits, HttpHandler& handler);
  // Cuts every connection; their handlers are told.
  ~ConnectionSet();
  ConnectionSet(const ConnectionSet&) = delete;
  ConnectionSet& operator=(const ConnectionSet&) = delete;

  // Takes a new client, which is going to speak HTTP.
  void add(std::unique_ptr<Stream> stream, bool from_loopback, ConnectionBudget::Place place);
  // Takes a new client that is only told that there is no room.
  void addRefused(std::unique_ptr<Stream> stream);
  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] std::size_t refusals() const { return refusals_; }

  // The end-of-turn step.
  void flush();
  // No connection is kept after its present answer from now on; idle ones end. `closed` runs when the last one is gone.
  void drain(std::move_only_function<void()> closed);
  void abortAll();
  [[nodiscard]] bool draining() const { return gate_.shut(); }

  // For connections and protocols.
  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] Mono now() const { return loop_.now().mono; }
  [[nodiscard]] const TransportLimits& limits() const { return limits_; }
  [[nodiscard]] HttpHandler& handler() { return handler_; }
  [[nodiscard]] OutboxTotals& totals() { return totals_; }
  [[nodiscard]] MetricSet& metrics() { return loop_.metrics(); }
  // The place all connections read into; JsonIndexer::padding bytes follow it.
  [[nodiscard]] std::span<char> readBuffer() { return std::span(read_buffer_).first(limits_.read_max); }
  // The present second as HTTP writes it: Sun, 06 Nov 1994 08:49:37 GMT.
  [[nodiscard]] std::string_view date();
  // Has flush() settle the connection.
  void schedule(Connection& connection);
  // Keep until the end of the turn.
  void retire(std::unique_ptr<Protocol> protocol) { retired_.push_back(std::move(protocol)); }
  void doom(Connection& connection) { doomed_.push_back(&connection); }
  void noteRead(std::size_t bytes) { bytes_in_ += bytes; }

 private:
  Connection& insert(std::unique_ptr<Stream> stream, bool from_loopback, ConnectionBudget::Place place, Gate::Pass pass);
  void settle(Connection& connection, Mono now);
  void flushHeld(Mono now);
  void reap();
  void erase(Connection& connection);
  void publish();

  Loop& loop_;
  const TransportLimits& limits_;
  HttpHandler& handler_;
  Gate gate_;
  OutboxTotals totals_;
  OutboxTotals published_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_in_published_ = 0;
  std::vector<char> read_buffer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> dirty_;  // To be settled at the end of this turn…
  std::vector<Connection*> held_;   // …and those whose frames wait for company, …
  Mono held_due_ = Mono::max();     // …until then at the latest.
  std::vector<std::unique_ptr<Protocol>> retired_;
  std::vector<Connection*> doomed_;
  std::size_t refusals_ = 0;
  std::string date_;
  std::int64_t date_second_ = -1;
};

}  // namespace atrium
