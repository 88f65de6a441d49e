#include "transport/http_parser.hpp"

#include <gtest/gtest.h>

#include "parse_support.hpp"
#include "protocol/errors.hpp"

namespace atrium {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

TEST(HttpParser, readsARequestWithoutBody) {
  const ParseOutcome outcome =
      parseWhole("GET /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nAccept:  text/html, */* \t\r\nX-Empty:\r\nX-Latin: caf\xE9\r\n\r\n");
  ASSERT_EQ(outcome.requests.size(), 1u);
  const auto& request = outcome.requests[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, "c=d&e");
  EXPECT_EQ(request.headers, (Headers{{"Host", "x"}, {"Accept", "text/html, */*"}, {"X-Empty", ""}, {"X-Latin", "caf\xE9"}}));
  EXPECT_TRUE(request.keep_alive);
  EXPECT_FALSE(outcome.midway);
}

TEST(HttpParser, showsARequestThatLiesWholeWhereItLies) {
  const HttpParserLimits limits;
  HttpParser parser(limits);
  Padded piece("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  std::span<const char> input = piece.span();
  ASSERT_EQ(parser.feed(input), HttpParser::Status::complete);
  EXPECT_TRUE(input.empty());
  EXPECT_EQ(parser.request().body.data() + 5, piece.span().data() + piece.span().size());
  EXPECT_EQ(parser.request().method.data(), piece.span().data());
}

TEST(HttpParser, readsTheSameHoweverTheStreamIsCut) {
  const std::string stream =
      "POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world"
      "\r\nGET /two?q HTTP/1.1\r\nHost: y\r\nConnection: keep-alive, Upgrade\r\n\r\n"
      "PUT /three HTTP/1.1\r\nhost: z\r\nTransfer-Encoding: Chunked\r\n\r\n3;e=1\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n"
      "GET http://h:80/four HTTP/1.1\r\nHost: H:80\r\n\r\n"
      "DELETE /five HTTP/1.0\r\nContent-Length: 0\r\n\r\n"
      "GET https://h HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n";
  const ParseOutcome whole = parseWhole(stream);
  EXPECT_FALSE(whole.refused);
  ASSERT_EQ(whole.requests.size(), 6u);
  EXPECT_EQ(whole.requests[0].body, "hello world");
  EXPECT_EQ(whole.requests[1].path, "/two");
  EXPECT_EQ(whole.requests[2].body, "abcde");
  EXPECT_EQ(whole.requests[3].path, "/four");
  EXPECT_TRUE(whole.requests[3].keep_alive);
  EXPECT_FALSE(whole.requests[4].keep_alive);
  EXPECT_EQ(whole.requests[5].path, "/");
  EXPECT_FALSE(whole.requests[5].keep_alive);
  EXPECT_EQ(parseInPieces(stream, everyPosition(stream), {}), whole);
  for (std::size_t cut = 1; cut < stream.size(); ++cut) EXPECT_EQ(parseInPieces(stream, {cut}, {}), whole) << cut;
}

TEST(HttpParser, asksForContinueOnlyUntilTheBodyBegins) {
  const HttpParserLimits limits;
  HttpParser parser(limits);
  Padded head("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
  std::span<const char> input = head.span();
  ASSERT_EQ(parser.feed(input), HttpParser::Status::more);
  EXPECT_TRUE(parser.inBody());
  EXPECT_TRUE(parser.takeContinue());
  EXPECT_FALSE(parser.takeContinue());
  Padded body("ok");
  input = body.span();
  ASSERT_EQ(parser.feed(input), HttpParser::Status::complete);
  EXPECT_EQ(parser.request().body, "ok");

  parser.next();
  Padded impatient("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\no");
  input = impatient.span();
  ASSERT_EQ(parser.feed(input), HttpParser::Status::more);
  EXPECT_FALSE(parser.takeContinue());
}

struct Limit {
  const char* name;
  std::string stream;
  Code code;
};
void PrintTo(const Limit& limit, std::ostream* out) { *out << limit.name; }

class HttpParserLimit : public testing::TestWithParam<Limit> {};

TEST_P(HttpParserLimit, isEnforcedWithItsOwnStatus) {
  const HttpParserLimits limits{.head_max = 400, .headers_max = 5, .target_max = 200, .body_max = 10};
  const std::string& stream = GetParam().stream;
  for (const auto& cuts : {std::vector<std::size_t>{}, everyPosition(stream)}) {
    const ParseOutcome outcome = parseInPieces(stream, cuts, limits);
    ASSERT_TRUE(outcome.refused);
    EXPECT_EQ(info(outcome.refusal.code).word, info(GetParam().code).word);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, HttpParserLimit,
    testing::Values(Limit{"target", "GET /" + std::string(200, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", Code::uri_too_long},
                    Limit{"request_line", "GET /" + std::string(500, 'a'), Code::uri_too_long},
                    Limit{"head", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(400, 'a'), Code::header_too_large},
                    Limit{"fields", "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nA: 2\r\nA: 3\r\nA: 4\r\nA: 5\r\n", Code::header_too_large},
                    Limit{"sized_body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", Code::too_large},
                    Limit{"chunked_body", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n2\r\n",
                          Code::too_large}),
    [](const auto& param) { return param.param.name; });

TEST(HttpParser, takesExactlyAsMuchAsItsLimitsAllow) {
  const HttpParserLimits limits{.head_max = 60, .headers_max = 2, .target_max = 5, .body_max = 3};
  std::string stream = "PUT /1234 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  const std::size_t head_size = stream.find("\r\n\r\n") + 4;
  EXPECT_EQ(parseWhole(stream, limits).requests.size(), 1u);
  stream.insert(stream.find("\r\n\r\n"), limits.head_max - head_size, ' ');
  EXPECT_EQ(parseWhole(stream, limits).requests.size(), 1u);
  stream.insert(stream.find("\r\n\r\n"), 1, ' ');
  EXPECT_TRUE(parseWhole(stream, limits).refused);
}

}  // namespace
}  // namespace atrium
