#ifndef ATRIUM_EXT_ALERT_RULE_H
#define ATRIUM_EXT_ALERT_RULE_H
/* Extension "atrium.alert-rule/1": when somebody must be told. A rule looks at a window of figures and says what it sees; how long that
 * must last, grouping, silences, escalation and delivery are the host's. */
#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_ALERT_RULE "atrium.alert-rule/1"
#define ATRIUM_ALERTS_MAX 1000u     /* In one evaluation. */
#define ATRIUM_ALERT_TEXT_MAX 1000u /* bytes */
#define ATRIUM_ALERT_ACTIONS_MAX 8u

enum { ATRIUM_SEVERITY_LOW = 0, ATRIUM_SEVERITY_MEDIUM = 1, ATRIUM_SEVERITY_HIGH = 2, ATRIUM_SEVERITY_CRITICAL = 3 };

/* One series within the window, oldest point first. */
typedef struct atrium_series {
  uint32_t struct_size;
  uint32_t count;
  atrium_text metric;    /* "capacity_utilization" */
  atrium_text subject;   /* Whom it is about: an agent's id, or empty for the tenant as a whole. */
  const uint64_t* at_ms; /* `count` wall times, ascending. */
  const double* values;  /* `count` values; NaN: no data at that time. */
} atrium_series;

typedef struct atrium_window {
  uint32_t struct_size;
  uint32_t series_count;
  uint64_t from_ms; /* wall */
  uint64_t to_ms;   /* wall; the moment the rule is asked about. */
  atrium_text tenant_id;
  const atrium_series* const* series;
} atrium_window;

typedef struct atrium_alert_action {
  atrium_text label;   /* "Reassign two leads" */
  atrium_text command; /* A command with its arguments, or empty: advice only. */
} atrium_alert_action;

typedef struct atrium_alert {
  uint32_t struct_size;
  uint32_t severity;   /* ATRIUM_SEVERITY_... */
  atrium_text subject; /* With the rule's name it is what makes two alerts the same one. */
  atrium_text title;
  atrium_text message;
  const atrium_alert_action* actions;
  uint32_t action_count;
  uint32_t reserved;
  double value;     /* What was seen... */
  double threshold; /* ...and what it was held against. */
} atrium_alert;

typedef struct atrium_alert_rule_info {
  uint32_t struct_size;
  uint32_t window_seconds; /* How far back the rule looks; 1 to 86,400. */
  atrium_text name;
  atrium_text metrics; /* Names joined by commas. */
} atrium_alert_rule_info;

typedef struct atrium_alert_rule {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_alert_rule_info* info;
  /* Calls `raise` for everything that is wrong at the end of the window; nothing raised: all is well. Pure. An error skips this evaluation,
   * and what was raised in it is dropped. Deadline 50 ms. [worker] */
  atrium_status (*evaluate)(atrium_plugin* self, const atrium_window* window, void (*raise)(void* context, const atrium_alert* alert),
                            void* context);
} atrium_alert_rule;

#ifdef __cplusplus
}
#endif
#endif
