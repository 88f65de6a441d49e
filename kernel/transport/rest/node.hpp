#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atrium {

// One part a node depends on, as /health/ready shows it. A value.
struct Component {
  std::string name;  // "storage"
  bool healthy = true;
  std::string state;   // One word: "open", "failed", "draining".
  std::string detail;  // One sentence, or empty.
  bool needed = true;  // Whether the node is to get no traffic while this is not healthy.
};

// Whether a node should get traffic. A value.
struct Readiness {
  bool ready = false;
  std::string_view status = {};  // starting, ready, draining or failed
  std::vector<Component> components = {};
};

// What the metrics JSON says of the node itself. A value.
struct NodeStatus {
  bool ready = false;
  std::string_view redis_health = "not_configured";                            // or healthy, unhealthy
  std::string_view websocket_health = "healthy";                               // or draining, unhealthy
  std::vector<std::pair<std::string, std::string_view>> breakers = {};         // name → closed, open or half_open
  std::vector<std::pair<std::string_view, double>> resource_utilization = {};  // figure → value; for who sees the whole node
};

// What the process knows of itself; kernel/app implements it. Any thread; nothing blocks for long.
class Node {
 public:
  virtual ~Node() = default;
  [[nodiscard]] virtual Readiness readiness() const = 0;
  // `whole`: with resource_utilization, whose figures cost a look at every descriptor of the process.
  [[nodiscard]] virtual NodeStatus status(bool whole) const = 0;
  // Appends every series in the text format of Prometheus.
  virtual void appendMetrics(std::string& out) const = 0;
  // {"items": […], "next_cursor": null}
  [[nodiscard]] virtual std::string pluginsJson() const = 0;
};

}  // namespace atrium
