#ifndef ATRIUM_STATE_HPP
#define ATRIUM_STATE_HPP
// A plugin class of any kind hands what it knows to its next generation when it has both of
//   std::string export_state();                                          at most ATRIUM_STATE_MAX bytes
//   bool import_state(std::uint32_t format, std::string_view state);     false: not a format it reads, the swap is given up
// and, when what it writes has changed since an earlier version, `static constexpr std::uint32_t state_format = 2` (it is 1 without).
// It looks whether it would do its work when it has one of
//   void self_test();          throwing says no, with what() for the operator
//   std::string self_test();   the sentence for the operator, empty when all is well
// All of them are called on the control thread; deadline 1 s each. Throwing gives the swap up.
#include <concepts>
#include <string>
#include <type_traits>

#include "atrium/ext/state.h"
#include "atrium/host.hpp"
#include "atrium/json.hpp"
#include "atrium/names.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {
namespace detail {

template <typename P>
concept ExportsState = requires(P& plugin) {
  { plugin.export_state() } -> std::convertible_to<std::string_view>;
};
template <typename P>
concept ImportsState = requires(P& plugin, std::uint32_t format, std::string_view state) {
  { plugin.import_state(format, state) } -> std::same_as<bool>;
};
template <typename P>
concept TestsItselfByThrowing = requires(P& plugin) {
  { plugin.self_test() } -> std::same_as<void>;
};
template <typename P>
concept TestsItselfByTelling = requires(P& plugin) {
  { plugin.self_test() } -> std::convertible_to<std::string_view>;
};
template <typename P>
concept TestsItself = TestsItselfByThrowing<P> || TestsItselfByTelling<P>;

template <typename P>
consteval std::uint32_t state_format_of() {
  if constexpr (requires { P::state_format; })
    return P::state_format;
  else
    return 1;
}

template <typename P, bool /*alone*/>
consteval bool state_is_sound() {
  if constexpr (names_export_state<P>) static_assert(ExportsState<P>, "export_state is called as export_state() and returns text");
  if constexpr (names_import_state<P>)
    static_assert(ImportsState<P>, "import_state is called as import_state(std::uint32_t format, std::string_view state) and returns bool");
  if constexpr (names_self_test<P>) static_assert(TestsItself<P>, "self_test is called as self_test() and returns nothing or text");
  static_assert(ExportsState<P> == ImportsState<P>, "export_state and import_state come as a pair");
  static_assert(!names_exportState<P>, "the hook is spelled export_state");
  static_assert(!names_importState<P>, "the hook is spelled import_state");
  static_assert(!names_selfTest<P>, "the hook is spelled self_test");
  return true;
}

// The C tables of what a plugin class offers beside its kind. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class StateTables {
 public:
  StateTables(P& /*plugin*/, std::string_view /*default_name*/) {
    if constexpr (ExportsState<P>)
      state_ = {.struct_size = sizeof state_, .format = state_format_of<P>(), .export_state = export_state, .import_state = import_state};
    if constexpr (TestsItself<P>) self_test_ = {.struct_size = sizeof self_test_, .reserved = 0, .run = self_test};
  }
  StateTables(const StateTables&) = delete;
  StateTables& operator=(const StateTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const {
    if (ExportsState<P> && id == ATRIUM_EXT_STATE) return &state_;
    if (TestsItself<P> && id == ATRIUM_EXT_SELF_TEST) return &self_test_;
    return nullptr;
  }

 private:
  static atrium_status export_state(atrium_plugin* self, atrium_sink out) noexcept {
    return contained(Instance::of(self).host, "export_state", [&] {
      const auto state = Instance::of(self).plugin.export_state();
      const std::string_view bytes = state;
      out.write(out.context, bytes.data(), bytes.size());
    });
  }
  static atrium_status import_state(atrium_plugin* self, std::uint32_t format, atrium_text state) noexcept {
    bool known = false;
    const atrium_status ended =
        contained(Instance::of(self).host, "import_state", [&] { known = Instance::of(self).plugin.import_state(format, view(state)); });
    return ended == ATRIUM_OK && !known ? ATRIUM_UNSUPPORTED : ended;
  }
  static atrium_status self_test(atrium_plugin* self, atrium_sink error) noexcept {
    std::string why;
    const atrium_status ended = contained(Instance::of(self).host, "self_test", [&] {
      try {
        if constexpr (TestsItselfByTelling<P>)
          why = Instance::of(self).plugin.self_test();
        else
          Instance::of(self).plugin.self_test();
      } catch (const std::exception& problem) {
        why = problem.what();
        throw;
      }
    });
    error.write(error.context, why.data(), why.size());
    return ended == ATRIUM_OK && !why.empty() ? ATRIUM_FAILED : ended;
  }

  atrium_state state_{};
  atrium_self_test self_test_{};
};

template <typename P, typename Instance>
using StatePart = std::conditional_t<ExportsState<P> || TestsItself<P>, StateTables<P, Instance>, Absent<StateTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
