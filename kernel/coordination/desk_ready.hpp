#pragma once

#include <string>
#include <utility>

#include "coordination/desk.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

// What the files of the desk share.
namespace atrium {

template <typename Done, typename Request>
void Desk::ready(Done done, Request request) {
  if (!loading_) return request(std::move(done));
  if (waiting_.size() >= waiting_max) return done(fail(Code::overloaded, "More requests wait for this tenant's desk than may.", 1000));
  waiting_.push_back([done = std::move(done), request = std::move(request)](const Result<void>& loaded) mutable {
    if (!loaded) return done(fail(loaded.error()));
    request(std::move(done));
  });
}

// "sue: she knows him", a sentence's end.
inline std::string because(const std::string& who, const std::string& reason) { return reason.empty() ? who + "." : who + ": " + reason; }

// The end of {"items":[…
inline void closeList(std::string& out, const std::string& next) {
  out += R"(],"next_cursor":)";
  if (next.empty())
    out += "null";
  else
    JsonWriter<std::string>(out).value(next);
  out += '}';
}

}  // namespace atrium
