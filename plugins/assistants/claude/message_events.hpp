#pragma once

#include <atrium/services.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "event_stream.hpp"

// One answer of the Messages API as it comes: message_start, content_block_start, content_block_delta, content_block_stop, message_delta,
// message_stop, and in between ping and error. Events it does not know are passed over, as the API asks for. One thread.
class MessageEvents {
 public:
  // Gets the text as it comes.
  using Text = std::function<void(std::string_view)>;
  MessageEvents(atrium::JsonTexts texts, Text text);
  MessageEvents(const MessageEvents&) = delete;
  MessageEvents& operator=(const MessageEvents&) = delete;

  void feed(std::string_view bytes);

  [[nodiscard]] bool ended() const { return ended_; }                          // message_stop came.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }        // A sentence's end; empty: none. Nothing is read behind it.
  [[nodiscard]] const std::string& error_type() const { return error_type_; }  // Of an event `error`: "overloaded_error".
  [[nodiscard]] std::uint64_t input_tokens() const { return input_tokens_; }
  [[nodiscard]] std::uint64_t output_tokens() const { return output_tokens_; }
  [[nodiscard]] const std::string& stop_reason() const { return stop_reason_; }
  [[nodiscard]] const std::string& text() const { return told_; }

 private:
  void take(std::string_view type, std::string_view data);
  void read(std::string_view type, const atrium::Json& event);

  const atrium::JsonTexts texts_;
  const Text text_;
  EventStream events_;
  std::string told_;
  std::string trouble_, error_type_, stop_reason_;
  std::uint64_t input_tokens_ = 0, output_tokens_ = 0;
  bool ended_ = false;
};
