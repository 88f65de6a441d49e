#include "summary.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace {

struct Sentence {
  const Line* line;
  std::string_view text;
  std::size_t place;
  double weight = 0;
};

const std::set<std::string, std::less<>>& empty_words() {
  static const std::set<std::string, std::less<>> words = {
      "a",     "about", "all",  "also", "am",   "an",   "and",   "any",   "are",  "as",   "at",    "be",   "been", "but",   "by",  "can",
      "could", "did",   "do",   "does", "for",  "from", "get",   "had",   "has",  "have", "he",    "her",  "his",  "how",   "i",   "i'm",
      "if",    "in",    "into", "is",   "it",   "it's", "its",   "just",  "me",   "my",   "no",    "not",  "of",   "on",    "or",  "our",
      "out",   "she",   "so",   "some", "than", "that", "the",   "their", "them", "then", "there", "they", "this", "to",    "too", "up",
      "us",    "was",   "we",   "were", "what", "when", "which", "who",   "will", "with", "would", "you",  "your", "hello", "hi",  "ok"};
  return words;
}

std::vector<Sentence> sentences_of(const std::vector<Line>& lines) {
  std::vector<Sentence> sentences;
  for (const Line& line : lines) {
    std::string_view rest = line.text;
    while (!rest.empty()) {
      // An end is a mark with a blank behind it, so that 2.5 stays together.
      std::size_t end = 0;
      while (end < rest.size() &&
             !(std::string_view(".!?").find(rest[end]) != std::string_view::npos && (end + 1 == rest.size() || rest[end + 1] == ' ')))
        ++end;
      const std::string_view text = rest.substr(0, std::min(end + 1, rest.size()));
      rest.remove_prefix(text.size());
      while (rest.starts_with(' ')) rest.remove_prefix(1);
      if (text.size() > 2) sentences.push_back({&line, text, sentences.size()});
    }
  }
  return sentences;
}

}  // namespace

std::string summary_of(const std::vector<Line>& lines, std::size_t sentences_max, std::size_t bytes_max) {
  std::vector<Sentence> sentences = sentences_of(lines);
  std::map<std::string, unsigned> counts;
  for (const Sentence& sentence : sentences)
    for (const std::string& word : words_of(sentence.text))
      if (!empty_words().contains(word)) ++counts[word];
  for (Sentence& sentence : sentences) {
    const std::vector<std::string> words = words_of(sentence.text);
    double sum = 0;
    unsigned full = 0;
    for (const std::string& word : words) {
      if (empty_words().contains(word)) continue;
      ++full;
      sum += counts[word];
    }
    sentence.weight = full == 0 ? 0 : sum / (full + 2.0);  // Two more: a single word is no sentence.
    if (sentence.text.find_first_of("0123456789") != std::string_view::npos) sentence.weight += 0.6;
    if (sentence.text.ends_with('?')) sentence.weight += 0.3;
    const std::string lower = lower_case(sentence.text);
    for (const char* promise : {"will", "agreed", "by monday", "tomorrow", "decided", "deadline"})
      if (says(lower, promise)) sentence.weight += 0.4;
  }
  std::stable_sort(sentences.begin(), sentences.end(), [](const Sentence& a, const Sentence& b) { return a.weight > b.weight; });
  std::vector<Sentence> chosen;
  std::size_t bytes = 0;
  for (const Sentence& sentence : sentences) {
    const std::size_t size = sentence.text.size() + sentence.line->from.size() + 3;
    if (chosen.size() == sentences_max || sentence.weight <= 0) break;
    if (bytes + size > bytes_max) continue;
    bytes += size;
    chosen.push_back(sentence);
  }
  std::sort(chosen.begin(), chosen.end(), [](const Sentence& a, const Sentence& b) { return a.place < b.place; });
  std::string text;
  for (const Sentence& sentence : chosen) {
    if (!text.empty()) text += '\n';
    if (!sentence.line->from.empty()) text += sentence.line->from + ": ";
    text += sentence.text;
  }
  return text;
}
