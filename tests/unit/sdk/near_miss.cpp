// Classes that almost have what they mean to have, one a case; each must be refused with its sentence:
// wrong_parameters: will_post is called as will_post(const Room&, const User& sender, const Message&, Reply&)
// camel_case: the hook is spelled will_post
// camel_case_did_join: the hook is spelled did_join
// camel_case_did_leave: the hook is spelled did_leave
// camel_case_did_create: the hook is spelled did_create
// camel_case_did_close: the hook is spelled did_close
// overloaded: will_post is called as will_post(const Room&, const User& sender, const Message&, Reply&)
// generic: did_leave is called as did_leave(const Room&, const User& user, const User& actor)
// private_hook: will_post is called as will_post(const Room&, const User& sender, const Message&, Reply&)
// inherited: did_close is called as did_close(const Room&, const User& actor)
// final_class: will_post is called as will_post(const Room&, const User& sender, const Message&, Reply&)
// overloaded_check: check is called as check(const Room&, const User& sender, const Message&, Reply&)
// private_execute: execute is called as execute(const CommandCall&, Completion), or as execute(const CommandCall&) and returns text
// no_info: this class has a room type's hooks but no member `room_type`
// nothing_offered: this class offers nothing
// no_constructor: a plugin class is constructed as Class(Host, Json), Class(Json), Class(Host) or Class()
// american_spelling: the hook is spelled summarise
// score_parameters: score is called as score(const Lead&, const Agent&) and returns a Score, or as score(const Lead&, Agents, Scores)
// score_queue_order: score_queue is called as score_queue(const Agent&, const Lead&) and returns a Score
// score_batch: the hook is spelled score, for one agent and for many
// scorer_without_hook: this class has a member `routing_scorer` but no hook score or score_queue
// command_no_info: this class has a command's execute but no member `command` (an atrium::CommandInfo)
// command_parameters: execute is called as execute(const CommandCall&, Completion), or as execute(const CommandCall&) and returns text
// command_without_execute: this class has a member `command` but no execute
// command_cancel: cancel is called as cancel(std::string_view id)
// deliver_parameters: deliver is called as deliver(Events) and returns nothing or a Delivery
// authenticate_result: authenticate is called as authenticate(std::string_view token, std::uint64_t now_ms) and returns an AuthResult
// handle_parameters: handle is called as handle(const UiRequest&, UiResponse&)
// handle_no_info: this class has handle(const UiRequest&, UiResponse&) but no member `http_ui` (an atrium::HttpUiInfo)
// evaluate_parameters: evaluate is called as evaluate(const Window&, Alerts&)
// evaluate_no_info: this class has an alert rule's evaluate but no member `alert_rule` (an atrium::AlertRuleInfo)
// open_parameters: open is called as open(const AssistantRequest&, Stream)
// open_no_info: this class has an assistant's open but no member `assistant` (an atrium::AssistantInfo)
// half_a_bus: a bus has `void unsubscribe(std::uint64_t subscription)`
// half_a_state: export_state and import_state come as a pair
// import_result: import_state is called as import_state(std::uint32_t format, std::string_view state) and returns bool
// self_test_spelling: the hook is spelled self_test
// did_post_position: did_post is called as did_post(const Room&, const User& sender, const Message&, const Position&)
// did_join_replies: did_join is called as did_join(const Room&, const User& user, const User& actor)
// tick_parameters: tick is called as tick(const Room&, std::uint64_t now_ms)
// on_tick: the hook is spelled tick
// did_deliver_count: did_deliver is called as did_deliver(const Room&, const User& sender, const Message&, const Position&, std::uint32_t
#include <atrium/plugin.hpp>

using namespace atrium;

struct Base {
  void did_close(const Room&);
};

#if defined(INHERITED)
struct NearMiss : Base {
#elif defined(FINAL_CLASS)
struct NearMiss final {
#else
struct NearMiss {
#endif
#if defined(WRONG_PARAMETERS)
  RoomTypeInfo room_type{.name = "x"};
  void will_post(const Room&, const Message&, Reply&);
#elif defined(CAMEL_CASE)
  RoomTypeInfo room_type{.name = "x"};
  void willPost(const Room&, const User&, const Message&, Reply&);
#elif defined(CAMEL_CASE_DID_JOIN)
  RoomTypeInfo room_type{.name = "x"};
  void didJoin(const Room&, const User&, const User&);
#elif defined(CAMEL_CASE_DID_LEAVE)
RoomTypeInfo room_type{.name = "x"};
void didLeave(const Room&, const User&, const User&);
#elif defined(CAMEL_CASE_DID_CREATE)
RoomTypeInfo room_type{.name = "x"};
void didCreate(const Room&, const User&);
#elif defined(CAMEL_CASE_DID_CLOSE)
RoomTypeInfo room_type{.name = "x"};
void didClose(const Room&, const User&);
#elif defined(OVERLOADED)
RoomTypeInfo room_type{.name = "x"};
void will_post(const Room&, const Message&, Reply&);
void will_post(const Room&, const User&, Reply&);
#elif defined(GENERIC)
RoomTypeInfo room_type{.name = "x"};
void did_leave(const auto&, const auto&);
#elif defined(PRIVATE_HOOK)
RoomTypeInfo room_type{.name = "x"};

private:
void will_post(const Room&, const User&, const Message&, Reply&);
#elif defined(INHERITED)
RoomTypeInfo room_type{.name = "x"};
#elif defined(FINAL_CLASS)
RoomTypeInfo room_type{.name = "x"};
void will_post(const Room&, const Message&, Reply&);
#elif defined(OVERLOADED_CHECK)
MessageTypeInfo message_type{.name = "x"};
void check(const Room&, const Message&, Reply&);
void check(const Message&, Reply&);
#elif defined(PRIVATE_EXECUTE)
CommandInfo command;

private:
void execute(const CommandCall&, Completion);
#elif defined(NO_INFO)
void will_join(const Room&, const User&, const User&, Reply&);
#elif defined(NO_CONSTRUCTOR)
RoomTypeInfo room_type{.name = "x"};
explicit NearMiss(int, int);
#elif defined(AMERICAN_SPELLING)
MessageTypeInfo message_type{.name = "x"};
std::string summarize(const Message&);
#elif defined(DID_POST_POSITION)
RoomTypeInfo room_type{.name = "x"};
void did_post(const Room&, const User&, const Message&);
#elif defined(DID_JOIN_REPLIES)
RoomTypeInfo room_type{.name = "x"};
void did_join(const Room&, const User&, const User&, Reply&);
#elif defined(TICK_PARAMETERS)
RoomTypeInfo room_type{.name = "x", .tick_seconds = 60};
void tick(const Room&, const User&);
#elif defined(ON_TICK)
RoomTypeInfo room_type{.name = "x", .tick_seconds = 60};
void on_tick(const Room&, std::uint64_t);
#elif defined(DID_DELIVER_COUNT)
MessageTypeInfo message_type{.name = "x"};
void did_deliver(const Room&, const User&, const Message&, const Position&);
#elif defined(SCORE_PARAMETERS)
Score score(const Agent&, const Lead&) const;
#elif defined(SCORE_QUEUE_ORDER)
Score score(const Lead&, const Agent&) const;
Score score_queue(const Lead&, const Agent&) const;
#elif defined(SCORE_BATCH)
RoutingScorerInfo routing_scorer;
void score_batch(const Lead&, Agents, Scores) const;
#elif defined(SCORER_WITHOUT_HOOK)
RoutingScorerInfo routing_scorer;
#elif defined(COMMAND_NO_INFO)
void execute(const CommandCall&, Completion);
#elif defined(COMMAND_PARAMETERS)
CommandInfo command;
int execute(const CommandCall&);
#elif defined(COMMAND_WITHOUT_EXECUTE)
CommandInfo command;
#elif defined(COMMAND_CANCEL)
CommandInfo command;
void execute(const CommandCall&, Completion);
void cancel(const CommandCall&);
#elif defined(DELIVER_PARAMETERS)
void deliver(const Event&);
#elif defined(AUTHENTICATE_RESULT)
bool authenticate(std::string_view, std::uint64_t);
#elif defined(HANDLE_PARAMETERS)
HttpUiInfo http_ui;
std::string handle(const UiRequest&);
#elif defined(HANDLE_NO_INFO)
void handle(const UiRequest&, UiResponse&);
#elif defined(EVALUATE_PARAMETERS)
AlertRuleInfo alert_rule;
Alert evaluate(const Window&);
#elif defined(EVALUATE_NO_INFO)
void evaluate(const Window&, Alerts&);
#elif defined(OPEN_PARAMETERS)
AssistantInfo assistant;
void open(const AssistantRequest&, Completion, int);
#elif defined(OPEN_NO_INFO)
void open(const AssistantRequest&, Stream);
#elif defined(HALF_A_BUS)
BusInfo bus;
atrium_status publish(BusPieces);
atrium_status subscribe(std::string_view, std::string_view, BusReceiver, std::uint64_t&);
#elif defined(HALF_A_STATE)
Score score(const Lead&, const Agent&) const;
std::string export_state();
#elif defined(IMPORT_RESULT)
Score score(const Lead&, const Agent&) const;
std::string export_state();
void import_state(std::uint32_t, std::string_view);
#elif defined(SELF_TEST_SPELLING)
Score score(const Lead&, const Agent&) const;
void selfTest();
#endif
};

ATRIUM_PLUGIN(NearMiss, "test.near-miss", "1.0.0")
