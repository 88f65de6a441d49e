#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/json_writer.hpp"

namespace atrium {

// Appends a message as clients see it: its position and then the members of the stored body, which is a JSON object without position.
// Whoever reads it has been handed it: hence the status.
template <typename Out>
void spliceMessage(Out& out, std::uint64_t seq, std::string_view epoch, std::string_view body) {
  JsonWriter json(out);
  json.begin('{').key("seq").value(seq).key("epoch").value(epoch).key("delivery_status").value("delivered");
  out.append(std::string_view(","));
  out.append(body.substr(1));
}

}  // namespace atrium
