// A change of a topic comes here once, whoever watches it on this shard, and is pushed to each. A reader has been handed everything up to
// a number, without gaps. One whose outbox holds too much is passed over and nobody waits for him; when he has read, he asks the topic's
// home for what he missed, as somebody who comes back does: the changes, or a snapshot when the ring no longer has them. So a slow reader
// costs the others nothing and the server no memory of its own, and a snapshot of any size goes out piece by piece.
#include "engine/topic_readers.hpp"

#include <algorithm>

#include "engine/events.hpp"
#include "engine/session.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {
// A reader that takes no more is looked at with each turn; and after this time, should there be none.
constexpr auto catch_up_retry = std::chrono::milliseconds(50);
}  // namespace

TopicReaders::TopicReaders(Shard::Impl& shard) : shard_(shard), timer_([this] { catchUp(); }) {}

TopicReaders::List* TopicReaders::find(std::string_view tenant_id, Topic topic) {
  const auto tenant = tenants_.find(tenant_id);
  return tenant == tenants_.end() ? nullptr : &tenant->second[static_cast<std::size_t>(topic)];
}

void TopicReaders::subscribe(LiveSession& session, const TopicInfo& topic, TopicPosition from, std::string ref) {
  const std::string& tenant_id = session.principal().tenant_id;
  List& list = tenants_.try_emplace(tenant_id).first->second[static_cast<std::size_t>(topic.topic)];
  const auto [place, fresh] = list.readers.try_emplace(session.id(), session);
  if (fresh) shard_.ports.metrics.add(Metric::topic_subscriptions);
  Reader& reader = place->second;
  reader.at = std::move(from);
  reader.backlog.clear();
  reader.next = 0;
  reader.then = {};
  reader.ref = std::move(ref);
  reader.subscribing = true;
  ask(reader, topic.topic);
}

bool TopicReaders::unsubscribe(LiveSession& session, Topic topic) {
  const auto tenant = tenants_.find(session.principal().tenant_id);
  if (tenant == tenants_.end()) return false;
  List& list = tenant->second[static_cast<std::size_t>(topic)];
  if (list.readers.erase(session.id()) == 0) return false;
  behind_.erase({session.id(), topic});
  shard_.ports.metrics.add(Metric::topic_subscriptions, -1);
  if (!list.readers.empty()) return true;
  list.last_seq = 0;
  const std::string tenant_id = tenant->first;
  if (std::ranges::all_of(tenant->second, [](const List& each) { return each.readers.empty(); })) tenants_.erase(tenant);
  shard_.thereAlways(homeOfTenant(tenant_id, static_cast<unsigned>(shard_.peers.size())),
                     [tenant_id, topic, from = shard_.ports.index](Shard::Impl& home) { home.topics.leave(tenant_id, topic, from); });
  return true;
}

void TopicReaders::checkRights(LiveSession& session) {
  for (std::size_t at = 0; at < topic_count; ++at) {
    const TopicInfo& topic = info(static_cast<Topic>(at));
    if (session.principal().has(topic.roles) || !unsubscribe(session, topic.topic)) continue;
    session.send(topicEndedEvent(topic.name, {}), topic_options);
  }
}

void TopicReaders::sessionClosed(LiveSession& session) {
  for (std::size_t at = 0; at < topic_count && !tenants_.empty(); ++at) static_cast<void>(unsubscribe(session, static_cast<Topic>(at)));
}

void TopicReaders::ask(Reader& reader, Topic topic) {
  reader.asked = true;
  reader.attempt = ++attempts_;
  const std::string& tenant_id = reader.session->principal().tenant_id;
  shard_.ask<TopicCatchup>(
      homeOfTenant(tenant_id, static_cast<unsigned>(shard_.peers.size())),
      [this, number = reader.session->id(), topic, attempt = reader.attempt](Result<TopicCatchup> result) {
        answered(number, topic, attempt, std::move(result));
      },
      [tenant_id, topic, from = shard_.ports.index, position = reader.at, subscribes = reader.subscribing](
          Shard::Impl& home, Completion<TopicCatchup> done) { done(home.topics.read(tenant_id, topic, from, position, subscribes)); });
}

void TopicReaders::answered(std::uint64_t number, Topic topic, std::uint64_t attempt, Result<TopicCatchup> result) {
  LiveSession* session = shard_.sessions.find(number);
  List* list = session ? find(session->principal().tenant_id, topic) : nullptr;
  if (!list) return;
  const auto found = list->readers.find(number);
  if (found == list->readers.end() || found->second.attempt != attempt) return;
  Reader& reader = found->second;
  reader.asked = false;
  if (result) {
    reader.backlog = std::move(result->frames);
    reader.then = std::move(result->now);
    list->last_seq = reader.then.seq;  // Answers and casts of one home come in their order: this is the last one.
    return advance(reader, topic, *list);
  }
  if (!reader.subscribing) return fallBehind(reader, topic);
  const std::string ref = std::move(reader.ref);
  unsubscribe(*session, topic);
  session->sendError(result.error(), ref);
}

bool TopicReaders::push(Reader& reader, const FramePtr& frame) {
  Link& link = reader.session->link();
  if (link.waiting() > shard_.options.topics.waiting_bytes) return false;
  // One that is closing takes what comes as well as anything: it ends soon.
  if (reader.ref.empty()) return reader.session->push(frame, topic_options) != Pushed::full;
  return reader.session->push(withRef(frame, reader.ref), topic_options) != Pushed::full;
}

void TopicReaders::advance(Reader& reader, Topic topic, List& list) {
  if (reader.asked) return;  // The answer goes on.
  for (; reader.next < reader.backlog.size(); ++reader.next)
    if (!push(reader, reader.backlog[reader.next])) return fallBehind(reader, topic);
  if (!reader.then.epoch.empty()) reader.at = std::exchange(reader.then, {});
  reader.backlog = {};
  reader.next = 0;
  reader.ref.clear();
  reader.subscribing = false;
  if (reader.at.seq >= list.last_seq) return;
  // Not before he has made room: what he would get meanwhile could not be handed to him.
  if (reader.session->link().waiting() > shard_.options.topics.waiting_bytes / 2) return fallBehind(reader, topic);
  ask(reader, topic);
}

void TopicReaders::fallBehind(const Reader& reader, Topic topic) {
  behind_.emplace(reader.session->id(), topic);
  if (!timer_.armed()) shard_.ports.timers.arm(timer_, shard_.ports.now.mono + catch_up_retry);
}

void TopicReaders::cast(std::string_view tenant_id, Topic topic, std::uint64_t seq, const FramePtr& frame) {
  List* list = find(tenant_id, topic);
  if (!list) return;  // The last reader left while the change was on its way.
  list->last_seq = seq;
  for (auto& [number, reader] : list->readers) {
    // Who is catching up sees from last_seq that there is more.
    if (reader.asked || !reader.backlog.empty() || reader.at.seq + 1 != seq) continue;
    if (push(reader, frame)) {
      reader.at.seq = seq;
    } else {
      shard_.ports.metrics.add(Metric::topic_readers_slow);
      fallBehind(reader, topic);
    }
  }
}

void TopicReaders::catchUp() {
  if (behind_.empty()) return;
  for (const auto& [number, topic] : std::exchange(behind_, {})) {
    LiveSession* session = shard_.sessions.find(number);
    List* list = session ? find(session->principal().tenant_id, topic) : nullptr;
    if (!list) continue;
    if (const auto found = list->readers.find(number); found != list->readers.end()) advance(found->second, topic, *list);
  }
}

}  // namespace atrium
