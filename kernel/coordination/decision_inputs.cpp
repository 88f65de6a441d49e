#include "coordination/decision_inputs.hpp"

#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "atrium/ext/routing_scorer.h"
#include "base/text_table.hpp"

// Numbers stand as this processor has them, the least byte first; a text is its size in 4 bytes and its bytes; a list is its length in 4
// bytes and its elements. A format that changes gets another number in the head, and a reader for each number that may be stored.
namespace atrium {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t inputs_head = 0x01495441;  // "ATI", format 1
constexpr std::uint32_t no_text = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t candidates_max = ATRIUM_SCORER_BATCH_MAX;

class InputsWriter {
 public:
  template <typename T>
    requires std::is_arithmetic_v<T>
  void number(T value) {
    const auto at = out_.size();
    out_.resize(at + sizeof value);
    std::memcpy(out_.data() + at, &value, sizeof value);
  }
  template <typename T>
    requires std::is_enum_v<T>
  void number(T value) {
    number(std::to_underlying(value));
  }
  // One after the other, without their length.
  template <typename T>
  void numbers(const std::vector<T>& values) {
    out_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  void count(std::size_t size) { number(static_cast<std::uint32_t>(size)); }
  void text(std::string_view value) {
    count(value.size());
    out_ += value;
  }
  std::string take() { return std::move(out_); }
  void reserve(std::size_t bytes) { out_.reserve(bytes); }

 private:
  std::string out_;
};

// After the first thing that does not fit everything reads as zero and empty, and whole() is false.
class InputsReader {
 public:
  explicit InputsReader(std::string_view bytes) : rest_(bytes) {}
  template <typename T>
  T number() {
    T value{};
    if (rest_.size() < sizeof value) return fail(), value;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  // One of the first `count` enumerators.
  template <typename T>
  T oneOf(std::size_t count) {
    const auto value = number<std::underlying_type_t<T>>();
    if (value >= count) return fail(), T{};
    return static_cast<T>(value);
  }
  // The length of a list whose elements have at least `least` bytes.
  std::uint32_t count(std::size_t least, std::size_t most = candidates_max) {
    const auto size = number<std::uint32_t>();
    if (size > most || size * least > rest_.size()) return fail(), 0;
    return size;
  }
  std::string_view text() {
    const auto size = number<std::uint32_t>();
    if (size > rest_.size()) return fail(), std::string_view();
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  void fail() {
    whole_ = false;
    rest_ = {};
  }
  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] bool atEnd() const { return whole_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool whole_ = true;
};

void writeTexts(InputsWriter& out, std::span<const std::string_view> texts) {
  out.count(texts.size());
  for (const std::string_view text : texts) out.text(text);
}

void writeWeights(InputsWriter& out, const std::vector<Weighted>& weights) {
  out.count(weights.size());
  for (const Weighted& one : weights) out.text(one.scorer), out.number(one.weight);
}
std::vector<Weighted> readWeights(InputsReader& in) {
  std::vector<Weighted> weights(in.count(12));
  for (Weighted& one : weights) one.scorer = in.text(), one.weight = in.number<double>();
  return weights;
}

// The fields of everybody, and who has which.
struct FieldTexts {
  explicit FieldTexts(const Question& question) {
    for (const AgentView& agent : question.agents) add(agent.fields);
    for (const LeadView& lead : question.leads) add(lead.fields);
  }
  void add(const std::shared_ptr<const JsonDocument>& fields) {
    places.push_back(fields && !fields->empty() ? table.place(fields->text()) : no_text);
  }
  TextTable table;
  std::vector<std::uint32_t> places;
};

void writePeople(InputsWriter& out, const Question& question) {
  const FieldTexts fields(question);
  writeTexts(out, fields.table.texts());
  std::size_t at = 0;
  out.count(question.agents.size());
  for (const AgentView& agent : question.agents) {
    out.text(agent.profile->agent_id);
    out.text(agent.profile->name);
    out.number(fields.places[at++]);
    out.number(agent.status);
    out.number(agent.active_leads);
    out.number(agent.capacity);
    out.number(agent.avg_response_minutes);
    out.number(agent.conversion_rate);
    out.number(agent.satisfaction);
    out.number(agent.idle_ms);
  }
  out.count(question.leads.size());
  for (const LeadView& lead : question.leads) {
    out.text(lead.lead_id);
    out.number(fields.places[at++]);
    out.number(lead.waiting_ms);
  }
  out.count(question.excluded.size());
  for (const ExcludedAgent& one : question.excluded) {
    out.text(one.profile->agent_id);
    out.text(one.profile->name);
    out.number(one.rule);
  }
}

std::shared_ptr<const AgentProfile> readProfile(InputsReader& in) {
  auto profile = std::make_shared<AgentProfile>();
  profile->agent_id = in.text();
  profile->name = in.text();
  return profile;
}

void readPeople(InputsReader& in, Question& question) {
  std::vector<std::shared_ptr<const JsonDocument>> fields(in.count(4, 2 * candidates_max));
  for (auto& one : fields) {
    auto parsed = JsonDocument::parse(in.text());
    if (!parsed) return in.fail();
    one = std::make_shared<const JsonDocument>(std::move(*parsed));
  }
  const auto fieldsAt = [&](std::uint32_t place) -> std::shared_ptr<const JsonDocument> {
    if (place != no_text && place >= fields.size()) in.fail();
    return place < fields.size() ? fields[place] : nullptr;
  };
  question.agents.resize(in.count(57));
  for (AgentView& agent : question.agents) {
    agent.profile = readProfile(in);
    agent.fields = fieldsAt(in.number<std::uint32_t>());
    agent.status = in.oneOf<AgentStatus>(5);
    agent.active_leads = in.number<std::uint32_t>();
    agent.capacity = in.number<std::uint32_t>();
    agent.avg_response_minutes = in.number<double>();
    agent.conversion_rate = in.number<double>();
    agent.satisfaction = in.number<double>();
    agent.idle_ms = in.number<std::uint64_t>();
  }
  question.leads.resize(in.count(16));
  for (LeadView& lead : question.leads) {
    lead.lead_id = in.text();
    lead.fields = fieldsAt(in.number<std::uint32_t>());
    lead.waiting_ms = in.number<std::uint64_t>();
  }
  question.excluded.resize(in.count(9, 1'000'000));
  for (ExcludedAgent& one : question.excluded) {
    one.profile = readProfile(in);
    one.rule = in.oneOf<Exclusion>(exclusion_rules);
  }
}

void writeAnswer(InputsWriter& out, const ScorerAnswer& answer) {
  out.text(answer.scorer);
  out.text(answer.version);
  out.number(answer.weight);
  out.text(answer.failure);
  if (!answer.scores) return out.count(0);
  out.count(answer.scores->size());
  out.numbers(answer.scores->values);
  out.count(answer.scores->reasons.size());
  for (const std::string& reason : answer.scores->reasons) out.text(reason);
  out.numbers(answer.scores->places);
}

ScorerAnswer readAnswer(InputsReader& in) {
  ScorerAnswer answer;
  answer.scorer = in.text();
  answer.version = in.text();
  answer.weight = in.number<double>();
  answer.failure = in.text();
  const std::uint32_t count = in.count(sizeof(double) + sizeof(std::uint16_t));
  if (count == 0) return answer;
  auto scores = std::make_shared<ScoreSheet>();
  scores->values.resize(count);
  for (double& value : scores->values) value = in.number<double>();
  scores->reasons.resize(in.count(4));
  for (std::string& reason : scores->reasons) reason = in.text();
  scores->places.resize(count);
  for (std::uint16_t& place : scores->places) {
    place = in.number<std::uint16_t>();
    if (place >= scores->reasons.size()) return in.fail(), ScorerAnswer();
  }
  answer.scores = std::move(scores);
  return answer;
}

// Whether the parts fit each other, whoever wrote them.
bool fits(const Decision& decision) {
  const Question& question = *decision.question;
  const std::size_t candidates = question.candidates();
  if ((question.side == Side::agents ? question.leads : std::vector<LeadView>(1)).size() != 1) return false;
  if (question.side == Side::queue && question.agents.size() != 1) return false;
  if (decision.ranking.order.size() != candidates) return false;
  std::vector<bool> seen(candidates);
  for (const Rank& one : decision.ranking.order) {
    if (one.candidate >= candidates || seen[one.candidate]) return false;
    seen[one.candidate] = true;
  }
  for (const ScorerAnswer& answer : decision.answers)
    if (answer.scores && answer.scores->size() != candidates) return false;
  return true;
}

}  // namespace

std::string encodeInputs(const Decision& decision) {
  const Question& question = *decision.question;
  InputsWriter out;
  out.reserve(std::size_t{question.candidates()} * (128 + 10 * decision.answers.size()) + 4096);
  out.number(inputs_head);
  out.text(question.tenant_id);
  out.number(question.trigger);
  out.number(question.side);
  out.number(toMillis(question.at));
  out.number(question.seed);
  out.text(question.skill);
  out.text(question.policy->name);
  writeWeights(out, question.policy->agents);
  writeWeights(out, question.policy->queue);
  out.number(std::int64_t{question.policy->ageing_guard.count()});
  out.number(question.policy_version);
  writePeople(out, question);
  out.count(decision.answers.size());
  for (const ScorerAnswer& answer : decision.answers) writeAnswer(out, answer);
  out.number(decision.basis);
  out.number(static_cast<std::uint8_t>(decision.ranking.degraded));
  out.number(std::int64_t{decision.took.count()});
  out.count(decision.ranking.order.size());
  for (const Rank& one : decision.ranking.order) out.number(one.candidate), out.number(one.total);
  return out.take();
}

std::optional<Decision> decodeInputs(std::string_view bytes) {
  InputsReader in(bytes);
  if (in.number<std::uint32_t>() != inputs_head) return std::nullopt;
  auto question = std::make_shared<Question>();
  question->tenant_id = in.text();
  question->trigger = in.oneOf<Trigger>(10);
  question->side = in.oneOf<Side>(2);
  question->at = fromMillis(in.number<std::uint64_t>());
  question->seed = in.number<std::uint64_t>();
  question->skill = in.text();
  auto policy = std::make_shared<RoutingPolicy>();
  policy->name = in.text();
  policy->agents = readWeights(in);
  policy->queue = readWeights(in);
  policy->ageing_guard = std::chrono::milliseconds(in.number<std::int64_t>());
  question->policy = std::move(policy);
  question->policy_version = in.number<std::uint64_t>();
  readPeople(in, *question);

  Decision decision;
  decision.answers.resize(in.count(24, 1000));
  for (ScorerAnswer& answer : decision.answers) answer = readAnswer(in);
  decision.basis = in.oneOf<Basis>(4);
  decision.ranking.degraded = in.number<std::uint8_t>() != 0;
  decision.took = std::chrono::nanoseconds(in.number<std::int64_t>());
  decision.ranking.order.resize(in.count(12));
  for (Rank& one : decision.ranking.order) one.candidate = in.number<std::uint32_t>(), one.total = in.number<double>();
  decision.question = std::move(question);
  if (!in.atEnd() || !fits(decision)) return std::nullopt;
  return decision;
}

}  // namespace atrium
