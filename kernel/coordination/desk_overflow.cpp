#include <utility>

#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "coordination/stored_json.hpp"

// Leads that nobody takes in their queue go on to the next one.
namespace atrium {

// The queue it overflows to is in the rules.
void Desk::moveOn(Change& change, Lead& lead) {
  const std::string before = std::exchange(lead.queue, ruleOf(lead.queue).overflow_to);
  lead.queued = parts_.now.wall;
  ++lead.overflows;
  change.put(lead);
  change.tell(EventType::lead_moved, lead, {.from = before});
  watchLead(lead);
}

void Desk::overflow(Reply done) {
  ready(std::move(done), [this](Reply done) {
    std::string out;
    JsonText json(out);
    json.begin('{').key("moved").begin('[');
    std::vector<std::string> moved;
    std::size_t left = 0;
    Change change = this->change();
    for (const auto& [arrived, id] : queue_) {
      Lead& lead = leads_.find(id)->second;
      // One for which somebody is being found stays where it is looked for.
      if (held_.contains(id) || ruleOf(lead.queue).overflow_to.empty()) continue;
      if (moved.size() == overflow_max) {
        ++left;
        continue;
      }
      json.begin('{').key("lead_id").value(id).key("from").value(lead.queue);
      moveOn(change, lead);
      json.key("to").value(lead.queue).end('}');
      moved.push_back(id);
    }
    json.end(']').key("left").value(left).end('}');
    commit(std::move(change), std::move(done), std::move(out));
    for (const std::string& id : moved) lookFor(id, Trigger::overflow);
  });
}

}  // namespace atrium
