#include "plugin/sinks/sink_call.hpp"

#include <algorithm>

#include "plugin/plugin_text.hpp"

namespace atrium {

namespace {
constexpr std::size_t sink_reason_max = 300;  // bytes
}  // namespace

SinkOutcome deliverBatch(LoadedPlugin& plugin, const std::vector<SinkEvent>& batch, std::chrono::nanoseconds deadline) {
  std::vector<atrium_sink_event> events;
  std::vector<const atrium_sink_event*> pointers;
  events.reserve(batch.size());
  for (const SinkEvent& event : batch)
    events.push_back({.struct_size = sizeof(atrium_sink_event),
                      .attempt = event.attempts,
                      .offset = event.offset,
                      .at_ms = toMillis(event.at),
                      .event_id = textOf(event.event_id),
                      .type = textOf(event.type),
                      .tenant_id = textOf(event.tenant_id),
                      .data = textOf(event.data)});
  for (const atrium_sink_event& event : events) pointers.push_back(&event);

  SinkOutcome outcome;
  BoundedText why{{}, sink_reason_max};
  bool returned = false;
  const LoadedPlugin::GuardLoan guard = plugin.borrowGuard("deliver_batch", deadline);
  const atrium_status contained = guard->call([&] {
    outcome.status = plugin.extension<EventSinkKind>()->table.deliver_batch(
        plugin.self(), pointers.data(), static_cast<std::uint32_t>(pointers.size()), &outcome.accepted, why.sink());
    returned = true;
    return ATRIUM_OK;
  });
  if (contained != ATRIUM_OK || !returned) {
    plugin.report(*guard, "it threw an exception");
    return {ATRIUM_FAILED, 0, guard->lastRefused() ? "its breaker is open" : "it threw an exception"};
  }
  outcome.accepted = std::min(outcome.accepted, static_cast<std::uint32_t>(batch.size()));
  outcome.why = repaired(withoutHalf(std::string_view(why.text).substr(0, sink_reason_max)));
  return outcome;
}

}  // namespace atrium
