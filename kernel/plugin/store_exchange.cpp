// Exchanging the plugin under the store's threads: they stand aside, the old plugin ends, the new one begins, and they go on.
#include <fmt/format.h>

#include <future>
#include <utility>

#include "base/ids.hpp"
#include "plugin/store_host.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

// A document under a name that no other store has. One that is found later was left by a server that ended in the middle of an exchange.
constexpr std::string_view mark_collection = "storage_exchange";

// The places stay: a reader that is let go without a plugin looks into its own and finds none.
void letGoOf(std::unique_ptr<StoreCalls>& writer, std::vector<std::unique_ptr<StoreCalls>>& readers) {
  writer.reset();
  for (auto& reader : readers) reader.reset();
}

}  // namespace

void StoreHost::open(LoadedPlugin& plugin) {
  writer_calls_ = std::make_unique<StoreCalls>(plugin, options_.deadline, clock_);
  reader_calls_.clear();
  for (unsigned n = 0; n < options_.readers; ++n) reader_calls_.push_back(std::make_unique<StoreCalls>(plugin, options_.deadline, clock_));
}

// On the threads of the store, under the lock: nothing of it is inside the plugin until they are let go.
void StoreHost::standAside(std::unique_lock<std::mutex>& lock, bool writes) {
  ++aside_;
  parking_.notify_all();
  auto& wakes = writes ? writer_wakes_ : reader_wakes_;
  while (parked_since_) {
    wakes.wait(lock, [&] { return !parked_since_ || (writes && errand_); });
    if (!writes || !errand_) continue;
    auto errand = std::exchange(errand_, nullptr);
    lock.unlock();
    errand();
    lock.lock();
  }
  --aside_;
}

// Has the writer, who stands aside, make one call; returns its answer.
template <typename Call>
auto StoreHost::byWriter(Call call) {
  std::packaged_task<decltype(call(*writer_calls_))()> task([this, &call] { return call(*writer_calls_); });
  auto answer = task.get_future();
  {
    const std::scoped_lock lock(mutex_);
    errand_ = [task = std::move(task)]() mutable { task(); };  // The writer's: it is still in there when the answer is here.
  }
  writer_wakes_.notify_all();
  return answer.get();
}

void StoreHost::letGo() {
  {
    const std::scoped_lock lock(mutex_);
    parked_since_.reset();
  }
  writer_wakes_.notify_all();
  reader_wakes_.notify_all();
}

Result<void> StoreHost::park(std::chrono::milliseconds patience) {
  if (failed_.load(std::memory_order_relaxed))
    return fail(Code::change_refused, "it failed and can no longer keep its promises: restart the server");
  {
    std::unique_lock lock(mutex_);
    parked_since_ = clock_.now().mono;
    writer_wakes_.notify_all();
    reader_wakes_.notify_all();
    if (!parking_.wait_for(lock, patience, [this] { return aside_ == 1 + readers_.size(); })) {
      lock.unlock();
      letGo();
      return fail(Code::change_refused, fmt::format("a call of it has been inside for more than {} ms", patience.count()));
    }
  }
  mark_ = {std::string(mark_collection), fmt::format("{:016x}{:016x}", Random::seedFromSystem(), Random::seedFromSystem())};
  auto marked = byWriter([this](StoreCalls& calls) { return calls.write({DocumentWrite{mark_, 0, "1"}}).result; });
  if (!marked) {
    letGo();
    return fail(Code::change_refused, "it does not take a write");
  }
  letGoOf(writer_calls_, reader_calls_);
  return {};
}

Result<void> StoreHost::resume(LoadedPlugin& plugin) {
  const StorageBackendKind& kind = *plugin.storage();
  if ((kind.info.flags & ATRIUM_STORE_INLINE) != 0)
    return fail(Code::change_refused, "it is called on the event loops, and the one before on threads of its own: restart the server");
  if (kind.info.durability_max < promised_.durability_max)
    return fail(Code::change_refused, "it promises less than the one before: restart the server");
  open(plugin);
  const auto known = byWriter([this](StoreCalls& calls) { return calls.write({DocumentWrite{mark_, 1, {}}}).result; });
  if (!known) {
    letGoOf(writer_calls_, reader_calls_);
    if (known.error().code != Code::conflict) return fail(Code::change_refused, "it does not take a write");
    return fail(
        Code::change_refused,
        "it opened another store than the one that is in use, and what is being written must end where it began: restart the server");
  }
  plugin_id_ = plugin.manifest().id;
  letGo();
  return {};
}

void StoreHost::giveUp() {
  {
    const std::scoped_lock lock(mutex_);
    failForGood();
  }
  letGo();
}

}  // namespace atrium
