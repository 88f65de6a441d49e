#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "plugin/isolated/payload.hpp"
#include "plugin/isolated/sandbox.hpp"

namespace atrium {

// What a runner is told first: which file to load, and how. A value.
struct LoadOrder {
  std::string library_file;  // Absolute; the server's private copy, which stays.
  std::string options;       // Checked configuration: one JSON object.
  LogLevel log_level = LogLevel::info;
  SandboxRules sandbox;
  bool probe = false;  // Load, try, unload and end.

  [[nodiscard]] std::string encode() const {
    PayloadWriter out;
    out.text(library_file).text(options).number(static_cast<std::uint8_t>(log_level)).number(sandbox.memory_bytes);
    out.number(static_cast<std::uint8_t>(sandbox.network)).number(static_cast<std::uint8_t>(probe));
    return out.take();
  }
  [[nodiscard]] static std::optional<LoadOrder> decode(std::string_view bytes) {
    PayloadReader in(bytes);
    LoadOrder order;
    order.library_file = in.text();
    order.options = in.text();
    order.log_level = static_cast<LogLevel>(in.number<std::uint8_t>());
    order.sandbox.memory_bytes = in.number<std::uint64_t>();
    order.sandbox.network = in.number<std::uint8_t>() != 0;
    order.probe = in.number<std::uint8_t>() != 0;
    if (!in.whole() || !in.atEnd() || order.log_level > LogLevel::error) return std::nullopt;
    return order;
  }
};

}  // namespace atrium
