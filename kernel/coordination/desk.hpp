#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/timer_wheel.hpp"
#include "coordination/change.hpp"
#include "coordination/decision.hpp"
#include "coordination/decision_record.hpp"
#include "coordination/desk_commands.hpp"
#include "coordination/desk_parts.hpp"
#include "coordination/handoff.hpp"
#include "coordination/lead.hpp"
#include "coordination/ledger.hpp"
#include "coordination/offer.hpp"
#include "coordination/team.hpp"
#include "engine/shard.hpp"

namespace atrium {

// One tenant's coordination: who is on the team, which leads wait, who was offered what. It is the one place where that is decided, so that
// a lead never has two owners and no agent more than his cap, whatever comes at once. Its memory is what the store holds, or will in a
// moment: nothing is told before it is stored, and after a failure of the store all of it is read anew.
//
// Everything is called on the tenant's home loop; completions run there. Requests that come while it is being read wait, waiting_max of
// them; a further one is overloaded.
class Desk {
 public:
  using Reply = Completion<std::string>;  // One JSON object.
  static constexpr std::size_t waiting_max = 1000;
  // Leads that agents are asked about in one turn of the loop. One that has begun is looked through; the rest waits for the next turn, so
  // that many agents who change at once over a long queue do not keep the loop from everybody else.
  static constexpr std::size_t looks_max = 50'000;
  static constexpr std::size_t considered_max = 2000;  // Leads that wait which one agent is asked about; of more, the oldest.

  Desk(const DeskParts& parts, std::string tenant_id);

  // ---- What the engine tells.
  void presenceChanged(const std::string& user_id, Status status, std::size_t sessions);
  // A message of that sender was posted in a room that says it is about that lead, which may be none that is known.
  void posted(const std::string& room_id, const std::string& lead_id, const std::string& sender_id, bool by_client, Wall at);

  // ---- The roster. agent_unknown: nobody of that id is on it.
  void putAgent(AgentProfile profile, Reply done);
  void removeAgent(std::string agent_id, Reply done);
  void putWorkload(std::string agent_id, Workload workload, Reply done);
  // `plugin_id`: on behalf of that plugin, whose pause only it itself takes back, and people; empty: for a person, who takes back all.
  void pauseAgent(std::string agent_id, bool paused, std::string plugin_id, Reply done);
  void agents(Listing query, Reply done);
  void agent(std::string agent_id, Reply done);

  // ---- Leads. lead_unknown; lead_taken: somebody has it, and who.
  void route(RouteLead command, Mono received, Reply done);
  // Offers a lead that nobody works on to the agent whom somebody names. at_cap, agent_unavailable.
  void assign(PrincipalPtr caller, std::string lead_id, AssignLead command, Reply done);
  // Ends a lead nobody works on any more.
  void withdraw(PrincipalPtr caller, std::string lead_id, std::string reason, Reply done);
  void leads(Listing query, Reply done);
  void lead(std::string lead_id, Reply done);

  // ---- Offers. not_found; forbidden for other people's; offer_expired, offer_ended (and who has the lead now).
  void accept(PrincipalPtr caller, std::string offer_id, Reply done);
  void reject(PrincipalPtr caller, std::string offer_id, OfferEnd end, Reply done);
  void complete(PrincipalPtr caller, std::string offer_id, OfferEnd end, Reply done);
  void offers(Listing query, Reply done);
  void offer(PrincipalPtr caller, std::string offer_id, Reply done);

  // ---- Handoffs. handoff_pending: the lead has one under way.
  void beginHandoff(PrincipalPtr caller, BeginHandoff command, Reply done);
  void handoff(std::string handoff_id, Reply done);
  // A room was made for what is said about the lead; `over` has those of its handoffs that were over before.
  void roomMade(const std::string& lead_id, const std::string& room_id, std::vector<Handoff> over);
  void handoffs(Listing query, Reply done);

  // What would move from whom to whom to even out the load; unless `preview`, those handoffs begin.
  void rebalance(PrincipalPtr caller, bool preview, Reply done);
  // Moves leads that wait to the queues theirs overflow to, without waiting for their time; the oldest first, overflow_max of them.
  // {"moved": [{"lead_id", "from", "to"}], "left": how many more there are}.
  static constexpr std::size_t overflow_max = 100;
  void overflow(Reply done);

  // Rules have changed.
  void rulesChanged();
  // How the team stands, for the figures. False: it has neither agents nor leads.
  [[nodiscard]] bool sample(TeamSample& sample) const;

 private:
  // What is to be decided, in the order in which it came up.
  struct Job {
    Trigger trigger{};
    std::string lead_id = {};          // Which agent it goes to; empty: which lead...
    std::string agent_id = {};         // ...this agent takes.
    std::string handoff_id = {};       // The lead has an owner, who hands it over.
    std::shared_ptr<Lead> trial = {};  // Of a dry run: a lead that is not on the desk.
    std::string policy = {};           // Asked for by name; empty: its queue's.
    Mono received{};                   // When somebody asked...
    Reply reply = {};                  // ...who waits for this; empty: nobody.
    unsigned tries = 0;
  };
  struct Alarm {
    enum class Kind : std::uint8_t { lease, wrapped_up, lost, lead, look, balance };
    Kind kind{};
    std::string id;
  };

  // desk.cpp: loading, storing, alarms.
  void broken();
  void load();
  template <typename Take>
  void loadAll(std::string_view collection, DocumentKey after, Take take, std::move_only_function<void()> next);
  void loadAgents();
  void loadLeads();
  void loaded();
  void mend();
  void showAll();
  void goOn();
  void loadFailed(const Error& error);
  void forgetAll();
  // Runs `request` once the desk knows everything, or refuses.
  template <typename Done, typename Request>
  void ready(Done done, Request request);
  [[nodiscard]] Change change() { return {tenant_id_, parts_.outlet, parts_.events, parts_.now.wall}; }
  void commit(Change change, Ledger::Then then = [](const Result<void>&) {});
  void commit(Change change, Reply done, std::string reply);
  void read(std::string json, Reply done);
  void alarm(Wall at, Alarm::Kind kind, const std::string& id);
  [[nodiscard]] Mono moment(Wall at) const;  // Now at the earliest.
  void ring();
  void rung(const Alarm& alarm);
  void armNext();

  // desk_people.cpp, desk_roster.cpp
  void answered(Lead& lead, Seat& seat, Wall at);
  void seatChanged(AgentProfile profile, Reply done);

  // desk_rules.cpp: what the operator says.
  [[nodiscard]] const QueueRule& ruleOf(std::string_view queue) const;
  [[nodiscard]] const QueueRule* queueNamed(std::string_view name) const;
  [[nodiscard]] const QueueRule& queueFor(const JsonView& lead) const;
  [[nodiscard]] const std::string& policyOf(const Lead& lead) const;
  void watchShadows();

  // desk_routing.cpp
  [[nodiscard]] Result<Lead> leadOf(RouteLead& command) const;
  void arrive(Lead lead, Mono received, Reply done);
  [[nodiscard]] Error takenError(const Lead& lead) const;
  void enqueue(Job job);
  void lookFor(const std::string& lead_id, Trigger trigger);
  void lookWhatHeTakes(const std::string& agent_id, Trigger trigger);
  void pump();
  [[nodiscard]] bool hasLookedEnough();
  void begin(Job job);
  [[nodiscard]] std::shared_ptr<Question> questionOf(const Job& job);
  void withPolicy(Job job, std::shared_ptr<Question> question, std::string name);
  void refused(Job job, Error error);
  void ask(Job job, std::shared_ptr<Question> question, PolicyInForce policy);
  void explain(Job job, Decision decision);
  void decided(Job job, Decision decision);
  void overtaken(Job job);
  void offerTo(Job job, Decision decision, Lead& lead, Seat& seat);
  void nobodyTakes(Job job, Decision decision, Lead& lead);
  void record(Change& change, const Decision& decision, const DecisionPlace& place);
  static void keep(Change& change, const Decision& decision, const DecisionPlace& place);
  [[nodiscard]] std::chrono::nanoseconds sinceThen(Mono received) const;
  void settle(Job job, Result<std::string> result);
  static void dropJob(Job job, const Error& error);

  // desk_questions.cpp
  [[nodiscard]] std::shared_ptr<Question> questionForLead(const Job& job, const Lead& lead);
  [[nodiscard]] std::shared_ptr<Question> questionForAgent(Seat& seat);
  [[nodiscard]] Decision byHand(const Lead& lead, Seat& seat, Trigger trigger) const;
  void lookLater(Seat& seat, Wall until);

  // desk_waiting.cpp
  void watchLead(Lead& lead);
  void lookAgain(Lead& lead, Wall at);
  void leadIsDue(Lead& lead);
  void fallBack(Lead& lead, Seat& seat, const QueueRule& rule);
  void moveOn(Change& change, Lead& lead);

  // desk_offers.cpp
  [[nodiscard]] LeadOffer makeOffer(const Lead& lead, Seat& seat, OfferKind kind, std::chrono::milliseconds lease);
  void takeOffer(Change& change, Lead& lead, Seat& seat, const LeadOffer& offer);
  void hold(Change& change, Seat& seat, const LeadOffer& offer);
  // Null: no such offer is open.
  [[nodiscard]] Result<LeadOffer*> offerOf(const Principal& caller, const std::string& offer_id, bool supervisors);
  void refuseEnded(const std::string& offer_id, const PrincipalPtr& caller, Reply done);
  [[nodiscard]] Error endedError(const LeadOffer& offer) const;
  void accepted(LeadOffer& offer, Reply done);
  void completed(LeadOffer& offer, const OfferEnd& end, Reply done);
  void wrappedUp(LeadOffer& offer);
  void closeOffer(LeadOffer& offer, Change change, Reply done);
  void freePlace(Change& change, const LeadOffer& offer);
  void endOffer(Change& change, LeadOffer& offer, OfferState how, std::string reason);
  void rescind(Change& change, LeadOffer& offer, std::string reason);
  void endPending(const std::string& offer_id, OfferState how, std::string reason, Trigger next, Reply done);
  void decline(Lead& lead, const std::string& agent_id, Wall now);
  void putBack(Change& change, Lead& lead);
  void lookAround();
  void loseAgent(Seat& seat);
  void loseActive(LeadOffer& offer);

  // desk_by_hand.cpp
  [[nodiscard]] std::optional<Error> unfit(const Seat& seat, const Lead& lead, bool over_cap) const;
  [[nodiscard]] static Error unknownLead(const std::string& lead_id);

  // desk_lists.cpp
  void fetch(std::string_view collection, const std::string& id, Completion<std::optional<Document>> done);
  void stored(std::string_view collection, const std::string& id, std::string missing, Reply done);
  void list(std::string_view collection, Listing query, Reply done);

  // desk_handoffs.cpp
  void startHandoff(const std::string& by, BeginHandoff command, Lead& lead, Trigger trigger, Reply done);
  void askFor(Handoff& handoff, Trigger trigger);
  [[nodiscard]] LeadOffer handoffOffer(const Handoff& handoff, const Lead& lead, Seat& seat);
  void askToTakeOver(Change& change, Handoff& handoff, Seat& seat, const LeadOffer& offer);
  void tellOf(Change& change, const Handoff& handoff);
  void handOver(Handoff& handoff, LeadOffer& fresh, Change& change);
  void roundOver(Handoff& handoff, OfferState how, Change& change);
  void endHandoff(Handoff& handoff, HandoffState how, std::string reason, Change& change);

  // desk_balance.cpp
  [[nodiscard]] std::vector<Move> plan() const;
  [[nodiscard]] const Seat* emptiestFor(const Lead& lead, const std::string& owner, double left, const std::map<std::string, double>& load,
                                        const std::map<std::string, Seat>& filled) const;
  void carryOut(const std::vector<Move>& moves, const std::string& by);
  void balanceIfAsked();

  const DeskParts parts_;
  const std::string tenant_id_;
  Ledger ledger_;
  Team team_;
  std::map<std::string, Lead, std::less<>> leads_;        // Open ones.
  std::map<std::string, LeadOffer, std::less<>> offers_;  // Likewise.
  std::map<std::string, Handoff, std::less<>> handoffs_;
  std::map<std::pair<Wall, std::string>, Lead*> queue_;  // Those of them that wait, by arrival and id.
  std::set<std::string> held_;                           // Those that somebody is being found for.
  std::map<std::string, Wall> spoken_;                   // Leads whose client waits for an answer, since when.

  std::deque<Job> jobs_;
  std::set<std::string> jobs_for_;  // Agents that are in jobs_ to be asked what they take.
  std::vector<std::string> freed_;  // Agents whose places came free in the change at hand.
  bool deciding_ = false;
  bool pumping_ = false;
  std::size_t looked_ = 0;  // At so many leads that wait in this turn of the loop, ...
  Mono turn_{};             // ...which began then...
  Timer pump_timer_;        // ...and what is over looks_max has the next one.
  std::uint64_t era_ = 0;   // Grows when everything is read anew: what was asked before is void.

  std::multimap<Mono, Alarm> alarms_;
  Timer timer_;

  bool loading_ = false;
  std::vector<std::move_only_function<void(const Result<void>&)>> waiting_;  // For the loading.
  Timer reload_timer_;
};

}  // namespace atrium
