#include <algorithm>
#include <array>

#include "validator/rule.hpp"

namespace atrium::validate {

namespace {

constexpr std::string_view page = "docs/plugins/validator.md";
constexpr std::string_view plugins = "docs/plugins/README.md";
constexpr std::string_view abi = "sdk/include/atrium/abi.h";
constexpr std::string_view plugin_h = "sdk/include/atrium/plugin.h";
constexpr std::string_view host_h = "sdk/include/atrium/host.h";
constexpr std::string_view room_h = "sdk/include/atrium/room.h";
constexpr std::string_view state_h = "sdk/include/atrium/ext/state.h";
constexpr std::string_view message_type_h = "sdk/include/atrium/ext/message_type.h";
constexpr std::string_view scorer_h = "sdk/include/atrium/ext/routing_scorer.h";
constexpr std::string_view alert_h = "sdk/include/atrium/ext/alert_rule.h";
constexpr std::string_view assistant_h = "sdk/include/atrium/ext/assistant.h";
constexpr std::string_view command_h = "sdk/include/atrium/ext/command.h";
constexpr std::string_view completion_h = "sdk/include/atrium/completion.h";
constexpr std::string_view sink_h = "sdk/include/atrium/ext/event_sink.h";
constexpr std::string_view authenticator_h = "sdk/include/atrium/ext/authenticator.h";
constexpr std::string_view ui_h = "sdk/include/atrium/ext/http_ui.h";
constexpr std::string_view bus_h = "sdk/include/atrium/ext/bus.h";
constexpr std::string_view storage_h = "sdk/include/atrium/ext/storage_backend.h";

constexpr Rule rules[] = {
    {"file.readable", 1, "", "It is a regular file of at most 64 MiB and no symbolic link.", plugins},
    {"file.mode", 1, "", "It belongs to root or to who runs it, and nobody else may write to it.", plugins},
    {"file.elf", 1, "", "It is a complete 64-bit shared library for this machine.", plugins},
    {"file.manifest", 1, "", "It carries one manifest, and the manifest is valid.", plugins},
    {"file.seal", 1, "", "Its seal is whole: nothing was changed after it was built.", plugin_h},
    {"file.interface", 1, "", "It was built for an interface that this SDK has.", abi},
    {"file.build-id", 1, "", "It has a build id, by which a report of a crash finds its symbols.", page},
    {"file.exports", 1, "", "It exports atrium_entry and nothing else.", plugin_h},
    {"file.unique", 1, "", "It has no STB_GNU_UNIQUE symbol, which would keep it in memory for ever.", page},
    {"file.no-delete", 1, "", "It is not marked NODELETE, which would keep it in memory for ever.", page},
    {"file.text-relocations", 1, "", "Loading it does not write into its code.", page},
    {"file.run-path", 1, "", "It has no RPATH or RUNPATH: what it loads does not depend on where it was built.", page},
    {"file.stack", 1, "", "It does not ask for an executable stack.", page},
    {"file.needed", 1, "", "It needs only libraries that every server may have, by name and not by path.", page},

    {"load.opens", 2, "", "The system loads it, and its constructors return.", plugins},
    {"load.constructors", 2, "", "Its constructors are quick and quiet: under a second, no thread, no descriptor, no output.", page},
    {"load.creates", 2, "", "create() returns, and makes an instance when it says so.", plugin_h},
    {"load.destroys", 2, "", "destroy() returns.", plugin_h},
    {"load.heap", 2, "", "A hundred instances made and ended leave no memory behind.", page},
    {"load.descriptors", 2, "", "Instances made and ended leave no descriptor open.", page},
    {"load.threads", 2, "", "destroy() ends every thread that the instance started.", abi},
    {"load.surroundings", 2, "", "It leaves the process as it was: signal handlers, working directory, file mask, locale.", page},
    {"load.unloads", 2, "", "After destroy() its code leaves the process.", page},
    {"load.thread-local", 2, "", "Its code leaves the process although threads that called it live on.", page},

    {"contract.entry", 3, "", "atrium_entry is complete: its size, its three functions.", plugin_h},
    {"contract.identity", 3, "", "Code and manifest agree on id, version and interface.", plugin_h},
    {"contract.defaults", 3, "", "create() accepts the options as the manifest completes them.", plugin_h},
    {"contract.option-bounds", 3, "", "create() accepts each number at its bounds, each choice and both values of a boolean.", plugins},
    {"contract.refusal", 3, "", "A create() that refuses says why in one sentence of UTF-8, and leaves *out alone.", plugin_h},
    {"contract.unknown-extension", 3, "", "get_extension() answers NULL to an id it does not know.", plugin_h},
    {"contract.extensions", 3, "", "It has a table for each extension of its manifest, and for no other kind.", plugin_h},
    {"contract.same-table", 3, "", "get_extension() gives the same table each time.", plugin_h},
    {"contract.struct-size", 3, "", "Its tables and constants state a size that covers what the interface asks for.", abi},
    {"contract.names", 3, "", "Code and manifest give the extension the same name.", plugin_h},
    {"contract.hooks", 3, "", "It has the functions its manifest lists and its kind requires.", plugins},
    {"contract.constants", 3, "", "The constants of its extensions are within their ranges.", page},
    {"contract.host-size", 3, "", "It reads nothing of the host's structs beyond the size they state.", abi},
    {"contract.no-services", 3, "", "It lives with a host that grants no service: create() works or refuses, and calls return.", host_h},
    {"contract.instances", 3, "", "Two instances at once do not disturb each other.", abi},

    {"calls.crash", 4, "", "A call does not crash.", abi},
    {"calls.hang", 4, "", "A call returns.", abi},
    {"calls.exit", 4, "", "A call does not end the process.", abi},
    {"calls.fork", 4, "", "A call starts no process.", page},
    {"calls.exception", 4, "", "No exception leaves the plugin.", abi},
    {"calls.status", 4, "",
     "A call answers with a status that exists and not with ATRIUM_FATAL, nor sound input with a failure: stores, buses, sinks and "
     "authenticators may fail, commands and assistants not each time.",
     abi},
    {"calls.input-unchanged", 4, "", "It does not write to what it was lent.", abi},
    {"calls.borrowed", 4, "", "It does not touch what it was lent after the call returned.", abi},
    {"calls.deterministic", 4, "", "Two instances answer the same calls at the same times in the same way.", page},
    {"calls.pure", 4, "", "What the interface calls pure answers the same call twice in the same way.", scorer_h},
    {"calls.heap", 4, "", "A call made a thousand times leaves no memory behind.", page},
    {"calls.quiet", 4, "", "It writes neither to standard output nor to standard error.", page},
    {"reply.reason", 4, "", "A refusal's reason is UTF-8, at most 1,000 bytes and not empty.", room_h},
    {"reply.field", 4, "", "A refused field is a JSON pointer of at most 300 bytes.", room_h},
    {"reply.annotation", 4, "", "Annotations have a key of 1 to 128 bytes and one JSON value of at most 4,096, sixteen in all.", room_h},
    {"reply.content", 4, "", "New content is UTF-8 of at most 65,536 bytes.", room_h},
    {"reply.audience", 4, "", "Audience classes are sender, role:<role> or user:<id>, at most four.", room_h},
    {"reply.patch", 4, "", "Patches point to /metadata or below and hold one JSON value of at most 4,096 bytes, sixteen in all.", room_h},
    {"message-type.summary", 4, "message-type", "A summary is one line of UTF-8, 1 to 200 bytes.", message_type_h},
    {"message-type.settled", 4, "message-type", "check() leaves content and metadata alone that it has normalised before.", message_type_h},
    {"routing-scorer.range", 4, "routing-scorer", "A score is a number up to 1.0; a negative one abstains.", scorer_h},
    {"routing-scorer.reason", 4, "routing-scorer", "A reason is UTF-8 of at most 200 bytes.", scorer_h},
    {"alert-rule.alert", 4, "alert-rule", "An alert has a title, a severity that exists, finite values and texts within their bounds.",
     alert_h},
    {"assistant.pieces", 4, "assistant", "Pieces and the result are UTF-8 within their bounds, and the result is an object or empty.",
     assistant_h},
    {"assistant.once", 4, "assistant", "Each answer is completed, once, and nothing comes behind it.", completion_h},
    {"command.result", 4, "command", "Results and progress are UTF-8 within their bounds, and a result that begins with { is JSON.",
     command_h},
    {"command.once", 4, "command", "Each run is completed, once, and nothing comes behind it.", completion_h},
    {"event-sink.accepted", 4, "event-sink", "*accepted is at most the count of the batch, and less with ATRIUM_INVALID.", sink_h},
    {"event-sink.dead-letter", 4, "event-sink", "An event that is refused for good comes with one sentence of UTF-8.", sink_h},
    {"authenticator.accept", 4, "authenticator", "ATRIUM_OK comes with exactly one accept(), anything else with none.", authenticator_h},
    {"authenticator.principal", 4, "authenticator", "A principal has ids, roles and an end that lies ahead, within their bounds.",
     authenticator_h},
    {"authenticator.secrecy", 4, "authenticator", "A reason for the log is UTF-8 and does not repeat the token.", authenticator_h},
    {"http-ui.response", 4, "http-ui", "A response has a status of 200 to 599 but 304, sound headers, and at most 1 MiB.", ui_h},
    {"bus.delivery", 4, "bus",
     "What one instance publishes comes to who subscribed at another, unaltered, not from within a call of the bus, and not after "
     "unsubscribe().",
     bus_h},
    {"storage-backend.log", 4, "storage-backend", "A room's log numbers from 1 without a gap, knows repeats and gives pages in order.",
     storage_h},
    {"storage-backend.documents", 4, "storage-backend", "Documents keep their versions, and a refused batch changes nothing.", storage_h},
    {"state.export", 4, "", "export_state() answers within its bound and leaves the instance as it was.", state_h},
    {"state.import", 4, "", "A new instance takes what an old one exported, and exports the same again.", state_h},
    {"state.foreign", 4, "", "import_state() refuses a format it does not know, and bytes that make no sense, without harm.", state_h},
    {"self-test.passes", 4, "", "A fresh instance passes its own test, and one that fails says why.", state_h},

    {"threads.safe", 5, "", "Several threads may call it at once, as its tags say.", abi},
    {"threads.answers", 5, "", "Called by several threads at once it answers as it does when called by one.", abi},
    {"threads.own", 5, "", "Threads it started for its calls end with destroy().", abi},

    {"hostile.texts", 6, "", "It lives with texts that are empty, long, or of odd characters.", abi},
    {"hostile.json", 6, "", "It lives with JSON that is deep, wide, escaped, of other types or of extreme numbers.", abi},
    {"hostile.large", 6, "", "It lives with 64 KiB to 1 MiB of input.", abi},
    {"hostile.answers", 6, "", "Odd input is answered or refused, and not with a failure.", abi},

    {"time.deadline", 7, "", "99 of 100 calls end within their deadline.", abi},
    {"time.cancel", 7, "", "A call that is cancelled is still completed, once, before its deadline.", completion_h},

    {"swap.load", 8, "", "Generations follow each other 200 times while it is called: no call fails, each old one leaves.", page},
    {"swap.state", 8, "", "State is handed from generation to generation under calls.", state_h},
    {"swap.placement", 8, "", "Isolated in a runner it answers as it does in process.", page},

    {"fuzz.survives", 9, "", "It survives what a seeded grammar makes of its inputs, and keeps its contract.", page},

    {"chaos.services", 10, "", "It lives with services that refuse, fail and answer late.", host_h},
    {"chaos.clock", 10, "", "It lives with a clock that stands, jumps ahead and steps back.", page},
    {"chaos.kill", 10, "", "Killed in the middle of a call, it starts again.", page},
};

constexpr std::array<std::string_view, level_max> level_names = {"file",          "load", "contract", "behaviour", "threads",
                                                                 "hostile input", "time", "swap",     "fuzz",      "chaos"};

}  // namespace

std::span<const Rule> allRules() { return rules; }

const Rule* findRule(std::string_view id) {
  const auto* found = std::ranges::find(rules, id, &Rule::id);
  return found == std::end(rules) ? nullptr : found;
}

std::string_view levelName(int level) {
  return level >= 1 && level <= level_max ? level_names[static_cast<std::size_t>(level - 1)] : std::string_view();
}

}  // namespace atrium::validate
