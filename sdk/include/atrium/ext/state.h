#ifndef ATRIUM_EXT_STATE_H
#define ATRIUM_EXT_STATE_H
/* Extensions "atrium.state/1" and "atrium.self-test/1": what a plugin may offer beside its kind, so that one of its generations can follow
 * another under load. */
#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_STATE "atrium.state/1"
/* bytes; more fails the swap */
#define ATRIUM_STATE_MAX 67108864u

/* Hands what this instance knows to the next generation. The host holds all calls of the plugin while it happens: none comes between
 * export_state and the first call of the new instance. Deadline 1 s each. */
typedef struct atrium_state {
  uint32_t struct_size;
  uint32_t format; /* Of what export_state writes; import_state gets the other generation's. */
  /* Writes everything; the instance goes on as before if the swap is given up. [control] */
  atrium_status (*export_state)(atrium_plugin* self, atrium_sink out);
  /* Takes what another generation, perhaps an older or newer version, exported in `format`. ATRIUM_UNSUPPORTED: not this format, the
   * swap is given up. [control] */
  atrium_status (*import_state)(atrium_plugin* self, uint32_t format, atrium_text state);
} atrium_state;

#define ATRIUM_EXT_SELF_TEST "atrium.self-test/1"

/* Looks whether the instance would do its work. Called after create() and import_state(), before the first other call; a new generation
 * that fails it is dropped and the old one stays. */
typedef struct atrium_self_test {
  uint32_t struct_size;
  uint32_t reserved;
  /* Other than ATRIUM_OK: no, and one sentence for the operator in `error`. Deadline 1 s. [control] */
  atrium_status (*run)(atrium_plugin* self, atrium_sink error);
} atrium_self_test;

#ifdef __cplusplus
}
#endif
#endif
