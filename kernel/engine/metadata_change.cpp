#include "engine/metadata_change.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <span>

#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::string_view root_name = "/metadata";

using Tokens = std::span<const std::string>;

// The names on the way from the metadata to what a pointer means, decoded; nothing when it is no pointer to or into the metadata.
std::optional<std::vector<std::string>> tokensOf(std::string_view path) {
  if (!path.starts_with(root_name)) return std::nullopt;
  path.remove_prefix(root_name.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] == '/') {
      tokens.emplace_back();
    } else if (path[at] != '~') {
      tokens.back() += path[at];
    } else {
      if (++at == path.size() || (path[at] != '0' && path[at] != '1')) return std::nullopt;
      tokens.back() += path[at] == '0' ? '~' : '/';
    }
  }
  return tokens;
}

void member(std::string& out, std::string_view name, std::string_view value) {
  if (out.back() != '{') out += ',';
  JsonWriter(out).value(name);
  out += ':';
  out += value;
}

// `value` below objects that are made for the names on the way.
std::string wrapped(Tokens tokens, std::string_view value) {
  if (tokens.empty()) return std::string(value);
  std::string out = "{";
  member(out, tokens.front(), wrapped(tokens.subspan(1), value));
  return out + '}';
}

// `at` with `value` put where the names lead, or with what is there taken away when `value` is empty. Nothing: they lead nowhere.
// As deep as a path of ATRIUM_PATH_MAX bytes has names.
std::optional<std::string> changed(const JsonView& at, Tokens tokens, std::string_view value) {
  if (tokens.empty()) return std::string(value);
  const Tokens rest = tokens.subspan(1);
  const bool takes = rest.empty() && value.empty();
  std::string out, scratch;
  if (at.isObject()) {
    out = "{";
    bool found = false;
    for (JsonView child = at.first(); child.exists(); child = child.sibling(at)) {
      const std::string name(child.key(scratch));
      if (name != tokens.front()) {
        member(out, name, child.raw());
        continue;
      }
      found = true;
      if (takes) continue;
      const auto inner = changed(child, rest, value);
      if (!inner) return std::nullopt;
      member(out, name, *inner);
    }
    // What is not there need not be taken away.
    if (!found && !value.empty()) member(out, tokens.front(), wrapped(rest, value));
    return out + '}';
  }
  std::uint32_t index = 0;
  const std::string& digits = tokens.front();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (!at.isArray() || error != std::errc{} || end != digits.data() + digits.size() || index >= at.size()) return std::nullopt;
  out = "[";
  std::uint32_t n = 0;
  for (JsonView child = at.first(); child.exists(); child = child.sibling(at), ++n) {
    if (n == index && takes) continue;
    if (out.size() > 1) out += ',';
    if (n != index) {
      out += child.raw();
      continue;
    }
    const auto inner = changed(child, rest, value);
    if (!inner) return std::nullopt;
    out += *inner;
  }
  return out + ']';
}

std::string annotated(const JsonView& metadata, const std::vector<std::pair<std::string, std::string>>& annotations) {
  std::string out = "{", scratch;
  for (JsonView child = metadata.first(); child.exists(); child = child.sibling(metadata)) {
    const std::string_view name = child.key(scratch);
    if (std::ranges::none_of(annotations, [name](const auto& annotation) { return annotation.first == name; }))
      member(out, name, child.raw());
  }
  for (auto one = annotations.begin(); one != annotations.end(); ++one)
    if (std::none_of(std::next(one), annotations.end(), [one](const auto& later) { return later.first == one->first; }))
      member(out, one->first, one->second);
  return out + '}';
}

}  // namespace

bool isMetadataPath(std::string_view path) { return tokensOf(path).has_value(); }

Result<std::string> changedMetadata(JsonIndexer& indexer, const JsonView& metadata,
                                    const std::vector<std::pair<std::string, std::string>>& annotations,
                                    const std::vector<std::pair<std::string, std::string>>& patches) {
  std::string text = annotated(metadata, annotations);
  for (const auto& [path, value] : patches) {
    const auto tokens = tokensOf(path);
    const std::size_t size = text.size();
    text.resize(size + JsonIndexer::padding);
    const auto root = indexer.parse(std::string_view(text).substr(0, size));
    if (!tokens || !root) return fail(Code::plugin_failed, "the patch of " + path + " cannot be applied");
    auto next = changed(*root, *tokens, tokens->empty() && value.empty() ? std::string_view("{}") : std::string_view(value));
    if (!next || !next->starts_with('{')) return fail(Code::plugin_failed, "the patch of " + path + " leads nowhere");
    text = *std::move(next);
  }
  return text;
}

}  // namespace atrium
