#include "plugin/services/service_answer.hpp"

#include "protocol/errors.hpp"

namespace atrium {

atrium_status statusOf(const Error& error) {
  switch (error.code) {
    case Code::not_found: return ATRIUM_NOT_FOUND;
    case Code::overloaded: return ATRIUM_FULL;
    case Code::validation_failed: return ATRIUM_INVALID;
    case Code::forbidden:
    case Code::not_a_member:
    case Code::room_closed:
    case Code::rejected_by_plugin: return ATRIUM_DENIED;
    case Code::conflict: return ATRIUM_CONFLICT;
    default: return ATRIUM_FAILED;
  }
}

std::string sentenceOf(const Error& error) {
  if (!error.fields.empty()) return error.fields.front().path + " " + error.fields.front().message;
  return error.detail.empty() ? std::string(info(error.code).title) : error.detail;
}

}  // namespace atrium
