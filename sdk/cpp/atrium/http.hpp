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

// What is called while a body comes, and once at its end.
template <typename Piece, typename Done>
struct StreamJob final : Job {
  StreamJob(Host its_host, Piece its_piece, Done its_done) : host(its_host), piece(std::move(its_piece)), done(std::move(its_done)) {}

  static void progress(void* context, std::uint64_t /*id*/, atrium_text bytes) noexcept {
    auto* job = static_cast<StreamJob*>(context);
    static_cast<void>(contained(job->host, "a piece of an answer", [&] { job->piece(view(bytes)); }));
  }
  static void complete(void* context, std::uint64_t /*id*/, atrium_status status, atrium_text result) noexcept {
    auto* job = static_cast<StreamJob*>(context);
    static_cast<void>(contained(job->host, "the answer of a service", [&] { job->done(Answer{status, std::string(view(result))}); }));
    job->jobs->remove(job);
  }

  Host host;
  Piece piece;
  Done done;
};

}  // namespace detail

class Http : public detail::Service<atrium_http_service> {
 public:
  explicit Http(Host host) : Service(host, ATRIUM_SERVICE_HTTP, true) {}

  // Calls done(HttpResponse).
  template <typename Done>
  void send(const HttpRequest& request, Done&& done) const {
    const std::vector<atrium_http_header> headers = headers_of(request);
    const atrium_http_call out = call_of(request, headers, 0);
    call(
        "http", [host = host_, done = std::forward<Done>(done)](Answer answer) mutable { done(response_of(host, std::move(answer))); },
        [&](const auto& table, const atrium_token& token) { table.send(host_.abi(), &out, &token); });
  }
  // Calls piece(std::string_view) with the body while it comes, in its order and cut anywhere, then done(HttpResponse) with an empty body;
  // no two of these at once. Where the host gives no pieces, the one piece is the whole body. A body may have come, in part, although there
  // was no response in the end.
  template <typename Piece, typename Done>
  void stream(const HttpRequest& request, Piece&& piece, Done&& done) const {
    if (!table_) return done(HttpResponse{.outcome = ATRIUM_DENIED, .why = "The grant http was not given."});
    const std::vector<atrium_http_header> headers = headers_of(request);
    const atrium_http_call out = call_of(request, headers, ATRIUM_HTTP_STREAM);
    auto end = [host = host_, done = std::forward<Done>(done), whole = piece](Answer answer) mutable {
      HttpResponse response = response_of(host, std::move(answer));
      if (!response.body.empty()) whole(std::string_view(response.body));
      response.body.clear();
      done(std::move(response));
    };
    using Made = detail::StreamJob<std::decay_t<Piece>, decltype(end)>;
    auto* job = new Made(host_, std::forward<Piece>(piece), std::move(end));
    host_.jobs()->add(job);
    const atrium_token token{
        .struct_size = sizeof token, .reserved = 0, .context = job, .id = 0, .complete = Made::complete, .progress = Made::progress};
    table_->send(host_.abi(), &out, &token);
  }
  // Waits for the response: on a worker only.
  [[nodiscard]] HttpResponse send(const HttpRequest& request) const {
    return wait_for<HttpResponse>([&](auto done) { send(request, std::move(done)); });
  }

 private:
  static std::vector<atrium_http_header> headers_of(const HttpRequest& request) {
    std::vector<atrium_http_header> headers;
    for (const auto& [name, value] : request.headers) headers.push_back({text_of(name), text_of(value)});
    return headers;
  }
  static atrium_http_call call_of(const HttpRequest& request, const std::vector<atrium_http_header>& headers, std::uint32_t flags) {
    return {.struct_size = sizeof(atrium_http_call),
            .timeout_ms = request.timeout_ms,
            .method = text_of(request.method),
            .url = text_of(request.url),
            .headers = headers.data(),
            .header_count = static_cast<std::uint32_t>(headers.size()),
            .reserved = 0,
            .body = text_of(request.body),
            .flags = flags,
            .reserved_2 = 0};
  }
  static HttpResponse response_of(const Host& host, Answer answer) {
    HttpResponse response;
    if (!answer.ok())
      response = {.outcome = answer.status, .why = std::move(answer.text)};
    else if (!JsonTexts(host).parse(answer.text, [&](Json told) { response = detail::http_response(told); }))
      response = {.outcome = ATRIUM_FAILED, .why = "The host's answer could not be read."};
    return response;
  }
};

}  // namespace sdk
}  // namespace atrium
#endif
