#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugin/services/server_access.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {

// A server whose storage answers at once, or when the test lets it.
class FakeServer final : public ServerAccess {
 public:
  void get(DocumentKey key, Completion<std::optional<Document>> done) override {
    {
      const std::scoped_lock lock(mutex_);
      asked_.push_back(key);
    }
    if (silent) return kept.push_back([done = std::move(done)]() mutable { done(std::nullopt); });
    const auto found = values.find(key);
    done(found == values.end() ? std::optional<Document>() : Document{key, 1, found->second});
  }
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override {
    for (const DocumentWrite& write : writes)
      if (write.value)
        values[write.key] = *write.value;
      else
        values.erase(write.key);
    done({});
  }
  void scan(DocumentKey, DocumentKey, std::uint32_t, Completion<std::vector<Document>> done) override { done({}); }
  void post(PluginPost post, Completion<std::string> done) override {
    {
      const std::scoped_lock lock(mutex_);
      posted_.push_back(post.tenant_id + " " + post.plugin_id + " " + std::string(post.body.text()));
    }
    if (post.room_id == "room_gone") return done(fail(Code::not_found));
    done("{}");
  }

  void coordinate(PluginCoordination request, Completion<std::string> done) override {
    {
      const std::scoped_lock lock(mutex_);
      coordinated_.push_back(std::to_string(request.operation) + " " + request.tenant_id + " " + request.plugin_id + " " + request.id +
                             " " + std::string(request.body.text()));
    }
    if (request.id == "nobody") return done(fail(Code::agent_unknown));
    if (request.id == "taken") return done(fail(Code::lead_taken));
    if (request.id == "wrong")
      return done(fail(Error{Code::validation_failed, "", 0, {{"/name", "is needed"}, {"/capacity", "must be a number"}}}));
    done(R"({"done":true})");
  }

  bool silent = false;
  std::map<DocumentKey, std::string> values;
  std::vector<std::move_only_function<void()>> kept;

  // What it was asked for and told so far. Any thread.
  [[nodiscard]] std::vector<DocumentKey> asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  [[nodiscard]] std::vector<std::string> posted() const {
    const std::scoped_lock lock(mutex_);
    return posted_;
  }
  [[nodiscard]] std::vector<std::string> coordinated() const {
    const std::scoped_lock lock(mutex_);
    return coordinated_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<DocumentKey> asked_;
  std::vector<std::string> posted_, coordinated_;
};

}  // namespace atrium::test
