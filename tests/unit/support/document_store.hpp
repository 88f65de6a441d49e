#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/ports.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {

// Documents in memory, with versions, answered at once or refused. Nothing else of a store is asked for here.
class DocumentStore final : public Store {
 public:
  [[nodiscard]] Durability durabilityMax() const override { return Durability::received; }
  void append(std::unique_ptr<AppendBatch> batch, AppendDone done) override { done(std::move(batch)); }
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override {
    if (refusal) return done(fail(*refusal));
    if (writes.size() > ATRIUM_BATCH_MAX) return done(fail(Code::storage_unavailable, "no store takes so many writes at once"));
    if (before_write) std::exchange(before_write, nullptr)();
    for (const DocumentWrite& write : writes) {
      const auto found = documents.find(write.key);
      const std::uint64_t version = found == documents.end() ? 0 : found->second.version;
      if (write.expected_version != ATRIUM_VERSION_ANY && write.expected_version != version) return done(fail(Code::conflict));
    }
    written += writes.size();
    for (DocumentWrite& write : writes) {
      if (!write.value) {
        documents.erase(write.key);
        continue;
      }
      Document& document = documents[write.key];
      document = {write.key, document.version + 1, *std::move(write.value)};
    }
    done({});
  }
  void trim(RoomKey, std::uint64_t, Wall, Completion<std::uint64_t> done) override { done(0); }
  void head(const RoomKey&, Completion<RoomHead> done) override { done(RoomHead{}); }
  void locate(const RoomKey&, const Id&, Completion<std::uint64_t> done) override { done(fail(Code::not_found)); }
  void page(PageQuery, Completion<RecordPage> done) override { done(RecordPage{}); }
  void get(DocumentKey key, Completion<std::optional<Document>> done) override {
    if (refusal) return done(fail(*refusal));
    const auto found = documents.find(key);
    done(found == documents.end() ? std::optional<Document>() : found->second);
  }
  void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) override {
    if (refusal) return done(fail(*refusal));
    std::vector<Document> found;
    for (const auto& [key, document] : documents) {
      const bool fits = key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
      if (fits && (after.empty() || key > after) && found.size() < limit) found.push_back(document);
    }
    done(std::move(found));
  }

  std::map<DocumentKey, Document> documents;
  std::size_t written = 0;
  std::optional<Code> refusal;         // Of everything.
  std::function<void()> before_write;  // Of the next one.
};

}  // namespace atrium::test
