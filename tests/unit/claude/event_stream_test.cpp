#include "event_stream.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events read(std::string_view bytes, std::size_t step) {
  Events events;
  EventStream stream([&](std::string_view type, std::string_view data) { events.emplace_back(type, data); });
  for (std::size_t at = 0; at < bytes.size(); at += step) EXPECT_TRUE(stream.feed(bytes.substr(at, step)));
  return events;
}

TEST(EventStream, readsTheSameHoweverItIsCut) {
  constexpr std::string_view text =
      ": a comment\n\nevent: one\ndata: {\"a\":1}\n\ndata:two\ndata: lines\r\n\r\nid: 7\rretry: 5\rdata\r\revent: empty\n\ndata: of no end";
  const Events whole = read(text, text.size());
  EXPECT_EQ(whole, (Events{{"one", "{\"a\":1}"}, {"message", "two\nlines"}, {"message", ""}}));
  for (std::size_t step = 1; step < text.size(); ++step) EXPECT_EQ(read(text, step), whole) << step;
}

TEST(EventStream, endsAtAnEventThatIsTooLong) {
  int events = 0;
  EventStream stream([&](std::string_view, std::string_view) { ++events; });
  EXPECT_FALSE(stream.feed("data: " + std::string(EventStream::event_max, 'x')));
  EXPECT_FALSE(stream.feed("\n\ndata: y\n\n"));
  EXPECT_EQ(events, 0);
  EventStream lines([&](std::string_view, std::string_view) { ++events; });
  const std::string line = "data: " + std::string(1000, 'x') + "\n";
  bool sound = true;
  for (std::size_t n = 0; n < EventStream::event_max / 1000 + 2; ++n) sound = lines.feed(line);
  EXPECT_FALSE(sound) << "many lines of one event are one event";
}

}  // namespace
