#include "cli/toolchain.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <ostream>

namespace atrium {

namespace {

// A program that building a plugin takes, and the Debian package it comes in.
struct Tool {
  std::string_view program;
  std::string_view package;
  std::string_view why;
  std::string_view variable = {};  // Names another program for it, as CMake has it.
};
constexpr std::array<Tool, 4> tools = {{{"cmake", "cmake", "configures a project"},
                                        {"ninja", "ninja-build", "builds it"},
                                        {"cc", "gcc", "compiles the manifest, and plugins in C", "CC"},
                                        {"c++", "g++", "compiles plugins in C++", "CXX"}}};

}  // namespace

std::optional<std::filesystem::path> findProgram(std::string_view program, const Environment& environment) {
  const auto path = environment.find("PATH");
  std::string_view rest = path == environment.end() ? "/usr/local/bin:/usr/bin:/bin" : std::string_view(path->second);
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const std::filesystem::path candidate = std::filesystem::path(rest.substr(0, colon)) / program;
    std::error_code problem;
    if (std::filesystem::is_regular_file(candidate, problem) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  }
  return std::nullopt;
}

namespace {

std::optional<std::filesystem::path> findTool(const Tool& tool, const Environment& environment) {
  const auto other = environment.find(tool.variable);
  if (other == environment.end() || other->second.empty()) return findProgram(tool.program, environment);
  if (other->second.front() == '/') return std::filesystem::path(other->second);
  return findProgram(other->second, environment);
}

}  // namespace

std::string asRoot(const std::string& command, const Environment& environment) {
  if (::geteuid() == 0) return command;
  return findProgram("sudo", environment) ? "sudo " + command : fmt::format("su -c '{}'", command);
}

std::string missingTools(const Environment& environment) {
  std::string packages;
  std::string programs;
  for (const Tool& tool : tools)
    if (!findTool(tool, environment)) {
      packages += fmt::format(" {}", tool.package);
      programs += fmt::format("{}{}", programs.empty() ? "" : ", ", tool.program);
    }
  if (packages.empty()) return {};
  return fmt::format("{} missing. This installs what a plugin takes to build:\n\n    {}\n",
                     programs + (programs.find(',') == std::string::npos ? " is" : " are"),
                     asRoot("apt-get install -y --no-install-recommends" + packages, environment));
}

CliExit doctor(const CliContext& context) {
  for (const Tool& tool : tools) {
    const auto found = findTool(tool, context.environment);
    context.out << fmt::format("{:<8}{:<10}{}\n", tool.program, found ? "found" : "missing",
                               found ? found->string() : std::string(tool.why));
  }
  // Without these a plugin is built all the same.
  const auto helper = [&](std::string_view what, const std::optional<std::filesystem::path>& found, std::string_view why,
                          const std::string& package) {
    context.out << fmt::format(
        "{:<8}{:<10}{}\n", what, found ? "found" : "missing",
        found ? found->string() : fmt::format("{}; {}", why, asRoot("apt-get install -y " + package, context.environment)));
  };
  std::error_code problem;
  const std::filesystem::path headers = "/usr/include/gtest";
  helper("gtest", std::filesystem::exists(headers / "gtest.h", problem) ? std::optional(headers) : std::nullopt,
         "tests of plugins are passed over", "libgtest-dev");
  helper("curl", findProgram("curl", context.environment), "the tutorial talks to the server with it", "curl");
  const std::string missing = missingTools(context.environment);
  if (!missing.empty()) context.err << '\n' << missing;
  return missing.empty() ? CliExit::done : CliExit::failed;
}

}  // namespace atrium
