#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/json_index.hpp"
#include "transport/http_parser.hpp"

namespace atrium {

// Bytes with the padding behind them that readers of input ask for; what is in it must not matter, so it is not zero.
class Padded {
 public:
  explicit Padded(std::string_view bytes) : bytes_(bytes), size_(bytes.size()) { bytes_.append(JsonIndexer::padding, '\xEE'); }
  [[nodiscard]] std::span<char> span() { return {bytes_.data(), size_}; }

 private:
  std::string bytes_;
  std::size_t size_;
};

// What a parser made of a stream of bytes.
struct ParseOutcome {
  struct Request {
    std::string method, path, query, body;
    std::vector<std::pair<std::string, std::string>> headers;
    bool keep_alive = false;
    friend bool operator==(const Request&, const Request&) = default;
  };
  std::vector<Request> requests;
  Error refusal{};
  bool refused = false;
  bool midway = false;  // The stream ended inside a request.
  friend bool operator==(const ParseOutcome&, const ParseOutcome&) = default;
};

// Feeds `stream`, cut at `cuts` (ascending positions), and follows every request in it.
inline ParseOutcome parseInPieces(std::string_view stream, const std::vector<std::size_t>& cuts, const HttpParserLimits& limits) {
  ParseOutcome outcome;
  HttpParser parser(limits);
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= cuts.size(); ++at) {
    const std::size_t end = at < cuts.size() ? cuts[at] : stream.size();
    Padded piece(stream.substr(begin, end - begin));
    begin = end;
    std::span<const char> input = piece.span();
    while (!input.empty()) {
      const HttpParser::Status status = parser.feed(input);
      if (status == HttpParser::Status::more) break;
      if (status == HttpParser::Status::refused) {
        outcome.refused = true;
        outcome.refusal = parser.refusal();
        return outcome;
      }
      const HttpRequest& request = parser.request();
      ParseOutcome::Request seen{.method = std::string(request.method),
                                 .path = std::string(request.path),
                                 .query = std::string(request.query),
                                 .body = std::string(request.body),
                                 .headers = {},
                                 .keep_alive = parser.keepAlive()};
      for (const HttpHeader& header : request.headers) seen.headers.emplace_back(header.name, header.value);
      outcome.requests.push_back(std::move(seen));
      parser.next();
    }
  }
  outcome.midway = parser.midway();
  return outcome;
}

inline ParseOutcome parseWhole(std::string_view stream, const HttpParserLimits& limits = {}) { return parseInPieces(stream, {}, limits); }

inline std::vector<std::size_t> everyPosition(std::string_view stream) {
  std::vector<std::size_t> cuts(stream.empty() ? 0 : stream.size() - 1);
  for (std::size_t at = 0; at < cuts.size(); ++at) cuts[at] = at + 1;
  return cuts;
}

}  // namespace atrium
