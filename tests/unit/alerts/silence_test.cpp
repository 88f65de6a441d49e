#include "alerts/silence.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

Alert silenceable(std::string rule, std::string subject) {
  Alert alert;
  alert.rule = std::move(rule);
  alert.said.subject = std::move(subject);
  return alert;
}

TEST(Silence, coversWhatAllItsMatchersMatch) {
  Silence silence;
  silence.matchers = {{"rule", "load"}, {"subject", "an*"}};
  EXPECT_TRUE(silence.covers(silenceable("load", "ana")));
  EXPECT_TRUE(silence.covers(silenceable("load", "an")));
  EXPECT_FALSE(silence.covers(silenceable("load", "ben")));
  EXPECT_FALSE(silence.covers(silenceable("wait", "ana")));
  silence.matchers = {{"severity", "critical", false}};
  EXPECT_TRUE(silence.covers(silenceable("load", "ana"))) << "all but the critical ones";
}

TEST(Silence, isStoredAsItIsShown) {
  Silence silence{.id = IdSource(Random(1)).next(Wall{5s}),
                  .matchers = {{"rule", "lo\"ad"}, {"subject", "ana", false}},
                  .reason = "Maintenance",
                  .created_by = "sue",
                  .created_at = Wall{1000ms},
                  .expires_at = Wall{2000ms}};
  const auto back = decodeSilence(silenceJson(silence));
  ASSERT_TRUE(back);
  EXPECT_EQ(silenceJson(*back), silenceJson(silence));
  EXPECT_FALSE(back->matchers[1].is_equal);
}

TEST(Silence, aDamagedOneIsRefused) {
  for (const char* stored : {"", "{", "{}", R"({"id":"silence_1","created_at_ms":1,"expires_at_ms":2})"}) {
    const auto back = decodeSilence(stored);
    ASSERT_FALSE(back) << stored;
    EXPECT_EQ(back.error().code, Code::storage_unavailable);
  }
}

}  // namespace
}  // namespace atrium
