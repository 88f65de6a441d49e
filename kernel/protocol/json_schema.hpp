#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_index.hpp"

namespace atrium {

// A schema compiled from the subset of JSON Schema that manifests may use:
//   type (a name or a list of them), enum (of strings, numbers, booleans, null), required, properties,
//   minLength, maxLength (in characters), minimum, maximum (inclusive), anyOf (a list of {required: [...]})
// Members that no property names are allowed. Every other keyword is an error, so that no rule is silently without effect.
// Immutable once compiled: any thread.
class JsonSchema {
 public:
  static constexpr std::size_t problems_max = 32;

  // Copies what it needs. Fails with validation_failed; `fields` name the places within the schema.
  [[nodiscard]] static Result<JsonSchema> compile(const JsonView& schema);

  JsonSchema(JsonSchema&&) noexcept;
  JsonSchema& operator=(JsonSchema&&) noexcept;
  ~JsonSchema();

  // Appends what is wrong with `value` to `problems`, until there are problems_max; paths are JSON pointers that begin with `base`.
  // Nothing is allocated for a value that fits.
  void check(const JsonView& value, std::string_view base, std::vector<FieldProblem>& problems) const;

 private:
  struct Node;
  explicit JsonSchema(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

}  // namespace atrium
