#ifndef ATRIUM_METRICS_HPP
#define ATRIUM_METRICS_HPP
// A plugin's own figures at /metrics: members of its class, made in its constructor and used from any thread.
//   explicit Desk(Host host) : greeted_(host, "greeted", "Guests that were greeted.") {}
//   ...  greeted_.add();
#include "atrium/host.hpp"
#include "atrium/service/metrics.h"

namespace atrium {
inline namespace sdk {
namespace detail {

// One series. Without the grant, or over ATRIUM_METRICS_MAX, it counts for nobody.
class MetricSeries {
 public:
  [[nodiscard]] explicit operator bool() const { return metric_ != 0; }

 protected:
  MetricSeries(Host host, std::uint32_t kind, std::string_view name, std::string_view help)
      : host_(host), service_(host.service<atrium_metrics_service>(ATRIUM_SERVICE_METRICS)) {
    if (service_) metric_ = service_->declare(host.abi(), kind, text_of(name), text_of(help));
  }
  void record(double value) const {
    if (metric_ != 0) service_->record(host_.abi(), metric_, value);
  }

 private:
  Host host_;
  const atrium_metrics_service* service_;
  std::uint32_t metric_ = 0;
};

}  // namespace detail

// `name` is 1 to 64 of a-z, 0-9 and _; `help` is one sentence of at most 200 bytes.
class Counter : public detail::MetricSeries {
 public:
  Counter(Host host, std::string_view name, std::string_view help) : MetricSeries(host, ATRIUM_METRIC_COUNTER, name, help) {}
  void add(double count = 1) const { record(count); }
};
class Gauge : public detail::MetricSeries {
 public:
  Gauge(Host host, std::string_view name, std::string_view help) : MetricSeries(host, ATRIUM_METRIC_GAUGE, name, help) {}
  void set(double value) const { record(value); }
};
class Histogram : public detail::MetricSeries {
 public:
  Histogram(Host host, std::string_view name, std::string_view help) : MetricSeries(host, ATRIUM_METRIC_HISTOGRAM, name, help) {}
  void observe_seconds(double seconds) const { record(seconds); }
};

}  // namespace sdk
}  // namespace atrium
#endif
