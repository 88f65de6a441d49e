#include "analytics/document_walk.hpp"

#include <gtest/gtest.h>

#include "desk.hpp"

namespace atrium {
namespace {

TEST(DocumentWalk, seesEachOnceAndEndsWhereItIsTold) {
  Desk desk;
  for (int n = 10; n < 35; ++n) desk.store.put({"thing", "acme", std::to_string(n)}, "{}");
  desk.store.put({"thing", "other", "1"}, "{}");
  std::vector<std::string> seen;
  int ended = 0;
  const auto walk = [&](DocumentKey after, std::size_t most) {
    seen.clear();
    walkDocuments(*desk.port, {.prefix = {"thing", "acme"},
                               .after = std::move(after),
                               .page = 10,
                               .each =
                                   [&seen, most](const Document& document) {
                                     seen.push_back(document.key[2]);
                                     return seen.size() < most;
                                   },
                               .done = [&ended](Result<void> how) { ended += how ? 1 : 100; }});
  };
  walk({}, 1000);
  EXPECT_EQ(seen.size(), 25U);
  walk({"thing", "acme", "29"}, 1000);
  EXPECT_EQ(seen.front(), "30");
  walk({}, 12);
  EXPECT_EQ(seen.back(), "21");
  EXPECT_EQ(ended, 3);
  desk.store.options.refuse_read = 1000;
  walk({}, 1000);
  EXPECT_EQ(ended, 103);
}

}  // namespace
}  // namespace atrium
