#include "sim/desk_world.hpp"

#include <algorithm>

#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "sim/desk_flaw.hpp"

namespace atrium::sim {

namespace {

constexpr std::string_view tenant = "acme";

}  // namespace

void DeskPanel::ask(std::shared_ptr<const Question> question, std::string_view scorer, std::move_only_function<void(ScorerAnswer)> done) {
  ScorerAnswer answer{.scorer = std::string(scorer), .version = "1.0.0", .weight = 0, .scores = {}, .failure = {}};
  if (random_.below(1000) < fail_per_mille) {
    answer.failure = "did not answer";
  } else {
    auto scores = std::make_shared<ScoreSheet>(ScoreSheet::abstaining(question->candidates()));
    for (std::uint32_t at = 0; at < scores->size(); ++at) {
      const bool agents = question->side == Side::agents;
      const AgentView& agent = question->agents[agents ? at : 0];
      const double load = std::min(1.0, (agent.active_leads + 1.0) / agent.capacity);
      scores->values[at] = agents ? 1 - load * load : std::min(1.0, static_cast<double>(question->leads[at].waiting_ms) / 600'000);
    }
    answer.scores = std::move(scores);
  }
  if (late)
    waiting_.emplace_back([done = std::move(done), answer = std::move(answer)]() mutable { done(std::move(answer)); });
  else
    done(std::move(answer));
}

void DeskPanel::work() {
  for (auto& answer : std::exchange(waiting_, {})) answer();
}

void DeskPolicies::find(const std::string&, std::string name, Completion<PolicyInForce> done) {
  if (unread) return done(fail(Code::storage_unavailable, "The policies cannot be read."));
  if (house.contains(name)) name.clear();
  const RoutingPolicy* known = builtInPolicy(name.empty() ? "balanced" : name);
  done(PolicyInForce{known ? std::shared_ptr<const RoutingPolicy>(std::shared_ptr<const void>(), known) : nullptr, 1});
}

void DeskAudience::offer(const std::string&, const std::string& agent_id, const std::string& offer) {
  offers[agent_id].push_back(offer);
  if (!witness) return;
  const auto told = JsonDocument::parse(offer);
  witness->offer(told->root()["offer_id"].text(), told->root()["state"].text());
}

void DeskAudience::lead(const std::string&, const std::string& lead_id, std::string value) {
  if (witness && !value.empty()) witness->lead(lead_id);
  put(leads, lead_id, std::move(value));
}

OutboxEvent DeskEvents::addTo(std::vector<DocumentWrite>& writes, Happening event) {
  OutboxEvent out{ids_.next(now_.wall), now_.wall, std::move(event)};
  writes.push_back({eventOutboxKey(out.id), ATRIUM_VERSION_ANY, encodeOutboxEvent(out.event, out.at)});
  return out;
}

void DeskEvents::publish(OutboxEvent event) {
  ++published;
  if (!store_.document(eventOutboxKey(event.id))) flaw = std::string(word(event.event.type)) + " is told and not stored";
  if (event.id < last_) flaw = std::string(word(event.event.type)) + " is told behind what came later";
  last_ = event.id;
}

std::vector<Happening> DeskEvents::stored() const {
  std::vector<Happening> found;
  for (const Document& document : store_.documents({std::string(event_outbox_collection)}))
    found.push_back(decodeOutboxEvent(document)->event);
  return found;
}

std::string DeskEvents::types() const {
  std::string out;
  for (const Happening& event : stored()) (out += out.empty() ? "" : " ") += word(event.type);
  return out;
}

CoordinationRules DeskWorld::someRules() {
  CoordinationRules rules;
  rules.queues = {{.name = "default"}};
  return rules;
}

DeskWorld::DeskWorld(std::uint64_t seed, CoordinationRules with, StoreOptions options, WorldStore* instead,
                     std::chrono::milliseconds begins)
    : random(seed),
      rules(std::move(with)),
      store(random, options),
      panel(random),
      events(store, now),
      log(Log::Options{.level = LogLevel::error}),
      under_(instead ? *instead : static_cast<WorldStore&>(store)),
      metrics_(metric_table),
      set_(metrics_.makeSet()) {
  clock.advance(begins);
  now = clock.now();
  ids_ = std::make_unique<IdSource>(Random(seed ^ 0xD5));
  start();
  settle();
}

DeskWorld::~DeskWorld() = default;

void DeskWorld::start() {
  const std::uint64_t life = ++life_;
  // What was asked by a process that is gone is answered to nobody.
  ports_.push_back(under().port([this, life](Task task) {
    if (life == life_) posts_.push_back(std::move(task));
  }));
  timers_ = std::make_unique<TimerWheel>(now.mono);
  decider_ = std::make_unique<Decider>(panel, clock);
  explainer_ = std::make_unique<Explainer>(*decider_);
  shadows_ = std::make_unique<ShadowPolicies>(*decider_);
  desk_ = std::make_unique<Desk>(DeskParts{.store = *ports_.back(),
                                           .decider = *decider_,
                                           .explainer = *explainer_,
                                           .shadows = *shadows_,
                                           .policies = policies,
                                           .outlet = audience,
                                           .events = events,
                                           .timers = *timers_,
                                           .now = now,
                                           .ids = *ids_,
                                           .random = random,
                                           .metrics = set_,
                                           .log = log,
                                           .rules = rules},
                                 std::string(tenant));
}

void DeskWorld::restart(bool power_cut) {
  posts_.clear();
  panel.forget();
  if (power_cut) store.cutPower();
  desk_.reset();
  shadows_.reset();
  explainer_.reset();
  decider_.reset();
  timers_.reset();
  sessions.clear();
  audience.leads.clear(), audience.rows.clear();
  start();
}

void DeskWorld::turn() {
  under().work();
  panel.work();
  for (Task& task : std::exchange(posts_, {})) task();
}

void DeskWorld::settle() {
  do {
    turn();
    if (posts_.empty() && panel.idle()) under().await();
  } while (!under().idle() || !panel.idle() || !posts_.empty());
}

void DeskWorld::pass(std::chrono::milliseconds time) {
  tick(time);
  timers_->advance(now.mono);
}

void DeskWorld::tick(std::chrono::milliseconds time) {
  clock.advance(time);
  now = clock.now();
}

PrincipalPtr DeskWorld::user(const std::string& user_id, std::uint32_t roles) {
  return std::make_shared<const Principal>(Principal{
      .tenant_id = std::string(tenant), .user_id = user_id, .display_name = user_id, .name_verified = true, .roles = roles, .expires = {}});
}

void DeskWorld::hire(const std::string& agent_id, std::uint32_t capacity, std::vector<std::pair<std::string, double>> skills) {
  AgentProfile profile;
  profile.agent_id = agent_id;
  profile.name = agent_id;
  profile.capacity = capacity;
  profile.skills = std::move(skills);
  (void)ask([&](Desk::Reply done) { desk_->putAgent(std::move(profile), std::move(done)); });
}

void DeskWorld::come(const std::string& agent_id) { desk_->presenceChanged(agent_id, Status::online, ++sessions[agent_id]); }

void DeskWorld::go(const std::string& agent_id) {
  sessions.erase(agent_id);
  desk_->presenceChanged(agent_id, Status::online, 0);
}

Result<std::string> DeskWorld::route(const std::string& lead_id, std::string_view lead) {
  return ask([&](Desk::Reply done) {
    RouteLead command;
    command.lead_id = lead_id;
    command.fields = *JsonDocument::parse(lead);
    desk_->route(std::move(command), now.mono, std::move(done));
  });
}

std::string DeskWorld::lastOffer(const std::string& agent_id, std::string_view state) const {
  const auto told = audience.offers.find(agent_id);
  if (told == audience.offers.end()) return {};
  for (auto at = told->second.rbegin(); at != told->second.rend(); ++at) {
    const auto offer = JsonDocument::parse(*at);
    const std::string id = offer->root()["offer_id"].text();
    if (offer->root()["state"].text() == state && (state != "pending" || audience.rows.contains(id))) return id;
    if (offer->root()["state"].text() != state) return {};
  }
  return {};
}

std::string DeskWorld::flaw() const {
  return deskFlaw([this](const DocumentKey& prefix) { return under().documents(prefix); }, std::string(tenant));
}

}  // namespace atrium::sim
