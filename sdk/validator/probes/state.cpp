// Level 4: what one generation hands to the next, and how it tests itself.
#include <fmt/format.h>

#include <algorithm>

#include "config/source_text.hpp"
#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

constexpr std::uint32_t foreign_format = 0xF0F0F0F0;

struct State {
  atrium_status status = ATRIUM_FAILED;
  std::string bytes;
};

State exported(Check& check, const atrium_state& table, const Instance& instance) {
  State state;
  Collector out(ATRIUM_STATE_MAX);
  check.doing(Survival("state.export"), "export_state()");
  try {
    state.status = table.export_state(instance.self(), out.sink());
  } catch (...) {
    check.fail("calls.exception", "a status from export_state", "an exception");
  }
  state.bytes = out.text();
  if (state.status != ATRIUM_OK) check.fail("state.export", "ATRIUM_OK", fmt::format("status {}", state.status));
  if (out.over()) check.fail("state.export", fmt::format("at most {} bytes", ATRIUM_STATE_MAX), "more");
  return state;
}

atrium_status imported(Check& check, const char* rule, const atrium_state& table, const Instance& instance, std::uint32_t format,
                       std::string_view bytes) {
  check.doing(Survival(rule), "import_state()");
  try {
    return table.import_state(instance.self(), format, {bytes.data(), bytes.size()});
  } catch (...) {
    check.fail("calls.exception", "a status from import_state", "an exception");
    return ATRIUM_FAILED;
  }
}

// The same bytes in any order: a table without order exports its rows as they lie.
std::string sorted(std::string bytes) {
  std::ranges::sort(bytes);
  return bytes;
}

void checkForeign(Check& check, const Image& image, const State& state) {
  auto instance = Instance::createDefault(image, check);
  if (!instance) return;
  const auto table = instance->table<atrium_state>(ATRIUM_EXT_STATE);
  if (imported(check, "state.foreign", *table, *instance, foreign_format, state.bytes) == ATRIUM_OK)
    check.fail("state.foreign", "ATRIUM_UNSUPPORTED for a format it never wrote", "ATRIUM_OK");
  Random random = check.random(51);
  // Cut and scrambled bytes may be refused or taken; they may not do harm.
  for (int n = 0; n < 30; ++n) {
    std::string bytes = state.bytes.substr(0, random.below(state.bytes.size() + 1));
    for (std::uint64_t flips = random.below(6); flips > 0 && !bytes.empty(); --flips)
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    auto fresh = Instance::createDefault(image, check);
    if (!fresh) return;
    static_cast<void>(imported(check, "state.foreign", *table, *fresh, table->format, bytes));
    check.doing(Survival("state.foreign"), "destroy() after bytes that made no sense");
  }
}

}  // namespace

void probeState(Check& check) {
  check.doing(Survival("state.export"), "loading");
  Loaded old = load(check);
  if (!old) return;
  const auto table = old.instance->table<atrium_state>(ATRIUM_EXT_STATE);
  if (!table) {
    for (const char* rule : {"state.export", "state.import", "state.foreign"})
      check.skip(rule, "the plugin keeps no state (atrium.state/1)");
    return;
  }
  if (!table->export_state || !table->import_state) return check.fail("state.export", "both functions of atrium.state/1", "a NULL");
  Loan loan;
  const auto all = scenarios(check, *old.instance, Shape::plain, 10, 52);
  const std::size_t half = all.size() / 2;
  for (std::size_t n = 0; n < half; ++n) static_cast<void>(perform(check, *old.instance, *all[n].driver, all[n].hook, all[n].input, loan));
  const State state = exported(check, *table, *old.instance);
  if (state.status != ATRIUM_OK) return;
  if (sorted(exported(check, *table, *old.instance).bytes) != sorted(state.bytes))
    check.fail("state.export", "the same state a second time", "another");

  Loaded fresh = load(check);
  if (!fresh) return;
  const auto other = fresh.instance->table<atrium_state>(ATRIUM_EXT_STATE);
  const atrium_status status = imported(check, "state.import", *other, *fresh.instance, table->format, state.bytes);
  if (status != ATRIUM_OK) return check.fail("state.import", "ATRIUM_OK for what it exported itself", fmt::format("status {}", status));
  if (sorted(exported(check, *other, *fresh.instance).bytes) != sorted(state.bytes))
    check.fail("state.import", fmt::format("the {} bytes that were imported to be exported again", state.bytes.size()), "others");
  for (std::size_t n = half; n < all.size(); ++n) {
    const Answer before = perform(check, *old.instance, *all[n].driver, all[n].hook, all[n].input, loan);
    const Answer after = perform(check, *fresh.instance, *all[n].driver, all[n].hook, all[n].input, loan);
    if (all[n].hook.repeats && !(before == after))
      check.fail("state.import", fmt::format("{} to answer as the old instance does: {}", all[n].hook.name, shown(before.said)),
                 shown(after.said));
  }
  checkForeign(check, *fresh.image, state);
  check.lookedAtAll();
}

void probeSelfTest(Check& check) {
  check.doing(Survival("self-test.passes"), "its self-test");
  Loaded loaded = load(check);
  if (!loaded) return;
  const auto table = loaded.instance->table<atrium_self_test>(ATRIUM_EXT_SELF_TEST);
  if (!table) return check.skip("self-test.passes", "the plugin has none (atrium.self-test/1)");
  if (!table->run) return check.fail("self-test.passes", "a function", "NULL");
  Collector why(64 * 1024);
  atrium_status status = ATRIUM_FAILED;
  try {
    status = table->run(loaded.instance->self(), why.sink());
  } catch (...) {
    return check.fail("self-test.passes", "a status", "an exception");
  }
  if (status == ATRIUM_OK) return check.lookedAtAll();
  check.fail(
      "self-test.passes", "a fresh instance that would do its work",
      why.text().empty() || !validUtf8(why.text()) ? fmt::format("status {} without a sentence of UTF-8", status) : shown(why.text()));
}

}  // namespace atrium::validate
