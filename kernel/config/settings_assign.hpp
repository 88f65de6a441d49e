#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "config/settings_table.hpp"

// How a value that was read and checked reaches its member; the generated table calls these.

namespace atrium {

template <std::integral T>
void assign(T& member, OptionValue&& value) {
  const OptionScalar& scalar = std::get<OptionScalar>(value);
  if constexpr (std::same_as<T, bool>)
    member = std::get<bool>(scalar);
  else
    member = static_cast<T>(std::get<std::int64_t>(scalar));  // The row's bounds fit the member.
}

inline void assign(double& member, OptionValue&& value) { member = std::get<double>(std::get<OptionScalar>(value)); }

template <typename Period>
void assign(std::chrono::duration<std::int64_t, Period>& member, OptionValue&& value) {
  const std::chrono::nanoseconds duration{std::get<std::int64_t>(std::get<OptionScalar>(value))};
  member = std::chrono::duration_cast<std::chrono::duration<std::int64_t, Period>>(duration);
}

inline void assign(std::string& member, OptionValue&& value) { member = std::get<std::string>(std::get<OptionScalar>(std::move(value))); }

// Lists, mappings and trees.
template <typename T>
  requires std::constructible_from<OptionValue, T> && (!std::constructible_from<OptionScalar, T>)
void assign(T& member, OptionValue&& value) {
  member = std::get<T>(std::move(value));
}

// An enumerator by its place among the choices; the table asserts that the two orders agree.
template <typename Enum>
  requires std::is_enum_v<Enum>
void assign(Enum& member, OptionValue&& value, std::span<const std::string_view> choices) {
  const auto& text = std::get<std::string>(std::get<OptionScalar>(value));
  member = static_cast<Enum>(std::ranges::find(choices, std::string_view(text)) - choices.begin());
}

template <typename T, typename... Choices>
void assign(std::optional<T>& member, OptionValue&& value, const Choices&... choices) {
  assign(member.emplace(), std::move(value), choices...);
}

}  // namespace atrium
