#include "app/edge.hpp"

#include "app/settings_map.hpp"

namespace atrium {

Kernel::Edge::Edge(const Parts& parts, TokenVerifier token_verifier)
    : verifier(std::move(token_verifier)),
      calls({.workers = parts.workers,
             .shards = parts.shards,
             .shard = parts.index,
             .timers = parts.loop.timers(),
             .now = parts.loop.now(),
             .metrics = parts.loop.metrics()}),
      judgements({.workers = parts.judges,
                  .shards = parts.shards,
                  .shard = parts.index,
                  .timers = parts.loop.timers(),
                  .now = parts.loop.now(),
                  .metrics = parts.loop.metrics()}),
      judges(parts.plugins.registry(), judgements, parts.loop.now(), parts.log),
      tokens(verifier, judges, parts.loop.now(), parts.loop.metrics()),
      ui(parts.plugins.registry(), calls),
      commands(parts.plugins.registry(), calls, parts.desk),
      types(parts.plugins.makeTypes(&parts.loop)),
      store(parts.store.makeStore(parts.index)),
      shard({.index = parts.index,
             .shards = parts.shards,
             .store = *store,
             .types = *types,
             .tokens = tokens,
             .timers = parts.loop.timers(),
             .now = parts.loop.now(),
             .clock = parts.clock,
             .metrics = parts.loop.metrics(),
             .log = parts.log,
             .seed = Random::seedFromSystem(),
             .commands = &commands,
             .listeners = &parts.interest},
            engineOptions(parts.settings)),
      control(parts.index, parts.shards, parts.control, parts.plugins, parts.carry_out),
      sinks(parts.index, parts.shards, parts.board, parts.sinks, parts.log),
      policy_books(*store, parts.log, parts.loop.metrics(), parts.policy_base),
      policies({.index = parts.index,
                .shards = parts.shards,
                .books = parts.policy_books,
                .registry = parts.plugins.registry(),
                .log = parts.log}),
      reports(parts.index, parts.shards, parts.reports),
      rest({.shard = shard,
            .tokens = tokens,
            .ui = ui,
            .origins = parts.origins,
            .node = parts.node,
            .plugins = control,
            .sinks = sinks,
            .policies = policies,
            .reports = reports,
            .now = parts.loop.now(),
            .metrics = parts.loop.metrics(),
            .log = parts.log},
           restOptions(parts.settings)),
      front(rest, parts.settings.ops.echo_path),
      transport(std::make_unique<Transport>(parts.loop, parts.limits, parts.budget, front)) {
  // What was sent in a turn is handed to the store; deliveries leave; what they reached is found out and confirmed; confirmations leave.
  parts.loop.atTurnEnd([this] { shard.submit(); });
  parts.loop.atTurnEnd([this] { transport->flush(); });
  parts.loop.atTurnEnd([this] { shard.settle(); });
  parts.loop.atTurnEnd([this] { transport->flush(); });
}

}  // namespace atrium
