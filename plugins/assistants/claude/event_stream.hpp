#pragma once

#include <functional>
#include <string>
#include <string_view>

// Server-sent events out of bytes that come in pieces, cut anywhere: lines end with LF, CR or CRLF, `data` lines of one event are joined by
// LF, comments and fields that are not `event` or `data` are passed over. An event without its blank line at the end is none. One thread.
class EventStream {
 public:
  static constexpr std::size_t event_max = 256 * 1024;  // bytes of one event; a longer one ends the stream

  // Gets each event; `type` is "message" when the event names none. It must not feed the stream.
  using Each = std::function<void(std::string_view type, std::string_view data)>;
  explicit EventStream(Each each) : each_(std::move(each)) {}

  // False: an event was too long, and nothing is read any more.
  bool feed(std::string_view bytes);

 private:
  void end_line();
  void end_event();

  const Each each_;
  std::string line_;
  std::string type_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool too_long_ = false;
};
