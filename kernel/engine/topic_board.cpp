// A topic is a state and the numbered changes that led to it. Changes are gathered for a window, written once into a frame, kept in a ring
// and handed once to each shard that has readers. A reader who names a position the ring still reaches gets what he missed; any other gets
// a snapshot. A snapshot is written once, too: as long as the ring reaches back to it, those who come later get the same frames and what
// changed since.
//
// A snapshot of values may already hold some that the next change will tell. They are told again then, which changes nothing; that is why
// values need no second copy of what was told last. Events would come twice, and so those not told yet are left out.
//
// While nobody reads, and nobody is likely to come back for what he missed, a change is only noted: the ring is empty, the number grows.
#include "engine/topic_board.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "engine/shard_impl.hpp"
#include "engine/topic_frames.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {
constexpr std::string_view epoch_prefix = "epoch_";
}  // namespace

// One topic of one tenant.
class TopicBoard::Published {
 public:
  Published(Shard::Impl& shard, std::string_view tenant_id, Topic topic)
      : shard_(shard),
        limits_(shard.options.topics),
        tenant_id_(tenant_id),
        info_(info(topic)),
        epoch_(formatId(epoch_prefix, shard.ids.next(shard.ports.now.wall))),
        wanted_(shard.peers.size(), false),
        timer_([this] { flush(); }) {}
  ~Published() { shard_.ports.metrics.add(Metric::topic_keys, -static_cast<std::int64_t>(values_.size() + events_.size())); }

  bool put(std::string_view key, std::string_view value) {
    ATRIUM_ASSERT(!info_.events, "values are put, events appended");
    const bool told = heard();
    if (values_.size() >= limits_.keys && gone_ > 0) flush();
    auto found = values_.find(key);
    if (found != values_.end() && !found->second.removed && found->second.json == value) return true;
    const std::size_t before = found == values_.end() ? 0 : key.size() + found->second.json.size();
    const bool fits = value.size() <= limits_.value_bytes && bytes_ - before + key.size() + value.size() <= limits_.bytes &&
                      (found != values_.end() || values_.size() < limits_.keys);
    if (!fits) {
      shard_.ports.metrics.add(Metric::topic_refused);
      remove(key);
      return false;
    }
    if (found == values_.end()) {
      found = values_.try_emplace(std::string(key)).first;
      shard_.ports.metrics.add(Metric::topic_keys);
    }
    bytes_ += key.size() + value.size() - before;
    found->second.json.assign(value);
    gone_ -= std::exchange(found->second.removed, false);
    changed(*found, told);
    return true;
  }

  void remove(std::string_view key) {
    const bool told = heard();
    const auto found = values_.find(key);
    if (found == values_.end() || found->second.removed) return;
    bytes_ -= found->second.json.size();
    found->second.json.clear();
    found->second.removed = true;
    ++gone_;
    changed(*found, told);
    if (!told) erase(*found);
  }

  bool append(std::string_view key, std::string_view value) {
    ATRIUM_ASSERT(info_.events, "events are appended, values put");
    if (value.size() > limits_.value_bytes) {
      shard_.ports.metrics.add(Metric::topic_refused);
      return false;
    }
    const bool told = heard();
    events_.push_back({std::string(key), std::string(value)});
    shard_.ports.metrics.add(Metric::topic_keys);
    if (told) {
      // However many come within a window, as many as are kept are told together.
      if (++untold_ == limits_.events) return flush(), true;
      arm();
    } else {
      ++seq_;
    }
    trimEvents();
    return true;
  }

  TopicCatchup read(unsigned shard, const TopicPosition& from, bool subscribes) {
    if (!wanted_[shard]) ++shards_;
    wanted_[shard] = true;
    quiet_ = false;
    TopicCatchup catchup{{epoch_, seq_}, {}};
    if (from.epoch == epoch_ && reaches(from.seq)) {
      if (from.seq == seq_ && subscribes) catchup.frames.push_back(nothingChanged());
      addRing(from.seq, catchup.frames);
      return catchup;
    }
    if (!reaches(snapshot_seq_) || snapshot_.empty() || bytesAfter(snapshot_seq_) > snapshot_bytes_ / 2) writeSnapshot();
    catchup.frames = snapshot_;
    addRing(snapshot_seq_, catchup.frames);
    return catchup;
  }

  void leave(unsigned shard) {
    if (!wanted_[shard]) return;
    wanted_[shard] = false;
    if (--shards_ == 0) quiet_from_ = shard_.ports.now.mono + limits_.linger;
  }

  [[nodiscard]] bool empty() const { return shards_ == 0 && values_.empty() && events_.empty(); }

 private:
  struct Value {
    std::string json;
    bool dirty = false;    // Among changed_.
    bool removed = false;  // Stays until that has been told.
  };
  struct Event {
    std::string key;
    std::string json;
  };
  using Values = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  // Whether changes have to be told. When they no longer have to be, what was kept for it goes.
  bool heard() {
    if (quiet_ || shards_ > 0 || shard_.ports.now.mono < quiet_from_) return !quiet_;
    flush();
    ring_.clear();
    ring_bytes_ = 0;
    snapshot_ = {};
    quiet_ = true;
    return false;
  }

  void changed(Values::value_type& value, bool told) {
    if (!told) {
      ++seq_;
    } else if (!std::exchange(value.second.dirty, true)) {
      changed_.push_back(&value);
      arm();
    }
  }

  void erase(Values::value_type& value) {
    bytes_ -= value.first.size();
    --gone_;
    values_.erase(values_.find(value.first));
    shard_.ports.metrics.add(Metric::topic_keys, -1);
  }

  void trimEvents() {
    for (; events_.size() - untold_ > limits_.events; events_.pop_front()) shard_.ports.metrics.add(Metric::topic_keys, -1);
  }

  // The first change after a pause leaves with the next tick of the timers, and with it what else its turn changed.
  void arm() {
    if (!timer_.armed()) shard_.ports.timers.arm(timer_, std::max(shard_.ports.now.mono, next_flush_));
  }

  void flush() {
    timer_.disarm();
    if (changed_.empty() && untold_ == 0) return;
    next_flush_ = shard_.ports.now.mono + limits_.window;
    TopicFrames frames(info_, epoch_, false, limits_.frame_bytes);
    const auto tell = [&](const std::string& key, const std::string* value) {
      if (!frames.begun()) frames.begin(++seq_);
      frames.item(key, value);
      if (frames.full()) cast(frames.end(false));
    };
    for (Values::value_type* value : changed_) {
      value->second.dirty = false;
      tell(value->first, value->second.removed ? nullptr : &value->second.json);
      if (value->second.removed) erase(*value);
    }
    changed_.clear();
    for (; untold_ > 0; --untold_) tell(events_[events_.size() - untold_].key, &events_[events_.size() - untold_].json);
    if (frames.begun()) cast(frames.end(false));
    trimEvents();
  }

  // Past the mailboxes' bounds: there are as many as one a window and frame of changes, and who missed one would have to be told of it.
  void cast(FramePtr frame) {
    shard_.ports.metrics.add(Metric::topic_frames);
    ring_bytes_ += frame->size();
    ring_.push_back(frame);
    for (; ring_.size() > limits_.ring_frames || ring_bytes_ > limits_.ring_bytes; ring_.pop_front()) ring_bytes_ -= ring_.front()->size();
    for (unsigned shard = 0; shard < wanted_.size(); ++shard) {
      if (!wanted_[shard]) continue;
      shard_.thereAlways(shard, [tenant = tenant_id_, topic = info_.topic, seq = seq_, frame](Shard::Impl& there) {
        there.topic_readers.cast(tenant, topic, seq, frame);
      });
    }
  }

  // Whether the ring holds all that came after `seq`.
  [[nodiscard]] bool reaches(std::uint64_t seq) const { return seq <= seq_ && seq_ - seq <= ring_.size(); }

  void addRing(std::uint64_t after, std::vector<FramePtr>& frames) const {
    frames.insert(frames.end(), ring_.end() - static_cast<std::ptrdiff_t>(seq_ - after), ring_.end());
  }

  [[nodiscard]] std::size_t bytesAfter(std::uint64_t seq) const {
    std::size_t bytes = 0;
    for (std::uint64_t behind = seq_ - seq; behind > 0; --behind) bytes += ring_[ring_.size() - behind]->size();
    return bytes;
  }

  [[nodiscard]] FramePtr nothingChanged() const {
    TopicFrames frames(info_, epoch_, false, limits_.frame_bytes);
    frames.begin(seq_);
    return frames.end(false);
  }

  void writeSnapshot() {
    shard_.ports.metrics.add(Metric::topic_snapshots);
    snapshot_.clear();
    snapshot_bytes_ = 0;
    snapshot_seq_ = seq_;
    TopicFrames frames(info_, epoch_, true, limits_.frame_bytes);
    const auto keep = [&](FramePtr page) {
      snapshot_bytes_ += page->size();
      snapshot_.push_back(std::move(page));
    };
    frames.begin(seq_);
    const auto add = [&](const std::string& key, const std::string& json) {
      if (frames.full()) {
        keep(frames.end(true));
        frames.begin(seq_);
      }
      frames.item(key, &json);
    };
    for (const auto& [key, value] : values_)
      if (!value.removed) add(key, value.json);
    for (std::size_t at = 0; at + untold_ < events_.size(); ++at) add(events_[at].key, events_[at].json);
    keep(frames.end(false));
  }

  Shard::Impl& shard_;
  const TopicLimits& limits_;
  const std::string tenant_id_;
  const TopicInfo& info_;
  const std::string epoch_;
  std::uint64_t seq_ = 0;  // Of the last frame of changes, or change that nobody heard.

  Values values_;                             // At most limits_.keys...
  std::size_t bytes_ = 0;                     // ...and limits_.bytes.
  std::size_t gone_ = 0;                      // Of them, those that are removed.
  std::vector<Values::value_type*> changed_;  // Since the last flush; each once.
  std::deque<Event> events_;                  // At most limits_.events, and as many that are not told yet...
  std::size_t untold_ = 0;                    // ...which are the last of them.
  std::deque<FramePtr> ring_;                 // The last frames of changes, numbered up to seq_.
  std::size_t ring_bytes_ = 0;
  std::vector<FramePtr> snapshot_;  // The last one written; empty: none.
  std::uint64_t snapshot_seq_ = 0;
  std::size_t snapshot_bytes_ = 0;

  std::vector<bool> wanted_;  // By shard: whether it has readers.
  unsigned shards_ = 0;       // How many have.
  bool quiet_ = true;         // Nothing is told or kept.
  Mono quiet_from_{};         // When that begins, while no shard has readers.
  Mono next_flush_{};
  Timer timer_;
};

TopicBoard::TopicBoard(Shard::Impl& shard) : shard_(shard) {}
TopicBoard::~TopicBoard() = default;

TopicBoard::Published* TopicBoard::find(std::string_view tenant_id, Topic topic) {
  const auto tenant = tenants_.find(tenant_id);
  return tenant == tenants_.end() ? nullptr : tenant->second[static_cast<std::size_t>(topic)].get();
}

TopicBoard::Published& TopicBoard::published(std::string_view tenant_id, Topic topic) {
  if (Published* known = find(tenant_id, topic)) return *known;
  ATRIUM_ASSERT(homeOfTenant(tenant_id, static_cast<unsigned>(shard_.peers.size())) == shard_.ports.index, "topics are published at home");
  auto tenant = tenants_.find(tenant_id);
  if (tenant == tenants_.end()) tenant = tenants_.try_emplace(std::string(tenant_id)).first;
  auto& place = tenant->second[static_cast<std::size_t>(topic)];
  place = std::make_unique<Published>(shard_, tenant_id, topic);
  return *place;
}

bool TopicBoard::put(std::string_view tenant_id, Topic topic, std::string_view key, std::string_view value) {
  return published(tenant_id, topic).put(key, value);
}

void TopicBoard::remove(std::string_view tenant_id, Topic topic, std::string_view key) {
  if (Published* known = find(tenant_id, topic)) known->remove(key);
  forgetIfEmpty(tenant_id, topic);
}

bool TopicBoard::append(std::string_view tenant_id, Topic topic, std::string_view key, std::string_view value) {
  return published(tenant_id, topic).append(key, value);
}

TopicCatchup TopicBoard::read(std::string_view tenant_id, Topic topic, unsigned shard, const TopicPosition& from, bool subscribes) {
  return published(tenant_id, topic).read(shard, from, subscribes);
}

void TopicBoard::leave(std::string_view tenant_id, Topic topic, unsigned shard) {
  if (Published* known = find(tenant_id, topic)) known->leave(shard);
  forgetIfEmpty(tenant_id, topic);
}

// Who comes back to a topic that was empty finds another epoch, and with it an empty snapshot.
void TopicBoard::forgetIfEmpty(std::string_view tenant_id, Topic topic) {
  const auto tenant = tenants_.find(tenant_id);
  if (tenant == tenants_.end()) return;
  auto& place = tenant->second[static_cast<std::size_t>(topic)];
  if (place && place->empty()) place.reset();
  if (std::ranges::none_of(tenant->second, [](const auto& each) { return each != nullptr; })) tenants_.erase(tenant);
}

}  // namespace atrium
