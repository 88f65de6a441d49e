#include "engine/writes.hpp"

#include <utility>

#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"

namespace atrium {

Writes::Writes(Shard::Impl& shard) : shard_(shard), timer_([this] { tellOverdue(); }) {}

void Writes::write(std::vector<DocumentWrite> writes, std::optional<Happening> event, std::move_only_function<void()> overdue,
                   Completion<void> done) {
  std::optional<OutboxEvent> out;
  if (event && shard_.events.wants(event->type)) out = shard_.events.addTo(writes, *std::move(event));
  const std::uint64_t number = next_++;
  waiting_.emplace(number, Waiting{shard_.ports.now.mono + shard_.options.store_deadline, std::move(overdue)});
  watch();
  shard_.ports.store.write(std::move(writes), [this, number, out = std::move(out), done = std::move(done)](Result<void> written) mutable {
    waiting_.erase(number);
    watch();
    if (written && out) shard_.events.publish(*std::move(out));
    done(std::move(written));
  });
}

void Writes::watch() {
  if (waiting_.empty()) return timer_.disarm();
  const Mono due = waiting_.begin()->second.due;
  if (!timer_.armed() || timer_.deadline() != due) shard_.ports.timers.arm(timer_, due);
}

void Writes::tellOverdue() {
  while (!waiting_.empty() && waiting_.begin()->second.due <= shard_.ports.now.mono) {
    auto first = waiting_.extract(waiting_.begin());
    first.mapped().overdue();
  }
  watch();
}

Error writeInDoubt() {
  return {Code::in_doubt, "Storage did not answer in time; the change may still be made. Look before you ask for it again.", 1000, {}};
}

}  // namespace atrium
