#include "engine/hook_row.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "engine/hook_request.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

// A row that more than one has to be asked of: the first may answer later, when the views of the call have gone.
struct Asking {
  HookRequest request;
  std::vector<HookTarget*> left;
  std::size_t next = 0;
  HookDone done;
};

void askNext(std::shared_ptr<Asking> asking) {
  HookTarget& target = *asking->left[asking->next++];
  const OpenedCall opened = asking->request.open();
  const HookCall call = opened.call();
  target.call(call, [asking = std::move(asking)](HookOutcome outcome) mutable {
    if (outcome.refused || asking->next == asking->left.size()) return std::exchange(asking->done, nullptr)(std::move(outcome));
    askNext(std::move(asking));
  });
}

}  // namespace

void askRow(std::span<HookTarget* const> row, const HookCall& call, HookDone done) {
  HookTarget* only = nullptr;
  std::vector<HookTarget*> more;
  for (HookTarget* target : row) {
    if (!target->hooks().has(call.hook)) continue;
    if (!only) {
      only = target;
      continue;
    }
    if (more.empty()) more.push_back(only);
    more.push_back(target);
  }
  if (!only) return done({});
  if (more.empty()) return only->call(call, std::move(done));
  askNext(std::make_shared<Asking>(Asking{HookRequest(call), std::move(more), 0, std::move(done)}));
}

void tellRow(std::span<HookTarget* const> row, const HookCall& call, MetricSet& metrics) {
  for (HookTarget* target : row)
    if (target->hooks().has(call.hook))
      target->call(call, [&metrics](const HookOutcome& outcome) {
        if (outcome.refused && !outcome.failed) metrics.add(Metric::hooks_dropped);
      });
}

}  // namespace atrium
