#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conversation.hpp"

// The mood of what people wrote, by a list of English words with weights, a word before that turns one round ("not good") and a few that
// make one stronger. It knows no irony, no other language and nothing of what is spoken of: a hint for whoever looks after a team, no
// measure of anybody.
class Sentiment {
 public:
  // The list that comes with it, changed by `lexicon` of the options. Throws the sentence for the operator.
  explicit Sentiment(const atrium::Json& lexicon);

  struct Mood {
    double score = 0;   // -1 to 1; 0 when nothing says anything.
    unsigned good = 0;  // Words.
    unsigned bad = 0;
    unsigned messages = 0;
    // positive, negative, mixed or neutral
    [[nodiscard]] std::string_view word() const;
  };
  [[nodiscard]] Mood of(std::string_view text) const;
  // Of all lines together, each weighing the same; and of each person who wrote some, the worst first.
  [[nodiscard]] Mood of(const std::vector<Line>& lines) const;
  [[nodiscard]] std::vector<std::pair<std::string, Mood>> by_person(const std::vector<Line>& lines) const;

 private:
  std::map<std::string, double, std::less<>> weights_;
};
