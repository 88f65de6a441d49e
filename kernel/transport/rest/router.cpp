#include "rest/router.hpp"

#include <algorithm>

#include "protocol/errors.hpp"
#include "transport/http.hpp"
#include "transport/http_text.hpp"
#include "transport/utf8.hpp"

namespace atrium {

namespace {

// Takes the first segment, which begins with a slash, off a path.
std::string_view takeSegment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  const std::string_view segment = path.substr(1, end - 1);
  path.remove_prefix(end);
  return segment;
}

// Whether the path has the pattern's form; collects its parameters, still encoded.
bool matches(std::string_view pattern, std::string_view path, std::vector<std::string_view>& parameters) {
  parameters.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = takeSegment(pattern);
    const std::string_view segment = takeSegment(path);
    if (!expected.starts_with('{')) {
      if (segment != expected) return false;
    } else if (segment.empty()) {
      return false;
    } else {
      parameters.push_back(segment);
    }
  }
  return pattern.empty() && path.empty();
}

void addMethod(std::string& allow, std::string_view method) {
  if (!allow.empty()) allow += ", ";
  allow += method;
  if (method == "GET") allow += ", HEAD";
}

bool wholeUtf8(std::string_view text) {
  Utf8Validator validator;
  return validator.feed(text) && validator.complete();
}

}  // namespace

Result<Routing> routeOf(std::string_view method, std::string_view path) {
  Routing routing;
  if (path.starts_with(api_prefix) && path.substr(api_prefix.size()).starts_with('/')) {
    routing.prefix = api_prefix;
    path.remove_prefix(api_prefix.size());
  }
  if (!path.starts_with('/')) return fail(Code::not_found, "There is no such path.");
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::vector<std::string_view> parameters, found;
  for (const RouteInfo& route : route_table) {
    if (!matches(route.path, path, parameters)) continue;
    addMethod(routing.allow, route.method);
    if (route.method != wanted) continue;
    routing.route = &route;
    found = parameters;
  }
  if (routing.allow.empty()) return fail(Code::not_found, "There is no such path.");
  routing.allow += ", OPTIONS";
  for (const std::string_view parameter : found) {
    std::string& decoded = routing.parameters.emplace_back();
    if (!percentDecode(parameter, false, decoded) || !wholeUtf8(decoded)) return fail(Code::bad_request, "The path has a broken escape.");
  }
  return routing;
}

std::string percentEncode(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (isAlphanumeric(c) || std::string_view("-._~").contains(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      ((out += '%') += digits[byte >> 4]) += digits[byte & 15];
    }
  }
  return out;
}

}  // namespace atrium
