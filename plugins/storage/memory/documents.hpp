#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "atrium/storage.hpp"

namespace atrium::memory_store {

// The bytes that rooms and documents share. Any thread.
class Budget {
 public:
  explicit Budget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // False: they do not fit, and none were taken.
  [[nodiscard]] bool take(std::uint64_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
    giveBack(bytes);
    return false;
  }
  void giveBack(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_{0};
};

// Documents in an ordered map by encoded key. One lock for all of them: they change seldom and are read in parallel. Any thread.
class Documents {
 public:
  explicit Documents(Budget& budget) : budget_(budget) {}

  atrium_status write(DocumentWrites writes, std::uint32_t& failed) {
    const std::lock_guard lock(mutex_);
    Batch batch(*this, writes.size());
    for (std::uint32_t n = 0; n < writes.size(); ++n) {
      if (const atrium_status status = batch.apply(*writes[n]); status != ATRIUM_OK) {
        failed = n;
        return status;
      }
    }
    batch.keep();
    return ATRIUM_OK;
  }

  atrium_status get(const atrium_document_key& key, DocumentReceiver each) {
    const std::shared_lock lock(mutex_);
    const auto found = map_.find(encode_key(key));
    if (found == map_.end()) return ATRIUM_NOT_FOUND;
    each({sizeof(atrium_document), 0, key, found->second.version, text_of(found->second.value)});
    return ATRIUM_OK;
  }

  atrium_status scan(const atrium_document_key& prefix, const atrium_document_key& after, std::uint32_t limit, DocumentReceiver each) {
    const std::shared_lock lock(mutex_);
    const std::string begin = encode_key(prefix);
    const std::string cursor = encode_key(after);
    KeyDecoder decoder;
    for (auto at = cursor < begin ? map_.lower_bound(begin) : map_.upper_bound(cursor); at != map_.end() && limit > 0; ++at, --limit) {
      if (!at->first.starts_with(begin)) break;
      if (!each({sizeof(atrium_document), 0, decoder.decode(at->first), at->second.version, text_of(at->second.value)})) break;
    }
    return ATRIUM_OK;
  }

 private:
  struct Document {
    std::uint64_t version;
    std::string value;
  };
  using Map = std::map<std::string, Document>;

  [[nodiscard]] static std::uint64_t costOf(const std::string& key, std::uint64_t value_size) {
    return key.size() + value_size + 128;  // The node, its strings and the allocator's headers.
  }

  // Writes that stand together: what they replaced is put back, last first, unless they are kept.
  class Batch {
   public:
    Batch(Documents& documents, std::size_t writes) : documents_(documents) { replaced_.reserve(writes); }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch() {
      for (auto one = replaced_.rbegin(); one != replaced_.rend(); ++one) putBack(*one);
    }

    atrium_status apply(const atrium_document_write& write) {
      std::string key = encode_key(write.key);
      const auto found = documents_.map_.find(key);
      const bool exists = found != documents_.map_.end();
      const std::uint64_t version = exists ? found->second.version : 0;
      if (write.expected_version != ATRIUM_VERSION_ANY && write.expected_version != version) return ATRIUM_PRECONDITION;
      if (write.remove == 1) {
        if (exists) replaced_.push_back({std::move(key), documents_.map_.extract(found).mapped()});
        return ATRIUM_OK;
      }
      if (!documents_.budget_.take(costOf(key, write.value.size))) return ATRIUM_FULL;
      Document document{version + 1, std::string(view(write.value))};
      if (exists) {
        std::swap(document, found->second);
        replaced_.push_back({std::move(key), std::move(document)});
      } else {
        documents_.map_.emplace(key, std::move(document));
        replaced_.push_back({std::move(key), std::nullopt});
      }
      return ATRIUM_OK;
    }

    void keep() {
      for (const Replaced& one : replaced_)
        if (one.document) documents_.budget_.giveBack(costOf(one.key, one.document->value.size()));
      replaced_.clear();
    }

   private:
    struct Replaced {
      std::string key;
      std::optional<Document> document;  // Nothing: the key was not there.
    };

    void putBack(Replaced& one) {
      const auto found = documents_.map_.find(one.key);
      if (found != documents_.map_.end()) {
        documents_.budget_.giveBack(costOf(one.key, found->second.value.size()));
        documents_.map_.erase(found);
      }
      if (one.document) documents_.map_.emplace(one.key, std::move(*one.document));
    }

    Documents& documents_;
    std::vector<Replaced> replaced_;  // Reserved for all writes, so that noting one never fails.
  };

  Budget& budget_;
  std::shared_mutex mutex_;
  Map map_;
};

}  // namespace atrium::memory_store
