#include "auth/token_source.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

void expectFound(const TokenPlaces& places, TokenSource source, std::string_view token) {
  const FoundToken found = findToken(places);
  EXPECT_EQ(found.source, source);
  EXPECT_EQ(found.token, token);
}

TEST(TokenSource, prefersTheHeaderThenTheProtocolThenTheQuery) {
  expectFound({"Bearer a.b.c", "atrium.v1.json, bearer.d.e.f", "token=g.h.i"}, TokenSource::header, "a.b.c");
  expectFound({"", "atrium.v1.json, bearer.d.e.f", "token=g.h.i"}, TokenSource::protocol, "d.e.f");
  expectFound({"", "atrium.v1.json", "user_id=u&token=g.h.i&x"}, TokenSource::query, "g.h.i");
  expectFound({"", "", ""}, TokenSource::none, "");
}

TEST(TokenSource, readsTheSchemeWithoutCaseAndNoOther) {
  expectFound({" bEARER   a.b.c ", "", ""}, TokenSource::header, "a.b.c");
  for (const auto* other : {"Basic YTpi", "Bearer", "Bearer ", "Bearera.b.c", "a.b.c"})
    expectFound({other, "", "token=q"}, TokenSource::query, "q");
}

TEST(TokenSource, aPlaceWithTwoTokensNamesNone) {
  expectFound({"", "bearer.a,bearer.b", "token=q"}, TokenSource::query, "q");
  expectFound({"", "", "token=a&token=b"}, TokenSource::none, "");
}

TEST(TokenSource, readsNoOtherNames) { expectFound({"", "notbearer.a, bearer.", "mytoken=a&token=&TOKEN=b&token"}, TokenSource::none, ""); }

TEST(RedactUrl, hidesTokensAndKeepsTheRest) {
  const std::pair<const char*, const char*> cases[] = {
      {"/api/v1/rooms?limit=5&after=x", "/api/v1/rooms?limit=5&after=x"},
      {"/collaboration/ws/room_1?token=eyJh.eyJz.sig&user_id=u", "/collaboration/ws/room_1?token=redacted&user_id=u"},
      {"/ws?TOKEN=secret", "/ws?TOKEN=redacted"},
      {"/ws?%74oken=secret&ticket=abc&access_token=d", "/ws?%74oken=redacted&ticket=redacted&access_token=redacted"},
      {"/ws?token", "/ws?token=redacted"},
      {"/ws?x=eyJhbGciOiJIUzI1NiJ9.e.s", "/ws?x=redacted"},
      {"/ws?x=%65yJhbGciOiJIUzI1NiJ9.e.s", "/ws?x=redacted"},
      {"/ws?eyJhbGciOiJIUzI1NiJ9.e.s", "/ws?=redacted"},
      {"/ws/eyJhbGciOiJIUzI1NiJ9.e.s/x", "/ws/redacted/x"},
      {"/ws?a=%zz&b=%2", "/ws?a=%zz&b=%2"},
      {"/ws?", "/ws?"},
      {"", ""}};
  for (const auto& [url, shown] : cases) EXPECT_EQ(redactUrl(url), shown);
}

}  // namespace
}  // namespace atrium
