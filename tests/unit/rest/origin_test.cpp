#include "rest/origin.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

struct Case {
  const char* origin;
  bool allowed;
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.origin; }

class Origins : public testing::TestWithParam<Case> {};

TEST_P(Origins, areComparedAsAWhole) {
  const OriginPolicy policy({"https://app.example.com", "https://other.example.com:8443"});
  EXPECT_EQ(policy.allows(GetParam().origin, "127.0.0.1:8000"), GetParam().allowed) << GetParam().origin;
}

INSTANTIATE_TEST_SUITE_P(Corpus, Origins,
                         testing::Values(Case{"", true}, Case{"https://app.example.com", true}, Case{"HTTPS://App.Example.COM", true},
                                         Case{"https://other.example.com:8443", true}, Case{"http://127.0.0.1:8000", true},
                                         Case{"null", false}, Case{"http://app.example.com", false},
                                         Case{"https://app.example.com:444", false}, Case{"https://app.example.com.evil.net", false},
                                         Case{"https://evil-app.example.com", false}, Case{"https://evilapp.example.com", false},
                                         Case{"https://app.example.com/", false}, Case{"https://user@app.example.com", false},
                                         Case{"https://other.example.com", false}, Case{"https://127.0.0.1:8000", false},
                                         Case{"http://127.0.0.1:80000", false}, Case{"http://127.0.0.1", false},
                                         Case{"https://xn--pp-0ka.example.com", false}, Case{"*", false}));

TEST(OriginPolicy, anEmptyListLetsOnlyTheServersOwnPagesIn) {
  const OriginPolicy policy({});
  EXPECT_TRUE(policy.allows("http://localhost:8000", "localhost:8000"));
  EXPECT_FALSE(policy.allows("http://localhost:8000", ""));
  EXPECT_FALSE(policy.allows("http://", ""));
}

}  // namespace
}  // namespace atrium
