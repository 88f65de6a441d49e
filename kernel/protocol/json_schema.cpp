#include "protocol/json_schema.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

// Bits of the types a value may have. An integer is a number too.
enum TypeBit : std::uint8_t {
  type_null = 1,
  type_boolean = 2,
  type_integer = 4,
  type_number = 8,
  type_string = 16,
  type_array = 32,
  type_object = 64
};

struct TypeName {
  std::string_view name;
  std::uint8_t bits;
};
constexpr std::array<TypeName, 7> type_names = {{{"null", type_null},
                                                 {"boolean", type_boolean},
                                                 {"integer", type_integer},
                                                 {"number", type_number | type_integer},
                                                 {"string", type_string},
                                                 {"array", type_array},
                                                 {"object", type_object}}};

std::uint8_t typeOf(const JsonView& value) {
  if (value.isNull()) return type_null;
  if (value.isBool()) return type_boolean;
  if (value.isString()) return type_string;
  if (value.isArray()) return type_array;
  if (value.isObject()) return type_object;
  if (std::int64_t whole = 0; value.integer(whole)) return type_integer;
  double number = 0;  // 1.0 and numbers beyond int64 are integers to JSON Schema.
  const bool is_whole =
      value.number(number) && number >= -9.2e18 && number <= 9.2e18 && number == static_cast<double>(static_cast<std::int64_t>(number));
  return is_whole ? type_integer : type_number;
}

std::uint64_t charactersIn(std::string_view utf8) {
  std::uint64_t count = 0;
  for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

// One step of a JSON pointer (RFC 6901).
std::string below(std::string_view path, std::string_view key) {
  std::string out(path);
  out += '/';
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

// Where in a value we are, spelled out only when something is wrong there.
struct Path {
  const Path* parent;
  std::string_view key;
  [[nodiscard]] std::string text() const { return parent ? below(parent->text(), key) : std::string(key); }
};

std::string formatNumber(double number) {
  std::string text = std::to_string(number);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

struct JsonSchema::Node {
  std::uint8_t types = 0;  // 0: any.
  std::string type_text;   // "text or number"
  std::vector<std::string> required;
  std::vector<std::vector<std::string>> any_required;
  std::vector<std::string> property_names;
  std::vector<Node> property_nodes;  // One for each name.
  std::vector<std::string> choices;  // Strings decoded, all else as JSON.
  std::vector<bool> choice_is_text;
  std::optional<std::uint64_t> length_min, length_max;
  std::optional<double> minimum, maximum;

  void check(const JsonView& value, const Path& path, std::vector<FieldProblem>& problems) const;
  void checkMembers(const JsonView& object, const Path& path, std::vector<FieldProblem>& problems) const;
  void checkText(const JsonView& value, const Path& path, std::vector<FieldProblem>& problems) const;
  void checkNumber(const JsonView& value, const Path& path, std::vector<FieldProblem>& problems) const;
  [[nodiscard]] bool allows(const JsonView& value) const;
};

namespace {

void refuse(std::vector<FieldProblem>& problems, const Path& path, std::string message) {
  if (problems.size() < JsonSchema::problems_max) problems.push_back({path.text(), std::move(message)});
}

}  // namespace

bool JsonSchema::Node::allows(const JsonView& value) const {
  std::string scratch;
  for (std::size_t n = 0; n < choices.size(); ++n) {
    if (choice_is_text[n] != value.isString()) continue;
    if ((value.isString() ? value.text(scratch) : value.raw()) == choices[n]) return true;
  }
  return choices.empty();
}

void JsonSchema::Node::check(const JsonView& value, const Path& path, std::vector<FieldProblem>& problems) const {
  if (types != 0 && !(typeOf(value) & types)) return refuse(problems, path, "must be " + type_text);
  if (!allows(value)) return refuse(problems, path, "must be one of: " + joined(choices, ", "));
  if (value.isString()) checkText(value, path, problems);
  if (value.is(ATRIUM_JSON_NUMBER)) checkNumber(value, path, problems);
  if (value.isObject()) checkMembers(value, path, problems);
}

void JsonSchema::Node::checkMembers(const JsonView& object, const Path& path, std::vector<FieldProblem>& problems) const {
  for (const std::string& name : required)
    if (!object[name].exists()) refuse(problems, Path{&path, name}, "is required");
  const auto has_all = [&](const std::vector<std::string>& names) {
    return std::ranges::all_of(names, [&](const std::string& name) { return object[name].exists(); });
  };
  if (!any_required.empty() && std::ranges::none_of(any_required, has_all)) {
    std::vector<std::string> ways;
    for (const auto& names : any_required) ways.push_back(joined(names, " and "));
    refuse(problems, path, "needs " + joined(ways, " or "));
  }
  for (std::size_t n = 0; n < property_names.size(); ++n)
    if (const JsonView member = object[property_names[n]]; member.exists())
      property_nodes[n].check(member, Path{&path, property_names[n]}, problems);
}

void JsonSchema::Node::checkText(const JsonView& value, const Path& path, std::vector<FieldProblem>& problems) const {
  if (!length_min && !length_max) return;
  std::string scratch;
  const std::uint64_t length = charactersIn(value.text(scratch));
  if (length_min && length < *length_min)
    refuse(problems, path, *length_min == 1 ? "must not be empty" : "must have at least " + std::to_string(*length_min) + " characters");
  if (length_max && length > *length_max) refuse(problems, path, "must have at most " + std::to_string(*length_max) + " characters");
}

void JsonSchema::Node::checkNumber(const JsonView& value, const Path& path, std::vector<FieldProblem>& problems) const {
  double number = 0;
  if ((!minimum && !maximum) || !value.number(number)) return;
  if (minimum && number < *minimum) refuse(problems, path, "must be at least " + formatNumber(*minimum));
  if (maximum && number > *maximum) refuse(problems, path, "must be at most " + formatNumber(*maximum));
}

namespace {

// Reads a schema; everything that is wrong is collected with its place.
struct Compiler {
  std::vector<FieldProblem> problems;

  void complain(const Path& path, std::string message) { refuse(problems, path, std::move(message)); }

  std::vector<std::string> names(const JsonView& list, const Path& path) {
    std::vector<std::string> out;
    if (!list.isArray() || list.size() == 0) complain(path, "must be a list of names that is not empty");
    for (JsonView item = list.first(); item.exists(); item = item.sibling(list)) {
      if (!item.isString()) complain(path, "must hold names only");
      out.push_back(item.text());
    }
    return out;
  }

  std::optional<std::uint64_t> length(const JsonView& value, const Path& path) {
    std::int64_t number = 0;
    if (value.integer(number) && number >= 0) return static_cast<std::uint64_t>(number);
    complain(path, "must be a whole number from 0");
    return std::nullopt;
  }

  std::optional<double> bound(const JsonView& value, const Path& path) {
    if (double number = 0; value.number(number)) return number;
    complain(path, "must be a number");
    return std::nullopt;
  }

  template <typename Node>
  void type(Node& node, const JsonView& value, const Path& path) {
    std::vector<std::string> wanted = value.isString() ? std::vector{value.text()} : names(value, path);
    for (std::string& word : wanted) {
      const auto known = std::ranges::find(type_names, word, &TypeName::name);
      if (known == type_names.end()) return complain(path, "names the type \"" + word + "\", which is none");
      node.types = static_cast<std::uint8_t>(node.types | known->bits);
      word = word == "null" ? word : (word == "integer" || word == "array" || word == "object" ? "an " : "a ") + word;
    }
    node.type_text = joined(wanted, " or ");
  }

  template <typename Node>
  void choices(Node& node, const JsonView& list, const Path& path) {
    if (!list.isArray() || list.size() == 0) complain(path, "must be a list that is not empty");
    for (JsonView item = list.first(); item.exists(); item = item.sibling(list)) {
      if (item.isArray() || item.isObject()) complain(path, "must hold plain values only");
      node.choices.push_back(item.isString() ? item.text() : std::string(item.raw()));
      node.choice_is_text.push_back(item.isString());
    }
  }

  template <typename Node>
  void alternatives(Node& node, const JsonView& list, const Path& path) {
    if (!list.isArray() || list.size() == 0) complain(path, "must be a list that is not empty");
    for (JsonView item = list.first(); item.exists(); item = item.sibling(list)) {
      if (item.size() != 1 || !item["required"].exists())
        complain(path, "must hold objects with `required` alone");
      else
        node.any_required.push_back(names(item["required"], path));
    }
  }

  template <typename Node>
  Node compile(const JsonView& schema, const Path& path) {
    Node node;
    if (!schema.isObject()) complain(path, "must be an object");
    for (JsonView member = schema.first(); schema.isObject() && member.exists(); member = member.sibling(schema)) {
      std::string scratch;
      const std::string keyword(member.key(scratch));
      const Path here{&path, keyword};
      if (keyword == "type")
        type(node, member, here);
      else if (keyword == "enum")
        choices(node, member, here);
      else if (keyword == "required")
        node.required = names(member, here);
      else if (keyword == "anyOf")
        alternatives(node, member, here);
      else if (keyword == "minLength")
        node.length_min = length(member, here);
      else if (keyword == "maxLength")
        node.length_max = length(member, here);
      else if (keyword == "minimum")
        node.minimum = bound(member, here);
      else if (keyword == "maximum")
        node.maximum = bound(member, here);
      else if (keyword == "properties")
        properties(node, member, here);
      else
        complain(here, "is not a keyword that is understood here");
    }
    return node;
  }

  template <typename Node>
  void properties(Node& node, const JsonView& members, const Path& path) {
    if (!members.isObject()) return complain(path, "must be an object");
    for (JsonView member = members.first(); member.exists(); member = member.sibling(members)) {
      std::string scratch;
      const std::string name(member.key(scratch));
      const Path here{&path, name};
      node.property_nodes.push_back(compile<Node>(member, here));
      node.property_names.push_back(name);
    }
  }
};

}  // namespace

JsonSchema::JsonSchema(std::unique_ptr<Node> root) : root_(std::move(root)) {}
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema& JsonSchema::operator=(JsonSchema&&) noexcept = default;
JsonSchema::~JsonSchema() = default;

Result<JsonSchema> JsonSchema::compile(const JsonView& schema) {
  Compiler compiler;
  auto root = std::make_unique<Node>(compiler.compile<Node>(schema, Path{nullptr, ""}));
  if (compiler.problems.empty()) return JsonSchema(std::move(root));
  const FieldProblem& first = compiler.problems.front();
  Error error{Code::validation_failed, "The schema is wrong at \"" + first.path + "\": it " + first.message + ".", 0, {}};
  error.fields = std::move(compiler.problems);
  return fail(std::move(error));
}

void JsonSchema::check(const JsonView& value, std::string_view base, std::vector<FieldProblem>& problems) const {
  root_->check(value, Path{nullptr, base}, problems);
}

}  // namespace atrium
