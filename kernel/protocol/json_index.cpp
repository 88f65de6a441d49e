#include "protocol/json_index.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/assert.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace ondemand = simdjson::ondemand;

static_assert(JsonIndexer::padding >= simdjson::SIMDJSON_PADDING);

namespace {

constexpr std::size_t key_max = 65535;
// Up to here a new key is compared with each before it; above, all keys of the object are sorted.
constexpr std::uint32_t pairwise_max = 12;

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view token) {
  while (!token.empty() && isSpace(token.back())) token.remove_suffix(1);
  return token;
}

}  // namespace

// Walks the whole of a text once with simdjson's on-demand cursor, reading every value so that nothing goes unchecked.
struct JsonIndexer::Parser {
  ondemand::parser parser;
  std::string_view text;
  std::vector<atrium_json_field>* fields = nullptr;
  ondemand::document document;
  std::string scratch_a, scratch_b;
  std::vector<std::string> sorted_keys;
  const char* problem = nullptr;
  unsigned deepest = depth_max;
  std::size_t most = fields_max;

  [[nodiscard]] std::uint32_t offset(const char* at) const { return static_cast<std::uint32_t>(at - text.data()); }

  bool refuse(const char* why) {
    if (!problem) problem = why;
    return false;
  }
  bool check(simdjson::error_code error) { return error == simdjson::SUCCESS || refuse(simdjson::error_message(error)); }

  std::string_view keyOf(std::uint32_t at, std::string& scratch) const {
    const atrium_json_field& field = (*fields)[at];
    const std::string_view raw = text.substr(field.key_offset, field.key_size);
    if (!(field.flags & ATRIUM_JSON_KEY_ESCAPED)) return raw;
    scratch.clear();
    appendUnescaped(scratch, raw);
    return scratch;
  }

  bool atEnd() {
    const char* here = nullptr;
    return document.current_location().get(here) != simdjson::SUCCESS || refuse("something follows the value");
  }

  // Adds an entry for a value that starts at `start`; its key is filled in by the caller.
  bool open(std::uint8_t type, std::uint32_t start, std::uint32_t& at) {
    if (fields->size() >= most) return refuse("more values than allowed");
    at = static_cast<std::uint32_t>(fields->size());
    fields->push_back(
        {.key_offset = 0, .value_offset = start, .value_size = 0, .next = at + 1, .children = 0, .key_size = 0, .type = type, .flags = 0});
    return true;
  }

  // Completes a container whose last token the cursor has just passed.
  void close(std::uint32_t at, std::uint32_t children) {
    const char* end = text.data() + text.size();
    const char* here = nullptr;
    if (document.current_location().get(here) == simdjson::SUCCESS && here < end) end = here;
    while (end > text.data() && end[-1] != ']' && end[-1] != '}') --end;
    atrium_json_field& field = (*fields)[at];
    field.value_size = offset(end) - field.value_offset;
    field.next = static_cast<std::uint32_t>(fields->size());
    field.children = children;
  }

  bool addKey(std::uint32_t at, ondemand::raw_json_string key) {
    const char* start = key.raw();
    const char* end = start;
    bool escaped = false;
    for (; *end != '"'; ++end)
      if (*end == '\\') {
        escaped = true;
        ++end;
      }
    if (static_cast<std::size_t>(end - start) > key_max) return refuse("a key is too long");
    atrium_json_field& field = (*fields)[at];
    field.key_offset = offset(start);
    field.key_size = static_cast<std::uint16_t>(end - start);
    if (escaped) field.flags |= ATRIUM_JSON_KEY_ESCAPED;
    return true;
  }

  bool uniqueAmong(std::uint32_t object, std::uint32_t at, std::uint32_t before) {
    if (before >= pairwise_max) return true;  // Checked at the end of the object.
    const std::string_view mine = keyOf(at, scratch_a);
    std::uint32_t other = object + 1;
    for (std::uint32_t n = 0; n < before; ++n, other = (*fields)[other].next)
      if (keyOf(other, scratch_b) == mine) return refuse("an object has the same key twice");
    return true;
  }

  bool uniqueKeys(std::uint32_t object, std::uint32_t count) {
    if (count <= pairwise_max) return true;
    sorted_keys.clear();
    std::uint32_t at = object + 1;
    for (std::uint32_t n = 0; n < count; ++n, at = (*fields)[at].next) sorted_keys.emplace_back(keyOf(at, scratch_a));
    std::ranges::sort(sorted_keys);
    return std::ranges::adjacent_find(sorted_keys) == sorted_keys.end() || refuse("an object has the same key twice");
  }

  template <typename Value>
  bool walkObject(Value& value, std::uint32_t at, unsigned depth) {
    ondemand::object object;
    if (!check(value.get_object().get(object))) return false;
    std::uint32_t children = 0;
    for (auto entry : object) {
      if (!check(entry.error())) return false;
      ondemand::field field = entry.value_unsafe();
      const ondemand::raw_json_string key = field.key();
      std::string_view decoded;
      if (!check(field.unescaped_key().get(decoded))) return false;  // Escapes in keys are checked only when decoded.
      ondemand::value child = field.value();
      std::uint32_t index = 0;
      const auto first = static_cast<std::uint32_t>(fields->size());
      if (!walk(child, depth + 1, index)) return false;
      if (!addKey(first, key) || !uniqueAmong(at, first, children)) return false;
      ++children;
    }
    close(at, children);
    return uniqueKeys(at, children);
  }

  template <typename Value>
  bool walkArray(Value& value, std::uint32_t at, unsigned depth) {
    ondemand::array array;
    if (!check(value.get_array().get(array))) return false;
    std::uint32_t children = 0;
    for (auto entry : array) {
      ondemand::value child;
      if (!check(entry.get(child))) return false;
      std::uint32_t index = 0;
      if (!walk(child, depth + 1, index)) return false;
      ++children;
    }
    close(at, children);
    return true;
  }

  template <typename Value>
  bool walk(Value& value, unsigned depth, std::uint32_t& at) {
    if (depth > deepest) return refuse("nested too deeply");
    ondemand::json_type type;
    if (!check(value.type().get(type))) return false;
    std::string_view token;
    if (!check(simdjson::simdjson_result<std::string_view>(value.raw_json_token()).get(token))) return false;
    const std::uint32_t start = offset(token.data());
    switch (type) {
      case ondemand::json_type::object: return open(ATRIUM_JSON_OBJECT, start, at) && walkObject(value, at, depth);
      case ondemand::json_type::array: return open(ATRIUM_JSON_ARRAY, start, at) && walkArray(value, at, depth);
      case ondemand::json_type::string: {
        token = trimmed(token);
        if (!open(ATRIUM_JSON_STRING, start + 1, at)) return false;
        std::string_view decoded;
        if (!check(value.get_string().get(decoded))) return false;
        atrium_json_field& field = (*fields)[at];
        field.value_size = static_cast<std::uint32_t>(token.size()) - 2;
        if (decoded.size() != field.value_size) field.flags |= ATRIUM_JSON_VALUE_ESCAPED;
        return true;
      }
      case ondemand::json_type::number: {
        if (!open(ATRIUM_JSON_NUMBER, start, at)) return false;
        ondemand::number number;
        if (!check(value.get_number().get(number))) return false;
        (*fields)[at].value_size = static_cast<std::uint32_t>(trimmed(token).size());
        return true;
      }
      case ondemand::json_type::boolean: {
        bool flag = false;
        if (!check(value.get_bool().get(flag)) || !open(flag ? ATRIUM_JSON_TRUE : ATRIUM_JSON_FALSE, start, at)) return false;
        (*fields)[at].value_size = flag ? 4 : 5;
        return true;
      }
      case ondemand::json_type::null: {
        if (!isNull(value) || !open(ATRIUM_JSON_NULL, start, at)) return false;
        (*fields)[at].value_size = 4;
        return true;
      }
    }
    return refuse("not JSON");
  }

  template <typename Value>
  bool isNull(Value& value) {
    bool null = false;
    if (!check(simdjson::simdjson_result<bool>(value.is_null()).get(null))) return false;
    return null || refuse("not JSON");
  }
};

JsonIndexer::JsonIndexer() : parser_(std::make_unique<Parser>()) {}
JsonIndexer::~JsonIndexer() = default;

Result<JsonView> JsonIndexer::parse(std::string_view padded, unsigned wraps) {
  fields_.clear();
  padded = trimmed(padded);  // simdjson 3.0 takes no spaces behind a text that is one word.
  Parser& p = *parser_;
  p.text = padded;
  p.fields = &fields_;
  p.problem = nullptr;
  p.deepest = depth_max + wraps;
  p.most = fields_max + std::size_t{wraps} * wrap_fields_max;
  std::uint32_t root = 0;
  const bool whole = p.check(p.parser.iterate(padded.data(), padded.size(), padded.size() + padding).get(p.document)) &&
                     p.walk(p.document, 1, root) && p.atEnd();
  if (!whole) return fail(Code::malformed_json, std::string("The JSON is malformed: ") + p.problem);
  return JsonView(atrium_json{padded.data(), padded.size(), fields_.data(), static_cast<std::uint32_t>(fields_.size()), 0});
}

JsonView JsonView::operator[](std::string_view key) const {
  if (!isObject()) return {};
  std::string scratch;
  for (JsonView child = first(); child.exists(); child = child.sibling(*this))
    if (child.key(scratch) == key) return child;
  return {};
}

std::string_view JsonView::raw() const {
  if (!exists()) return {};
  const atrium_json_field& f = field();
  const bool quoted = f.type == ATRIUM_JSON_STRING;
  return {value_.text + f.value_offset - (quoted ? 1 : 0), f.value_size + (quoted ? 2U : 0U)};
}

std::string_view JsonView::text(std::string& scratch) const {
  if (!isString()) return {};
  const std::string_view inside(value_.text + field().value_offset, field().value_size);
  if (plain()) return inside;
  scratch.clear();
  appendUnescaped(scratch, inside);
  return scratch;
}

std::string JsonView::text() const {
  std::string scratch;
  return std::string(text(scratch));
}

bool JsonView::integer(std::int64_t& out) const {
  if (!is(ATRIUM_JSON_NUMBER)) return false;
  const std::string_view digits = raw();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc{} && end == digits.data() + digits.size();
}

bool JsonView::number(double& out) const {
  if (!is(ATRIUM_JSON_NUMBER)) return false;
  const std::string_view digits = raw();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc{} && end == digits.data() + digits.size();
}

JsonView JsonView::first() const { return size() == 0 ? JsonView{} : at(value_.at + 1); }

JsonView JsonView::sibling(const JsonView& parent) const {
  const std::uint32_t next = field().next;
  return next < parent.field().next ? at(next) : JsonView{};
}

std::string_view JsonView::key(std::string& scratch) const {
  const std::string_view raw_key(value_.text + field().key_offset, field().key_size);
  if (!(field().flags & ATRIUM_JSON_KEY_ESCAPED)) return raw_key;
  scratch.clear();
  appendUnescaped(scratch, raw_key);
  return scratch;
}

JsonDocument::JsonDocument(const JsonView& value) {
  if (!value.exists()) return;
  const atrium_json& from = value.abi();
  const std::string_view raw = value.raw();
  const auto base = static_cast<std::uint32_t>(raw.data() - from.text);
  text_ = raw;
  const std::uint32_t end = from.fields[from.at].next;
  fields_.assign(from.fields + from.at, from.fields + end);
  for (atrium_json_field& field : fields_) {
    field.value_offset -= base;
    field.next -= from.at;
    if (field.key_size > 0) field.key_offset -= base;
  }
  fields_.front().key_size = 0;
  fields_.front().key_offset = 0;
  fields_.front().flags &= static_cast<std::uint8_t>(~ATRIUM_JSON_KEY_ESCAPED);
}

Result<JsonDocument> JsonDocument::parse(std::string_view text, unsigned wraps) {
  JsonIndexer indexer;
  std::string padded(text);
  padded.resize(text.size() + JsonIndexer::padding);
  const auto root = indexer.parse(std::string_view(padded).substr(0, text.size()), wraps);
  if (!root) return fail(root.error());
  return JsonDocument(*root);
}

JsonDocument JsonDocument::emptyObject() {
  JsonDocument document;
  document.text_ = "{}";
  document.fields_.push_back({.key_offset = 0,
                              .value_offset = 0,
                              .value_size = 2,
                              .next = 1,
                              .children = 0,
                              .key_size = 0,
                              .type = ATRIUM_JSON_OBJECT,
                              .flags = 0});
  return document;
}

JsonView JsonDocument::root() const {
  if (fields_.empty()) return {};
  return JsonView(atrium_json{text_.data(), text_.size(), fields_.data(), static_cast<std::uint32_t>(fields_.size()), 0});
}

}  // namespace atrium
