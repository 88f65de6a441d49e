#include <charconv>
#include <utility>

#include "protocol/errors.hpp"
#include "rest/rest_handler.hpp"

// The handlers of what admins do with plugins.
namespace atrium {

void RestHandler::plugins(Call call) {
  parts_.reports.make([&node = parts_.node] { return node.pluginsJson(); },
                      [reply = std::move(call.reply)](Result<std::string> text) mutable {
                        if (!text) return reply.problem(text.error());
                        reply.json(*std::move(text));
                      });
}

void RestHandler::readPlugin(Call call) {
  const std::string& id = call.routing.parameters.front();
  if (auto plugin = parts_.plugins.pluginJson(id)) return call.reply.json(*std::move(plugin));
  call.reply.problem({Code::not_found, "There is no plugin of this id.", 0, {}});
}

void RestHandler::pluginEvents(Call call) {
  std::uint64_t after = 0;
  std::string text;
  if (call.request.parameter("after", text)) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), after);
    if (error != std::errc{} || end != text.data() + text.size())
      return call.reply.problem({Code::validation_failed, "The query has wrong parameters.", 0, {{"/after", "must be a whole number"}}});
  }
  call.reply.json(parts_.plugins.eventsJson(after));
}

void RestHandler::controlPlugins(Call call, PluginCommand::Verb verb) {
  PluginCommand command{.verb = verb, .by = call.caller->user_id};
  if (!call.routing.parameters.empty()) command.plugin = call.routing.parameters.front();
  if (verb == PluginCommand::Verb::configure) {
    const std::optional<JsonView> body = bodyOf(call);
    if (!body) return;
    if (!body->isObject())
      return call.reply.problem({Code::validation_failed, "The options are a JSON object.", 0, {{"", "must be an object"}}});
    command.config = std::string(body->raw());
  }
  parts_.plugins.run(std::move(command), [reply = std::move(call.reply)](Result<std::string> done) mutable {
    if (!done) return reply.problem(done.error());
    reply.json(*std::move(done));
  });
}

}  // namespace atrium
