#include "message_events.hpp"

#include <algorithm>

namespace {

std::uint64_t count_of(const atrium::Json& value) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.as_int().value_or(0)));
}

}  // namespace

MessageEvents::MessageEvents(atrium::JsonTexts texts, Text text)
    : texts_(texts), text_(std::move(text)), events_([this](std::string_view type, std::string_view data) { take(type, data); }) {}

void MessageEvents::feed(std::string_view bytes) {
  if (!trouble_.empty() || ended_) return;
  if (!events_.feed(bytes) && trouble_.empty()) trouble_ = "sent an event longer than " + std::to_string(EventStream::event_max) + " bytes";
}

void MessageEvents::take(std::string_view type, std::string_view data) {
  if (!trouble_.empty() || ended_) return;
  if (!texts_.parse(data, [&](const atrium::Json& event) { read(type, event); })) trouble_ = "sent an event that is not JSON";
}

void MessageEvents::read(std::string_view type, const atrium::Json& event) {
  if (type == "message_start") {
    const atrium::Json usage = event["message"]["usage"];
    input_tokens_ =
        count_of(usage["input_tokens"]) + count_of(usage["cache_creation_input_tokens"]) + count_of(usage["cache_read_input_tokens"]);
    output_tokens_ = count_of(usage["output_tokens"]);
  } else if (type == "content_block_delta") {
    const atrium::Json delta = event["delta"];
    if (delta["type"] != "text_delta") return;
    const auto text = delta["text"].as_text();
    if (!text) {
      trouble_ = "sent a piece of text that is none";
      return;
    }
    told_ += *text;
    text_(*text);
  } else if (type == "message_delta") {
    // Its counts are of the whole message so far.
    if (const atrium::Json output = event["usage"]["output_tokens"]; output.exists()) output_tokens_ = count_of(output);
    stop_reason_ = event["delta"]["stop_reason"].as_text().value_or(stop_reason_);
  } else if (type == "message_stop") {
    ended_ = true;
  } else if (type == "error") {
    error_type_ = event["error"]["type"].as_text().value_or("error");
    trouble_ = "broke off: " + event["error"]["message"].as_text().value_or(error_type_).substr(0, 300);
  }
}
