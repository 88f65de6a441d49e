// What a loaded plugin says of settings that nobody has given a room yet, asked on the control thread and bounded in time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/hook_request.hpp"
#include "plugin/hook_reply.hpp"
#include "plugin/hook_tables.hpp"
#include "plugin/isolated/hook_answer.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/refusal.hpp"

namespace atrium {

namespace {

constexpr std::chrono::milliseconds runner_patience{5000};

std::string answerOfRunner(IsolatedPlugin& runner, const HookCall& call, HookOutcome& outcome) {
  std::vector<std::byte> request;
  encodeCall(call, request);
  const std::string_view bytes(reinterpret_cast<const char*>(request.data()), request.size());
  const IsolatedPlugin::Answer answer = runner.call(static_cast<std::uint32_t>(call.hook), word(call.hook), bytes, runner_patience, true);
  if (!answer.answered) return answer.why;
  JsonIndexer indexer;
  return readHookAnswer(call.hook, answer.status, answer.payload, indexer, outcome).text;
}

}  // namespace

std::string LoadedPlugin::askSettings(const HookCall& call, HookOutcome& outcome) {
  if (isolated_) return answerOfRunner(*isolated_, call, outcome);
  struct Question {
    Question(const HookCall& its_call, const LoadedPlugin& plugin) : request(its_call), tables(plugin, true, false) {}
    HookRequest request;
    HookTables tables;
    JsonIndexer indexer;
    HookReply reply{abilitiesOf(Hook::check_settings), indexer};
    std::string line;
    atrium_status status = ATRIUM_FAILED;
    bool threw = false;
  };
  const auto asked = std::make_shared<Question>(call, *this);
  const auto patience = environment_.patience / 6;
  const bool back = callBounded("check_settings", patience, [asked] {
    const OpenedCall opened = asked->request.open();
    try {
      asked->status = asked->tables.invoke(opened.call(), asked->reply.abi(), asked->line);
    } catch (...) {  // Nothing of the exception is kept: its type may live in the plugin's code.
      asked->threw = true;
    }
  });
  if (!back) return notBack("check_settings", patience);
  if (asked->threw) return "an exception came out of check_settings()";
  return takeOutcome(asked->status, asked->reply, std::move(asked->line), outcome).text;
}

}  // namespace atrium
