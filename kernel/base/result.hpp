#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace atrium {

// Names one way in which a request can be refused. The words, their HTTP status and whether trying again helps stand in
// kernel/protocol/errors.yaml; the build makes the enumerators from that table (protocol/errors.hpp).
enum class Code : std::uint16_t;

// What is wrong with one field of a request.
struct FieldProblem {
  std::string path;     // JSON pointer: "/metadata/lead_id".
  std::string message;  // One sentence, in UTF-8.
  friend bool operator==(const FieldProblem&, const FieldProblem&) = default;
};

// A refusal on its way back to the one who asked. A value: copied freely, owned by nobody.
struct Error {
  Code code;
  std::string detail;                // One sentence for a person, in UTF-8; empty when the code says it all.
  std::uint32_t retry_after_ms = 0;  // When trying again may help; 0: no advice.
  std::vector<FieldProblem> fields;  // For validation_failed and rejected_by_plugin; otherwise empty.

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T>
using Result = std::expected<T, Error>;

// `return fail(Code::not_found, "no such room");` from any function that returns a Result.
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string detail = {}, std::uint32_t retry_after_ms = 0) {
  return std::unexpected(Error{code, std::move(detail), retry_after_ms, {}});
}
[[nodiscard]] inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// What an asynchronous function calls exactly once, on the thread of the shard that asked.
template <typename T>
using Completion = std::move_only_function<void(Result<T>)>;

// Work for another thread. Runs exactly once or, when its loop has stopped, is destroyed unrun.
using Task = std::move_only_function<void()>;

}  // namespace atrium
