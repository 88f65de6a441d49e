#include "sentiment.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace {

constexpr double turned = -0.7;   // What a "not" makes of the word behind it.
constexpr double stronger = 1.5;  // What a "very" does.
constexpr std::size_t reach = 3;  // Words behind a "not" or "very" that it works on.
constexpr double half_way = 3;    // The sum of weights at which a message is half as good or bad as can be.
constexpr double decided = 0.15;  // From there on it is positive or negative.

constexpr std::string_view turners[] = {"not", "no", "never", "hardly", "without", "nobody", "nothing"};
constexpr std::string_view boosters[] = {"very", "so", "really", "extremely", "totally", "absolutely", "too"};

const std::map<std::string, double, std::less<>>& list() {
  static const std::map<std::string, double, std::less<>> words = {{"amazing", 3},
                                                                   {"awesome", 3},
                                                                   {"brilliant", 3},
                                                                   {"excellent", 3},
                                                                   {"fantastic", 3},
                                                                   {"love", 3},
                                                                   {"perfect", 3},
                                                                   {"thrilled", 3},
                                                                   {"wonderful", 3},
                                                                   {"appreciate", 2},
                                                                   {"congratulations", 3},
                                                                   {"excited", 2},
                                                                   {"glad", 2},
                                                                   {"great", 2},
                                                                   {"happy", 2},
                                                                   {"helpful", 2},
                                                                   {"impressed", 2},
                                                                   {"pleased", 2},
                                                                   {"recommend", 2},
                                                                   {"thank", 1.5},
                                                                   {"thanks", 1.5},
                                                                   {"win", 2},
                                                                   {"won", 2},
                                                                   {"agree", 1},
                                                                   {"clear", 1},
                                                                   {"confident", 2},
                                                                   {"easy", 1},
                                                                   {"enjoy", 2},
                                                                   {"fine", 1},
                                                                   {"good", 1.5},
                                                                   {"interested", 1.5},
                                                                   {"like", 1},
                                                                   {"nice", 1.5},
                                                                   {"progress", 1},
                                                                   {"ready", 1},
                                                                   {"solved", 1.5},
                                                                   {"sure", 0.5},
                                                                   {"welcome", 1},
                                                                   {"works", 1},
                                                                   {"yes", 0.5},
                                                                   {"well", 0.5},
                                                                   {"angry", -3},
                                                                   {"awful", -3},
                                                                   {"disaster", -3},
                                                                   {"disgusted", -3},
                                                                   {"furious", -3},
                                                                   {"hate", -3},
                                                                   {"horrible", -3},
                                                                   {"lawsuit", -3},
                                                                   {"scam", -3},
                                                                   {"terrible", -3},
                                                                   {"unacceptable", -3},
                                                                   {"useless", -3},
                                                                   {"worst", -3},
                                                                   {"annoyed", -2},
                                                                   {"broken", -2},
                                                                   {"burnout", -3},
                                                                   {"complain", -2},
                                                                   {"complaint", -2},
                                                                   {"disappointed", -2.5},
                                                                   {"exhausted", -2.5},
                                                                   {"fail", -2},
                                                                   {"failed", -2},
                                                                   {"frustrated", -2.5},
                                                                   {"frustrating", -2.5},
                                                                   {"ignored", -2},
                                                                   {"lost", -1.5},
                                                                   {"overwhelmed", -2.5},
                                                                   {"poor", -2},
                                                                   {"problem", -1.5},
                                                                   {"problems", -1.5},
                                                                   {"refund", -1.5},
                                                                   {"ridiculous", -2.5},
                                                                   {"rude", -2.5},
                                                                   {"stressed", -2.5},
                                                                   {"stuck", -1.5},
                                                                   {"tired", -1.5},
                                                                   {"unfair", -2},
                                                                   {"unhappy", -2},
                                                                   {"upset", -2},
                                                                   {"wasted", -2},
                                                                   {"wrong", -1.5},
                                                                   {"bad", -1.5},
                                                                   {"cancel", -1.5},
                                                                   {"concerned", -1},
                                                                   {"confused", -1},
                                                                   {"confusing", -1},
                                                                   {"delay", -1},
                                                                   {"delayed", -1},
                                                                   {"difficult", -1},
                                                                   {"doubt", -1},
                                                                   {"expensive", -1},
                                                                   {"hard", -0.5},
                                                                   {"hesitant", -1},
                                                                   {"late", -1},
                                                                   {"nervous", -1},
                                                                   {"slow", -1},
                                                                   {"sorry", -0.5},
                                                                   {"unsure", -1},
                                                                   {"waiting", -0.5},
                                                                   {"worried", -1.5},
                                                                   {"worry", -1}};
  return words;
}

template <std::size_t Count>
bool among(const std::string_view (&words)[Count], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

std::string_view Sentiment::Mood::word() const {
  if (std::abs(score) >= decided) return score > 0 ? "positive" : "negative";
  return good > 0 && bad > 0 ? "mixed" : "neutral";
}

Sentiment::Sentiment(const atrium::Json& lexicon) : weights_(list()) {
  for (const atrium::Json entry : lexicon) {
    const auto weight = entry.as_number();
    if (!weight || !(std::abs(*weight) <= 3)) throw std::invalid_argument("lexicon." + entry.key() + " is no number from -3 to 3");
    weights_.insert_or_assign(lower_case(entry.key()), *weight);
  }
}

Sentiment::Mood Sentiment::of(std::string_view text) const {
  Mood mood{.messages = 1};
  double sum = 0;
  std::size_t turned_until = 0, stronger_until = 0, at = 0;
  for (const std::string& word : words_of(text)) {
    ++at;
    if (among(turners, word) || word.ends_with("n't")) {
      turned_until = at + reach;
    } else if (among(boosters, word)) {
      stronger_until = at + reach;
    } else if (const auto found = weights_.find(word); found != weights_.end() && found->second != 0) {
      const double weight = found->second * (at <= turned_until ? turned : 1.0) * (at <= stronger_until ? stronger : 1.0);
      ++(weight > 0 ? mood.good : mood.bad);
      sum += weight;
    }
  }
  mood.score = sum / (std::abs(sum) + half_way);
  return mood;
}

Sentiment::Mood Sentiment::of(const std::vector<Line>& lines) const {
  Mood all;
  double sum = 0;
  unsigned telling = 0;
  for (const Line& line : lines) {
    const Mood one = of(line.text);
    all.good += one.good;
    all.bad += one.bad;
    ++all.messages;
    sum += one.score;
    telling += one.good + one.bad > 0 ? 1 : 0;
  }
  if (telling > 0) all.score = sum / telling;
  return all;
}

std::vector<std::pair<std::string, Sentiment::Mood>> Sentiment::by_person(const std::vector<Line>& lines) const {
  std::map<std::string, std::vector<Line>> of_each;
  for (const Line& line : lines)
    if (!line.from.empty()) of_each[line.from].push_back(line);
  std::vector<std::pair<std::string, Mood>> moods;
  for (const auto& [person, said] : of_each) moods.emplace_back(person, of(said));
  std::stable_sort(moods.begin(), moods.end(), [](const auto& a, const auto& b) { return a.second.score < b.second.score; });
  return moods;
}
