#ifndef ATRIUM_SERVICE_METRICS_H
#define ATRIUM_SERVICE_METRICS_H
/* Service "atrium.metrics/1", grant `metrics`: figures of the plugin's own at /metrics. */
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_METRICS "atrium.metrics/1"
/* Series of one plugin; more are refused. */
#define ATRIUM_METRICS_MAX 64u

enum { ATRIUM_METRIC_COUNTER = 0, ATRIUM_METRIC_GAUGE = 1, ATRIUM_METRIC_HISTOGRAM = 2 };

typedef struct atrium_metrics_service {
  uint32_t struct_size;
  /* Declares a series, shown as atrium_plugin_metric{plugin="<id>",name="<name>"}, a histogram as atrium_plugin_metric_seconds. `name` is 1
   * to 64 of a-z, 0-9 and _; `help` is one sentence of at most 200 bytes. The same name again gives the same number. 0: refused, and every
   * use of 0 is passed over. [control] */
  uint32_t (*declare)(const atrium_host* host, uint32_t kind, atrium_text name, atrium_text help);
  /* Counters: adds `value`, at least 0. Gauges: sets it. Histograms: observes it, in seconds. Values that are not finite are passed
   * over. [any] */
  void (*record)(const atrium_host* host, uint32_t metric, double value);
} atrium_metrics_service;

#ifdef __cplusplus
}
#endif
#endif
