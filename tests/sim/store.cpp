#include "sim/store.hpp"

#include <algorithm>
#include <cstring>
#include <ranges>

#include "engine/event_log.hpp"
#include "protocol/errors.hpp"

namespace atrium::sim {

class SimStore::Port final : public Store {
 public:
  Port(SimStore& store, std::function<void(Task)> post) : store_(store), post_(std::move(post)) {}

  Durability durabilityMax() const override { return Durability::fsynced; }

  void append(std::unique_ptr<AppendBatch> batch, AppendDone done) override {
    run([this, batch = std::move(batch), done = std::move(done)]() mutable {
      store_.append(*batch);
      answer([batch = std::move(batch), done = std::move(done)]() mutable { done(std::move(batch)); });
    });
  }
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override {
    run([this, writes = std::move(writes), done = std::move(done)]() mutable {
      const Result<void> written = store_.write(writes);
      answer([this, written, batches = store_.kept_, done = std::move(done)]() mutable {
        store_.synced(batches);
        done(written);
      });
    });
  }
  void trim(RoomKey room, std::uint64_t keep_last, Wall sent_before, Completion<std::uint64_t> done) override {
    later<std::uint64_t>(
        [this, room = std::move(room), keep_last, sent_before]() -> Result<std::uint64_t> {
          store_.trims.push_back({room, keep_last, sent_before});
          if (store_.refusesRead()) return unreachable();
          if (store_.options.refuse_trim > 0) {
            --store_.options.refuse_trim;
            return unreachable();
          }
          return store_.options.drops ? store_.drop(store_.trims.back()) : store_.trim_answer;
        },
        std::move(done));
  }
  void head(const RoomKey& room, Completion<RoomHead> done) override {
    later<RoomHead>(
        [this, room]() -> Result<RoomHead> {
          if (store_.refusesRead()) return unreachable();
          RoomHead head;
          if (const SimLog* log = store_.log(room)) head = {log->epoch, log->dropped + 1, log->records.size()};
          return head;
        },
        std::move(done));
  }
  void locate(const RoomKey& room, const Id& message, Completion<std::uint64_t> done) override {
    later<std::uint64_t>(
        [this, room, message]() -> Result<std::uint64_t> {
          if (store_.refusesRead()) return unreachable();
          if (const SimLog* log = store_.log(room))
            for (const Record& record : log->records)
              if (record.message == message) return record.seq;
          return fail(Code::not_found);
        },
        std::move(done));
  }
  void page(PageQuery query, Completion<RecordPage> done) override {
    later<RecordPage>(
        [this, query = std::move(query)]() -> Result<RecordPage> {
          if (store_.refusesRead()) return unreachable();
          RecordPage page;
          const SimLog* log = store_.log(query.room);
          if (!log) return page;
          const auto fits = [&query, log](const Record& record) {
            return (query.thread.empty() || query.thread == log->threads[record.seq - 1]) &&
                   (query.message_types.empty() ||
                    std::ranges::find(query.message_types, record.message_type) != query.message_types.end()) &&
                   (query.sender_id.empty() || query.sender_id == record.sender_id);
          };
          const std::uint64_t last = log->records.size();
          std::uint64_t seq = query.forward ? query.after_seq + 1 : query.before_seq == 0 ? last : std::min(query.before_seq - 1, last);
          if (query.forward) seq = std::max(seq, log->dropped + 1);
          for (unsigned looked = 0; seq > log->dropped && seq <= last; seq += query.forward ? 1 : -1) {
            if (page.records.size() == query.limit || (store_.options.looks_max > 0 && looked++ == store_.options.looks_max)) {
              page.next = query.forward ? seq - 1 : seq + 1;
              break;
            }
            if (fits(log->records[seq - 1])) page.records.push_back(log->records[seq - 1]);
          }
          return page;
        },
        std::move(done));
  }
  void get(DocumentKey key, Completion<std::optional<Document>> done) override {
    later<std::optional<Document>>(
        [this, key = std::move(key)]() -> Result<std::optional<Document>> {
          if (store_.refusesRead()) return unreachable();
          const Document* document = store_.document(key);
          return document ? std::optional(*document) : std::nullopt;
        },
        std::move(done));
  }
  void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) override {
    later<std::vector<Document>>(
        [this, prefix = std::move(prefix), after = std::move(after), limit]() -> Result<std::vector<Document>> {
          if (store_.refusesRead()) return unreachable();
          std::vector<Document> found;
          for (const auto& [key, document] : store_.documents_) {
            if (found.size() == limit) break;
            if (key.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), key.begin())) continue;
            if (after.empty() || key > after) found.push_back(document);
          }
          return found;
        },
        std::move(done));
  }

 private:
  template <typename T, typename F>
  void later(F work, Completion<T> done) {
    run([this, work = std::move(work), done = std::move(done)]() mutable {
      answer([result = work(), done = std::move(done)]() mutable { done(std::move(result)); });
    });
  }
  void run(std::move_only_function<void()> job) {
    if (store_.options.turns_max == 0 && !store_.stalled_ && store_.jobs_.empty()) return job();
    store_.submit(std::move(job));
  }
  void answer(Task task) {
    if (store_.options.turns_max == 0 && !store_.stalled_) return task();
    post_(std::move(task));
  }
  static std::unexpected<Error> unreachable() { return fail(Code::storage_unavailable, "the seed says no"); }
  SimStore& store_;
  std::function<void(Task)> post_;
};

std::unique_ptr<Store> SimStore::port(std::function<void(Task)> post) { return std::make_unique<Port>(*this, std::move(post)); }

const SimLog* SimStore::log(const RoomKey& room) const {
  const auto it = logs_.find(room);
  return it == logs_.end() ? nullptr : &it->second;
}

void SimStore::submit(std::move_only_function<void()> job) {
  jobs_.emplace_back(std::move(job), options.turns_max == 0 ? 0 : static_cast<unsigned>(random_.below(options.turns_max + 1)));
}

void SimStore::work() {
  if (stalled_) return;
  // In order: a job waits for those before it, as behind one writer.
  while (!jobs_.empty()) {
    if (jobs_.front().second > 0) {
      --jobs_.front().second;
      return;
    }
    auto job = std::move(jobs_.front().first);
    jobs_.pop_front();
    job();
  }
}

void SimStore::append(AppendBatch& batch) {
  const bool refused = random_.below(1000) < options.refuse_batch;
  for (AppendItem& item : batch.items) {
    atrium_append_result& result = item.result;
    if (refused) {
      result.status = options.batch_refusal;
      continue;
    }
    if (*item.room == eventLogKey() && random_.below(1000) < options.refuse_events) {
      result.status = ATRIUM_FAILED;
      continue;
    }
    SimLog& log = logs_[*item.room];
    if (log.epoch.empty()) log.epoch = "e" + std::to_string(random_.below(1'000'000));
    std::memcpy(result.epoch, log.epoch.data(), log.epoch.size());
    result.durability = ATRIUM_DURABILITY_FSYNCED;
    const auto answer = [&result](const Kept& kept) {
      result.seq = kept.seq;
      result.sent_at_ms = toMillis(kept.sent_at);
      std::ranges::copy(kept.message.bytes, result.message.bytes);
    };
    auto& keys = keys_[*item.room];
    if (const auto known = keys.find(item.idempotency_key); !item.idempotency_key.empty() && known != keys.end()) {
      result.status = known->second.fingerprint == item.fingerprint ? ATRIUM_DUPLICATE : ATRIUM_CONFLICT;
      answer(known->second);
      continue;
    }
    if (item.expected_seq != 0 && item.expected_seq != log.records.size() + 1) {
      result.status = ATRIUM_PRECONDITION;
      result.seq = log.records.size();
      continue;
    }
    const Kept kept{log.records.size() + 1, item.message, item.fingerprint, item.sent_at};
    if (!item.idempotency_key.empty()) keys.emplace(item.idempotency_key, kept);
    log.records.push_back(
        {kept.seq, item.sent_at, item.message, item.sender_id, item.message_type, item.audience, std::string(item.body->payload())});
    log.threads.push_back(item.thread);
    result.status = ATRIUM_OK;
    answer(kept);
  }
}

std::uint64_t SimStore::drop(const Trim& trim) {
  SimLog& log = logs_[trim.room];
  const std::uint64_t before = log.dropped;
  while (log.dropped + trim.keep_last < log.records.size() &&
         (trim.sent_before == Wall{} || log.records[log.dropped].sent_at < trim.sent_before))
    ++log.dropped;
  return log.dropped - before;
}

void SimStore::put(const DocumentKey& key, std::string value) {
  Document& document = documents_[key];
  document.key = key;
  document.value = std::move(value);
  ++document.version;
}

std::vector<Document> SimStore::documents(const DocumentKey& prefix) const {
  std::vector<Document> found;
  for (auto at = documents_.lower_bound(prefix); at != documents_.end(); ++at) {
    if (at->first.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), at->first.begin())) break;
    found.push_back(at->second);
  }
  return found;
}

const Document* SimStore::document(const DocumentKey& key) const {
  const auto it = documents_.find(key);
  return it == documents_.end() ? nullptr : &it->second;
}

Result<void> SimStore::write(const std::vector<DocumentWrite>& batch) {
  if (random_.below(1000) < options.refuse_write) return fail(Code::storage_unavailable, "the seed says no");
  for (const DocumentWrite& write : batch) {
    const auto it = documents_.find(write.key);
    const std::uint64_t version = it == documents_.end() ? 0 : it->second.version;
    if (write.expected_version != ATRIUM_VERSION_ANY && write.expected_version != version) return fail(Code::conflict);
  }
  writes += batch.size();
  ++kept_;
  auto& before = unsynced_.emplace_back();
  for (const DocumentWrite& write : batch) {
    const Document* known = document(write.key);
    before.emplace_back(write.key, known ? std::optional(*known) : std::nullopt);
    if (write.value)
      put(write.key, *write.value);
    else
      documents_.erase(write.key);
  }
  if (taken) taken(batch);
  return {};
}

void SimStore::synced(std::uint64_t batches) {
  while (!unsynced_.empty() && kept_ - unsynced_.size() < batches) unsynced_.pop_front();
}

void SimStore::cutPower() {
  jobs_.clear();
  for (std::uint64_t lost = random_.below(unsynced_.size() + 1); lost > 0; --lost, unsynced_.pop_back(), --kept_)
    for (auto& [key, before] : unsynced_.back() | std::views::reverse) {
      if (before)
        documents_[key] = *std::move(before);
      else
        documents_.erase(key);
    }
  unsynced_.clear();
}

}  // namespace atrium::sim
