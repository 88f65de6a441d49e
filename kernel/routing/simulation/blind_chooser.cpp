#include "routing/simulation/blind_chooser.hpp"

#include <algorithm>
#include <array>

#include "base/ids.hpp"

namespace atrium::simulation {

namespace {

constexpr std::array<std::string_view, 5> blind = {"random", "round_robin", "longest_idle", "least_loaded", "power_of_two"};

class BlindChooser final : public Chooser {
 public:
  explicit BlindChooser(std::size_t which) : which_(which) {}
  [[nodiscard]] std::string_view name() const override { return blind[which_]; }
  void begin(const World& /*world*/, std::uint64_t seed) override {
    random_ = Random(seed);
    last_ = 0;
  }
  [[nodiscard]] std::uint32_t agentFor(std::uint32_t /*lead*/, std::span<const std::uint32_t> candidates, Seconds /*now*/) override {
    const auto any = [&] { return candidates[random_.below(candidates.size())]; };
    const auto load = [this](std::uint32_t number) { return agent(number).utilization(); };
    switch (which_) {
      case 1: {  // The next one after the last, by number.
        const auto next = std::ranges::upper_bound(candidates, last_);
        return last_ = next == candidates.end() ? candidates.front() : *next;
      }
      case 2: return *std::ranges::min_element(candidates, {}, [this](std::uint32_t number) { return agent(number).idle_since; });
      case 3: {
        const double least = load(*std::ranges::min_element(candidates, {}, load));
        std::uint32_t chosen = candidates.front(), seen = 0;
        for (const std::uint32_t number : candidates)
          if (load(number) == least && random_.below(++seen) == 0) chosen = number;
        return chosen;
      }
      case 4: {
        const std::uint32_t one = any(), other = any();
        return load(other) < load(one) ? other : one;
      }
      default: return any();
    }
  }

 private:
  const std::size_t which_;
  Random random_{0};
  std::uint32_t last_ = 0;
};

}  // namespace

std::span<const std::string_view> blindChoosers() { return blind; }

std::unique_ptr<Chooser> makeBlindChooser(std::string_view name) {
  const auto found = std::ranges::find(blind, name);
  return found == blind.end() ? nullptr : std::make_unique<BlindChooser>(static_cast<std::size_t>(found - blind.begin()));
}

}  // namespace atrium::simulation
