#include <charconv>
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
  ListTips query{.limit = tip_pages.fallback};
  static_cast<void>(call.request.parameter("agent_id", query.agent_id));
  static_cast<void>(call.request.parameter("cursor", query.cursor));
  std::string limit;
  if (call.request.parameter("limit", limit)) {
    const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), query.limit);
    if (error != std::errc{} || end != limit.data() + limit.size() || query.limit < 1 || query.limit > tip_pages.most)
      return call.reply.problem({Code::validation_failed,
                                 "The query has wrong parameters.",
                                 0,
                                 {{"/limit", "must be a whole number from 1 to " + std::to_string(tip_pages.most)}}});
  }
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
