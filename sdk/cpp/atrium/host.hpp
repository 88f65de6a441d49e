#ifndef ATRIUM_HOST_HPP
#define ATRIUM_HOST_HPP
#include <exception>

#include "atrium/json.hpp"
#include "atrium/service/clock.h"
#include "atrium/service/log.h"

namespace atrium {
inline namespace sdk {

// The server that loaded the plugin. A value: copy it freely, it lives longer than the plugin. Any thread.
class Host {
 public:
  Host() = default;
  explicit Host(const atrium_host* host) : host_(host) {}

  // The table of a service, or nullptr: unknown to this server or not granted to this plugin.
  template <typename Service>
  [[nodiscard]] const Service* service(const char* service_id) const {
    return host_ ? static_cast<const Service*>(host_->get_service(host_, service_id)) : nullptr;
  }
  // Writes one line that names the plugin; `event` is a stable word, `message` a sentence. Never a token or a key.
  void log(std::uint32_t level, std::string_view event, std::string_view message) const {
    if (const auto* log = service<atrium_log_service>(ATRIUM_SERVICE_LOG)) log->write(host_, level, text_of(event), text_of(message));
  }
  void info(std::string_view event, std::string_view message) const { log(ATRIUM_LOG_INFO, event, message); }
  void warning(std::string_view event, std::string_view message) const { log(ATRIUM_LOG_WARNING, event, message); }
  void error(std::string_view event, std::string_view message) const { log(ATRIUM_LOG_ERROR, event, message); }

  [[nodiscard]] const atrium_host* abi() const { return host_; }

 private:
  const atrium_host* host_ = nullptr;
};

namespace detail {

// Runs `call`; an exception ends here as a log line and ATRIUM_FAILED, because none may cross the border.
template <typename Call>
atrium_status contained(const Host& host, Call&& call) noexcept {
  try {
    call();
    return ATRIUM_OK;
  } catch (const std::exception& problem) {
    host.error("hook_failed", problem.what());
  } catch (...) {
    host.error("hook_failed", "an exception of unknown type");
  }
  return ATRIUM_FAILED;
}

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
