#ifndef ATRIUM_TESTKIT_CONTRACT_HPP
#define ATRIUM_TESTKIT_CONTRACT_HPP
// The contract suites of all kinds, to be included by one source file of a test program; contract/subject.hpp says how. A storage backend's
// stands in tests/contract/storage of Atrium's own tree.
#include "atrium/testkit/contract/alert_rule.hpp"
#include "atrium/testkit/contract/any_plugin.hpp"
#include "atrium/testkit/contract/assistant.hpp"
#include "atrium/testkit/contract/authenticator.hpp"
#include "atrium/testkit/contract/bus.hpp"
#include "atrium/testkit/contract/command.hpp"
#include "atrium/testkit/contract/event_sink.hpp"
#include "atrium/testkit/contract/http_ui.hpp"
#include "atrium/testkit/contract/message_type.hpp"
#include "atrium/testkit/contract/room_type.hpp"
#include "atrium/testkit/contract/routing_scorer.hpp"
#endif
