#include "engine/topics.hpp"

#include <algorithm>
#include <array>

#include "atrium/room.h"

namespace atrium {

namespace {

constexpr std::uint32_t leads_the_team = ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;
constexpr std::uint32_t on_the_team = leads_the_team | ATRIUM_ROLE_AGENT;

constexpr std::array<TopicInfo, topic_count> topic_table{{{Topic::agents, "agents", false, on_the_team},
                                                          {Topic::queue, "queue", false, on_the_team},
                                                          {Topic::offers, "offers", false, leads_the_team},
                                                          {Topic::decisions, "decisions", true, leads_the_team},
                                                          {Topic::metrics, "metrics", false, on_the_team},
                                                          {Topic::alerts, "alerts", false, on_the_team}}};

}  // namespace

const TopicInfo& info(Topic topic) { return topic_table[static_cast<std::size_t>(topic)]; }

const TopicInfo* topicNamed(std::string_view name) {
  const auto found = std::ranges::find(topic_table, name, &TopicInfo::name);
  return found == topic_table.end() ? nullptr : &*found;
}

}  // namespace atrium
