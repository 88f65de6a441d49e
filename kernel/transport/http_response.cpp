#include "transport/http_response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "transport/http_text.hpp"

namespace atrium {

namespace {

constexpr std::string_view reasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "";  // The phrase is optional (RFC 9112, 4).
  }
}

void appendHeader(FrameBuilder& out, std::string_view name, std::string_view value) {
  out.append(name);
  out.append(": ");
  for (const char c : value) out.append(isFieldText(c) ? c : ' ');
  out.append("\r\n");
}

void appendNumber(FrameBuilder& out, std::size_t number) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

}  // namespace

FramePtr httpAnswer(const HttpResponse& response, const AnswerForm& form) {
  const bool never_a_body = response.status == 204 || response.status == 304;
  const std::string_view body = form.without_body || never_a_body ? std::string_view() : std::string_view(response.body);
  FrameBuilder out(256 + body.size());
  out.append("HTTP/1.1 ");
  appendNumber(out, static_cast<std::size_t>(response.status));
  out.append(' ');
  out.append(reasonPhrase(response.status));
  out.append("\r\n");
  appendHeader(out, "Date", form.date);
  if (!response.content_type.empty()) appendHeader(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) appendHeader(out, name, value);
  if (form.close) appendHeader(out, "Connection", "close");
  if (!never_a_body) {
    out.append("Content-Length: ");
    appendNumber(out, response.bodySize());
    out.append("\r\n");
  }
  out.append("\r\n");
  out.append(body);
  return out.finishRaw();
}

std::string httpDate(std::chrono::sys_seconds time) {
  constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace atrium
