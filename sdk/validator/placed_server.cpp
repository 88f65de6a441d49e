#include "validator/placed_server.hpp"

#include <utility>

#include "protocol/metrics.hpp"

namespace atrium::validate {

namespace {

HttpClient::Options answersByItself() {
  return {.threads = 1, .carry = [](const OutboundRequest&, SocketCut&) {
            return OutboundAnswer{ATRIUM_OK, R"({"status":200,"headers":{"content-type":"application/json"},"body":"{}"})"};
          }};
}

}  // namespace

PlacedServer::PlacedServer(const Clock& clock, Log& log)
    : metrics_(metric_table),
      workers_({.threads = 2}, clock, log, metrics_.makeSet()),
      answers_({.threads = 1}, clock, log, metrics_.makeSet()),
      http_(answersByItself(), clock, log, metrics_.makeSet()) {}

PlacedServer::~PlacedServer() {
  http_.stop();
  workers_.stop();
  answers_.stop();
}

ServiceParts PlacedServer::services() { return {.workers = &workers_, .answers = &answers_, .server = this, .http = &http_}; }

void PlacedServer::get(DocumentKey key, Completion<std::optional<Document>> done) {
  std::optional<Document> found;
  {
    const std::scoped_lock lock(mutex_);
    const auto at = values_.find(key);
    if (at != values_.end()) found = Document{key, 1, at->second};
  }
  done(std::move(found));
}

void PlacedServer::write(std::vector<DocumentWrite> writes, Completion<void> done) {
  {
    const std::scoped_lock lock(mutex_);
    for (DocumentWrite& write : writes)
      if (write.value)
        values_[write.key] = *std::move(write.value);
      else
        values_.erase(write.key);
  }
  done({});
}

// Services of plugins ask for single documents.
void PlacedServer::scan(DocumentKey /*prefix*/, DocumentKey /*after*/, std::uint32_t /*limit*/, Completion<std::vector<Document>> done) {
  done({});
}

void PlacedServer::post(PluginPost /*post*/, Completion<std::string> done) {
  done(R"({"message_id":"msg_00000000000000000000000001","seq":1})");
}

void PlacedServer::coordinate(PluginCoordination /*request*/, Completion<std::string> done) { done("{}"); }

}  // namespace atrium::validate
