#pragma once

#include <atrium/plugin.hpp>

#include <string>
#include <string_view>

// The request's body for a task, as JSON. What the context holds was written by strangers: it is handed over as data, and the model is told
// so.
[[nodiscard]] std::string prompt_body(std::string_view model, std::uint32_t max_tokens, std::string_view instructions, std::uint32_t task,
                                      const atrium::Json& context);

// What the first word of an answer says, as a member with its comma for the figures: for sentiment, notification priority and handoff,
// whose answers are asked to begin so. Empty: nothing.
[[nodiscard]] std::string first_word_figure(std::uint32_t task, std::string_view answer);
