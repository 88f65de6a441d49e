#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "plugin/isolated/payload.hpp"
#include "plugin/isolated/sandbox.hpp"

namespace atrium {

// What a runner is told first: which file to load, and how. A value.
struct LoadOrder {
  std::string library_file = {};  // Absolute; the server's private copy, which stays.
  std::string options = {};       // Checked configuration: one JSON object.
  LogLevel log_level = LogLevel::info;
  SandboxRules sandbox = {};
  std::vector<std::string> grants = {};  // What the operator granted, and gave it to know.
  std::map<std::string, std::string, std::less<>> secrets = {};
  bool probe = false;     // Load, try, unload and end.
  bool services = false;  // A line to the server's services comes next; otherwise those that need the server are NULL.
  bool jobs = false;      // Whether it may have threads of its own for jobs and timers.

  [[nodiscard]] std::string encode() const {
    PayloadWriter out;
    out.text(library_file).text(options).number(static_cast<std::uint8_t>(log_level)).number(sandbox.memory_bytes);
    out.number(static_cast<std::uint8_t>(sandbox.network)).number(static_cast<std::uint8_t>(probe));
    out.number(static_cast<std::uint8_t>(services)).number(static_cast<std::uint8_t>(jobs));
    out.number(static_cast<std::uint32_t>(grants.size()));
    for (const std::string& grant : grants) out.text(grant);
    out.number(static_cast<std::uint32_t>(secrets.size()));
    for (const auto& [name, secret] : secrets) out.text(name).text(secret);
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
    order.services = in.number<std::uint8_t>() != 0;
    order.jobs = in.number<std::uint8_t>() != 0;
    for (auto left = in.number<std::uint32_t>(); left > 0 && in.whole(); --left) order.grants.emplace_back(in.text());
    for (auto left = in.number<std::uint32_t>(); left > 0 && in.whole(); --left) {
      const std::string_view name = in.text();
      order.secrets.insert_or_assign(std::string(name), std::string(in.text()));
    }
    if (!in.whole() || !in.atEnd() || order.log_level > LogLevel::error) return std::nullopt;
    return order;
  }
};

}  // namespace atrium
