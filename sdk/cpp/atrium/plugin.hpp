#ifndef ATRIUM_PLUGIN_HPP
#define ATRIUM_PLUGIN_HPP
// Makes a C++ class a plugin: ATRIUM_PLUGIN(Class, "com.acme.name", "1.0.0") at the end of one source file.
//
// What the class is shows in what it has; one class may be several. Each header says what its kind asks for:
//   room_type.hpp   message_type.hpp   routing_scorer.hpp   alert_rule.hpp   assistant.hpp   command.hpp
//   event_sink.hpp  authenticator.hpp  http_ui.hpp          bus.hpp          storage.hpp (to be derived from)
//   metrics.hpp     services.hpp    http.hpp            what the server does for a plugin, made from its Host
//   state.hpp       what a plugin hands to its next generation, and its self-test
// It is constructed once, from whichever of these it accepts:
//   Class(Host, Json options)   Class(Json options)   Class(Host)   Class()
// Throwing there refuses the start, and what() is the sentence the operator reads. An exception in a hook becomes a failed call.
//
// An extension without comfort here is offered by a member `const void* extension(std::string_view id)` that returns its C table or
// nullptr; such tables find their object by plugin_of<Class>(self).
#include <algorithm>
#include <concepts>
#include <memory>
#include <new>

#include "atrium/alert_rule.hpp"
#include "atrium/assistant.hpp"
#include "atrium/authenticator.hpp"
#include "atrium/bus.hpp"
#include "atrium/command.hpp"
#include "atrium/event_sink.hpp"
#include "atrium/http.hpp"
#include "atrium/http_ui.hpp"
#include "atrium/message_type.hpp"
#include "atrium/metrics.hpp"
#include "atrium/plugin.h"
#include "atrium/room_type.hpp"
#include "atrium/routing_scorer.hpp"
#include "atrium/services.hpp"
#include "atrium/state.hpp"

namespace atrium {
inline namespace sdk {
namespace detail {

// A literal as a template argument: a plugin's id, from which its instance takes the name that it does not give itself.
template <std::size_t size>
struct Literal {
  consteval Literal(const char (&text)[size]) { std::copy_n(text, size, characters); }
  [[nodiscard]] constexpr std::string_view view() const { return {characters, size - 1}; }
  char characters[size]{};
};

// "vip-scorer" of "com.acme.vip-scorer".
constexpr std::string_view last_part(std::string_view id) { return id.substr(id.rfind('.') + 1); }

template <typename P>
concept OffersExtensions = requires(P& plugin, std::string_view id) {
  { plugin.extension(id) } -> std::convertible_to<const void*>;
};

template <typename P>
P make(Host host, Json options) {
  if constexpr (std::constructible_from<P, Host, Json>)
    return P(host, options);
  else if constexpr (std::constructible_from<P, Json>)
    return P(options);
  else if constexpr (std::constructible_from<P, Host>)
    return P(host);
  else
    return P();
}

struct Nothing {
  explicit Nothing(const auto&) {}
};

// The tables of all kinds that begin and answer alike.
template <typename P, typename Instance, template <typename, typename> typename... Kinds>
struct Parts : Kinds<P, Instance>... {
  Parts(P& plugin, std::string_view default_name) : Kinds<P, Instance>(plugin, default_name)... {}
  [[nodiscard]] const void* table(std::string_view id) const {
    const void* found = nullptr;
    static_cast<void>(((found = Kinds<P, Instance>::table(id)) || ...));
    return found;
  }
};

// One instance: what the opaque atrium_plugin* of the C interface points to.
template <typename P>
struct Instance {
  using RoomType = std::conditional_t<HasRoomType<P>, RoomTypeTables<P, Instance>, Nothing>;
  using MessageType = std::conditional_t<HasMessageType<P>, MessageTypeTables<P, Instance>, Nothing>;

  Instance(const atrium_host* its_host, Json options, std::string_view default_name)
      : host(its_host, &jobs),
        plugin(make<P>(host, options)),
        room_type(room_type_info()),
        message_type(message_type_info()),
        parts(plugin, default_name) {}

  static Instance& of(atrium_plugin* self) { return *reinterpret_cast<Instance*>(self); }

  [[nodiscard]] const void* extension(std::string_view id) {
    if constexpr (HasRoomType<P>)
      if (id == ATRIUM_EXT_ROOM_TYPE) return room_type.table();
    if constexpr (HasMessageType<P>)
      if (id == ATRIUM_EXT_MESSAGE_TYPE) return message_type.table();
    if (const void* found = parts.table(id)) return found;
    if constexpr (OffersExtensions<P>) return plugin.extension(id);
    return nullptr;
  }

  Jobs jobs;  // Outlives the plugin: its callbacks hold parts of it.
  Host host;
  P plugin;
  [[no_unique_address]] RoomType room_type;
  [[no_unique_address]] MessageType message_type;
  Parts<P, Instance, RoutingScorerPart, AlertRulePart, AssistantPart, CommandPart, EventSinkPart, AuthenticatorPart, HttpUiPart, BusPart,
        StatePart>
      parts;

 private:
  const auto& room_type_info() {
    if constexpr (HasRoomType<P>)
      return plugin.room_type;
    else
      return host;
  }
  const auto& message_type_info() {
    if constexpr (HasMessageType<P>)
      return plugin.message_type;
    else
      return host;
  }
};

template <typename P, Literal id>
struct Entry {
  static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) noexcept {
    const auto explain = [&](std::string_view why) { error.write(error.context, why.data(), why.size()); };
    try {
      *out = reinterpret_cast<atrium_plugin*>(std::make_unique<Instance<P>>(host, Json(options), last_part(id.view())).release());
      return ATRIUM_OK;
    } catch (const std::exception& problem) {
      explain(problem.what());
    } catch (...) {
      explain("its constructor threw something that is no std::exception");
    }
    return ATRIUM_FAILED;
  }
  static void destroy(atrium_plugin* self) noexcept { delete &Instance<P>::of(self); }
  static const void* get_extension(atrium_plugin* self, const char* extension_id) noexcept {
    try {
      return Instance<P>::of(self).extension(extension_id);
    } catch (...) {
      return nullptr;
    }
  }
};

template <typename P>
inline constexpr bool is_something =
    HasRoomType<P> || HasMessageType<P> || IsRoutingScorer<P> || HasAlertRule<P> || HasAssistant<P> || HasCommand<P> || IsEventSink<P> ||
    IsAuthenticator<P> || HasHttpUi<P> || HasBus<P> || OffersExtensions<P>;

template <typename P>
consteval bool every_kind_is_sound() {
  constexpr bool alone = !is_something<P>;
  return room_type_is_sound<P>() && message_type_is_sound<P>() && routing_scorer_is_sound<P, alone>() && alert_rule_is_sound<P, alone>() &&
         assistant_is_sound<P, alone>() && command_is_sound<P, alone>() && event_sink_is_sound<P, alone>() &&
         authenticator_is_sound<P, alone>() && http_ui_is_sound<P, alone>() && bus_is_sound<P, alone>() && state_is_sound<P, alone>();
}

// The entry of a class that is a plugin of that id.
template <typename P, Literal id>
consteval atrium_entry_table entry(std::string_view version) {
  static_assert(every_kind_is_sound<P>());
  static_assert(is_something<P>, "this class offers nothing: it has the hooks of no kind of plugin (see the list in atrium/plugin.hpp)");
  static_assert(std::constructible_from<P, Host, Json> || std::constructible_from<P, Json> || std::constructible_from<P, Host> ||
                    std::constructible_from<P>,
                "a plugin class is constructed as Class(Host, Json), Class(Json), Class(Host) or Class()");
  return {.struct_size = sizeof(atrium_entry_table),
          .abi_major = ATRIUM_ABI_MAJOR,
          .abi_minor = ATRIUM_ABI_MINOR,
          .id = {id.characters, id.view().size()},
          .version = text_of(version),
          .create = Entry<P, id>::create,
          .destroy = Entry<P, id>::destroy,
          .get_extension = Entry<P, id>::get_extension};
}

}  // namespace detail

// The object behind the `self` that a C table's function was called with.
template <typename P>
[[nodiscard]] P& plugin_of(atrium_plugin* self) {
  return detail::Instance<P>::of(self).plugin;
}

}  // namespace sdk
}  // namespace atrium

#include "atrium/storage.hpp"  // Last, because it builds on what stands above.

// Once in a library, at global scope. `id` and `version` as in plugin.yaml; the server compares them.
#define ATRIUM_PLUGIN(Class, id, version) const atrium_entry_table atrium_entry = ::atrium::sdk::detail::entry<Class, id>(version);

#endif
