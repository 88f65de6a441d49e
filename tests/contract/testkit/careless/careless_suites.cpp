// The same suites against a plugin that fails them; careless_test.py runs this and reads which ones did.
#include <atrium/testkit/contract.hpp>

ATRIUM_CONTRACT_TESTS(RoutingScorer, ATRIUM_TESTKIT_PLUGINS "/careless.so");
ATRIUM_CONTRACT_TESTS(AlertRule, ATRIUM_TESTKIT_PLUGINS "/careless.so");
ATRIUM_CONTRACT_TESTS(Assistant, ATRIUM_TESTKIT_PLUGINS "/careless.so");
ATRIUM_CONTRACT_TESTS(Bus, ATRIUM_TESTKIT_PLUGINS "/careless.so");
ATRIUM_CONTRACT_TESTS(Command, ATRIUM_TESTKIT_PLUGINS "/careless.so");
ATRIUM_CONTRACT_TESTS(EventSink, ATRIUM_TESTKIT_PLUGINS "/careless.so");
ATRIUM_CONTRACT_TESTS(Authenticator, ATRIUM_TESTKIT_PLUGINS "/careless.so", .samples = {"a-token-of-ana"});
ATRIUM_CONTRACT_TESTS(HttpUi, ATRIUM_TESTKIT_PLUGINS "/careless.so");
ATRIUM_CONTRACT_TESTS(MessageType, ATRIUM_TESTKIT_PLUGINS "/careless.so", .samples = {R"({"content":""})"});
ATRIUM_CONTRACT_TESTS(RoomType, ATRIUM_TESTKIT_PLUGINS "/careless.so");
