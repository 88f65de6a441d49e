#include "validator/probe.hpp"

#include <algorithm>

namespace atrium::validate {

namespace {

using Names = std::span<const std::string_view>;

template <std::size_t size>
constexpr Names names(const std::string_view (&list)[size]) {
  return list;
}

constexpr std::string_view loading[] = {"load.opens",   "load.constructors", "load.creates",     "load.destroys",
                                        "load.heap",    "load.descriptors",  "load.threads",     "load.surroundings",
                                        "load.unloads", "contract.entry",    "contract.defaults"};
constexpr std::string_view thread_locals[] = {"load.thread-local"};
constexpr std::string_view contract[] = {"contract.extensions", "contract.identity",    "contract.unknown-extension",
                                         "contract.same-table", "contract.struct-size", "contract.names",
                                         "contract.hooks",      "contract.constants"};
constexpr std::string_view options[] = {"contract.option-bounds", "contract.refusal"};
constexpr std::string_view services[] = {"contract.no-services", "contract.host-size"};
constexpr std::string_view instances[] = {"contract.instances"};
constexpr std::string_view calls[] = {"calls.crash",
                                      "calls.hang",
                                      "calls.exit",
                                      "calls.fork",
                                      "calls.exception",
                                      "calls.status",
                                      "calls.quiet",
                                      "reply.reason",
                                      "reply.field",
                                      "reply.annotation",
                                      "reply.content",
                                      "reply.audience",
                                      "reply.patch",
                                      "routing-scorer.range",
                                      "routing-scorer.reason",
                                      "alert-rule.alert",
                                      "message-type.summary",
                                      "assistant.pieces",
                                      "assistant.once",
                                      "command.result",
                                      "command.once",
                                      "event-sink.accepted",
                                      "event-sink.dead-letter",
                                      "authenticator.accept",
                                      "authenticator.principal",
                                      "authenticator.secrecy",
                                      "http-ui.response"};
constexpr std::string_view kinds[] = {"message-type.settled", "bus.delivery", "storage-backend.log", "storage-backend.documents"};
constexpr std::string_view read_only[] = {"calls.input-unchanged"};
constexpr std::string_view borrowed[] = {"calls.borrowed"};
constexpr std::string_view repeats[] = {"calls.deterministic", "calls.pure"};
constexpr std::string_view call_heap[] = {"calls.heap"};
constexpr std::string_view state[] = {"state.export", "state.import", "state.foreign"};
constexpr std::string_view self_test[] = {"self-test.passes"};
constexpr std::string_view threads[] = {"threads.safe", "threads.answers", "threads.own"};
constexpr std::string_view hostile_texts[] = {"hostile.texts", "hostile.answers"};
constexpr std::string_view hostile_json[] = {"hostile.json", "hostile.answers"};
constexpr std::string_view hostile_large[] = {"hostile.large", "hostile.answers"};
constexpr std::string_view deadlines[] = {"time.deadline"};
constexpr std::string_view cancelling[] = {"time.cancel"};
constexpr std::string_view swapping[] = {"swap.load", "swap.state"};
constexpr std::string_view placement[] = {"swap.placement"};
constexpr std::string_view fuzz[] = {"fuzz.survives"};
constexpr std::string_view chaos_services[] = {"chaos.services"};
constexpr std::string_view chaos_clock[] = {"chaos.clock"};
constexpr std::string_view chaos_kill[] = {"chaos.kill"};

// Without these, there is no instance to look at.
constexpr std::string_view instance[] = {"load.opens",   "load.constructors", "load.creates",     "load.destroys",
                                         "load.threads", "contract.entry",    "contract.defaults"};
// Without these, every call would tell the same again.
constexpr std::string_view callable[] = {
    "load.opens",          "load.constructors",    "load.creates",   "load.destroys", "load.threads", "contract.entry", "contract.defaults",
    "contract.extensions", "contract.struct-size", "contract.hooks", "calls.crash",   "calls.hang",   "calls.exit",     "calls.fork",
    "calls.exception",     "calls.status",         "assistant.once", "command.once",  "threads.own"};
// What pins it is told once.
constexpr std::string_view swappable[] = {
    "load.opens",        "load.constructors",   "load.creates",         "load.destroys",  "load.threads", "contract.entry",
    "contract.defaults", "contract.extensions", "contract.struct-size", "contract.hooks", "calls.crash",  "calls.hang",
    "calls.exit",        "calls.fork",          "calls.exception",      "calls.status",   "load.unloads", "load.thread-local",
    "threads.safe",      "state.export",        "state.import",         "assistant.once", "command.once", "threads.own"};

constexpr Probe probes[] = {
    {"loading", 2, names(loading), {}, probeLoading},
    {"contract", 3, names(contract), names(instance), probeContract},
    {"options", 3, names(options), names(instance), probeOptions},
    {"calls", 4, names(calls), names(callable), probeCalls},
    {"kinds", 4, names(kinds), names(callable), probeKinds},
    {"services", 3, names(services), names(callable), probeServices},
    {"instances", 3, names(instances), names(callable), probeInstances},
    {"read-only", 4, names(read_only), names(callable), probeReadOnly},
    {"borrowed", 4, names(borrowed), names(callable), probeBorrowed},
    {"repeats", 4, names(repeats), names(callable), probeRepeats},
    {"call-heap", 4, names(call_heap), names(callable), probeCallHeap},
    {"state", 4, names(state), names(callable), probeState},
    {"self-test", 4, names(self_test), names(callable), probeSelfTest},
    {"threads", 5, names(threads), names(callable), probeThreads},
    {"thread-locals", 2, names(thread_locals), names(swappable), probeThreadLocals},
    {"hostile-texts", 6, names(hostile_texts), names(callable), probeHostileTexts},
    {"hostile-json", 6, names(hostile_json), names(callable), probeHostileJson},
    {"hostile-large", 6, names(hostile_large), names(callable), probeHostileLarge},
    {"deadlines", 7, names(deadlines), names(callable), probeDeadlines},
    {"cancel", 7, names(cancelling), names(callable), probeCancel},
    {"swap", 8, names(swapping), names(swappable), probeSwap},
    {"placement", 8, names(placement), names(swappable), probePlacement},
    {"fuzz", 9, names(fuzz), names(callable), probeFuzz},
    {"chaos-services", 10, names(chaos_services), names(callable), probeChaosServices},
    {"chaos-clock", 10, names(chaos_clock), names(callable), probeChaosClock},
    {"chaos-kill", 10, names(chaos_kill), names(callable), probeChaosKill},
};

}  // namespace

std::span<const Probe> allProbes() { return probes; }

Loaded load(Check& check, FakeHost::Manner manner) {
  Loaded loaded;
  loaded.image = Image::load(check);
  if (loaded.image) loaded.instance = Instance::createDefault(*loaded.image, check, manner);
  return loaded;
}

bool asksOtherServers(const Manifest& manifest) {
  return std::ranges::any_of(manifest.grants, [](const std::string& grant) { return grant.starts_with("http:"); });
}

std::vector<Scenario> scenarios(const Check& check, const Instance& instance, Shape shape, std::size_t each, std::uint64_t salt) {
  std::vector<Scenario> all;
  InputMaker maker(check.facts(), check.random(salt), shape);
  for (const Driver* driver : driversOf(check.facts().manifest))
    for (const Hook& hook : driver->hooks(instance))
      for (std::size_t n = 0; n < each; ++n) all.push_back({driver, hook, driver->input(maker, hook)});
  return all;
}

}  // namespace atrium::validate
