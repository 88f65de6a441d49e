#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "protocol/frame.hpp"
#include "transport/http.hpp"

namespace atrium {

struct AnswerForm {
  std::string_view date;      // As httpDate() writes it.
  bool without_body = false;  // To HEAD: the body is announced, not sent.
  bool close = false;         // The connection ends with this answer.
};

// An answer as it goes over the wire; a shared body is announced, and goes in a frame of its own behind this one. Control characters in a
// header's value become spaces, so that no value can begin another header.
[[nodiscard]] FramePtr httpAnswer(const HttpResponse& response, const AnswerForm& form);

// Sun, 06 Nov 1994 08:49:37 GMT.
[[nodiscard]] std::string httpDate(std::chrono::sys_seconds time);

}  // namespace atrium
