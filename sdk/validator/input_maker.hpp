#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "protocol/json_index.hpp"
#include "validator/check.hpp"

namespace atrium::validate {

// What inputs are like.
enum class Shape : std::uint8_t {
  plain,  // As a quiet day brings them.
  texts,  // Odd and empty texts.
  json,   // Odd JSON.
  large,  // 64 KiB to 1 MiB of it.
  wild    // Anything of the above, for fuzzing.
};

// Makes inputs from a seed: the same seed, the same inputs. One thread.
class InputMaker {
 public:
  // `facts` outlive the maker.
  InputMaker(const Facts& facts, Random random, Shape shape);

  [[nodiscard]] Shape shape() const { return shape_; }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  bool oneIn(std::uint64_t chance) { return below(chance) == 0; }
  template <typename T, std::size_t size>
  const T& pick(const T (&choices)[size]) {
    return choices[below(size)];
  }
  // A JSON string, quotes and all, whose content is within the bounds in bytes when its shape allows.
  std::string text(std::size_t min = 0, std::size_t max = 200);
  std::string id();
  // Any JSON object.
  std::string object();
  // An object that the manifest's schema of that name lets through; any object when there is none.
  std::string fitting(std::string_view schema_name);
  std::string number();
  // The views that several kinds have in common, as members of the input.
  std::string room();
  std::string user();
  std::string message();

 private:
  std::string value(unsigned depth);
  std::string fitValue(const JsonView& schema, unsigned depth);
  std::string rawText(std::size_t min, std::size_t max);
  std::string largeText();

  const Facts& facts_;
  Random random_;
  Shape shape_;
};

// The smallest change of `json` for which `breaks` still holds: members and elements taken away, texts halved. At most `tries` calls.
template <typename Breaks>
std::string shrunk(std::string json, int tries, Breaks&& breaks);

// `json` with the n-th of its possible simplifications applied; nothing when there are fewer.
[[nodiscard]] std::optional<std::string> simplified(std::string_view json, std::size_t n);

template <typename Breaks>
std::string shrunk(std::string json, int tries, Breaks&& breaks) {
  for (std::size_t n = 0; tries > 0; --tries) {
    auto candidate = simplified(json, n);
    if (!candidate) break;
    if (candidate->size() < json.size() && breaks(*candidate))
      json = *std::move(candidate);  // The same place again: what stood behind has moved up.
    else
      ++n;
  }
  return json;
}

}  // namespace atrium::validate
