#include "coordination/agent.hpp"

#include <algorithm>

#include "coordination/stored_json.hpp"
#include "protocol/body_reader.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 5> agent_status_words{"available", "busy", "offline", "in_call", "away"};
constexpr std::array<std::string_view, 7> day_words{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr std::size_t label_max = 100;  // bytes, of a skill, language and so on
constexpr int minutes_a_day = 24 * 60;

// "09:30" as minutes since the day began; "24:00" is its end.
std::optional<std::uint16_t> minutesOf(std::string_view text) {
  const auto digit = [text](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const int minutes = ((text[0] - '0') * 10 + (text[1] - '0')) * 60 + (text[3] - '0') * 10 + (text[4] - '0');
  if (text[3] > '5' || minutes > minutes_a_day) return std::nullopt;
  return static_cast<std::uint16_t>(minutes);
}

std::string clockText(std::uint16_t minutes) {
  const auto two = [](int number) { return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)}; };
  return two(minutes / 60) + ":" + two(minutes % 60);
}

// One day's spans, [["09:00", "17:00"]]; nothing: they are wrong.
std::optional<std::vector<Shift::Span>> readSpans(const JsonView& day) {
  if (!day.isArray() || day.size() > Shift::spans_max) return std::nullopt;
  std::vector<Shift::Span> spans;
  for (JsonView one = day.first(); one.exists(); one = one.sibling(day)) {
    if (!one.isArray() || one.size() != 2) return std::nullopt;
    const JsonView from = one.first();
    const auto begins = minutesOf(from.text()), ends = minutesOf(from.sibling(one).text());
    if (!begins || !ends || *ends <= *begins) return std::nullopt;
    spans.push_back({*begins, *ends});
  }
  return spans;
}

std::optional<Shift> readShift(BodyReader& in) {
  const JsonView body = in.object("shift");
  if (!body.exists()) return std::nullopt;
  Shift shift;
  std::int64_t offset = 0;
  if (const JsonView given = body["utc_offset_minutes"]; given.exists() && (!given.integer(offset) || offset < -840 || offset > 840))
    in.wrong("shift/utc_offset_minutes", "must be an integer from -840 to 840");
  shift.utc_offset_minutes = static_cast<std::int32_t>(offset);
  const JsonView days = body["days"];
  if (!days.isObject()) in.wrong("shift/days", "must be an object with the days on which he works");
  std::string scratch;
  for (JsonView day = days.first(); day.exists(); day = day.sibling(days)) {
    const auto known = std::ranges::find(day_words, day.key(scratch));
    auto spans = readSpans(day);
    if (known == day_words.end() || !spans)
      in.wrong("shift/days/" + std::string(day.key(scratch)),
               R"(must be a weekday with spans such as [["09:00", "17:00"]], each ending after it begins)");
    else
      shift.days[static_cast<std::size_t>(known - day_words.begin())] = *std::move(spans);
  }
  return shift;
}

void readSkills(BodyReader& in, AgentProfile& profile) {
  const JsonView skills = in.object("skills");
  std::string scratch;
  for (JsonView skill = skills.first(); skill.exists(); skill = skill.sibling(skills)) {
    const std::string name(skill.key(scratch));
    const double level = numberOf(skill, -1);
    if (name.empty() || name.size() > label_max || !(level >= 0 && level <= 1))
      in.wrong("skills/" + name, "must be a proficiency from 0 to 1");
    else
      profile.skills.emplace_back(name, level);
  }
  if (profile.skills.size() > AgentProfile::list_max)
    in.wrong("skills", "must have at most " + std::to_string(AgentProfile::list_max) + " members");
}

void readChannels(BodyReader& in, AgentProfile& profile) {
  const JsonView channels = in.object("channels");
  std::string scratch;
  for (JsonView channel = channels.first(); channel.exists(); channel = channel.sibling(channels)) {
    const std::string name(channel.key(scratch));
    const std::int64_t places = integerOf(channel, -1);
    if (name.empty() || name.size() > label_max || places < 0 || places > AgentProfile::capacity_max)
      in.wrong("channels/" + name, "must be an integer from 0 to " + std::to_string(AgentProfile::capacity_max));
    else
      profile.channels.emplace_back(name, static_cast<std::uint32_t>(places));
  }
  if (profile.channels.size() > AgentProfile::list_max)
    in.wrong("channels", "must have at most " + std::to_string(AgentProfile::list_max) + " members");
}

void writeShift(JsonText& json, const Shift& shift) {
  json.key("shift").begin('{').key("utc_offset_minutes").value(shift.utc_offset_minutes).key("days").begin('{');
  for (std::size_t day = 0; day < day_words.size(); ++day) {
    if (shift.days[day].empty()) continue;
    json.key(day_words[day]).begin('[');
    for (const Shift::Span& span : shift.days[day]) json.begin('[').value(clockText(span.from)).value(clockText(span.to)).end(']');
    json.end(']');
  }
  json.end('}').end('}');
}

}  // namespace

std::string_view word(AgentStatus status) { return agent_status_words[static_cast<std::size_t>(status)]; }

bool Shift::covers(Wall at) const {
  const auto local = std::chrono::floor<std::chrono::minutes>(at) + std::chrono::minutes(utc_offset_minutes);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto minute = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
  const auto& spans = days[std::chrono::weekday(day).iso_encoding() - 1];
  return std::ranges::any_of(spans, [minute](const Span& span) { return minute >= span.from && minute < span.to; });
}

double AgentProfile::skill(std::string_view wanted) const {
  const auto found = std::ranges::find(skills, wanted, &std::pair<std::string, double>::first);
  return found == skills.end() ? 0 : found->second;
}

std::uint32_t AgentProfile::capacityIn(std::string_view channel) const {
  const auto found = std::ranges::find(channels, channel, &std::pair<std::string, std::uint32_t>::first);
  return found == channels.end() ? capacity : std::min(found->second, capacity);
}

void writeSkills(JsonText& json, const AgentProfile& profile) {
  json.begin('{');
  for (const auto& [name, level] : profile.skills) exact(memberKey(json, name), level);
  json.end('}');
}

std::string encodeAgent(const AgentProfile& profile) {
  std::string out;
  JsonText json(out);
  json.begin('{').key("agent_id").value(profile.agent_id).key("name").value(profile.name).key("capacity").value(profile.capacity);
  json.key("paused").value(profile.paused);
  if (!profile.held_by.empty()) textList(json, "held_by", profile.held_by);
  json.key("skills");
  writeSkills(json, profile);
  json.key("channels").begin('{');
  for (const auto& [name, places] : profile.channels) memberKey(json, name).value(places);
  json.end('}');
  textList(json, "languages", profile.languages);
  textList(json, "territories", profile.territories);
  textList(json, "queues", profile.queues);
  if (profile.shift) writeShift(json, *profile.shift);
  if (profile.conversion_rate >= 0) exact(json.key("conversion_rate"), profile.conversion_rate);
  if (profile.satisfaction >= 0) exact(json.key("satisfaction"), profile.satisfaction);
  json.end('}');
  return out;
}

Result<AgentProfile> readAgent(std::string_view agent_id, const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  AgentProfile profile;
  profile.agent_id = agent_id;
  if (!validUserId(agent_id)) in.wrong("agent_id", "must be a user id of 1 to " + std::to_string(user_id_max) + " bytes");
  if (const auto given = in.text("agent_id", 1, user_id_max); given && *given != agent_id)
    in.wrong("agent_id", "must be the one of the path");
  profile.name = in.text("name", 1, display_name_max).value_or(std::string(agent_id));
  profile.capacity =
      static_cast<std::uint32_t>(in.integer("capacity", 1, AgentProfile::capacity_max).value_or(AgentProfile::capacity_default));
  profile.paused = in.flag("paused").value_or(false);
  readSkills(in, profile);
  readChannels(in, profile);
  profile.languages = in.texts("languages", AgentProfile::list_max, label_max);
  profile.territories = in.texts("territories", AgentProfile::list_max, label_max);
  profile.queues = in.texts("queues", AgentProfile::list_max, label_max);
  profile.shift = readShift(in);
  profile.conversion_rate = in.number("conversion_rate", 0, 1, "from 0 to 1").value_or(-1);
  profile.satisfaction = in.number("satisfaction", 0, 5, "from 0 to 5").value_or(-1);
  return in.finish(std::move(profile));
}

std::optional<AgentProfile> decodeAgent(const Document& document) {
  const auto parsed = JsonDocument::parse(document.value);
  if (!parsed || document.key.size() != 3) return std::nullopt;
  Principal nobody;
  auto profile = readAgent(document.key[2], parsed->root(), nobody);
  if (!profile) return std::nullopt;
  profile->version = document.version;
  const JsonView holds = parsed->root()["held_by"];
  for (JsonView one = holds.first(); one.exists(); one = one.sibling(holds)) profile->held_by.push_back(one.text());
  return *std::move(profile);
}

}  // namespace atrium
