#include "validator/input_maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "protocol/json_schema.hpp"
#include "protocol/json_writer.hpp"

namespace atrium::validate {

namespace {

constexpr unsigned wild_depth = 5;
// Inputs stand a few levels inside their call's object; the server takes 64 in all.
constexpr unsigned deepest = 56;

constexpr std::string_view words[] = {"lead",  "viewing", "garden", "budget", "north", "call back", "tomorrow", "senior",
                                      "offer", "two",     "rooms",  "agent",  "hello", "42",        "ok",       "yes."};
// Each is one JSON string's inside: valid, and nothing that a plugin's author thinks of first.
constexpr std::string_view odd_texts[] = {
    "",
    " ",
    "\\u0000",
    "a\\u0000b",
    "\\\\",
    "\\\"",
    "\\n\\r\\t\\b\\f",
    "\\u001b[31mred",
    "\\ud83d\\ude00",
    "😀👩‍👩‍👧‍👦",
    "\\u202egnirts",
    "\\ufeff",
    "\\uffff\\ufdd0",
    "é\\u0301\\u0301\\u0301",
    "../../etc/passwd",
    "%s%n%x",
    "'; DROP TABLE rooms; --",
    "<script>alert(1)</script>",
    "{\\\"a\\\":1}",
    "null",
    "-1",
    "1e309",
    "NaN",
    "0x10",
    "true",
    "\\u006b\\u0065\\u0079",
    ",,,",
    "/",
    "@",
    "\\u00a0",
    "ﷺ",
    "http://[::1]:99999/?#",
};
constexpr std::string_view odd_numbers[] = {"0",
                                            "-0",
                                            "1e308",
                                            "-1e308",
                                            "1e-400",
                                            "9223372036854775807",
                                            "-9223372036854775808",
                                            "18446744073709551615",
                                            "0.1",
                                            "1E+2",
                                            "123456789012345678901234567890",
                                            "-1",
                                            "1e400",
                                            "2147483648",
                                            "4294967296"};
constexpr std::string_view odd_keys[] = {"", "a", "\\u0061b", "\\u0000", "length", "__proto__", "key with spaces", "ключ", "/~0", "0"};

std::string inQuotes(std::string_view inside) { return fmt::format("\"{}\"", inside); }

}  // namespace

InputMaker::InputMaker(const Facts& facts, Random random, Shape shape) : facts_(facts), random_(random), shape_(shape) {}

std::string InputMaker::largeText() {
  const std::size_t size = oneIn(4) ? 1U << 20 : 1U << 16;
  static constexpr std::string_view pieces[] = {"x", "é", "😀", "\\n", "\\u0041", "word "};
  // Doubled and not added up: piece by piece takes a build under a sanitizer longer than the call that is made with it.
  std::string out(pick(pieces));
  const std::size_t whole = size - size % out.size();
  while (out.size() < whole) out.append(out, 0, whole - out.size());
  return out;
}

std::string InputMaker::rawText(std::size_t min, std::size_t max) {
  Shape shape = shape_;
  if (shape == Shape::wild) shape = oneIn(2) ? Shape::texts : oneIn(40) ? Shape::large : Shape::plain;
  if (shape == Shape::large && max >= 200) return largeText();
  std::string out;
  if (shape == Shape::texts) {
    // Within the bounds, which the server checks; a schema's are in characters and so are these, or fewer.
    out = pick(odd_texts);
    if (oneIn(8))
      for (int n = 0; n < 40; ++n) out += pick(odd_texts);
    if (max < 40 && out.size() > max) out = std::string(std::max<std::size_t>(min, 1), 'z');
    if (out.size() < min || (min > 0 && out.starts_with('\\') && out.size() < 6 * min)) out += std::string(min, 'z');
    return out;
  }
  do {
    if (!out.empty()) out += ' ';
    out += pick(words);
  } while ((out.size() < min || !oneIn(3)) && out.size() < 100);
  while (out.size() < min) out += 'x';
  if (out.size() > max) out.resize(max);
  return out;
}

std::string InputMaker::text(std::size_t min, std::size_t max) { return inQuotes(rawText(min, max)); }
std::string InputMaker::id() { return inQuotes(fmt::format("{}_{}", pick(words).substr(0, 4), below(1000))); }

std::string InputMaker::number() {
  const bool odd = shape_ == Shape::json || (shape_ == Shape::wild && oneIn(2));
  return odd ? std::string(pick(odd_numbers)) : fmt::format("{}", below(1000));
}

std::string InputMaker::value(unsigned depth) {
  switch (below(depth == 0 ? 5 : 7)) {
    case 0: return "null";
    case 1: return "true";
    case 2: return "false";
    case 3: return number();
    case 4: return text();
    case 5: {
      std::string out = "[";
      for (std::uint64_t n = below(4); n > 0; --n) out += value(depth - 1) + (n > 1 ? "," : "");
      return out + "]";
    }
    default: {
      std::string out = "{";
      std::vector<std::string> keys;
      for (std::uint64_t n = below(4); n > 0; --n) {
        const std::string key(pick(odd_keys));
        if (std::ranges::find(keys, key) != keys.end()) continue;
        if (!keys.empty()) out += ',';
        keys.push_back(key);
        out += fmt::format("\"{}\":{}", key, value(depth - 1));
      }
      return out + "}";
    }
  }
}

std::string InputMaker::object() {
  const bool odd = shape_ == Shape::json || (shape_ == Shape::wild && oneIn(3));
  if (odd) {
    if (oneIn(4)) {  // Deep.
      std::string out;
      for (unsigned n = 0; n < deepest / 2; ++n) out += R"({"a":[)";
      for (unsigned n = 0; n < deepest / 2; ++n) out += "]}";
      return out;
    }
    if (oneIn(4)) {  // Wide.
      std::string out = "{";
      for (unsigned n = 0; n < 4000; ++n) out += fmt::format("{}\"k{}\":{}", n ? "," : "", n, n % 3 == 0 ? "{}" : "1");
      return out + "}";
    }
    return fmt::format(R"({{"a":{},"b":{},"c\u0031":{}}})", value(wild_depth), value(wild_depth), value(2));
  }
  if (shape_ == Shape::large) return fmt::format(R"({{"note":{}}})", text());
  return fmt::format(R"({{"note":{},"count":{},"flag":{},"tags":[{}]}})", text(), below(100), oneIn(2), text());
}

std::string InputMaker::fitValue(const JsonView& schema, unsigned depth) {
  std::int64_t low = 0, high = 0;
  if (const JsonView choices = schema["enum"]; choices.size() > 0) {
    JsonView choice = choices.first();
    for (std::uint64_t n = below(choices.size()); n > 0; --n) choice = choice.sibling(choices);
    return std::string(choice.raw());
  }
  JsonView type = schema["type"];
  if (type.isArray()) type = type.first();
  const std::string name = type.text();
  if (name == "string") {
    const bool has_low = schema["minLength"].integer(low), has_high = schema["maxLength"].integer(high);
    return text(has_low ? static_cast<std::size_t>(low) : 0, has_high ? static_cast<std::size_t>(high) : 200);
  }
  if (name == "integer" || name == "number") {
    const bool has_low = schema["minimum"].integer(low), has_high = schema["maximum"].integer(high);
    if (!has_low) low = has_high ? high - 100 : 0;
    if (!has_high) high = low + 1000;
    if (oneIn(3)) return fmt::format("{}", oneIn(2) ? low : high);
    return fmt::format("{}", low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1)));
  }
  if (name == "boolean") return oneIn(2) ? "true" : "false";
  if (name == "null") return "null";
  if (name == "array") return "[" + (oneIn(2) ? value(2) : std::string()) + "]";
  if (name != "object" && !schema["properties"].exists()) return depth > 0 ? value(2) : "null";
  std::vector<std::string> wanted;
  const auto want = [&wanted](const JsonView& names) {
    for (JsonView n = names.first(); n.exists(); n = n.sibling(names)) wanted.push_back(n.text());
  };
  want(schema["required"]);
  if (const JsonView any = schema["anyOf"]; any.size() > 0) {
    JsonView one = any.first();
    for (std::uint64_t n = below(any.size()); n > 0; --n) one = one.sibling(any);
    want(one["required"]);
  }
  std::string out = "{", scratch;
  const auto add = [&out](std::string_view key, const std::string& made) {
    if (out.size() > 1) out += ',';
    out += fmt::format("\"{}\":{}", key, made);
  };
  const JsonView properties = schema["properties"];
  for (JsonView p = properties.first(); p.exists(); p = p.sibling(properties)) {
    const std::string key(p.key(scratch));
    const bool must = std::erase(wanted, key) > 0;
    if (must || oneIn(2)) add(key, fitValue(p, depth - 1));
  }
  std::ranges::sort(wanted);
  const auto twice = std::ranges::unique(wanted);
  wanted.erase(twice.begin(), twice.end());
  for (const std::string& key : wanted) add(key, value(1));
  if (shape_ != Shape::plain && oneIn(2)) add("not\\u0020in the schema", value(3));
  return out + "}";
}

std::string InputMaker::fitting(std::string_view schema_name) {
  const JsonView source = facts_.manifest_json.root()[schema_name];
  if (!source.isObject()) return object();
  const auto schema = JsonSchema::compile(source);
  std::string made;
  for (int tries = 0; tries < 20; ++tries) {
    made = fitValue(source, 4);
    const auto document = JsonDocument::parse(made);
    if (!document) continue;
    std::vector<FieldProblem> problems;
    if (schema) schema->check(document->root(), "", problems);
    if (problems.empty()) return made;
  }
  // An input of its own that always fits, in its plainest form.
  InputMaker plain(facts_, Random(random_.next()), Shape::plain);
  return shape_ == Shape::plain ? made : plain.fitting(schema_name);
}

std::string InputMaker::room() {
  std::string type = "room";
  if (const auto name = facts_.manifest.nameOf("room-type"); !name.empty()) type = name;
  return fmt::format(
      R"("room":{{"tenant":"tenant_a","id":"room_{:026d}","type":"{}","name":{},"members":{},"max":{},"settings":{},"context":{}}})",
      below(4), type, text(1, 100), below(50), 50 + below(50), object(), object());
}

std::string InputMaker::user() {
  return fmt::format(R"({{"id":{},"name":{},"roles":{},"room_role":{}}})", id(), text(0, 100), below(32), below(5));
}

std::string InputMaker::message() {
  std::string type = "text";
  if (const auto name = facts_.manifest.nameOf("message-type"); !name.empty()) type = name;
  const std::string metadata = oneIn(4) && !facts_.manifest.message_schema ? "null" : fitting("message_schema");
  return fmt::format(R"("message":{{"type":"{}","priority":{},"content":{},"metadata":{}}})", type, below(5), text(1, 65536), metadata);
}

namespace {

// Copies `value`, leaving out or shortening at the place where `left` has counted down to zero.
void copySimpler(const JsonView& value, std::size_t& left, bool& done, std::string& out, std::string& scratch) {
  const bool object = value.isObject();
  if (object || value.isArray()) {
    out += object ? '{' : '[';
    bool first = true;
    for (JsonView child = value.first(); child.exists(); child = child.sibling(value)) {
      if (!done && left-- == 0) {
        done = true;
        continue;
      }
      if (!first) out += ',';
      first = false;
      if (object) {
        JsonWriter(out).value(child.key(scratch));
        out += ':';
      }
      copySimpler(child, left, done, out, scratch);
    }
    out += object ? '}' : ']';
    return;
  }
  if (value.isString() && value.raw().size() > 10) {
    if (!done && left-- == 0) {
      done = true;
      const std::string text = value.text();
      std::size_t half = text.size() / 2;
      while (half > 0 && (static_cast<unsigned char>(text[half]) & 0xC0) == 0x80) --half;
      JsonWriter(out).value(std::string_view(text).substr(0, half));
      return;
    }
  }
  out += value.raw();
}

}  // namespace

std::optional<std::string> simplified(std::string_view json, std::size_t n) {
  const auto document = JsonDocument::parse(json);
  if (!document) return std::nullopt;
  std::string out, scratch;
  std::size_t left = n;
  bool done = false;
  copySimpler(document->root(), left, done, out, scratch);
  if (!done) return std::nullopt;
  return out;
}

}  // namespace atrium::validate
