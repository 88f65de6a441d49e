#pragma once

#include <string>
#include <string_view>

#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

// An object with the members of these two; of one that both have, that of `over`. One that is absent counts as empty.
[[nodiscard]] inline std::string mergedObject(const JsonView& under, const JsonView& over) {
  std::string out = "{", scratch;
  const auto append = [&](std::string_view key, const JsonView& value) {
    if (out.size() > 1) out += ',';
    JsonWriter<std::string>(out).value(key);
    out += ':';
    out += value.raw();
  };
  for (JsonView member = under.first(); member.exists(); member = member.sibling(under))
    if (const std::string_view key = member.key(scratch); !over[key].exists()) append(key, member);
  for (JsonView member = over.first(); member.exists(); member = member.sibling(over)) append(member.key(scratch), member);
  return out += '}';
}

}  // namespace atrium
