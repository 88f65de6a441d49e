#include "config/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>
#include <utility>

#include "config/source_text.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t digitsFrom(std::string_view text, std::size_t at) {
  while (at < text.size() && isDigit(text[at])) ++at;
  return at;
}

// Whether `text` is a number as JSON writes it; `whole` tells whether it is an integer.
bool looksNumeric(std::string_view text, bool& whole) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t first = at;
  at = digitsFrom(text, at);
  if (at == first || (text[first] == '0' && at > first + 1)) return false;
  whole = at == text.size();
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = ++at;
    at = digitsFrom(text, at);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = digitsFrom(text, at);
    if (at == exponent) return false;
  }
  return at == text.size();
}

// A number that no 64 bits hold: 1e999, or an integer of thirty digits.
bool looksTooLarge(std::string_view text) {
  bool whole = false;
  if (!looksNumeric(text, whole)) return false;
  std::int64_t integer = 0;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto read = whole ? std::from_chars(text.data(), end, integer) : std::from_chars(text.data(), end, number);
  return read.ec != std::errc{};
}

// 0777, +012, 0x1F, 0o17: read as octal or hexadecimal by some readers of YAML, as decimal or text by others.
bool looksAmbiguous(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() < 2 || text[0] != '0') return false;
  if (text[1] == 'x' || text[1] == 'o')
    return text.size() > 2 && text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  return digitsFrom(text, 0) == text.size();
}

bool isVariableName(std::string_view name) {
  return !name.empty() && !isDigit(name[0]) &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

// Leaves the parser: the rest of the file would only repeat the problem. Never crosses parseYaml().
struct Abandoned {};

// Builds the tree from the parser's events and checks what the parser does not. Which values are secrets is not known here, so no problem
// repeats a value; its place is enough.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, SourcePlace file, const Environment* variables, ConfigProblems& problems)
      : text_(text), file_(std::move(file)), variables_(variables), problems_(problems) {
    root_.place = file_;
  }

  [[nodiscard]] YamlNode takeRoot() { return std::move(root_); }
  [[nodiscard]] SourcePlace placeOf(const YAML::Mark& mark) const {
    if (mark.is_null()) return file_;
    return {file_.file, static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) abandon(mark, "a second document begins here", "one file holds one document; remove the --- between them");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(leaf(mark, YamlNode::Kind::null), anchor); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    checkTag(mark, tag);
    YamlNode node = leaf(mark, YamlNode::Kind::scalar);
    node.quoted = tag == "!";
    if (node.quoted && !closedQuote(text_, static_cast<std::size_t>(mark.pos)))
      abandon(mark, "the quote that opens here is never closed", "close it");
    node.text = variables_ && !awaitsKey() ? expanded(value, node.place) : value;
    if (!node.quoted && node.text == value && looksAmbiguous(value))
      problems_.push_back(problemAt(node.place, "this is a number to some readers of YAML and not the same one to others",
                                    "write it in decimal digits without a leading zero, or put it in quotes if it is text"));
    if (!node.quoted && looksTooLarge(node.text))
      problems_.push_back(problemAt(node.place, "this is beyond the numbers that can be held", "put it in quotes if it is text"));
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) abandon(mark, "an alias stands inside the value it names", "an alias may only repeat a complete value");
    const Anchored& anchored = found->second;
    count(anchored.size, placeOf(mark));
    YamlNode copy = anchored.node;
    copy.place = placeOf(mark);
    place(std::move(copy));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::mapping);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  // How much of the document there is, every use of an alias counted in full.
  struct Size {
    std::size_t values = 0;
    std::size_t bytes = 0;
  };
  struct Level {
    YamlNode node;
    YAML::anchor_t anchor;
    Size before;
    bool has_key = false;
    std::string key;
    SourcePlace key_place;
    std::map<std::string, std::uint32_t> key_lines;
  };
  struct Anchored {
    YamlNode node;
    Size size;
  };

  [[noreturn]] void abandon(const YAML::Mark& mark, std::string message, std::string hint) {
    problems_.push_back(problemAt(placeOf(mark), std::move(message), std::move(hint)));
    throw Abandoned{};
  }

  [[nodiscard]] bool awaitsKey() const {
    return !levels_.empty() && levels_.back().node.kind == YamlNode::Kind::mapping && !levels_.back().has_key;
  }

  [[nodiscard]] YamlNode leaf(const YAML::Mark& mark, YamlNode::Kind kind) const {
    YamlNode node;
    node.kind = kind;
    node.place = placeOf(mark);
    return node;
  }

  // "?" is an untagged plain value, "!" an untagged quoted one, or an explicit "!".
  void checkTag(const YAML::Mark& mark, const std::string& tag) {
    const auto at = static_cast<std::size_t>(mark.pos);
    const bool bare = tag == "!" && at < text_.size() && text_[at] == '!';
    if (bare || (tag != "?" && tag != "!" && !tag.empty()))
      problems_.push_back(
          problemAt(placeOf(mark), fmt::format("the tag {} is not known here", tag), "remove it; put text in quotes instead"));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    checkTag(mark, tag);
    if (levels_.size() >= yaml_depth_max) abandon(mark, fmt::format("values are nested more than {} deep", yaml_depth_max), "flatten them");
    if (awaitsKey()) abandon(mark, "a key is not plain text", "write the key as a word or a quoted string");
    levels_.push_back({leaf(mark, kind), anchor, size_, false, {}, {}, {}});
  }

  void close() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    add(std::move(level.node), level.anchor, level.before);
  }

  void add(YamlNode node, YAML::anchor_t anchor) { add(std::move(node), anchor, size_); }

  void add(YamlNode node, YAML::anchor_t anchor, Size before) {
    count({1, node.text.size()}, node.place);
    if (anchor != YAML::NullAnchor)
      anchors_.insert_or_assign(anchor, Anchored{node, {size_.values - before.values, size_.bytes - before.bytes}});
    place(std::move(node));
  }

  void count(Size more, const SourcePlace& where) {
    size_.values += more.values;
    size_.bytes += more.bytes;
    if (size_.values <= yaml_values_max && size_.bytes <= yaml_text_max) return;
    problems_.push_back(problemAt(where,
                                  fmt::format("the file grows beyond {} values or {} MiB of text, every alias and variable written out",
                                              yaml_values_max, yaml_text_max / 1024 / 1024),
                                  "use fewer aliases, or split the file"));
    throw Abandoned{};
  }

  void place(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
    } else if (Level& level = levels_.back(); level.node.kind == YamlNode::Kind::sequence) {
      level.node.items.push_back(std::move(node));
    } else if (level.has_key) {
      level.has_key = false;
      level.node.members.push_back({std::move(level.key), std::move(level.key_place), std::move(node)});
    } else {
      takeKey(level, std::move(node));
    }
  }

  void takeKey(Level& level, YamlNode node) {
    if (node.kind != YamlNode::Kind::scalar || node.text.empty())
      problems_.push_back(problemAt(node.place, "a key is not plain text", "write the key as a word or a quoted string"));
    if (const auto [first, fresh] = level.key_lines.try_emplace(node.text, node.place.line); !fresh)
      problems_.push_back(problemAt(node.place, fmt::format("the key \"{}\" stands here for the second time", node.text),
                                    fmt::format("the first is in line {}; remove one of the two", first->second)));
    level.has_key = true;
    level.key = std::move(node.text);
    level.key_place = std::move(node.place);
  }

  // Replaces ${NAME} and ${NAME:-default}; the default is used when the variable is unset or empty, as in a shell.
  [[nodiscard]] std::string expanded(std::string_view text, const SourcePlace& place) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t dollar = text.find("${", at);
      if (dollar == std::string_view::npos) return out.append(text.substr(at));
      if (dollar > at && text[dollar - 1] == '$') {
        out.append(text.substr(at, dollar - at)).push_back('{');
        at = dollar + 2;
        continue;
      }
      out.append(text.substr(at, dollar - at));
      const std::size_t end = text.find('}', dollar);
      const std::string_view inside = text.substr(dollar + 2, end == std::string_view::npos ? end : end - dollar - 2);
      const std::size_t mark = inside.find(":-");
      const std::string_view name = inside.substr(0, mark);
      if (end == std::string_view::npos || !isVariableName(name)) {
        problems_.push_back(problemAt(place, "what stands behind ${ here is not a variable",
                                      "write ${NAME} or ${NAME:-default}, or $${ for the two characters"));
        return out;
      }
      const auto variable = variables_->find(name);
      if (mark != std::string_view::npos && (variable == variables_->end() || variable->second.empty())) {
        out.append(inside.substr(mark + 2));
      } else if (variable != variables_->end() && validUtf8(variable->second)) {
        out.append(variable->second);
      } else if (variable != variables_->end()) {
        problems_.push_back(problemAt(place, fmt::format("the environment variable {} is not valid UTF-8", name), "set it to text"));
      } else {
        problems_.push_back(problemAt(place, fmt::format("the environment variable {} is not set", name),
                                      fmt::format("set it, or write ${{{}:-default}}", name)));
      }
      at = end + 1;
    }
    return out;
  }

  std::string_view text_;
  SourcePlace file_;
  const Environment* variables_;
  ConfigProblems& problems_;
  YamlNode root_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  Size size_;
  unsigned documents_ = 0;
};

using Json = JsonWriter<std::string>;

void writeJson(Json& json, const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null: json.null(); return;
    case YamlNode::Kind::scalar: {
      bool whole = false;
      if (!node.quoted && (node.text == "true" || node.text == "false" || looksNumeric(node.text, whole)))
        json.raw(node.text);
      else
        json.value(std::string_view(node.text));
      return;
    }
    case YamlNode::Kind::sequence:
      json.begin('[');
      for (const YamlNode& item : node.items) writeJson(json, item);
      json.end(']');
      return;
    case YamlNode::Kind::mapping: {
      std::vector<const YamlMember*> sorted;
      for (const YamlMember& member : node.members) sorted.push_back(&member);
      std::ranges::sort(sorted, {}, &YamlMember::key);
      json.begin('{');
      for (const YamlMember* member : sorted) {
        std::string key;
        Json(key).value(std::string_view(member->key));
        json.key(std::string_view(key).substr(1, key.size() - 2));
        writeJson(json, member->value);
      }
      json.end('}');
    }
  }
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &YamlMember::key);
  return found == members.end() ? nullptr : &found->value;
}

std::optional<bool> YamlNode::boolean() const {
  if (kind != Kind::scalar || quoted || (text != "true" && text != "false")) return std::nullopt;
  return text == "true";
}

std::optional<std::int64_t> YamlNode::integer() const {
  bool whole = false;
  if (kind != Kind::scalar || quoted || !looksNumeric(text, whole) || !whole) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::optional<double> YamlNode::number() const {
  bool whole = false;
  if (kind != Kind::scalar || quoted || !looksNumeric(text, whole)) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::expected<YamlNode, ConfigProblems> parseYaml(std::string_view text, std::string_view name, const Environment* variables) {
  const SourcePlace file{std::make_shared<const std::string>(name), 0, 0};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  ConfigProblems problems;
  checkSourceText(text, file, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));  // The parser would stumble over the same places.

  TreeBuilder builder(text, file, variables, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) continue;
  } catch (const Abandoned&) {
    return std::unexpected(std::move(problems));
  } catch (const YAML::Exception& error) {
    problems.push_back(problemAt(builder.placeOf(error.mark), "this is not YAML: " + error.msg,
                                 "look at the indentation, brackets and quotes here and just before"));
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return builder.takeRoot();
}

std::string toJson(const YamlNode& node) {
  std::string out;
  Json json(out);
  writeJson(json, node);
  return out;
}

}  // namespace atrium
