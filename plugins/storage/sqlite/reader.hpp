#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "atrium/storage.hpp"
#include "database.hpp"
#include "schema.hpp"

namespace atrium::sqlite_store {

// A connection that only reads. Throws SqliteError. One thread at a time.
class Reader {
 public:
  explicit Reader(const Settings& settings);

  atrium_status head(const atrium_room_key& room, atrium_room_head& out);
  atrium_status locate(const atrium_room_key& room, const atrium_id& message, std::uint64_t& seq);
  void page(const atrium_page_query& query, RecordReceiver each, std::uint64_t& next);
  atrium_status get(const atrium_document_key& key, DocumentReceiver each);
  void scan(const atrium_document_key& prefix, const atrium_document_key& after, std::uint32_t limit, DocumentReceiver each);

 private:
  Connection connection_;
  Statement select_head_, select_seq_, page_back_, page_forward_;
  Statement select_document_, scan_;
};

// A fixed number of readers for any number of threads; who finds none free waits. Any thread.
class Readers {
 public:
  explicit Readers(const Settings& settings);

  template <typename Call>
  auto use(Call&& call) {
    const Lease lease(*this);
    return call(*lease.reader);
  }

 private:
  struct Lease {
    explicit Lease(Readers& its_owner);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Readers& owner;
    Reader* reader;
  };

  std::vector<std::unique_ptr<Reader>> all_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Reader*> free_;  // The one used last is used next: its cache is warm.
};

}  // namespace atrium::sqlite_store
