#include "transport/http.hpp"

#include <algorithm>

#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"
#include "transport/http_text.hpp"

namespace atrium {

namespace {

constexpr std::size_t repeats_max = 64;

// Calls `visit` with each name and value of a query, undecoded, until it returns false.
template <typename Visit>
void eachParameter(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!visit(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())))) return;
  }
}

bool decodesTo(std::string_view encoded, std::string_view name) {
  if (encoded == name) return true;
  std::string decoded;
  return percentDecode(encoded, true, decoded) && decoded == name;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const HttpHeader& header : headers)
    if (sameWord(header.name, name)) return header.value;
  return {};
}

bool HttpRequest::parameter(std::string_view name, std::string& value) const {
  bool found = false;
  eachParameter(query, [&](std::string_view key, std::string_view encoded) {
    if (!decodesTo(key, name)) return true;
    found = percentDecode(encoded, true, value);
    return false;
  });
  return found;
}

std::vector<std::string> HttpRequest::parameters(std::string_view name) const {
  std::vector<std::string> values;
  eachParameter(query, [&](std::string_view key, std::string_view encoded) {
    std::string value;
    if (decodesTo(key, name) && percentDecode(encoded, true, value)) values.push_back(std::move(value));
    return values.size() < repeats_max;
  });
  return values;
}

bool HttpRequest::queryDecodes() const {
  bool whole = true;
  std::string decoded;
  eachParameter(query, [&](std::string_view key, std::string_view encoded) {
    return whole = percentDecode(key, true, decoded) && percentDecode(encoded, true, decoded);
  });
  return whole;
}

bool percentDecode(std::string_view text, bool plus_is_space, std::string& out) {
  out.clear();
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%') {
      const int high = at + 2 < text.size() ? hexDigit(text[at + 1]) : -1;
      const int low = high >= 0 ? hexDigit(text[at + 2]) : -1;
      if (low < 0 || (high == 0 && low == 0)) return false;
      out.push_back(static_cast<char>(high << 4 | low));
      at += 2;
    } else {
      out.push_back(plus_is_space && text[at] == '+' ? ' ' : text[at]);
    }
  }
  return true;
}

HttpResponse problemResponse(const Error& error) {
  const CodeInfo& code = info(error.code);
  HttpResponse response;
  response.status = code.http_status;
  response.content_type = "application/problem+json";
  JsonWriter json(response.body);
  json.begin('{').key("type").value("about:blank").key("title").value(code.title).key("status").value(code.http_status);
  json.key("detail").value(error.detail.empty() ? code.title : std::string_view(error.detail)).key("code").value(code.word);
  if (!error.fields.empty()) {
    json.key("errors").begin('[');
    for (const FieldProblem& field : error.fields)
      json.begin('{').key("path").value(field.path).key("message").value(field.message).end('}');
    json.end(']');
  }
  if (error.retry_after_ms != 0) json.key("retry_after_ms").value(error.retry_after_ms);
  json.end('}');
  // In whole seconds, rounded up; too many requests and an unavailable service always say when to try again.
  if (error.retry_after_ms != 0 || code.http_status == 429 || code.http_status == 503)
    response.headers.emplace_back("Retry-After", std::to_string(std::max<std::uint32_t>(1, (error.retry_after_ms + 999) / 1000)));
  if (code.http_status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

Responder::~Responder() {
  if (slot_) sendProblem({Code::internal, "the request was not answered", 0, {}});
}

void Responder::send(HttpResponse response) {
  if (const auto slot = std::exchange(slot_, nullptr)) slot->send(std::move(response));
}

void Responder::upgrade(WebSocketOptions options, std::unique_ptr<WebSocketHandler> handler) {
  if (const auto slot = std::exchange(slot_, nullptr)) slot->upgrade(std::move(options), std::move(handler));
}

}  // namespace atrium
