#include "rest/websocket_entry.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"
#include "request.hpp"

namespace atrium {
namespace {

const std::string room_id = "room_" + std::string(26, '0');

Result<Principal> verify(std::string_view token) {
  if (token == "named") return Principal{.tenant_id = "t", .user_id = "ana", .display_name = "Ana", .name_verified = true};
  if (token == "plain") return Principal{.tenant_id = "t", .user_id = "ana", .display_name = "ana"};
  return fail(Code::unauthorized, "The token's signature does not match.");
}

std::expected<Admission, SocketRefusal> enter(Request request, const std::string* room = nullptr) {
  const HttpRequest& view = request.view();
  const std::string token = socketToken(view);
  return admit(view, room, token.empty() ? fail(Code::unauthorized, "A token is needed to connect.") : verify(token));
}

TEST(Credentials, comeFromTheHeaderThenTheSubProtocolThenTheQuery) {
  Request request{.query = "token=q", .headers = {{"Sec-WebSocket-Protocol", "atrium.v1.json, bearer.p"}, {"authorization", "bearer h"}}};
  EXPECT_EQ(socketToken(request.view()), "h");
  request.headers.pop_back();
  EXPECT_EQ(socketToken(request.view()), "p");
  request.headers.clear();
  EXPECT_EQ(socketToken(request.view()), "q");
  EXPECT_EQ(bearerToken(request.view()), "");  // The query is for WebSocket alone.
}

TEST(Credentials, otherSchemesAreNone) {
  for (const char* value : {"Basic abc", "Bearer", "Bearer ", "Bearerx", ""}) {
    Request request{.headers = {{"Authorization", value}}};
    EXPECT_EQ(bearerToken(request.view()), "") << value;
  }
}

TEST(Credentials, theLoggedPathHasNoQueryAndABound) {
  Request request{.path = "/" + std::string(300, 'a'), .query = "token=canary"};
  EXPECT_EQ(loggedPath(request.view()).size(), 200u);
  EXPECT_EQ(loggedPath(request.view()).find("canary"), std::string_view::npos);
}

TEST(Credentials, aProxyOnThisMachineIsNotThisMachine) {
  Request request;
  EXPECT_TRUE(fromThisMachine(request.view()));
  request.headers = {{"x-forwarded-for", "203.0.113.7"}};
  EXPECT_FALSE(fromThisMachine(request.view()));
  request.headers = {{"Forwarded", "for=203.0.113.7"}};
  EXPECT_FALSE(fromThisMachine(request.view()));
  EXPECT_FALSE(fromThisMachine(Request{.from_loopback = false}.view()));
}

TEST(SubProtocols, oursIsPreferredAndTokensAreNone) {
  Request request{
      .headers = {{"Sec-WebSocket-Protocol", "chat, atrium.v9.json"}, {"Sec-WebSocket-Protocol", "bearer.a.b.c , atrium.v1.json"}}};
  const OfferedProtocols offered = offeredProtocols(request.view());
  EXPECT_EQ(offered.ours, "atrium.v1.json");
  EXPECT_TRUE(offered.spoken);
  EXPECT_TRUE(offered.foreign);
}

TEST(SubProtocols, aLaterVersionIsOursButNotSpoken) {
  Request request{.headers = {{"Sec-WebSocket-Protocol", "atrium.v2.json"}}};
  const OfferedProtocols offered = offeredProtocols(request.view());
  EXPECT_EQ(offered.ours, "atrium.v2.json");
  EXPECT_FALSE(offered.spoken);
  EXPECT_FALSE(offered.foreign);
}

TEST(Entry, admitsWhoHasAToken) {
  const auto admission = enter({.query = "token=named&user_id=ana&tenant_id=t&display_name=Bob"}, &room_id);
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->principal->user_id, "ana");
  EXPECT_EQ(admission->principal->display_name, "Ana");  // The token's name is not overruled.
  EXPECT_EQ(admission->session.room_id, room_id);
}

TEST(Entry, takesALabelWhenTheTokenHasNoName) {
  const auto admission = enter({.query = "token=plain&display_name=John%20Agent"});
  ASSERT_TRUE(admission);
  EXPECT_EQ(admission->principal->display_name, "John Agent");
  EXPECT_FALSE(admission->principal->name_verified);
  EXPECT_EQ(admission->session.room_id, "");
}

TEST(Entry, refusesALabelThatCannotBeShown) {
  for (const char* label : {"%FF", "a%0Ab", "%7F"}) {
    const auto admission = enter({.query = std::string("token=plain&display_name=") + label});
    ASSERT_FALSE(admission) << label;
    EXPECT_EQ(admission.error().close, CloseCode::bad_request);
  }
  EXPECT_FALSE(enter({.query = "token=plain&display_name=" + std::string(257, 'a')}));
}

TEST(Entry, refusesWhoHasNone) {
  for (const char* query : {"", "token=", "token=forged"}) {
    const auto admission = enter({.query = query});
    ASSERT_FALSE(admission) << query;
    EXPECT_EQ(admission.error().error.code, Code::unauthorized);
    EXPECT_EQ(admission.error().close, CloseCode::bad_token);
  }
}

TEST(Entry, refusesAnotherIdentity) {
  for (const char* query : {"token=named&user_id=bob", "token=named&tenant_id=u", "token=named&user_id="}) {
    const auto admission = enter({.query = query});
    ASSERT_FALSE(admission) << query;
    EXPECT_EQ(admission.error().error.code, Code::identity_mismatch);
    EXPECT_EQ(admission.error().close, CloseCode::forbidden);
  }
}

TEST(Entry, refusesWhatIsNoRoomId) {
  for (const std::string id : {"room_abc", "", "msg_00000000000000000000000000"}) {
    const auto admission = enter({.query = "token=named"}, &id);
    ASSERT_FALSE(admission) << id;
    EXPECT_EQ(admission.error().error.code, Code::not_found);
    EXPECT_EQ(admission.error().close, CloseCode::forbidden);
  }
}

}  // namespace
}  // namespace atrium
