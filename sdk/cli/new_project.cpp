#include "cli/new_project.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <ostream>
#include <set>
#include <vector>

#include "base/read_all.hpp"
#include "cli/toolchain.hpp"
#include "config/option_value.hpp"

namespace atrium {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view common = "common";
constexpr std::string_view c_suffix = "-c";

// A template is a whole plugin called sample-name, so that the tree's own checks read it; each spelling of that name is replaced.
struct Spelling {
  std::string from;
  std::string to;
};

std::vector<Spelling> spellings(const NewArguments& arguments) {
  std::string snake = arguments.name;
  std::ranges::replace(snake, '-', '_');
  std::string camel;
  bool upper = true;
  for (const char c : arguments.name) {
    if (c != '-') camel += static_cast<char>(upper ? std::toupper(static_cast<unsigned char>(c)) : c);
    upper = c == '-';
  }
  const std::string id = arguments.id.empty() ? "com.example." + arguments.name : arguments.id;
  return {{"com.example.sample-name", id},
          {"sample-name", arguments.name},
          {"sample_name", snake},
          {"SampleName", camel},
          {"sample-kind", arguments.kind}};
}

std::string respelt(std::string text, const std::vector<Spelling>& all) {
  for (const Spelling& spelling : all)
    for (std::size_t at = 0; (at = text.find(spelling.from, at)) != std::string::npos; at += spelling.to.size())
      text.replace(at, spelling.from.size(), spelling.to);
  return text;
}

// Begins with a letter, because it becomes the name of a class.
bool isProjectName(std::string_view name) {
  const bool plain = !name.empty() && name.size() <= 40 && name.front() >= 'a' && name.front() <= 'z' && name.back() != '-' &&
                     name.find("--") == std::string_view::npos;
  return plain && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

// Targets that CMake and Ninja have already, as a project's name is respelt.
bool isTakenByCMake(std::string_view name) {
  static constexpr std::string_view taken[] = {
      "all",        "clean",   "edit-cache",     "help",          "install", "list-install-components",
      "preinstall", "package", "package-source", "rebuild-cache", "test"};
  return std::ranges::find(taken, name) != std::end(taken);
}

bool isPluginIdLike(std::string_view id) {
  return id.find('.') != std::string_view::npos && id.size() <= 100 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string_view::npos && id.front() != '.' && id.back() != '.';
}

std::vector<std::string> kindsIn(const fs::path& templates) {
  std::vector<std::string> kinds;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator(templates, problem))
    if (const std::string name = entry.path().filename().string(); entry.is_directory() && name != common && !name.ends_with(c_suffix))
      kinds.push_back(name);
  std::ranges::sort(kinds);
  return kinds;
}

// Writes one template folder below `target`; false and a sentence when that cannot be done.
bool copyTemplate(const fs::path& folder, const fs::path& target, const std::vector<Spelling>& all, std::set<std::string>& written,
                  std::string& problem) {
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file()) continue;
    const fs::path path = target / respelt(fs::relative(entry.path(), folder).string(), all);
    fs::create_directories(path.parent_path(), error);
    std::ifstream from(entry.path(), std::ios::binary);
    std::ofstream to(path, std::ios::binary | std::ios::trunc);
    to << respelt(readAll(from), all);
    if (!from || !to.flush()) {
      problem = fmt::format("{} cannot be written: is the disk full or the folder read-only?", path.string());
      return false;
    }
    written.insert(fs::relative(path, target).string());
  }
  if (error) problem = fmt::format("the template {} cannot be read: {}", folder.string(), error.message());
  return !error;
}

}  // namespace

CliExit makeProject(const NewArguments& arguments, const CliContext& context) {
  const auto refuse = [&](const std::string& sentence, CliExit code = CliExit::wrong) {
    context.err << sentence << '\n';
    return code;
  };
  const fs::path templates = context.root / "templates";
  const std::vector<std::string> kinds = kindsIn(templates);
  if (kinds.empty())
    return refuse(fmt::format("there are no templates in {}: is the SDK installed whole? Install it again.", templates.string()),
                  CliExit::failed);
  if (std::ranges::find(kinds, arguments.kind) == kinds.end()) {
    const std::vector<std::string_view> names(kinds.begin(), kinds.end());
    const std::string similar = suggestion(arguments.kind, names);
    return refuse(fmt::format("there is no kind of plugin called {}{}\nKinds: {}", arguments.kind, similar.empty() ? "" : "; " + similar,
                              fmt::join(kinds, ", ")));
  }
  if (!isProjectName(arguments.name))
    return refuse(fmt::format("{} is no name for a plugin: write up to 40 lower-case letters, digits and single dashes, as in sticky-note",
                              arguments.name));
  if (isTakenByCMake(arguments.name))
    return refuse(fmt::format("{0} is a word of CMake's, which no target may be called: take a longer name, as in my-{0}", arguments.name));
  if (!arguments.id.empty() && !isPluginIdLike(arguments.id))
    return refuse(fmt::format("--id {} is no plugin's id: write it like com.acme.{}", arguments.id, arguments.name));
  fs::path folder = templates / arguments.kind;
  if (arguments.language == "c") folder += c_suffix;
  if (arguments.language != "c" && arguments.language != "c++")
    return refuse(fmt::format("--language {} is none here: write c or c++", arguments.language));
  if (!fs::is_directory(folder))
    return refuse(
        fmt::format("there is no template in C for {}: leave --language out, or start from message-type, which has one", arguments.kind));

  const fs::path target = arguments.directory / arguments.name;
  std::error_code exists;
  if (!arguments.directory.empty() && !fs::is_directory(arguments.directory, exists))
    return refuse(fmt::format("--in {}: there is no such directory", arguments.directory.string()));
  if (fs::exists(target, exists))
    return refuse(fmt::format("{} is already there: take another name, or remove it", target.string()), CliExit::failed);
  const std::vector<Spelling> all = spellings(arguments);
  std::set<std::string> written;
  std::string problem;
  if (!copyTemplate(templates / common, target, all, written, problem) || !copyTemplate(folder, target, all, written, problem))
    return refuse(problem, CliExit::failed);

  context.out << fmt::format(
      "Made {} with {}.\n\n  cd {}\n  atrium dev      builds it, runs it in a server of its own and swaps it when a "
      "file changes\n  atrium test     builds it and runs its tests\n  atrium pack     makes one file to hand on\n",
      target.string(), fmt::join(written, ", "), target.string());
  if (const std::string missing = missingTools(context.environment); !missing.empty()) context.err << '\n' << missing;
  return CliExit::done;
}

}  // namespace atrium
