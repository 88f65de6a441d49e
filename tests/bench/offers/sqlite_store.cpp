#include "sqlite_store.hpp"

#include <stdexcept>
#include <utility>

#include "protocol/metrics.hpp"

namespace atrium::bench {

namespace {

// Turns of the world that go on while the disk syncs: what they hand over shares the next sync.
constexpr std::uint64_t turns_ahead = 32;
constexpr std::uint32_t page = 1000;

}  // namespace

// Counts what is on its way, and shows what is written.
class SqliteStore::Port final : public Store {
 public:
  Port(SqliteStore& owner, std::unique_ptr<Store> store) : owner_(owner), store_(std::move(store)) {}
  [[nodiscard]] Durability durabilityMax() const override { return store_->durabilityMax(); }
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override {
    if (owner_.taken) owner_.taken(writes);
    store_->write(std::move(writes), counted<void>([this, done = std::move(done)](Result<void> result) mutable {
                    if (!result && owner_.refused) owner_.refused();
                    done(std::move(result));
                  }));
  }
  void get(DocumentKey key, Completion<std::optional<Document>> done) override {
    store_->get(std::move(key), counted<std::optional<Document>>(std::move(done)));
  }
  void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) override {
    store_->scan(std::move(prefix), std::move(after), limit, counted<std::vector<Document>>(std::move(done)));
  }
  // A desk has no rooms.
  void append(std::unique_ptr<AppendBatch> batch, AppendDone done) override { store_->append(std::move(batch), std::move(done)); }
  void trim(RoomKey room, std::uint64_t keep_last, Wall sent_before, Completion<std::uint64_t> done) override {
    store_->trim(std::move(room), keep_last, sent_before, std::move(done));
  }
  void head(const RoomKey& room, Completion<RoomHead> done) override { store_->head(room, std::move(done)); }
  void locate(const RoomKey& room, const Id& message, Completion<std::uint64_t> done) override {
    store_->locate(room, message, std::move(done));
  }
  void page(PageQuery query, Completion<RecordPage> done) override { store_->page(std::move(query), std::move(done)); }

 private:
  template <typename T>
  Completion<T> counted(Completion<T> done) {
    ++owner_.on_their_way_;
    return [this, done = std::move(done)](Result<T> result) mutable {
      --owner_.on_their_way_;
      done(std::move(result));
    };
  }
  SqliteStore& owner_;
  std::unique_ptr<Store> store_;
};

void SqliteStore::OneLoop::postAlways(unsigned, Task task) {
  {
    const std::scoped_lock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  came_.notify_one();
}

void SqliteStore::OneLoop::run(bool wait) {
  std::deque<Task> due;
  {
    std::unique_lock lock(mutex_);
    if (wait) came_.wait(lock, [this] { return !tasks_.empty(); });
    due.swap(tasks_);
  }
  for (Task& task : due) task();
}

SqliteStore::SqliteStore(const std::filesystem::path& plugins, const std::filesystem::path& database)
    : plugins_(plugins), metrics_(metric_table) {
  plugins_.wishes.storage = "sqlite";
  plugins_.wishes.use["atrium.storage.sqlite"].config = test::yaml("{path: \"" + database.string() + "\"}");
  if (const auto started = plugins_.start(); !started) throw std::runtime_error(started.error().detail);
  host_.emplace(*plugins_.host().storage(), loop_, clock_, plugins_.log, metrics_.makeSet(), StoreHost::Options{});
  own_ = host_->makeStore(0);
}

SqliteStore::~SqliteStore() {
  host_->stop();
  own_.reset();
  host_.reset();
}

std::unique_ptr<Store> SqliteStore::port(std::function<void(Task)>) { return std::make_unique<Port>(*this, host_->makeStore(0)); }

void SqliteStore::work() { loop_.run(++turns_ % turns_ahead == 0 && on_their_way_ > 0); }

void SqliteStore::await() {
  if (on_their_way_ > 0) loop_.run(true);
}

std::vector<Document> SqliteStore::documents(const DocumentKey& prefix) const {
  std::vector<Document> all;
  for (bool more = true; more;) {
    std::optional<Result<std::vector<Document>>> found;
    own_->scan(prefix, all.empty() ? DocumentKey{} : all.back().key, page,
               [&found](Result<std::vector<Document>> came) { found = std::move(came); });
    while (!found) loop_.run(true);
    if (!*found) throw std::runtime_error(found->error().detail);
    more = (*found)->size() == page;
    all.insert(all.end(), std::make_move_iterator((*found)->begin()), std::make_move_iterator((*found)->end()));
  }
  return all;
}

}  // namespace atrium::bench
