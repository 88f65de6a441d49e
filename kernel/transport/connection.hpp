#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "base/gate.hpp"
#include "base/timer_wheel.hpp"
#include "loop/loop.hpp"
#include "transport/connection_budget.hpp"
#include "transport/outbox.hpp"
#include "transport/stream.hpp"

namespace atrium {

class ConnectionSet;

// What is spoken over a connection: HTTP, or WebSocket once a client has changed over. One at a time; the connection owns it until the
// protocol ends (Connection::finish, abort, become) or the client is lost. Then it lives to the end of the turn, is told by onRetired(),
// and is destroyed.
class Protocol {
 public:
  virtual ~Protocol() = default;
  // Takes bytes from the front and returns how many. It may change them, and JsonIndexer::padding readable bytes follow them. What it
  // leaves goes to its successor or, when there is none, back to it later; nothing new is read meanwhile.
  virtual std::size_t onInput(std::span<char> bytes) = 0;
  // Whether it would take input now. What changes the answer to yes calls Connection::touch().
  [[nodiscard]] virtual bool wantsInput() const = 0;
  // The client sends nothing more.
  virtual void onInputEnd() = 0;
  // The deadline set by Connection::setDeadline has come.
  virtual void onDeadline() = 0;
  // The outbox has been too full for too long.
  virtual void onSlow() = 0;
  // The client took bytes again, after a time in which it took none.
  virtual void onProgress() = 0;
  // The server is going to stop.
  virtual void onDrain() = 0;
  // Last.
  virtual void onRetired() = 0;
};

// One client: its stream, what waits for it, its one timer. It moves bytes between the system and a protocol; every write happens at the
// end of a turn, in ConnectionSet::flush(). On its loop's thread; owned by the set.
class Connection final : public Watcher {
 public:
  Connection(ConnectionSet& set, std::unique_ptr<Stream> stream, bool from_loopback, ConnectionBudget::Place place, Gate::Pass pass);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] ConnectionSet& set() { return set_; }
  [[nodiscard]] bool fromLoopback() const { return from_loopback_; }
  [[nodiscard]] const Outbox& outbox() const { return outbox_; }

  // For its protocol.
  // The next protocol takes over; it is handed what the present one left of the input.
  void become(std::unique_ptr<Protocol> next);
  // Ends in good order: what waits is sent, in `send_time` at most and as long as the client takes some of it now and then; then our side
  // is ended, and what the client still sends is read and dropped, bounded in time and bytes, so that it sees our last words instead of a
  // reset. The protocol is retired at once.
  void finish(std::chrono::milliseconds send_time = std::chrono::milliseconds::max());
  // Ends at once, losing what waits. The protocol is retired at once.
  void abort();
  [[nodiscard]] Pushed push(const FramePtr& frame, const PushOptions& options);
  void pushAnswer(FramePtr frame);
  void pushControl(FramePtr frame);
  void pushLast(FramePtr frame);
  void discardOutbox() { outbox_.discard(); }
  void discardEphemeral() { outbox_.discardEphemeral(); }
  void setOutboxBound(std::size_t bytes) { outbox_.setBound(bytes); }
  // Moves the protocol's deadline; Mono::max(): none.
  void setDeadline(Mono deadline);
  // Has the end of the turn look after this connection: it may be read again, or has something to write.
  void touch();

  // For the set.
  void onReady(std::uint32_t events) override;
  void drain();
  // The end of a turn: takes input that waits, writes what is due, watches for what comes next.
  enum class Settled : std::uint8_t { done, held };
  Settled settle(Mono now);
  [[nodiscard]] Mono due() const { return outbox_.due(); }

 private:
  friend class ConnectionSet;
  enum class Phase : std::uint8_t {
    open,
    finishing,  // The protocol has ended; what waits is being sent.
    lingering,  // Our side has ended.
    gone        // To be destroyed at the end of the turn.
  };

  void read();
  void takeInput(std::span<char> bytes);
  void drop(std::size_t bytes);
  void endInput();
  void write(Mono now);
  void retire();
  void watchFor();
  [[nodiscard]] bool wantsRead() const;
  // Whether input that waits may be handed to the protocol.
  [[nodiscard]] bool takesPending() const;
  void armTimer();
  void onTimer();
  [[nodiscard]] Mono nextDeadline() const;

  ConnectionSet& set_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Protocol> protocol_;
  Outbox outbox_;
  Timer timer_;
  Mono deadline_ = Mono::max();
  Mono blocked_since_{};
  std::string pending_;      // Input the protocol did not want yet.
  std::size_t dropped_ = 0;  // Bytes read and dropped since the protocol ended.
  ConnectionBudget::Place place_;
  Gate::Pass pass_;
  std::uint32_t place_in_set_ = 0;
  std::uint32_t watched_ = 0;  // EPOLL... bits.
  Phase phase_ = Phase::open;
  bool from_loopback_;
  bool blocked_ = false;  // The system takes no more bytes for now.
  bool input_ended_ = false;
  bool in_dirty_ = false;  // Whether the set's lists name this connection.
  bool in_held_ = false;
};

}  // namespace atrium
