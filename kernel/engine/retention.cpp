#include "engine/retention.hpp"

#include <algorithm>
#include <utility>

#include "engine/rooms.hpp"
#include "engine/shard_impl.hpp"

namespace atrium {

namespace {
constexpr std::int64_t days_max = 365 * 1000;  // What is said to be kept longer than that is kept.
}  // namespace

Retention::Retention(Shard::Impl& shard) : shard_(shard), timer_([this] { readOn(); }) {
  if (shard_.ports.index == 0) wait(first_sweep);
}

void Retention::wait(std::chrono::milliseconds time) { shard_.ports.timers.arm(timer_, shard_.ports.now.mono + time); }

void Retention::readOn() {
  if (shard_.draining) return;
  shard_.ports.store.scan({std::string(room_collection)}, after_, rooms_per_page,
                          [this](Result<std::vector<Document>> page) { take(std::move(page)); });
}

void Retention::take(Result<std::vector<Document>> page) {
  if (!page) return interrupt(page.error());
  targets_.clear();
  at_ = 0;
  for (const Document& document : *page)
    if (auto target = targetOf(document)) targets_.push_back(std::move(*target));
  page_end_ = page->size() == rooms_per_page ? std::move(page->back().key) : DocumentKey{};
  trimOn();
}

// Days set by the room or its type are a policy: what is older goes. The server's own age only bounds what is beyond the limit.
std::optional<Retention::Target> Retention::targetOf(const Document& document) const {
  Target target{{}, document.key, 0, {}};
  if (document.key.size() != 3 || document.key[2].size() != target.room.room.bytes.size()) return std::nullopt;
  target.room.tenant_id = document.key[1];
  std::ranges::copy(document.key[2], reinterpret_cast<char*>(target.room.room.bytes.data()));
  const auto room = decodeRoomDocument(document.value);
  if (!room) {
    shard_.ports.log.warning("retention.skipped", {{"tenant_id", target.room.tenant_id},
                                                   {"room_id", formatId(room_prefix, target.room.room)},
                                                   {"detail", std::string_view(room.error().detail)}});
    return std::nullopt;
  }
  std::int64_t days = 0;
  if (!room->settings.root()["message_retention_days"].integer(days) || days <= 0) {
    // How long a type that is switched off would keep them is not known: they stay.
    RoomType* const type = shard_.ports.types.roomType(room->room_type);
    if (!type) return std::nullopt;
    days = type->info().retention_days;
  }
  std::chrono::milliseconds age = shard_.options.message_ttl;
  if (days > 0)
    age = std::chrono::days(std::min<std::int64_t>(days, days_max));
  else
    target.keep_last = shard_.options.history_limit;
  // To a store the beginning of time would mean "regardless of age".
  target.sent_before = std::max(shard_.ports.now.wall - age, fromMillis(1));
  return target;
}

void Retention::trimOn() {
  if (pumping_) return;  // The loop below goes on, so that answers at once do not nest.
  pumping_ = true;
  while (!trimming_ && at_ < targets_.size() && !shard_.draining) {
    trimming_ = true;
    const Target& target = targets_[at_];
    shard_.ports.store.trim(target.room, target.keep_last, target.sent_before,
                            [this](Result<std::uint64_t> dropped) { trimmed(std::move(dropped)); });
  }
  pumping_ = false;
  if (!trimming_ && !timer_.armed() && !shard_.draining) endPage();
}

void Retention::trimmed(Result<std::uint64_t> dropped) {
  trimming_ = false;
  after_ = std::move(targets_[at_++].key);  // Also when it failed, so that one room does not keep the others waiting for ever.
  if (!dropped) return interrupt(dropped.error());
  ++rooms_;
  records_ += *dropped;
  shard_.ports.metrics.add(Metric::records_trimmed, static_cast<std::int64_t>(*dropped));
  trimOn();
}

void Retention::endPage() {
  after_ = std::move(page_end_);
  if (!after_.empty()) return wait(page_interval);
  shard_.ports.metrics.add(Metric::retention_sweeps);
  if (records_ > 0) shard_.ports.log.info("retention.swept", {{"rooms", rooms_}, {"records", records_}});
  rooms_ = records_ = 0;
  wait(sweep_interval);
}

void Retention::interrupt(const Error& why) {
  targets_.clear();
  at_ = 0;
  shard_.ports.log.warning("retention.interrupted", {{"detail", std::string_view(why.detail)}});
  wait(retry_interval);
}

}  // namespace atrium
