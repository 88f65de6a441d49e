#include "auth/token_source.hpp"

#include <algorithm>
#include <array>

namespace atrium {

namespace {

constexpr std::string_view hidden = "redacted";
constexpr std::array<std::string_view, 4> secret_names = {"token", "access_token", "ticket", "id_token"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool sameWithoutCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `each` with every piece of `text` between separators.
template <typename Each>
void forEachPiece(std::string_view text, char separator, Each each) {
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    each(text.substr(start, end - start));
    start = end + 1;
  }
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string percentDecoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && at + 2 < text.size() ? hexDigit(text[at + 1]) : -1;
    const int low = high < 0 ? -1 : hexDigit(text[at + 2]);
    if (low < 0) {
      out += text[at];
    } else {
      out += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  return out;
}

std::string_view fromHeader(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer";
  authorization = trimmed(authorization);
  if (authorization.size() <= scheme.size() || !sameWithoutCase(authorization.substr(0, scheme.size()), scheme) ||
      authorization[scheme.size()] != ' ')
    return {};
  return trimmed(authorization.substr(scheme.size()));
}

// The one piece that `pick` takes a token from; nothing when there is none or a second one.
template <typename Pick>
std::string_view onlyOne(std::string_view text, char separator, Pick pick) {
  std::string_view found;
  unsigned count = 0;
  forEachPiece(text, separator, [&](std::string_view piece) {
    if (const std::string_view token = pick(piece); !token.empty()) {
      found = token;
      ++count;
    }
  });
  return count == 1 ? found : std::string_view();
}

std::string_view behind(std::string_view piece, std::string_view prefix) {
  return piece.starts_with(prefix) ? piece.substr(prefix.size()) : std::string_view();
}

// The start of every JSON object in base64, which is how tokens begin.
bool looksLikeToken(std::string_view text) { return text.find("eyJ") != std::string_view::npos; }

}  // namespace

FoundToken findToken(const TokenPlaces& places) {
  if (const auto token = fromHeader(places.authorization); !token.empty()) return {TokenSource::header, token};
  const auto protocol = onlyOne(places.protocols, ',', [](std::string_view piece) { return behind(trimmed(piece), "bearer."); });
  if (!protocol.empty()) return {TokenSource::protocol, protocol};
  const auto query = onlyOne(places.query, '&', [](std::string_view piece) { return behind(piece, "token="); });
  if (!query.empty()) return {TokenSource::query, query};
  return {};
}

std::string redactUrl(std::string_view url) {
  const std::size_t mark = std::min(url.find('?'), url.size());
  std::string out;
  forEachPiece(url.substr(0, mark), '/', [&out, first = true](std::string_view piece) mutable {
    if (!first) out += '/';
    first = false;
    out += looksLikeToken(percentDecoded(piece)) ? hidden : piece;
  });
  if (mark == url.size()) return out;
  out += '?';
  forEachPiece(url.substr(mark + 1), '&', [&out, first = true](std::string_view piece) mutable {
    if (!first) out += '&';
    first = false;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string name = percentDecoded(piece.substr(0, equals));
    const bool secret = std::ranges::any_of(secret_names, [&name](std::string_view known) { return sameWithoutCase(name, known); });
    if (!secret && !looksLikeToken(percentDecoded(piece))) {
      out += piece;
      return;
    }
    if (!looksLikeToken(name)) out += piece.substr(0, equals);
    out += '=';
    out += hidden;
  });
  return out;
}

}  // namespace atrium
