#include "transport/http.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

TEST(HttpRequest, findsHeadersWithoutRegardToCase) {
  HttpRequest request;
  request.headers = {{"X-One", "1"}, {"x-one", "2"}, {"Empty", std::string_view("x", 0)}};
  EXPECT_EQ(request.header("X-ONE"), "1");
  EXPECT_NE(request.header("empty").data(), nullptr);
  EXPECT_EQ(request.header("absent").data(), nullptr);
}

TEST(HttpRequest, decodesParametersOnce) {
  HttpRequest request;
  request.query = "a=1&b=x%2By+z&a=2&&c&%64=%2525&bad=%zz&cut=%4";
  std::string value;
  EXPECT_TRUE(request.parameter("a", value));
  EXPECT_EQ(value, "1");
  EXPECT_TRUE(request.parameter("b", value));
  EXPECT_EQ(value, "x+y z");
  EXPECT_TRUE(request.parameter("c", value));
  EXPECT_EQ(value, "");
  EXPECT_TRUE(request.parameter("d", value));
  EXPECT_EQ(value, "%25");
  EXPECT_FALSE(request.parameter("bad", value));
  EXPECT_FALSE(request.parameter("cut", value));
  EXPECT_FALSE(request.parameter("e", value));
  EXPECT_EQ(request.parameters("a"), (std::vector<std::string>{"1", "2"}));
}

TEST(HttpRequest, boundsRepeatedParameters) {
  std::string query;
  for (int at = 0; at < 100; ++at) query += "a=1&";
  HttpRequest request;
  request.query = query;
  EXPECT_EQ(request.parameters("a").size(), 64u);
}

TEST(PercentDecode, refusesBrokenEscapesAndNul) {
  std::string out;
  EXPECT_TRUE(percentDecode("%41+b", true, out));
  EXPECT_EQ(out, "A b");
  EXPECT_TRUE(percentDecode("%e2%82%ac+", false, out));
  EXPECT_EQ(out, "\xE2\x82\xAC+");
  for (const char* broken : {"%", "%4", "%4g", "a%", "%00", "%g4"}) EXPECT_FALSE(percentDecode(broken, true, out)) << broken;
}

TEST(Problem, carriesCodeFieldsAndRetry) {
  const HttpResponse response = problemResponse({Code::validation_failed, "two fields", 1500, {{"/a\"", "is \n missing"}}});
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(
      response.body,
      R"({"type":"about:blank","title":"Some fields are missing or wrong.","status":422,"detail":"two fields","code":"validation_failed",)"
      R"("errors":[{"path":"/a\"","message":"is \n missing"}],"retry_after_ms":1500})");
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>{"Retry-After", "2"}));
}

TEST(Problem, alwaysSaysWhenToComeBackIfTheServerIsBusy) {
  for (const Code code : {Code::overloaded, Code::rate_limited}) {
    const HttpResponse response = problemResponse({code, "", 0, {}});
    ASSERT_EQ(response.headers.size(), 1u);
    EXPECT_EQ(response.headers[0].first, "Retry-After");
  }
}

class SlotLog final : public Responder::Slot {
 public:
  void send(HttpResponse response) override { sent.push_back(response.status); }
  void upgrade(WebSocketOptions, std::unique_ptr<WebSocketHandler>) override { sent.push_back(101); }
  std::vector<int> sent;
};

TEST(Responder, answersOnce) {
  const auto slot = std::make_shared<SlotLog>();
  {
    Responder responder(slot);
    EXPECT_TRUE(responder);
    responder.send({.status = 204, .content_type = {}, .body = {}, .headers = {}});
    EXPECT_FALSE(responder);
    responder.send({});
  }
  EXPECT_EQ(slot->sent, std::vector{204});
}

TEST(Responder, anUnansweredOneAnswers500EvenWhenOverwritten) {
  const auto first = std::make_shared<SlotLog>(), second = std::make_shared<SlotLog>();
  {
    Responder responder(first);
    responder = Responder(second);
    EXPECT_EQ(first->sent, std::vector{500});
    const Responder moved = std::move(responder);
    EXPECT_TRUE(second->sent.empty());
  }
  EXPECT_EQ(second->sent, std::vector{500});
}

}  // namespace
}  // namespace atrium
