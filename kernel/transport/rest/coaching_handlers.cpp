#include <utility>

#include "protocol/errors.hpp"
#include "rest/rest_handler.hpp"

// The handlers of what helps agents: assistants, what became of their tips, and supervisors in conversations.
namespace atrium {

namespace {

constexpr PageLimits tip_pages{.fallback = 50, .most = 200};

auto answerText(Reply reply) {
  return [reply = std::move(reply)](Result<std::string> done) mutable {
    if (!done) return reply.problem(done.error());
    reply.json(*std::move(done));
  };
}

}  // namespace

void RestHandler::assist(Call call, bool names_task) {
  const auto body = bodyOf(call);
  if (!body) return;
  parts_.coaching.assist(std::move(call.caller), JsonDocument(*body), names_task, answerText(std::move(call.reply)));
}

void RestHandler::tips(Call call) {
  const auto limit = readLimit(call.request, tip_pages);
  if (!limit) return call.reply.problem(limit.error());
  ListTips query{.limit = *limit};
  static_cast<void>(call.request.parameter("agent_id", query.agent_id));
  static_cast<void>(call.request.parameter("cursor", query.cursor));
  parts_.coaching.list(std::move(call.caller), std::move(query), answerText(std::move(call.reply)));
}

void RestHandler::judgeTip(Call call, TipVerdict verdict) {
  parts_.coaching.judge(std::move(call.caller), call.routing.parameters.front(), verdict, answerText(std::move(call.reply)));
}

void RestHandler::readPrivacy(Call call) { parts_.coaching.readPrivacy(std::move(call.caller), answerText(std::move(call.reply))); }

void RestHandler::putPrivacy(Call call) {
  const auto body = bodyOf(call);
  if (!body) return;
  parts_.coaching.putPrivacy(std::move(call.caller), JsonDocument(*body), answerText(std::move(call.reply)));
}

void RestHandler::whisper(Call call) {
  const auto body = bodyOf(call);
  if (!body) return;
  const std::string& room_id = call.routing.parameters.front();
  parts_.coaching.whisper(std::move(call.caller), room_id, JsonDocument(*body), answerText(std::move(call.reply)));
}

void RestHandler::supervise(Call call, Supervision how) {
  parts_.coaching.supervise(std::move(call.caller), call.routing.parameters.front(), how, answerText(std::move(call.reply)));
}

}  // namespace atrium
