#include "transport/websocket_codec.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "client_frame.hpp"
#include "decode_support.hpp"

namespace atrium {
namespace {

using Kind = WebSocketDecoder::Kind;
constexpr std::size_t message_max = 1000;

std::vector<Seen> decode(std::string_view stream, const std::vector<std::size_t>& cuts) {
  return decodeInPieces(stream, cuts, message_max);
}

// The same events, whole, byte by byte and split at every position.
void expectEvents(std::string_view stream, const std::vector<Seen>& events) {
  EXPECT_EQ(decode(stream, {}), events);
  EXPECT_EQ(decode(stream, everyPosition(stream)), events);
  for (const std::size_t cut : everyPosition(stream)) EXPECT_EQ(decode(stream, {cut}), events) << "cut at " << cut;
}
void expectFailure(std::string_view stream, std::uint16_t code) { expectEvents(stream, {{Kind::failed, code, ""}}); }

TEST(WebSocketDecoder, readsMessagesOfEveryLengthForm) {
  for (const std::size_t size : {0, 1, 7, 8, 9, 125, 126, 127, 1000}) {
    std::string text(size, 'a');
    for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>('a' + at % 26);
    expectEvents(clientFrame(Opcode::text, text) + clientFrame(Opcode::binary, text), {{Kind::text, 0, text}, {Kind::binary, 0, text}});
  }
}

TEST(WebSocketDecoder, showsAWholeMessageWhereItLies) {
  WebSocketDecoder decoder(message_max);
  Padded piece(clientFrame(Opcode::text, "hello") + clientFrame(Opcode::text, "again"));
  std::span<char> input = piece.span();
  EXPECT_EQ(decoder.next(input).payload.data(), piece.span().data() + 6);
  EXPECT_FALSE(decoder.midway());
  EXPECT_EQ(decoder.next(input).payload.data(), piece.span().data() + 17);
}

TEST(WebSocketDecoder, joinsFragmentsAroundControlFrames) {
  expectEvents(clientFrame(Opcode::text, "h\xC3", {.final = false}) + clientFrame(Opcode::ping, "p") +
                   clientFrame(Opcode::continuation, "\xA9", {.final = false}) + clientFrame(Opcode::pong, "") +
                   clientFrame(Opcode::continuation, "", {.final = false}) + clientFrame(Opcode::continuation, "!") +
                   clientFrame(Opcode::binary, "next"),
               {{Kind::ping, 0, "p"}, {Kind::pong, 0, ""}, {Kind::text, 0, "h\xC3\xA9!"}, {Kind::binary, 0, "next"}});
}

TEST(WebSocketDecoder, refusesWhatTheHeaderShows) {
  for (unsigned reserved = 1; reserved < 8; ++reserved)
    expectFailure(clientFrame(Opcode::text, "x", {.reserved = reserved}), websocket_status::protocol_error);
  for (const int opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15})
    expectFailure(clientFrame(static_cast<Opcode>(opcode), ""), websocket_status::protocol_error);
  expectFailure(clientFrame(Opcode::text, "x", {.masked = false}), websocket_status::protocol_error);
  expectFailure(clientFrame(Opcode::continuation, "x"), websocket_status::protocol_error);
  expectFailure(clientFrame(Opcode::text, "x", {.final = false}) + clientFrame(Opcode::text, "y"), websocket_status::protocol_error);
  for (const Opcode opcode : {Opcode::ping, Opcode::pong, Opcode::close}) {
    expectFailure(clientFrame(opcode, "", {.final = false}), websocket_status::protocol_error);
    expectFailure(clientFrame(opcode, std::string(126, 'x')), websocket_status::protocol_error);
  }
}

TEST(WebSocketDecoder, refusesALengthFromTheHeaderAlone) {
  expectFailure(clientFrame(Opcode::binary, "", {.length_size = 2, .claimed = 125}), websocket_status::protocol_error);
  expectFailure(clientFrame(Opcode::binary, "", {.length_size = 8, .claimed = 65535}), websocket_status::protocol_error);
  expectFailure(clientFrame(Opcode::binary, "", {.length_size = 8, .claimed = 1ULL << 63}), websocket_status::protocol_error);
  for (const std::uint64_t claimed : {1001ULL, 1ULL << 31, 1ULL << 62})
    expectFailure(clientFrame(Opcode::binary, "", {.claimed = claimed}), websocket_status::too_big);
  expectFailure(
      clientFrame(Opcode::binary, std::string(600, 'x'), {.final = false}) + clientFrame(Opcode::continuation, "", {.claimed = 401}),
      websocket_status::too_big);
}

TEST(WebSocketDecoder, boundsTheFragmentsOfAMessage) {
  std::string stream = clientFrame(Opcode::binary, "", {.final = false});
  for (std::uint32_t at = 1; at < WebSocketDecoder::fragments_max; ++at) stream += clientFrame(Opcode::continuation, "", {.final = false});
  EXPECT_TRUE(decode(stream, {}).empty());
  stream += clientFrame(Opcode::continuation, "");
  EXPECT_EQ(decode(stream, {}), (std::vector<Seen>{{Kind::failed, websocket_status::policy, ""}}));
}

TEST(WebSocketDecoder, failsAtTheFirstByteThatIsNotUtf8) {
  // The rest of the frame never comes, and need not.
  expectFailure(clientFrame(Opcode::text, "ok \xFF", {.claimed = 900}), websocket_status::invalid_text);
  expectFailure(clientFrame(Opcode::text, "cut \xE2\x82"), websocket_status::invalid_text);
  expectFailure(clientFrame(Opcode::text, "\xED", {.final = false}) + clientFrame(Opcode::continuation, "\xA0"),
                websocket_status::invalid_text);
  expectEvents(clientFrame(Opcode::binary, "\xFF\xFE"), {{Kind::binary, 0, "\xFF\xFE"}});
}

TEST(WebSocketDecoder, readsCloseFrames) {
  const auto close = [](unsigned code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    return clientFrame(Opcode::close, payload.append(reason));
  };
  expectEvents(clientFrame(Opcode::close, ""), {{Kind::close, websocket_status::none, ""}});
  for (const unsigned code : {1000U, 1003U, 1007U, 1014U, 3000U, 4999U})
    expectEvents(close(code, "bye"), {{Kind::close, static_cast<std::uint16_t>(code), "bye"}});
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U})
    expectFailure(close(code, ""), websocket_status::protocol_error);
  expectFailure(clientFrame(Opcode::close, "x"), websocket_status::protocol_error);
  expectFailure(close(1000, "\xFF"), websocket_status::invalid_text);
  expectFailure(close(1000, "\xE2\x82"), websocket_status::invalid_text);
}

TEST(WebSocketDecoder, agreesWithItselfOnRandomStreams) {
  std::mt19937 random(6455);
  for (int round = 0; round < 300; ++round) {
    std::string stream;
    for (int at = 0; at < 6; ++at) {
      const auto opcode = static_cast<Opcode>(random() % 11);
      std::string payload(random() % 140, 'x');
      if (random() % 4 == 0)
        for (char& c : payload) c = static_cast<char>(random());
      stream += clientFrame(opcode, payload, {.final = random() % 4 != 0});
    }
    const auto whole = decode(stream, {});
    EXPECT_EQ(decode(stream, everyPosition(stream)), whole) << round;
    EXPECT_EQ(decode(stream, {random() % stream.size()}), whole) << round;
  }
}

TEST(Unmask, turnsTheMaskForWhatFollows) {
  const std::string text = "The quick brown fox jumps over the lazy dog";
  std::string expected = text;
  const std::array<char, 4> key{'\x01', '\x20', '\x03', '\x44'};
  for (std::size_t at = 0; at < expected.size(); ++at) expected[at] = static_cast<char>(expected[at] ^ key[at % 4]);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::string copy = text;
    std::array<char, 4> mask = key;
    unmask(std::span(copy).first(cut), mask);
    unmask(std::span(copy).subspan(cut), mask);
    EXPECT_EQ(copy, expected) << cut;
  }
}

TEST(CloseFrame, cutsALongReasonAtACharacter) {
  std::string reason(121, 'x');
  reason += "\xE2\x82\xAC and more";
  const FramePtr frame = closeFrame(4001, reason);
  EXPECT_EQ(frame->payload(), "\x0F\xA1" + std::string(121, 'x'));
  EXPECT_EQ(frame->view().substr(0, 2), "\x88\x7B");
  EXPECT_EQ(closeFrame(websocket_status::none, "not sent")->view(), std::string_view("\x88\x00", 2));
  EXPECT_EQ(closeFrame(1000, "")->view(), "\x88\x02\x03\xE8");
}

TEST(ControlFrame, isAFrameOfItsKind) {
  EXPECT_EQ(controlFrame(Opcode::pong, "abc")->view(), std::string_view("\x8A\x03"
                                                                        "abc"));
}

}  // namespace
}  // namespace atrium
