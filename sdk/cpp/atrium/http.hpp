#ifndef ATRIUM_HTTP_HPP
#define ATRIUM_HTTP_HPP
// Requests to other servers, made by the host: Http, a value made from a Host, as those of services.hpp.
#include <string>
#include <utility>
#include <vector>

#include "atrium/services.hpp"

namespace atrium {
inline namespace sdk {

// See atrium_http_call. It owns its texts, so that they may be put together where it is written down: {.url = base + "/v1"}.
struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::uint32_t timeout_ms = 0;  // For everything together; 0: 10 s.
};

struct HttpResponse {
  atrium_status outcome = ATRIUM_FAILED;  // Other than ATRIUM_OK: there was no response, and `why` is a sentence.
  std::string why = {};
  std::uint32_t status = 0;                                       // 200
  std::vector<std::pair<std::string, std::string>> headers = {};  // Names in lower case.
  std::string body = {};

  // Answered, and with a status from 200 to 299.
  [[nodiscard]] bool ok() const { return outcome == ATRIUM_OK && status >= 200 && status < 300; }
  // `name` in lower case; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

namespace detail {

inline std::string from_base64(std::string_view text) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) break;  // The padding.
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xFF);
  }
  return out;
}

// The response that the result of atrium_http_service.send tells.
inline HttpResponse http_response(const Json& told) {
  HttpResponse response;
  response.outcome = ATRIUM_OK;
  response.status = static_cast<std::uint32_t>(told["status"].as_int().value_or(0));
  for (const Json header : told["headers"]) response.headers.emplace_back(header.key(), header.as_text().value_or(""));
  if (const auto body = told["body"].as_text())
    response.body = *body;
  else
    response.body = from_base64(told["body_base64"].as_text().value_or(""));
  return response;
}

}  // namespace detail

class Http : public detail::Service<atrium_http_service> {
 public:
  explicit Http(Host host) : Service(host, ATRIUM_SERVICE_HTTP, true) {}

  // Calls done(HttpResponse).
  template <typename Done>
  void send(const HttpRequest& request, Done&& done) const {
    std::vector<atrium_http_header> headers;
    for (const auto& [name, value] : request.headers) headers.push_back({text_of(name), text_of(value)});
    const atrium_http_call out{.struct_size = sizeof out,
                               .timeout_ms = request.timeout_ms,
                               .method = text_of(request.method),
                               .url = text_of(request.url),
                               .headers = headers.data(),
                               .header_count = static_cast<std::uint32_t>(headers.size()),
                               .reserved = 0,
                               .body = text_of(request.body)};
    call(
        "http",
        [host = host_, done = std::forward<Done>(done)](Answer answer) mutable {
          HttpResponse response;
          if (!answer.ok())
            response = {.outcome = answer.status, .why = std::move(answer.text)};
          else if (!JsonTexts(host).parse(answer.text, [&](Json told) { response = detail::http_response(told); }))
            response = {.outcome = ATRIUM_FAILED, .why = "The host's answer could not be read."};
          done(std::move(response));
        },
        [&](const auto& table, const atrium_token& token) { table.send(host_.abi(), &out, &token); });
  }
  // Waits for the response: on a worker only.
  [[nodiscard]] HttpResponse send(const HttpRequest& request) const {
    return wait_for<HttpResponse>([&](auto done) { send(request, std::move(done)); });
  }
};

}  // namespace sdk
}  // namespace atrium
#endif
