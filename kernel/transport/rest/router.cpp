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

// The parameter of a pattern that takes all that is left of a path.
constexpr std::string_view rest_parameter = "{path}";

// Whether the path has the pattern's form; collects its parameters, still encoded.
bool matches(std::string_view pattern, std::string_view path, std::vector<std::string_view>& parameters) {
  parameters.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = takeSegment(pattern);
    if (expected == rest_parameter) {
      parameters.push_back(path.substr(1));
      return true;
    }
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

// Decodes a path of several segments. Whoever looks it up must not take it for another one: no segment hides a slash, goes up or is nothing
// but dots, and no character is one that nobody sees.
bool decodePath(std::string_view path, std::string& decoded) {
  std::string segment;
  decoded.clear();
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (!percentDecode(path.substr(begin, end - begin), false, segment) || segment.find_first_of("/\\") != segment.npos) return false;
    if (segment == "." || segment == "..") return false;
    if (std::ranges::any_of(segment, [](char c) { return !isFieldText(c) || c == '\t'; })) return false;
    if (begin > 0) decoded += '/';
    decoded += segment;
    begin = end + 1;
  }
  return true;
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
  std::string_view pattern;
  for (const RouteInfo& route : route_table) {
    // A path that several patterns fit is the first one's: fixed words stand before parameters in the table.
    if (!pattern.empty() && route.path != pattern) continue;
    if (!matches(route.path, path, parameters)) continue;
    pattern = route.path;
    addMethod(routing.allow, route.method);
    if (route.method != wanted) continue;
    routing.route = &route;
    found = parameters;
  }
  if (routing.allow.empty()) return fail(Code::not_found, "There is no such path.");
  routing.allow += ", OPTIONS";
  for (const std::string_view& parameter : found) {
    std::string& decoded = routing.parameters.emplace_back();
    const bool whole_path = pattern.ends_with(rest_parameter) && &parameter == &found.back();
    if (!(whole_path ? decodePath(parameter, decoded) : percentDecode(parameter, false, decoded)) || !wholeUtf8(decoded))
      return fail(Code::bad_request, whole_path ? "The path cannot be taken as it is." : "The path has a broken escape.");
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
