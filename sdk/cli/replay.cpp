#include "cli/replay.hpp"

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <ostream>
#include <vector>

#include "cli/replayer.hpp"
#include "config/yaml.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

constexpr std::size_t lines_max = 100'000;

// Whether both say the same, in whatever order members stand and however numbers are written.
bool same(const JsonView& a, const JsonView& b) {
  double left = 0;
  double right = 0;
  if (a.number(left) && b.number(right)) return left == right;
  if (a.isString() || b.isString()) return a.isString() && b.isString() && a.text() == b.text();
  if (a.isObject() != b.isObject() || a.isArray() != b.isArray() || a.size() != b.size()) return false;
  if (!a.isObject() && !a.isArray()) return a.raw() == b.raw();
  std::string scratch;
  JsonView other = b.first();
  for (JsonView one = a.first(); one.exists(); one = one.sibling(a)) {
    if (!same(one, a.isObject() ? b[one.key(scratch)] : other)) return false;
    if (a.isArray()) other = other.sibling(b);
  }
  return true;
}

// The line with another answer; everything else of it stays as it was written.
std::string withAnswer(const JsonView& call, std::string_view answer) {
  std::string line = "{";
  std::string scratch;
  for (JsonView member = call.first(); member.exists(); member = member.sibling(call)) {
    const std::string_view key = member.key(scratch);
    if (key != "expect") line += fmt::format("\"{}\": {}, ", key, member.raw());
  }
  return line + fmt::format("\"expect\": {}}}", answer);
}

Result<std::string> completeOptions(const Manifest& manifest, const std::string& text) {
  auto node = text.empty() ? YamlNode() : parseYaml(text, "--options").value_or(YamlNode());
  if (!text.empty() && node.kind != YamlNode::Kind::mapping)
    return fail(Code::plugin_failed, "--options must be a mapping, as in '{words_max: 3}'");
  auto complete = manifest.options.complete(node, {.file = std::make_shared<const std::string>("--options"), .line = 1, .column = 1});
  if (complete) return *std::move(complete);
  std::string problems = formatProblems(complete.error());
  while (problems.ends_with('\n')) problems.pop_back();
  return fail(Code::plugin_failed, std::move(problems));
}

}  // namespace

CliExit replay(const BuiltPlugin& plugin, const ReplayArguments& arguments, const CliContext& context) {
  const std::string name = arguments.recording.string();
  const auto refuse = [&](std::string_view sentence) {
    context.err << sentence << '\n';
    return CliExit::failed;
  };
  std::ifstream file(arguments.recording);
  if (!file) return refuse(fmt::format("{}: there is no such file", name));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line) && lines.size() <= lines_max;) lines.push_back(std::move(line));
  if (lines.size() > lines_max) return refuse(fmt::format("{} has more than {} lines: replay it in parts", name, lines_max));

  const auto options = completeOptions(plugin.manifest, arguments.options);
  if (!options) return refuse(options.error().detail);
  std::size_t calls = 0;
  std::size_t differ = 0;
  try {
    Replayer replayer(plugin.file.path, *options);
    for (std::size_t n = 0; n < lines.size(); ++n) {
      if (lines[n].find_first_not_of(" \t\r") == std::string::npos) continue;
      const auto call = JsonDocument::parse(lines[n]);
      if (!call) return refuse(fmt::format("{}:{}: this is no JSON: {}", name, n + 1, call.error().detail));
      std::string answer;
      try {
        answer = replayer.answer(lines[n]);
      } catch (const std::exception& problem) {
        return refuse(fmt::format("{}:{}: {}", name, n + 1, problem.what()));
      }
      ++calls;
      const JsonView expected = call->root()["expect"];
      const auto got = JsonDocument::parse(answer);
      if (expected.exists() && got && same(expected, got->root())) continue;
      ++differ;
      if (arguments.record)
        lines[n] = withAnswer(call->root(), answer);
      else
        context.err << fmt::format("{}:{}: {} answered\n    {}\n  and not\n    {}\n", name, n + 1, call->root()["hook"].text(), answer,
                                   expected.exists() ? expected.raw() : "nothing, which --record replaces");
    }
  } catch (const std::exception& problem) {
    return refuse(fmt::format("{} does not start: {}", plugin.manifest.id, problem.what()));
  }
  if (calls == 0) return refuse(fmt::format("{} has no call in it", name));
  if (arguments.record) {
    std::ofstream out(arguments.recording, std::ios::trunc);
    for (const std::string& line : lines) out << line << '\n';
    if (!out.flush()) return refuse(fmt::format("{} cannot be written", name));
    context.out << fmt::format("{}: {} calls, {} answers recorded\n", name, calls, differ);
    return CliExit::done;
  }
  context.out << fmt::format("{}: {} calls, {} answered otherwise than recorded\n", name, calls, differ);
  return differ == 0 ? CliExit::done : CliExit::failed;
}

}  // namespace atrium
