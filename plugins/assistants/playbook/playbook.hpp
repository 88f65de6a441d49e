#pragma once

#include <atrium/plugin.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "book.hpp"
#include "conversation.hpp"
#include "sentiment.hpp"

// What the rules say to one question. A value.
struct Advice {
  std::string text;
  std::string details;  // A JSON object.
};

// Answers each task by rules: the same question, the same answer. Any thread.
class Playbook {
 public:
  explicit Playbook(const atrium::Json& options) : book_(book_from(options)), sentiment_(options["lexicon"]) {}

  [[nodiscard]] Advice advise(std::uint32_t task, const atrium::Json& context, std::size_t bytes_max) const;

 private:
  [[nodiscard]] Advice coaching(const atrium::Json& context) const;
  [[nodiscard]] Advice suggestion(const atrium::Json& context) const;
  [[nodiscard]] Advice handoff(const atrium::Json& context) const;
  [[nodiscard]] Advice mood(const atrium::Json& context) const;
  [[nodiscard]] Advice priority(const atrium::Json& context) const;
  [[nodiscard]] Advice summary(const atrium::Json& context, std::size_t bytes_max) const;

  // The stage that the context names or, when it names none that is known, the one its words speak of; null: none.
  [[nodiscard]] const std::pair<const std::string, Stage>* stage_of(const atrium::Json& context) const;
  // What the prospect objects to, in the order of the book.
  [[nodiscard]] std::vector<const std::pair<std::string, Objection>*> objections_in(const atrium::Json& context) const;

  const Book book_;
  const Sentiment sentiment_;
};
