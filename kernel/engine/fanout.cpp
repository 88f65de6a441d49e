// A room's shard casts a frame once to every shard that has sessions of the room; here it is pushed to each of them. A push gives a
// position in the session's outbox. After the turn's flush settle() compares positions with what left, and tells the room's shard who was
// handed the whole frame. What is still waiting at the end of the confirmation budget is told as pending.
#include "engine/fanout.hpp"

#include <algorithm>

#include "engine/audience.hpp"
#include "engine/session.hpp"
#include "engine/shard_impl.hpp"

namespace atrium {

Fanout::Fanout(Shard::Impl& shard) : shard_(shard), timer_([this] { settle(); }) {}

void Fanout::subscribe(const RoomKey& room, LiveSession& session, std::uint32_t ordinal, std::uint64_t head) {
  const auto it = lists_.try_emplace(room).first;
  it->second.room = &it->first;
  it->second.subscribers.push_back({&session, ordinal, head});
}

void Fanout::unsubscribe(const RoomKey& room, LiveSession& session) {
  const auto it = lists_.find(room);
  if (it == lists_.end()) return;
  List& list = it->second;
  for (Subscriber& subscriber : list.subscribers) {
    if (subscriber.session != &session) continue;
    subscriber.session = nullptr;
    ++list.gone;
  }
  if (!list.waiting.empty()) return;
  clear(list);
  if (list.subscribers.empty()) lists_.erase(it);
}

void Fanout::clear(List& list) {
  if (list.gone == 0) return;
  std::erase_if(list.subscribers, [](const Subscriber& subscriber) { return subscriber.session == nullptr; });
  list.gone = 0;
}

void Fanout::cast(const RoomKey& room, Cast cast) {
  const auto it = lists_.find(room);
  if (it == lists_.end()) {  // The last session left while the frame was on its way.
    if (cast.token != 0) {
      openDelivery(cast).whole = true;
    }
    return;
  }
  it->second.waiting.push_back(std::move(cast));
  if (it->second.waiting.size() == 1) write(room, it->second);
}

Fanout::Delivery& Fanout::openDelivery(const Cast& cast) {
  std::unique_ptr<Delivery> delivery;
  if (spare_.empty()) {
    delivery = std::make_unique<Delivery>();
  } else {
    delivery = std::move(spare_.back());
    spare_.pop_back();
  }
  delivery->home = cast.home;
  delivery->token = cast.token;
  delivery->deadline = shard_.ports.now.mono + shard_.options.confirmation_budget;
  delivery->whole = false;
  delivery->entries.clear();
  return *deliveries_.emplace_back(std::move(delivery));
}

void Fanout::write(const RoomKey& room, List& list) {
  while (!list.waiting.empty()) {
    if (!writeSlice(list)) {
      // More to write: others have their turn first.
      if (list.scheduled) return;
      list.scheduled = true;
      shard_.ports.shards.postAlways(shard_.ports.index, [this, room] {
        const auto it = lists_.find(room);
        if (it == lists_.end()) return;
        it->second.scheduled = false;
        write(room, it->second);
      });
      return;
    }
    list.waiting.pop_front();
    list.cursor = 0;
    list.delivery = nullptr;
  }
  clear(list);
  if (list.subscribers.empty()) lists_.erase(room);
}

bool Fanout::writeSlice(List& list) {
  const Cast& cast = list.waiting.front();
  if (cast.token != 0 && !list.delivery) list.delivery = &openDelivery(cast);
  const Audience audience(cast.audience);
  const std::size_t end = std::min(list.subscribers.size(), list.cursor + slice_max);
  for (; list.cursor < end; ++list.cursor) {
    Subscriber& subscriber = list.subscribers[list.cursor];
    if (subscriber.session) push(cast, subscriber, audience, list);
  }
  const bool whole = list.cursor >= list.subscribers.size();
  if (list.delivery && whole) list.delivery->whole = true;
  return whole;
}

void Fanout::push(const Cast& cast, Subscriber& subscriber, const Audience& audience, List& list) {
  LiveSession& session = *subscriber.session;
  if (cast.seq != 0 && cast.seq <= subscriber.head) return;
  if (cast.except != 0 && session.id() == cast.except) return;
  const bool shown = audience.includes(session.principal());
  const Pushed pushed = session.deliver(*list.room, shown ? cast.frame : cast.stub, cast.options, cast.seq != 0);
  if (!list.delivery || !shown) return;
  list.delivery->entries.push_back(
      {&session, session.link().queued(), {subscriber.ordinal, pushed == Pushed::queued ? Handed::pending : Handed::failed}});
}

void Fanout::settle() {
  if (deliveries_.empty()) return;
  const Mono now = shard_.ports.now.mono;
  Mono next = Mono::max();
  std::size_t kept = 0;
  for (std::unique_ptr<Delivery>& delivery : deliveries_) {
    bool open = !delivery->whole;
    for (Delivery::Entry& entry : delivery->entries) {
      if (entry.to.handed != Handed::pending) continue;
      if (entry.session->link().flushed() >= entry.position)
        entry.to.handed = Handed::delivered;
      else
        open = true;
    }
    if (!open || (delivery->whole && delivery->deadline <= now)) {
      settled_.push_back(std::move(delivery));
    } else {
      if (delivery->whole) next = std::min(next, delivery->deadline);
      deliveries_[kept++].swap(delivery);
    }
  }
  deliveries_.resize(kept);
  if (next != Mono::max() && (!timer_.armed() || timer_.deadline() > next)) shard_.ports.timers.arm(timer_, next);
  for (std::unique_ptr<Delivery>& delivery : settled_) {
    report(*delivery);
    if (spare_.size() < spare_max) spare_.push_back(std::move(delivery));
  }
  settled_.clear();
}

void Fanout::report(Delivery& delivery) {
  if (delivery.home == shard_.ports.index) {
    for (const Delivery::Entry& entry : delivery.entries) shard_.posts.handed(delivery.token, entry.to);
    shard_.posts.shardSettled(delivery.token, shard_.ports.index);
    return;
  }
  std::vector<HandedTo> handed;
  handed.reserve(delivery.entries.size());
  for (const Delivery::Entry& entry : delivery.entries) handed.push_back(entry.to);
  shard_.thereAlways(delivery.home, [token = delivery.token, from = shard_.ports.index, handed = std::move(handed)](Shard::Impl& home) {
    for (const HandedTo& to : handed) home.posts.handed(token, to);
    home.posts.shardSettled(token, from);
  });
}

void Fanout::sessionClosed(LiveSession& session) {
  for (const auto& delivery : deliveries_)
    for (Delivery::Entry& entry : delivery->entries) {
      if (entry.session != &session) continue;
      if (entry.to.handed == Handed::pending)
        entry.to.handed = session.link().flushed() >= entry.position ? Handed::delivered : Handed::failed;
      entry.session = nullptr;
    }
}

}  // namespace atrium
