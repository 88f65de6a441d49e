#ifndef ATRIUM_TESTKIT_HPP
#define ATRIUM_TESTKIT_HPP
// All of the testkit but its contract suites (testkit/contract/). docs/plugins/testing.md shows it at work.
#include "atrium/testkit/calls.hpp"
#include "atrium/testkit/fake_host.hpp"
#include "atrium/testkit/json_text.hpp"
#include "atrium/testkit/plugin.hpp"
#include "atrium/testkit/room_calls.hpp"
#include "atrium/testkit/scene.hpp"
#include "atrium/testkit/verdict.hpp"
#endif
