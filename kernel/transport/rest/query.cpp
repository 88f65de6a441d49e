#include "rest/query.hpp"

#include <charconv>
#include <utility>
#include <vector>

#include "protocol/errors.hpp"
#include "rest/router.hpp"
#include "transport/http_text.hpp"
#include "transport/utf8.hpp"

namespace atrium {

namespace {

constexpr std::size_t value_max = 300;  // bytes; the longest name or id anywhere, encoded as text.
constexpr std::size_t message_types_max = 16;

// Reads parameters and remembers everything that is wrong with them.
class QueryReader {
 public:
  explicit QueryReader(const HttpRequest& request) : request_(request) {}

  void wrong(std::string_view name, std::string message) { problems_.push_back({"/" + std::string(name), std::move(message)}); }

  std::string text(std::string_view name) {
    std::string value;
    if (request_.parameter(name, value)) check(name, value);
    return value;
  }

  std::vector<std::string> texts(std::string_view name, std::size_t most) {
    std::vector<std::string> values = request_.parameters(name);
    if (values.size() > most) wrong(name, "may be given at most " + std::to_string(most) + " times");
    for (const std::string& value : values) check(name, value);
    return values;
  }

  std::uint32_t limit(const PageLimits& limits) {
    std::string text;
    if (!request_.parameter("limit", text)) return limits.fallback;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 1 || value > limits.most)
      wrong("limit", "must be a whole number from 1 to " + std::to_string(limits.most));
    return value;
  }

  template <typename Query>
  Result<Query> finish(Query query) {
    if (problems_.empty()) return query;
    return std::unexpected(Error{Code::validation_failed, "The query has wrong parameters.", 0, std::move(problems_)});
  }

 private:
  void check(std::string_view name, std::string_view value) {
    Utf8Validator validator;
    if (value.size() > value_max)
      wrong(name, "must have at most " + std::to_string(value_max) + " bytes");
    else if (!validator.feed(value) || !validator.complete())
      wrong(name, "must be UTF-8");
  }

  const HttpRequest& request_;
  std::vector<FieldProblem> problems_;
};

}  // namespace

Result<std::uint32_t> readLimit(const HttpRequest& request, const PageLimits& limits) {
  QueryReader reader(request);
  return reader.finish(reader.limit(limits));
}

Result<HistoryQuery> readHistoryQuery(const HttpRequest& request, std::string room_id, const PageLimits& limits) {
  QueryReader reader(request);
  HistoryQuery query{.room_id = std::move(room_id),
                     .limit = reader.limit(limits),
                     .before = reader.text("before"),
                     .after = reader.text("after"),
                     .message_types = reader.texts("message_type", message_types_max),
                     .sender = reader.text("sender"),
                     .thread = reader.text("thread")};
  if (!query.before.empty() && !query.after.empty()) reader.wrong("after", "must not stand beside before");
  return reader.finish(std::move(query));
}

Result<ListRooms> readListRooms(const HttpRequest& request, const PageLimits& limits) {
  QueryReader reader(request);
  ListRooms query{.room_type = reader.text("type"),
                  .member = reader.text("member"),
                  .query = reader.text("query"),
                  .cursor = reader.text("cursor"),
                  .limit = reader.limit(limits)};
  return reader.finish(std::move(query));
}

std::string nextPageTarget(std::string_view prefix, const HistoryQuery& query, const HistoryPage& page) {
  std::string target(prefix);
  target += "/collaboration/rooms/" + percentEncode(query.room_id) + "/history?limit=" + std::to_string(query.limit);
  target += (page.forward ? "&after=" : "&before=") + std::to_string(page.next_seq);
  for (const std::string& type : query.message_types) target += "&message_type=" + percentEncode(type);
  if (!query.sender.empty()) target += "&sender=" + percentEncode(query.sender);
  if (!query.thread.empty()) target += "&thread=" + percentEncode(query.thread);
  return target;
}

Result<JsonView> jsonBody(const HttpRequest& request, JsonIndexer& indexer) {
  const std::string_view type = request.header("Content-Type");
  if (!sameWord(trimmed(type.substr(0, type.find(';'))), "application/json"))
    return fail(Code::unsupported_media, "Send the body as Content-Type: application/json.");
  return indexer.parse(request.body);
}

}  // namespace atrium
