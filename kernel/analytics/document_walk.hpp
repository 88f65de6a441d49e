#pragma once

#include <cstdint>
#include <functional>

#include "engine/ports.hpp"

namespace atrium {

// A walk over the documents of one prefix, in order of their keys, a page at a time.
struct DocumentWalk {
  DocumentKey prefix;
  DocumentKey after = {};  // Empty: from the first.
  std::uint32_t page = 100;
  // Takes the next document; false ends the walk.
  std::move_only_function<bool(const Document&)> each;
  // Behind which key the page after this last document begins; null: behind that document.
  std::move_only_function<DocumentKey(const Document&)> skip = nullptr;
  // Once, at the end or with the store's refusal.
  Completion<void> done;
};

// Begins to walk; `store` outlives the walk. A store that answers at once makes it no deeper, however long it is.
void walkDocuments(Store& store, DocumentWalk walk);

}  // namespace atrium
