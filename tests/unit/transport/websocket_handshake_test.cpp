#include "transport/websocket_handshake.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

// The example of RFC 6455, 1.3.
HttpRequest example() {
  HttpRequest request;
  request.method = "GET";
  request.path = "/chat";
  request.headers = {{"Host", "x"},
                     {"upgrade", "WebSocket"},
                     {"Connection", "keep-alive, Upgrade"},
                     {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                     {"Sec-WebSocket-Version", "13"}};
  return request;
}

HttpRequest exampleWith(std::size_t header, std::string_view value) {
  HttpRequest request = example();
  request.headers[header].value = value;
  return request;
}

TEST(WebSocketHandshake, takesTheExampleOfTheRfc) {
  EXPECT_EQ(inspectHandshake(example()), Handshake::good);
  EXPECT_TRUE(isUpgrade(example()));
  EXPECT_EQ(switchingProtocols("dGhlIHNhbXBsZSBub25jZQ==", "")->view(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  EXPECT_NE(switchingProtocols("dGhlIHNhbXBsZSBub25jZQ==", "atrium.v1.json")->view().find("\r\nSec-WebSocket-Protocol: atrium.v1.json\r\n"),
            std::string::npos);
}

TEST(WebSocketHandshake, anOrdinaryRequestIsNone) {
  EXPECT_EQ(inspectHandshake(exampleWith(1, "h2c")), Handshake::none);
  EXPECT_EQ(inspectHandshake(exampleWith(2, "keep-alive")), Handshake::none);
  HttpRequest old = example();
  old.minor_version = 0;
  EXPECT_EQ(inspectHandshake(old), Handshake::none);
}

TEST(WebSocketHandshake, tellsAnotherVersionFromAMalformedOne) {
  for (const char* version : {"0", "8", "14", "13, 8", "x", ""})
    EXPECT_EQ(inspectHandshake(exampleWith(4, version)), Handshake::other_version) << version;
  HttpRequest none = example();
  none.headers.pop_back();
  EXPECT_EQ(inspectHandshake(none), Handshake::malformed);
  HttpRequest twice = example();
  twice.headers.push_back({"Sec-WebSocket-Version", "13"});
  EXPECT_EQ(inspectHandshake(twice), Handshake::malformed);
}

TEST(WebSocketHandshake, refusesBadKeysMethodsAndBodies) {
  for (const char* key : {"", "short", "dGhlIHNhbXBsZSBub25jZQ",
                          "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZQ= ", "!!!!!!!!!!!!!!!!!!!!!!==", "AAAAAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_EQ(inspectHandshake(exampleWith(3, key)), Handshake::malformed) << key;
  HttpRequest two_keys = example();
  two_keys.headers.push_back({"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="});
  EXPECT_EQ(inspectHandshake(two_keys), Handshake::malformed);
  HttpRequest post = example();
  post.method = "POST";
  EXPECT_EQ(inspectHandshake(post), Handshake::malformed);
  HttpRequest body = example();
  body.body = "x";
  EXPECT_EQ(inspectHandshake(body), Handshake::malformed);
}

}  // namespace
}  // namespace atrium
