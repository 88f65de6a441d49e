#ifndef ATRIUM_NAMES_HPP
#define ATRIUM_NAMES_HPP
// Which names a class has, for the sentences about near misses.
//
// `requires { &P::will_post; }` finds a plain public function and nothing else: not one that is overloaded, a template or private, each of
// which is a hook that never runs. So the name is looked up in a class that inherits it once more: that finds two, whatever P's is.
#include <type_traits>

namespace atrium {
inline namespace sdk {
namespace detail {

// names_NAME<P>: P, or a base of it, has a member of that name. Nothing can be derived from a final class, so of one only plain members
// count.
#define ATRIUM_NAMES(name)                                               \
  struct Named_##name {                                                  \
    int name;                                                            \
  };                                                                     \
  template <typename P>                                                  \
  struct Twice_##name : P, Named_##name {};                              \
  template <typename P, bool is_final = std::is_final_v<P>>              \
  struct Names_##name {                                                  \
    static constexpr bool value = requires { &P::name; };                \
  };                                                                     \
  template <typename P>                                                  \
  struct Names_##name<P, false> {                                        \
    static constexpr bool value = !requires { &Twice_##name<P>::name; }; \
  };                                                                     \
  template <typename P>                                                  \
  concept names_##name = Names_##name<P>::value;

// room_type.hpp
ATRIUM_NAMES(check_settings)
ATRIUM_NAMES(will_create)
ATRIUM_NAMES(will_join)
ATRIUM_NAMES(will_post)
ATRIUM_NAMES(did_create)
ATRIUM_NAMES(did_join)
ATRIUM_NAMES(did_leave)
ATRIUM_NAMES(did_post)
ATRIUM_NAMES(did_close)
ATRIUM_NAMES(tick)
ATRIUM_NAMES(checkSettings)
ATRIUM_NAMES(willCreate)
ATRIUM_NAMES(willJoin)
ATRIUM_NAMES(willPost)
ATRIUM_NAMES(didCreate)
ATRIUM_NAMES(didJoin)
ATRIUM_NAMES(didLeave)
ATRIUM_NAMES(didPost)
ATRIUM_NAMES(didClose)
ATRIUM_NAMES(did_send)
ATRIUM_NAMES(on_tick)
ATRIUM_NAMES(onTick)
// message_type.hpp
ATRIUM_NAMES(check)
ATRIUM_NAMES(summarise)
ATRIUM_NAMES(did_deliver)
ATRIUM_NAMES(summarize)
ATRIUM_NAMES(didDeliver)
// The kinds that are called on workers.
ATRIUM_NAMES(score)
ATRIUM_NAMES(score_queue)
ATRIUM_NAMES(score_batch)
ATRIUM_NAMES(scoreQueue)
ATRIUM_NAMES(evaluate)
ATRIUM_NAMES(open)
ATRIUM_NAMES(execute)
ATRIUM_NAMES(cancel)
ATRIUM_NAMES(deliver)
ATRIUM_NAMES(deliver_batch)
ATRIUM_NAMES(authenticate)
ATRIUM_NAMES(handle)
// state.hpp
ATRIUM_NAMES(export_state)
ATRIUM_NAMES(import_state)
ATRIUM_NAMES(self_test)
ATRIUM_NAMES(exportState)
ATRIUM_NAMES(importState)
ATRIUM_NAMES(selfTest)

#undef ATRIUM_NAMES

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
