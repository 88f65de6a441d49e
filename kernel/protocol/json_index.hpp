#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "atrium/json.h"
#include "base/result.hpp"

namespace atrium {

// One value of an indexed text: a view, valid while its text and index live. Absent values answer with the fallbacks.
class JsonView {
 public:
  JsonView() = default;
  explicit JsonView(const atrium_json& value) : value_(value) {}

  [[nodiscard]] bool exists() const { return value_.field_count != 0; }
  [[nodiscard]] bool is(std::uint8_t type) const { return exists() && field().type == type; }
  [[nodiscard]] bool isString() const { return is(ATRIUM_JSON_STRING); }
  [[nodiscard]] bool isObject() const { return is(ATRIUM_JSON_OBJECT); }
  [[nodiscard]] bool isArray() const { return is(ATRIUM_JSON_ARRAY); }
  [[nodiscard]] bool isNull() const { return is(ATRIUM_JSON_NULL); }
  [[nodiscard]] bool isBool() const { return is(ATRIUM_JSON_TRUE) || is(ATRIUM_JSON_FALSE); }
  // Members of an object or elements of an array.
  [[nodiscard]] std::uint32_t size() const { return exists() ? field().children : 0; }

  // The member of that name; absent when this is no object or has none.
  [[nodiscard]] JsonView operator[](std::string_view key) const;
  // The text as JSON, with quotes or brackets.
  [[nodiscard]] std::string_view raw() const;
  // A string's content when it needs no decoding, which is the common case; nothing otherwise.
  [[nodiscard]] bool plain() const { return isString() && !(field().flags & ATRIUM_JSON_VALUE_ESCAPED); }
  // A string, decoded into `scratch` only when it has escapes. Empty when this is no string.
  [[nodiscard]] std::string_view text(std::string& scratch) const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool boolean(bool fallback) const { return is(ATRIUM_JSON_TRUE) || (!is(ATRIUM_JSON_FALSE) && fallback); }
  // An integer within int64; nothing for other numbers and other types.
  [[nodiscard]] bool integer(std::int64_t& out) const;
  [[nodiscard]] bool number(double& out) const;

  // Walks children: for (JsonView c = v.first(); c.exists(); c = c.sibling(v)).
  [[nodiscard]] JsonView first() const;
  [[nodiscard]] JsonView sibling(const JsonView& parent) const;
  // The member's name, decoded into `scratch` when needed.
  [[nodiscard]] std::string_view key(std::string& scratch) const;

  [[nodiscard]] const atrium_json& abi() const { return value_; }

 private:
  [[nodiscard]] const atrium_json_field& field() const { return value_.fields[value_.at]; }
  [[nodiscard]] JsonView at(std::uint32_t index) const {
    atrium_json value = value_;
    value.at = index;
    return JsonView(value);
  }
  atrium_json value_{};
};

// Parses JSON texts, one at a time, into a flat index: full validation, unique keys, valid UTF-8, depth at most 64, at most
// `fields_max` values, or a little more of each where the server itself has wrapped a text of these bounds. Reused from text to text, so
// that in the steady state nothing is allocated. One thread.
class JsonIndexer {
 public:
  static constexpr std::size_t padding = 64;  // Bytes that must be readable behind a text; what they hold does not matter.
  static constexpr std::size_t fields_max = 16384;
  static constexpr unsigned depth_max = 64;
  static constexpr std::size_t wrap_fields_max = 32;

  JsonIndexer();
  ~JsonIndexer();
  JsonIndexer(const JsonIndexer&) = delete;
  JsonIndexer& operator=(const JsonIndexer&) = delete;

  // The root of `text`, which must stay and carry `padding` readable bytes behind it. Valid until the next call.
  // Fails with malformed_json and says where.
  [[nodiscard]] Result<JsonView> parse(std::string_view padded) { return parse(padded, 0); }
  // `wraps`: how many levels, of wrap_fields_max values each, the server itself has put around a text of these bounds.
  [[nodiscard]] Result<JsonView> parse(std::string_view padded, unsigned wraps);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::vector<atrium_json_field> fields_;
};

// A text together with its index, owning both: for JSON that outlives the call it came in. Copies share nothing.
class JsonDocument {
 public:
  JsonDocument() = default;
  // Copies a value out of its text.
  explicit JsonDocument(const JsonView& value);
  // Parses; a text that is not JSON fails with malformed_json.
  static Result<JsonDocument> parse(std::string_view text, unsigned wraps = 0);
  static JsonDocument emptyObject();

  [[nodiscard]] JsonView root() const;
  [[nodiscard]] std::string_view text() const { return text_; }  // Empty: no document.
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
  std::vector<atrium_json_field> fields_;
};

}  // namespace atrium
