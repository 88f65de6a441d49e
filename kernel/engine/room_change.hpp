#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/room.hpp"
#include "engine/shard_impl.hpp"
#include "engine/writes.hpp"
#include "protocol/errors.hpp"

namespace atrium {

// A change of a room or its members whose turn it is. Whoever asked is answered once; the next change begins when this one has ended, which
// may be later.
template <typename T>
class Room::Change {
 public:
  Change(RoomPin room, Completion<T> done, Serial::Next next) : room_(std::move(room)), done_(std::move(done)), next_(std::move(next)) {}

  // Answers, unless that has happened.
  void answer(Result<T> result) {
    if (done_) std::exchange(done_, nullptr)(std::move(result));
  }
  void end(Result<T> result) {
    answer(std::move(result));
    next_();
  }

 private:
  const RoomPin room_;
  Completion<T> done_;
  Serial::Next next_;
};

// Runs step(ChangePtr<T>) when it is its turn. Refused with `overloaded` when too many wait, and with storage_unavailable while the store
// owes an answer for an earlier change past its deadline: those behind it would wait as long.
template <typename T, typename F>
void Room::inTurn(Completion<T> done, F step) {
  if (changes_in_doubt_) return done(fail(changesWait()));
  if (changes_.size() >= shard_.options.room_pending_max) return done(fail(Code::overloaded, "Too many changes wait for this room.", 1000));
  changes_.run([this, pin = RoomPin(*this), done = std::move(done), step = std::move(step)](Serial::Next next) mutable {
    const auto change = std::make_shared<Change<T>>(std::move(pin), std::move(done), std::move(next));
    if (changes_in_doubt_) return change->end(fail(changesWait()));
    step(change);
  });
}

// Writes what the change is made of and the event that tells of it, then ends it with what apply() returns. Past the store's deadline
// whoever asked is told in_doubt, and those who wait behind him are refused; the change itself is made whenever the store says that it is.
template <typename T, typename F>
void Room::write(const ChangePtr<T>& change, std::vector<DocumentWrite> writes, std::optional<Happening> event, F apply) {
  const auto overdue = [this, change] {
    changes_in_doubt_ = true;
    tellInDoubt();
    change->answer(fail(writeInDoubt()));
    changes_.runWaiting();
  };
  shard_.writes.write(std::move(writes), std::move(event), overdue, [this, change, apply = std::move(apply)](Result<void> written) mutable {
    changes_in_doubt_ = false;
    if (!written) return change->end(fail(written.error()));
    if constexpr (std::is_void_v<T>) {
      apply();
      change->end({});
    } else {
      change->end(apply());
    }
  });
}

}  // namespace atrium
