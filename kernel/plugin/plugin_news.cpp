#include "plugin/plugin_news.hpp"

#include <utility>

#include "plugin/plugin_event_json.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

FramePtr pluginStateEvent(const PluginEvent& event) {
  FrameBuilder out;
  JsonWriter json(out);
  json.begin('{').key("event_type").value("plugin_state");
  writeMembers(json, event);
  json.end('}');
  return out.finish();
}

}  // namespace

PluginNews::PluginNews(Shards& shards, MetricSet& metrics, Tell tell)
    : shards_(shards), metrics_(metrics), tell_(std::move(tell)), waiting_(shards.count()) {}

void PluginNews::add(const PluginEvent& event) {
  const FramePtr frame = pluginStateEvent(event);
  const std::scoped_lock lock(mutex_);
  for (unsigned shard = 0; shard < waiting_.size(); ++shard) {
    Waiting& waiting = waiting_[shard];
    if (waiting.events.size() == waiting_max) {
      waiting.events.erase(waiting.events.begin());
      metrics_.add(Metric::plugin_news_dropped);
    }
    waiting.events.push_back(frame);
    // Past the mailbox's bound: it is one post at a time. A shard that has ended lets it go, and nobody is there to be told.
    if (!std::exchange(waiting.posted, true)) shards_.postAlways(shard, [this, shard] { deliver(shard); });
  }
}

void PluginNews::deliver(unsigned shard) {
  std::vector<FramePtr> events;
  {
    const std::scoped_lock lock(mutex_);
    waiting_[shard].posted = false;
    events.swap(waiting_[shard].events);
  }
  tell_(shard, events);
}

}  // namespace atrium
