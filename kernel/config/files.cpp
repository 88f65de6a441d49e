#include "config/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "config/load.hpp"

namespace atrium {

namespace {

namespace fs = std::filesystem;

// Puts `above` over `below`: mappings are joined, everything else is replaced. A section whose options are all commented out is null
// and changes nothing.
void overlay(YamlNode& below, YamlNode above) {
  if (above.kind == YamlNode::Kind::null && below.kind != YamlNode::Kind::null) return;
  if (below.kind != YamlNode::Kind::mapping || above.kind != YamlNode::Kind::mapping) {
    below = std::move(above);
    return;
  }
  for (YamlMember& member : above.members) {
    const auto same = std::ranges::find(below.members, member.key, &YamlMember::key);
    if (same == below.members.end()) {
      below.members.push_back(std::move(member));
    } else {
      same->place = member.place;
      overlay(same->value, std::move(member.value));
    }
  }
}

std::optional<std::string> readText(const std::string& path, std::string& why) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    // A byte more than is allowed, so that the reader sees that there is too much.
    text.resize(yaml_size_max + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (!file.bad()) return text;
  }
  why = errno != 0 ? std::strerror(errno) : "it cannot be read";
  return std::nullopt;
}

class FileReader {
 public:
  FileReader(const Environment& environment, ConfigProblems& problems) : environment_(environment), problems_(problems) {}

  // `asked` is where the file's name stands; the file as a whole for the first one.
  [[nodiscard]] YamlNode read(const std::string& path, const SourcePlace& asked) {
    YamlNode nothing;
    nothing.place = asked;
    std::error_code error;
    const fs::path identity = fs::weakly_canonical(path, error);
    if (std::ranges::find(open_, identity) != open_.end()) {
      refuse(asked, fmt::format("{} includes itself", path), "remove the include that closes the circle");
      return nothing;
    }
    if (++files_ > config_files_max) {
      refuse(asked, fmt::format("more than {} files are included", config_files_max), "join some of them");
      return nothing;
    }
    std::string why;
    const fs::file_status status = fs::status(path, error);
    const bool strange = fs::exists(status) && !fs::is_regular_file(status);
    if (strange) why = fs::is_directory(status) ? "it is a directory" : "it is no regular file";
    const std::optional<std::string> text = strange ? std::nullopt : readText(path, why);
    if (!text) {
      refuse(asked, fmt::format("cannot read {}: {}", path, why), "check the name and the permissions");
      return nothing;
    }
    auto parsed = parseYaml(*text, path, &environment_);
    if (!parsed) {
      std::ranges::move(parsed.error(), std::back_inserter(problems_));
      return nothing;
    }
    if (parsed->kind != YamlNode::Kind::mapping && parsed->kind != YamlNode::Kind::null) {
      refuse(parsed->place, "the file is not a mapping", "write one section: a line, with its options indented below");
      return nothing;
    }
    open_.push_back(identity);
    YamlNode whole = withIncludes(*std::move(parsed), path);
    open_.pop_back();
    read_.push_back(path);
    return whole;
  }

  [[nodiscard]] std::vector<std::string> takeRead() { return std::move(read_); }

 private:
  void refuse(const SourcePlace& place, std::string message, std::string hint) {
    problems_.push_back(problemAt(place, std::move(message), std::move(hint)));
  }

  [[nodiscard]] YamlNode withIncludes(YamlNode own, const std::string& path) {
    const auto include = std::ranges::find(own.members, "include", &YamlMember::key);
    if (include == own.members.end()) return own;
    const YamlNode list = std::move(include->value);
    own.members.erase(include);
    if (list.kind != YamlNode::Kind::sequence) {
      refuse(list.place, "include is not a list", "write include: [other.yaml]");
      return own;
    }
    YamlNode whole;
    whole.place = own.place;
    for (const YamlNode& item : list.items) {
      if (item.kind != YamlNode::Kind::scalar || item.text.empty()) {
        refuse(item.place, "this is not the name of a file", "write include: [other.yaml]");
        continue;
      }
      overlay(whole, read((fs::path(path).parent_path() / item.text).string(), item.place));
    }
    overlay(whole, std::move(own));
    return whole;
  }

  const Environment& environment_;
  ConfigProblems& problems_;
  std::vector<fs::path> open_;
  std::vector<std::string> read_;
  unsigned files_ = 0;
};

}  // namespace

ConfigFiles readConfigFiles(const std::string& path, const Environment& environment, ConfigProblems& problems) {
  FileReader reader(environment, problems);
  YamlNode root = reader.read(path, {std::make_shared<const std::string>(path), 0, 0});
  return {std::move(root), reader.takeRead()};
}

}  // namespace atrium
