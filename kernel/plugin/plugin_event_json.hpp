#pragma once

#include <string_view>

#include "plugin/plugin_journal.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

// The members of a PluginEvent of schemas.yaml, which are those of the event plugin_state, too; the braces are the caller's.
template <typename Out>
void writeMembers(JsonWriter<Out>& json, const PluginEvent& event) {
  json.key("number").value(event.number).key("at").time(event.at).key("plugin").value(std::string_view(event.plugin));
  json.key("version").value(std::string_view(event.version)).key("generation").value(event.generation);
  json.key("state").value(word(event.state)).key("reason").value(std::string_view(event.reason));
}

}  // namespace atrium
