#include "plugin/store_ports.hpp"

#include <utility>

#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

std::unique_ptr<Store> StoreHost::makeStore(unsigned shard) {
  if (inline_plugin_) return std::make_unique<InlineStore>(*this, shard);
  return std::make_unique<QueuedStore>(*this, shard);
}

// ---- Over the host's threads

Durability StoreHost::QueuedStore::durabilityMax() const { return static_cast<Durability>(host_.promised_.durability_max); }

void StoreHost::QueuedStore::append(std::unique_ptr<AppendBatch> batch, AppendDone done) {
  host_.submit({shard_, AppendJob{std::move(batch), std::move(done)}, {}});
}

void StoreHost::QueuedStore::write(std::vector<DocumentWrite> writes, Completion<void> done) {
  host_.submit({shard_, WriteJob{std::move(writes), std::move(done)}, {}});
}

void StoreHost::QueuedStore::trim(RoomKey room, std::uint64_t keep_last, Wall sent_before, Completion<std::uint64_t> done) {
  host_.submit({shard_, TrimJob{std::move(room), keep_last, sent_before, 0, std::move(done)}, {}});
}

// `call` runs on a reader's thread and owns what it needs; `done` runs on the shard's again.
template <typename T, typename Call>
void StoreHost::QueuedStore::read(Call call, Completion<T> done) {
  // The completion is kept apart, so that a read that is refused can be answered here.
  auto shared = std::make_shared<Completion<T>>(std::move(done));
  const auto refused = host_.submitRead([this, shared, call = std::move(call)](StoreCalls* calls) mutable {
    StoreAnswer<T> answer = calls ? call(*calls) : StoreAnswer<T>{fail(storageError(ATRIUM_FATAL)), StoreVerdict::fine};
    host_.noteRead(answer.verdict);
    host_.shards_.postAlways(shard_,
                             [shared = std::move(shared), result = std::move(answer.result)]() mutable { (*shared)(std::move(result)); });
  });
  if (refused) (*shared)(fail(*refused));
}

void StoreHost::QueuedStore::head(const RoomKey& room, Completion<RoomHead> done) {
  read([room](StoreCalls& calls) { return calls.head(room); }, std::move(done));
}

void StoreHost::QueuedStore::locate(const RoomKey& room, const Id& message, Completion<std::uint64_t> done) {
  read([room, message](StoreCalls& calls) { return calls.locate(room, message); }, std::move(done));
}

void StoreHost::QueuedStore::page(PageQuery query, Completion<RecordPage> done) {
  read([query = std::move(query)](StoreCalls& calls) { return calls.page(query); }, std::move(done));
}

void StoreHost::QueuedStore::get(DocumentKey key, Completion<std::optional<Document>> done) {
  read([key = std::move(key)](StoreCalls& calls) { return calls.get(key); }, std::move(done));
}

void StoreHost::QueuedStore::scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) {
  read([prefix = std::move(prefix), after = std::move(after), limit](StoreCalls& calls) { return calls.scan(prefix, after, limit); },
       std::move(done));
}

// ---- On the shard's own thread

// As the host's refusal(), but there is no queue: what is let in is begun.
std::optional<Error> StoreHost::InlineStore::begin(std::size_t items, std::optional<CircuitBreaker::Call>& call) {
  const std::scoped_lock lock(host_.mutex_);
  std::optional<Error> refused = host_.refusal(0, call);
  if (!refused && !call) call = host_.breaker_.begin(host_.clock_.now().mono);
  if (refused) host_.metrics_.add(Metric::store_refused, static_cast<std::int64_t>(items));
  return refused;
}

Durability StoreHost::InlineStore::durabilityMax() const { return static_cast<Durability>(host_.promised_.durability_max); }

void StoreHost::InlineStore::append(std::unique_ptr<AppendBatch> batch, AppendDone done) {
  std::optional<CircuitBreaker::Call> call;
  if (const auto refused = begin(batch->items.size(), call))
    return host_.refuse({0, AppendJob{std::move(batch), std::move(done)}, {}}, *refused);
  AppendBatch* const whole = batch.get();
  host_.end(*call, calls_.append({&whole, 1}));
  done(std::move(batch));
}

void StoreHost::InlineStore::write(std::vector<DocumentWrite> writes, Completion<void> done) {
  std::optional<CircuitBreaker::Call> call;
  if (const auto refused = begin(writes.size(), call)) return done(fail(*refused));
  StoreAnswer<void> answer = calls_.write(writes);
  host_.end(*call, answer.verdict);
  done(std::move(answer.result));
}

void StoreHost::InlineStore::trim(RoomKey room, std::uint64_t keep_last, Wall sent_before, Completion<std::uint64_t> done) {
  trimMore({std::move(room), keep_last, sent_before, 0, std::move(done)});
}

// The shard's other work goes on between two steps, however many there are.
void StoreHost::InlineStore::trimMore(TrimJob work) {
  std::optional<CircuitBreaker::Call> call;
  if (const auto refused = begin(1, call)) return work.done(fail(*refused));
  StoreAnswer<std::uint64_t> answer = calls_.trim(work.room, work.keep_last, work.sent_before);
  host_.end(*call, answer.verdict);
  if (!answer.result) return work.done(std::move(answer.result));
  if (*answer.result == 0) return work.done(work.dropped);
  work.dropped += *answer.result;
  host_.shards_.postAlways(shard_, [this, work = std::move(work)]() mutable { trimMore(std::move(work)); });
}

template <typename T, typename Call>
void StoreHost::InlineStore::read(Call call, Completion<T> done) {
  if (host_.failed_.load(std::memory_order_relaxed)) return done(fail(storageError(ATRIUM_FATAL)));
  StoreAnswer<T> answer = call();
  host_.noteRead(answer.verdict);
  done(std::move(answer.result));
}

void StoreHost::InlineStore::head(const RoomKey& room, Completion<RoomHead> done) {
  read([&] { return calls_.head(room); }, std::move(done));
}

void StoreHost::InlineStore::locate(const RoomKey& room, const Id& message, Completion<std::uint64_t> done) {
  read([&] { return calls_.locate(room, message); }, std::move(done));
}

void StoreHost::InlineStore::page(PageQuery query, Completion<RecordPage> done) {
  read([&] { return calls_.page(query); }, std::move(done));
}

void StoreHost::InlineStore::get(DocumentKey key, Completion<std::optional<Document>> done) {
  read([&] { return calls_.get(key); }, std::move(done));
}

void StoreHost::InlineStore::scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) {
  read([&] { return calls_.scan(prefix, after, limit); }, std::move(done));
}

}  // namespace atrium
