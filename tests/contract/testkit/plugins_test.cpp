// The suites that plugin authors run, against the plugins that this tree has of each kind.
#include <atrium/testkit/contract.hpp>

#define SHIPPED ATRIUM_PLUGIN_DIRECTORY "/"
#define EXAMPLE ATRIUM_EXAMPLE_DIRECTORY "/"

// [snippet:contract]
ATRIUM_CONTRACT_TESTS(RoutingScorer, EXAMPLE "vip_scorer.so");
ATRIUM_CONTRACT_TESTS(RoutingScorer, EXAMPLE "fair_share.so", .options = R"({"idle_minutes":30,"waiting_minutes":15})");
ATRIUM_CONTRACT_TESTS(AlertRule, EXAMPLE "crowded_desk.so", .options = R"({"limit":0.9})");
ATRIUM_CONTRACT_TESTS(Assistant, EXAMPLE "small_talk.so", .samples = {R"({"lead":{"name":"Ana"}})", R"({"lead":{}})"});
// [/snippet]
ATRIUM_CONTRACT_TESTS(Assistant, ATRIUM_TESTKIT_PLUGINS "/model_tips.so", .options = R"({"url":"https://models.example/tip"})",
                      .samples = {"{}"}, .secrets = {{"api_key", "k3y"}});
ATRIUM_CONTRACT_TESTS(Bus, ATRIUM_TESTKIT_PLUGINS "/loopback.so");
ATRIUM_CONTRACT_TESTS(Command, ATRIUM_TESTKIT_PLUGINS "/all_kinds.so", .samples = {R"({"name":"Ben"})", "{}"});
ATRIUM_CONTRACT_TESTS(EventSink, ATRIUM_TESTKIT_PLUGINS "/all_kinds.so");
ATRIUM_CONTRACT_TESTS(Authenticator, ATRIUM_TESTKIT_PLUGINS "/all_kinds.so", .samples = {"acme:ana:c0ffee"});
ATRIUM_CONTRACT_TESTS(HttpUi, ATRIUM_TESTKIT_PLUGINS "/all_kinds.so", .samples = {"/lead"});

ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_availability.so");
ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_expertise.so", .options = R"({"field":"property_type"})");
ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_performance.so");
ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_responsiveness.so", .options = R"({"slow_minutes":10})");
ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_load.so");
ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_match.so", .options = R"({"field":"property_type"})");
ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_fairness.so");
ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_urgency.so", .options = R"({"waiting_minutes":10})");
ATRIUM_CONTRACT_TESTS(RoutingScorer, SHIPPED "scorer_conversion.so", .options = R"({"field":"property_type"})");
ATRIUM_CONTRACT_TESTS(AlertRule, SHIPPED "alert_rule_agent_overload.so");
ATRIUM_CONTRACT_TESTS(AlertRule, SHIPPED "alert_rule_response_time.so");
ATRIUM_CONTRACT_TESTS(AlertRule, SHIPPED "alert_rule_system_performance.so");
ATRIUM_CONTRACT_TESTS(AlertRule, SHIPPED "alert_rule_information.so");

ATRIUM_CONTRACT_TESTS(MessageType, SHIPPED "message_type_text.so", .samples = {R"({"content":"Hello"})"});
ATRIUM_CONTRACT_TESTS(MessageType, SHIPPED "message_type_coaching_tip.so", .samples = {R"({"metadata":{"topic":"pricing"}})"});
ATRIUM_CONTRACT_TESTS(MessageType, SHIPPED "message_type_file_share.so", .samples = {R"({"metadata":{"file_id":"file_1","size":10}})"});
ATRIUM_CONTRACT_TESTS(MessageType, SHIPPED "message_type_command.so", .samples = {R"({"metadata":{"command":"/assign"}})"});
ATRIUM_CONTRACT_TESTS(RoomType, SHIPPED "room_type_agent_team.so");
ATRIUM_CONTRACT_TESTS(RoomType, SHIPPED "room_type_client_session.so");
ATRIUM_CONTRACT_TESTS(RoomType, SHIPPED "room_type_emergency_response.so");
