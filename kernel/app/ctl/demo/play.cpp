#include "ctl/demo/play.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace atrium::demo {

namespace {

constexpr std::chrono::milliseconds turn_max{100};     // An interrupt is heard after so long at most.
constexpr std::chrono::milliseconds look_every{2000};  // For offers whose event got lost.
constexpr std::chrono::milliseconds reconnect_first{200}, reconnect_max{10'000};
constexpr unsigned actions_a_turn = 50;

Mono now() { return SystemClock().now().mono; }

std::vector<std::string> eventsOnEntry(const std::array<std::string, team_rooms>& rooms) {
  std::vector<std::string> events;
  for (const std::string& room : rooms) events.push_back(fmt::format(R"({{"event_type":"join_room","room_id":"{}"}})", room));
  events.emplace_back(R"({"event_type":"update_presence","status":"online","status_message":null})");
  return events;
}

}  // namespace

Play::Play(Api& api, Interrupt& interrupt, Stage stage, PlaySettings settings, std::ostream& out)
    : api_(api),
      interrupt_(interrupt),
      out_(out),
      settings_(std::move(settings)),
      rooms_(std::move(stage.rooms)),
      run_(std::to_string(toMillis(SystemClock().now().wall))),
      random_(settings_.seed) {
  for (std::size_t n = 0; n < stage.agents.size(); ++n) agents_.push_back({.actor = stage.agents[n], .model = stage.models[n]});
}

void Play::run() {
  beginWorld();
  for (Agent& agent : agents_) keepConnected(agent);
  say(hostActor(), rooms_[main_team], fmt::format("{} simulated agents are on duty.", agents_.size()));
  awaitLead();
  schedule_.at(now(), [this] { lookForOffers(); });
  const auto over = [this] { return settings_.leads && leads_ >= *settings_.leads && cases_.empty(); };
  while (!over() && !interrupt_.asked()) {
    for (Agent& agent : agents_) keepConnected(agent);
    readSessions();
    for (unsigned actions = 0; actions < actions_a_turn && !interrupt_.asked() && schedule_.doNext(now()); ++actions) readSessions();
    std::vector<const Session*> sessions;
    for (const Agent& agent : agents_) sessions.push_back(&agent.session);
    const auto pause = std::chrono::ceil<std::chrono::milliseconds>(schedule_.pause(now(), turn_max));
    if (pause.count() > 0) Session::waitForAny(sessions, pause);
  }
  for (Agent& agent : agents_) agent.session.close();
}

void Play::after(simulation::Seconds time, Schedule::Action action) {
  const std::chrono::duration<double> real(time / settings_.speed);
  schedule_.at(now() + std::chrono::duration_cast<std::chrono::nanoseconds>(real), std::move(action));
}

void Play::onCase(simulation::Seconds time, const std::string& lead_id, Step step) {
  after(time, [this, lead_id, step = std::move(step)]() mutable {
    if (const auto found = cases_.find(lead_id); found != cases_.end()) step(found->second);
  });
}

void Play::tell(const std::string& line) { out_ << line << std::endl; }

// ---- The agents' sessions

void Play::keepConnected(Agent& agent) {
  if (agent.off || agent.session.connected() || now() < agent.next_try) return;
  if (!agent.session.connect(api_.url(), api_.tokenOf(agent.actor))) {
    // Not all of them at the same moment, when a server comes back.
    agent.pause = std::clamp(agent.pause * 2, reconnect_first, reconnect_max);
    agent.next_try = now() + agent.pause / 2 + agent.pause * static_cast<int>(random_.below(1000)) / 1000;
    return;
  }
  agent.pause = {};
  for (const std::string& event : eventsOnEntry(rooms_)) agent.session.send(event);
}

void Play::readSessions() {
  for (std::size_t index = 0; index < agents_.size(); ++index) {
    // One that broke is tried again after a pause, also when the server takes it only to let it go.
    const bool was = agents_[index].session.connected();
    agents_[index].session.read([&](const JsonView& event) {
      if (event["event_type"].text() == "offer") consider(index, event["offer"]);
    });
    if (was && !agents_[index].session.connected()) agents_[index].next_try = now() + reconnect_first;
  }
}

void Play::lookForOffers() {
  forEachItem(api_, hostActor(), "/coordination/offers?state=pending", [&](const JsonView& offer) {
    const auto agent = std::ranges::find(agents_, offer["agent_id"].text(), [](const Agent& one) { return one.actor.user_id; });
    if (agent != agents_.end()) consider(static_cast<std::size_t>(agent - agents_.begin()), offer);
  });
  schedule_.at(now() + look_every, [this] { lookForOffers(); });
}

// ---- The world

void Play::beginWorld() {
  do world_ = simulation::makeWorld(settings_.scenario, settings_.seed + worlds_++);
  while (world_.leads.empty());
  next_lead_ = 0;
  for (std::size_t agent = 0; agent < agents_.size(); ++agent)
    for (std::size_t nth = 0; nth < world_.agents[agent].absences.size(); ++nth)
      after(world_.agents[agent].absences[nth], [this, agent, nth] { absence(agent, nth); });
}

// Every other time he closes everything, and otherwise he is away.
void Play::absence(std::size_t index, std::size_t nth) {
  Agent& agent = agents_[index];
  say(agent, rooms_[main_team], "I am back in ten minutes.");
  tell(agent.actor.name + " has a break");
  if (nth % 2 == 1) {
    agent.off = true;
    agent.session.close();
  } else {
    agent.session.send(R"({"event_type":"update_presence","status":"away","status_message":"a simulated break"})");
  }
  after(simulation::absence_time, [this, index] {
    Agent& back = agents_[index];
    back.off = false;
    keepConnected(back);
    back.session.send(R"({"event_type":"update_presence","status":"online","status_message":null})");
    say(back, rooms_[main_team], "I am back.");
    tell(back.actor.name + " is back");
  });
}

// ---- Messages

std::string Play::messageId() { return fmt::format("{}-{}", run_, ++messages_); }

void Play::say(const Actor& actor, const std::string& room_id, std::string_view content) {
  (void)api_.ask(actor, "POST", "/collaboration/messages", messageRequest(room_id, content, messageId()));
}

void Play::say(Agent& agent, const std::string& room_id, std::string_view content) {
  if (!agent.session.connected()) return say(agent.actor, room_id, content);
  agent.session.send(messageRequest(room_id, content, messageId(), "send_message"));
}

}  // namespace atrium::demo
