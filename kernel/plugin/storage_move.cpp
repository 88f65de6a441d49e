// Exchanging the storage's plugin: what it has open is its own, so the old generation ends before the new one begins, while whatever is
// written and read waits.
#include <fmt/format.h>

#include <utility>

#include "plugin/plugin_record.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::chrono::milliseconds store_patience{5000};

}  // namespace

// A new generation whose store is called from now on. Fails with one clause; then nothing of it is left.
Result<std::unique_ptr<PluginHost::Generation>> PluginHost::openStorage(const ResolvedPlugin& plugin, Record& record) {
  auto made = make(plugin, record);
  if (!made) return made;
  auto fit = (*made)->loaded->selfTest();
  if (fit) fit = store_->resume(*(*made)->loaded);
  if (fit) {
    (*made)->loaded->bound({});  // As of one that is there from the start: its end may take its time.
    return made;
  }
  note(record, (*made)->number, PluginState::rejected, fit.error().detail);
  endGeneration(record, *std::move(made));
  return fail(std::move(fit.error()));
}

Result<void> PluginHost::exchangeStorage(Move& move) {
  Record& record = *move.record;
  const std::string& id = move.shown.plugin;
  const auto refuse = [&id](std::string_view why) {
    return fail(Code::change_refused, fmt::format("The plugin {} stays as it is: {}. Nothing was changed.", id, why));
  };
  if (!store_) return refuse("the server does not serve yet");
  if (record.pinned >= Record::pinned_max) return refuse(record.pinnedTooOften());
  const Mono began = clock_.now().mono;
  if (auto parked = store_->park(store_patience); !parked) return refuse(parked.error().detail);

  auto former = record.current->recipe();
  registry_.withdraw(*record.current->loaded);
  std::unique_ptr<Generation> old;
  {
    const std::scoped_lock lock(mutex_);
    old = std::move(record.current);
    record.leaving.push_back(old->loaded.get());
    record.done_with = old->number;  // What is told of it from now on is told of a generation, not of the plugin.
  }
  note(record, former->number, PluginState::draining);
  old->loaded->bound(options_.call_patience);
  endGeneration(record, std::move(old));

  auto made = openStorage(move.plugin, record);
  const Result<void> opened = made ? Result<void>() : fail(made.error());
  if (!made) made = openStorage(former->resolved(), record);
  if (!made) {
    store_->giveUp();
    log_.error("storage.lost", {{"plugin", id}, {"new", opened.error().detail}, {"former", made.error().detail}});
    return fail(
        Code::change_refused,
        fmt::format("The storage cannot be opened any more: the plugin {} failed ({}), and so did the one before it ({}). What waited "
                    "was refused, and nothing is acknowledged any more: restart the server.",
                    id, opened.error().detail, made.error().detail));
  }
  move.shown.parked = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now().mono - began);
  registry_.publish(*(*made)->loaded, (*made)->found());
  {
    const std::scoped_lock lock(mutex_);
    install(record, *std::move(made));
    if (opened && !move.rollback) record.former = std::move(former);
  }
  if (!opened) return refuse(opened.error().detail);
  move.done = true;
  return {};
}

}  // namespace atrium
