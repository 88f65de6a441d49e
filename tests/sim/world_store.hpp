#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/ports.hpp"

namespace atrium::sim {

// What a simulated world keeps its logs and documents in.
class WorldStore {
 public:
  virtual ~WorldStore() = default;
  // The port of one shard; answers are posted to it through `post`.
  virtual std::unique_ptr<Store> port(std::function<void(Task)> post) = 0;
  // One turn: some of what waits may be done and answered. Does not wait.
  virtual void work() = 0;
  // Waits until there is something for work() to do, if anything is on its way.
  virtual void await() {}
  // Nothing is on its way.
  [[nodiscard]] virtual bool idle() const = 0;
  // All documents whose keys begin so.
  [[nodiscard]] virtual std::vector<Document> documents(const DocumentKey& prefix) const = 0;

  // Runs for each batch of documents, in order, when it is kept or about to be...
  std::function<void(const std::vector<DocumentWrite>&)> taken;
  // ...and when the last one was not kept after all.
  std::function<void()> refused;
};

}  // namespace atrium::sim
