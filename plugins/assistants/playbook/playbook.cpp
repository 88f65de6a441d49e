#include "playbook.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "summary.hpp"

namespace {

using atrium::json_quoted;

constexpr std::array<std::string_view, 5> levels = {"low", "normal", "high", "urgent", "critical"};
constexpr double unhappy = -0.45;
constexpr double valuable_score = 80;  // Of 100.
constexpr std::size_t summary_sentences = 5;

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? "," : "") + json_quoted(text);
  return list + "]";
}

std::string number(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.2f", value + 0.0);
  return digits;
}

// With the lead's name in the place of {name}; without one the sentence closes over the gap.
std::string addressed(std::string text, const std::string& name) {
  for (auto at = text.find("{name}"); at != std::string::npos; at = text.find("{name}")) {
    if (!name.empty()) {
      text.replace(at, 6, name);
      continue;
    }
    const bool comma_before = at >= 2 && text.compare(at - 2, 2, ", ") == 0;
    const bool comma_behind = text.compare(at + 6, 2, ", ") == 0;
    if (comma_before)
      text.erase(at - 2, 8);
    else if (comma_behind)
      text.erase(at, 8);
    else
      text.erase(at > 0 ? at - 1 : at, at > 0 ? 7 : 6);
    if (at == 0 && !text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  }
  return text;
}

// What the prospect says: his last message or, without one, all that was said.
std::string said_in(const atrium::Json& context) {
  if (const auto last = context["prospect_message"].as_text()) return lower_case(*last);
  std::string all;
  for (const Line& line : lines_of(context)) all += line.text + "\n";
  return lower_case(all);
}

bool says_any(std::string_view lower, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [lower](std::string_view phrase) { return says(lower, phrase); });
}

double score_of(const atrium::Json& lead) { return lead["score"].as_number().value_or(0); }

// A candidate who can what the lead needs, and has most room; null: none. `skills`: a list, or an object by skill.
struct Choice {
  std::string id;
  unsigned matches = 0;
  double load = 1;
};
Choice best_candidate(const atrium::Json& context, const std::string& said) {
  const std::string need = lower_case(context["lead"]["property_type"].as_text().value_or(""));
  Choice best;
  for (const atrium::Json candidate : context["candidates"]) {
    Choice one{candidate.as_text().value_or(""), 0, candidate["capacity_utilization"].as_number().value_or(0.5)};
    if (one.id.empty()) one.id = candidate["agent_id"].as_text().value_or(candidate["name"].as_text().value_or(""));
    const atrium::Json skills = candidate["skills"];
    for (const atrium::Json skill : skills) {
      const std::string word = lower_case(skills.is_object() ? skill.key() : skill.as_text().value_or(""));
      if (!word.empty() && (word == need || says(said, word))) ++one.matches;
    }
    if (one.id.empty() || one.load >= 1) continue;
    if (best.id.empty() || one.matches > best.matches || (one.matches == best.matches && one.load < best.load)) best = one;
  }
  return best;
}

}  // namespace

Advice Playbook::advise(std::uint32_t task, const atrium::Json& context, std::size_t bytes_max) const {
  switch (task) {
    case ATRIUM_TASK_MESSAGE_SUGGESTION: return suggestion(context);
    case ATRIUM_TASK_HANDOFF_RECOMMENDATION: return handoff(context);
    case ATRIUM_TASK_SENTIMENT: return mood(context);
    case ATRIUM_TASK_NOTIFICATION_PRIORITY: return priority(context);
    case ATRIUM_TASK_SUMMARY: return summary(context, bytes_max);
    default: return coaching(context);
  }
}

const std::pair<const std::string, Stage>* Playbook::stage_of(const atrium::Json& context) const {
  std::string named = lower_case(context["conversation_stage"].as_text().value_or(""));
  std::replace(named.begin(), named.end(), ' ', '_');
  std::replace(named.begin(), named.end(), '-', '_');
  if (const auto found = book_.stages.find(named); found != book_.stages.end()) return &*found;
  const auto guess = [this](std::string_view name) {
    const auto found = book_.stages.find(name);
    return found == book_.stages.end() ? nullptr : &*found;
  };
  const std::string said = said_in(context);
  if (says_any(said, {"sign", "contract", "papers", "close the deal"})) return guess("closing");
  if (says_any(said, {"offer", "counter", "negotiate", "terms"})) return guess("negotiation");
  if (says_any(said, {"viewing", "tour", "see the house", "visit", "showing"})) return guess("viewing");
  if (says_any(said, {"looking for", "budget", "need", "bedrooms", "search"})) return guess("discovery");
  if (says_any(said, {"hello", "hi", "good morning"})) return guess("greeting");
  return nullptr;
}

std::vector<const std::pair<std::string, Objection>*> Playbook::objections_in(const atrium::Json& context) const {
  const std::string said = said_in(context);
  std::vector<const std::pair<std::string, Objection>*> found;
  for (const auto& entry : book_.objections)
    if (std::any_of(entry.second.words.begin(), entry.second.words.end(), [&](const std::string& word) { return says(said, word); }))
      found.push_back(&entry);
  return found;
}

Advice Playbook::coaching(const atrium::Json& context) const {
  const auto objections = objections_in(context);
  const auto* stage = stage_of(context);
  std::vector<std::string> names;
  std::string text;
  for (const auto* objection : objections) {
    names.push_back(objection->first);
    if (names.size() <= 2) text += (text.empty() ? "" : "\n") + objection->second.tip;
  }
  if (sentiment_.of(said_in(context)).score <= unhappy)
    text += std::string(text.empty() ? "" : "\n") + "They are upset: say first that you heard it, then what you do about it.";
  if (stage)
    for (std::size_t n = 0; n < stage->second.tips.size() && n < (names.empty() ? 2u : 1u); ++n)
      text += (text.empty() ? "" : "\n") + stage->second.tips[n];
  if (text.empty()) text = "Ask one open question, repeat the answer in your own words, and agree on the next step with a date.";
  return {std::move(text), R"({"stage":)" + (stage ? json_quoted(stage->first) : "null") + R"(,"objections":)" + quoted_list(names) + "}"};
}

Advice Playbook::suggestion(const atrium::Json& context) const {
  const auto objections = objections_in(context);
  const auto* stage = stage_of(context);
  std::string text, because = "null";
  if (!objections.empty() && !objections.front()->second.reply.empty()) {
    text = objections.front()->second.reply;
    because = json_quoted("objection " + objections.front()->first);
  } else if (stage && !stage->second.reply.empty()) {
    text = stage->second.reply;
    because = json_quoted("stage " + stage->first);
  } else {
    text = "Thank you for your message, {name}. May I ask what matters most to you here?";
  }
  return {addressed(std::move(text), first_name(context)), R"({"because":)" + because + "}"};
}

Advice Playbook::handoff(const atrium::Json& context) const {
  const std::string said = said_in(context);
  std::vector<std::string> reasons;
  if (says_any(said, {"manager", "supervisor", "someone else", "somebody else", "another agent", "real person", "human"}))
    reasons.emplace_back("asks for somebody else");
  if (sentiment_.of(said).score <= unhappy) reasons.emplace_back("is upset");
  if (says_any(said, {"lawyer", "attorney", "lawsuit", "legal action", "fraud"})) reasons.emplace_back("speaks of legal steps");
  const Choice choice = best_candidate(context, said);
  if (choice.matches > 0) reasons.emplace_back(choice.id + " knows what this is about");
  if (score_of(context["lead"]) >= valuable_score && choice.matches > 0) reasons.emplace_back("is a valuable lead");
  const bool recommended = !reasons.empty();
  std::string text = recommended ? "Hand this over" : "Keep this conversation";
  if (recommended && !choice.id.empty()) text += " to " + choice.id;
  if (recommended) {
    text += ": the prospect ";
    for (std::size_t n = 0; n < reasons.size(); ++n) text += (n > 0 ? ", " : "") + reasons[n];
  } else {
    text += ": nothing in it asks for somebody else";
  }
  return {text + ".", R"({"recommended":)" + std::string(recommended ? "true" : "false") + R"(,"to":)" +
                          (recommended && !choice.id.empty() ? json_quoted(choice.id) : "null") + R"(,"reasons":)" + quoted_list(reasons) +
                          "}"};
}

Advice Playbook::mood(const atrium::Json& context) const {
  const std::vector<Line> lines = lines_of(context);
  const Sentiment::Mood all = sentiment_.of(lines);
  const auto people = sentiment_.by_person(lines);
  std::string list = "[";
  for (const auto& [person, mood] : people)
    list += std::string(list.size() > 1 ? "," : "") + R"({"name":)" + json_quoted(person) + R"(,"score":)" + number(mood.score) +
            R"(,"sentiment":")" + std::string(mood.word()) + R"(","messages":)" + std::to_string(mood.messages) + "}";
  std::string text = "The mood is " + std::string(all.word()) + " (" + number(all.score) + ") over " + std::to_string(all.messages) +
                     (all.messages == 1 ? " message" : " messages");
  if (!people.empty() && people.front().second.score <= unhappy) text += "; look after " + people.front().first;
  return {text + ".", R"({"sentiment":")" + std::string(all.word()) + R"(","score":)" + number(all.score) + R"(,"messages":)" +
                          std::to_string(all.messages) + R"(,"people":)" + list + "]}"};
}

Advice Playbook::priority(const atrium::Json& context) const {
  const atrium::Json notification = context["notification"];
  std::string told = notification.as_text().value_or("");
  for (const atrium::Json member : notification) told += " " + member.as_text().value_or("");
  told += " " + context["prospect_message"].as_text().value_or("");
  const std::string lower = lower_case(told);
  std::size_t level = 1;
  std::vector<std::string> reasons;
  const auto raise = [&](std::size_t to, std::string why) {
    level = std::max(level, to);
    reasons.push_back(std::move(why));
  };
  if (says_any(lower, {"newsletter", "fyi", "for your information", "weekly report", "digest", "no action needed"})) {
    level = 0;
    reasons.emplace_back("it is for information");
  }
  if (says_any(lower, {"today", "tonight", "deadline", "waiting", "call me", "call back", "offer"}))
    raise(2, "it has a date or somebody waits");
  if (says_any(lower, {"urgent", "asap", "right now", "immediately", "complaint", "cancel"})) raise(3, "it says that it is urgent");
  if (says_any(lower, {"emergency", "outage", "is down", "data loss", "lawsuit", "fire", "injured"})) raise(4, "it is an emergency");
  if (sentiment_.of(lower).score <= unhappy) raise(3, "somebody is upset");
  const std::string urgency = lower_case(context["lead"]["urgency"].as_text().value_or(""));
  if (score_of(context["lead"]) >= valuable_score) raise(2, "the lead is valuable");
  if (urgency == "high") raise(2, "the lead is urgent");
  if (urgency == "critical") raise(3, "the lead is urgent");
  std::string text(levels[level]);
  for (std::size_t n = 0; n < reasons.size(); ++n) text += (n == 0 ? ": " : ", ") + reasons[n];
  return {text + ".", R"({"priority":")" + std::string(levels[level]) + R"(","reasons":)" + quoted_list(reasons) + "}"};
}

Advice Playbook::summary(const atrium::Json& context, std::size_t bytes_max) const {
  const std::vector<Line> lines = lines_of(context);
  std::string text = summary_of(lines, summary_sentences, bytes_max);
  if (text.empty()) text = "Nothing was said yet.";
  return {std::move(text), R"({"messages":)" + std::to_string(lines.size()) + "}"};
}
