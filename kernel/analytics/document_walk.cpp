#include "analytics/document_walk.hpp"

#include <memory>
#include <utility>

namespace atrium {

namespace {

struct WalkState {
  Store& store;
  DocumentWalk walk;
  bool asking = false;    // The call of the store has not returned yet...
  bool answered = false;  // ...and its answer is here already.
  bool ended = false;

  void take(Result<std::vector<Document>> page) {
    if (!page) return end(fail(std::move(page.error())));
    for (const Document& document : *page)
      if (!walk.each(document)) return end({});
    if (page->size() < walk.page) return end({});
    walk.after = walk.skip ? walk.skip(page->back()) : std::move(page->back().key);
  }
  void end(Result<void> how) {
    ended = true;
    walk.done(std::move(how));
  }
};

void walkOn(const std::shared_ptr<WalkState>& state) {
  do {
    state->asking = true;
    state->answered = false;
    state->store.scan(state->walk.prefix, state->walk.after, state->walk.page, [state](Result<std::vector<Document>> page) {
      state->take(std::move(page));
      state->answered = true;
      if (!state->asking && !state->ended) walkOn(state);
    });
    state->asking = false;
  } while (state->answered && !state->ended);
}

}  // namespace

void walkDocuments(Store& store, DocumentWalk walk) { walkOn(std::make_shared<WalkState>(store, std::move(walk))); }

}  // namespace atrium
