#ifndef ATRIUM_PLUGIN_H
#define ATRIUM_PLUGIN_H
/* How a shared library is a plugin: it exports one data symbol, `atrium_entry`, and carries its manifest (plugin.yaml, verbatim) in
 * an ELF note of name "Atrium" and type 1, where the host reads it without running anything. A second note, type 2, holds the seal: the
 * SHA-256 of the whole file with these 32 bytes as zeros, so that a damaged file is told from a whole one before it is loaded.
 * `atrium seal` writes it as the last step of a build; stripping the library afterwards breaks it. */
#include "abi.h"
#include "host.h"
#include "json.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_NOTE_NAME "Atrium"
#define ATRIUM_NOTE_MANIFEST 1u
#define ATRIUM_NOTE_SEAL 2u

/* The plugin's own state; the host only carries the pointer. */
typedef struct atrium_plugin atrium_plugin;

typedef struct atrium_entry_table {
  uint32_t struct_size;
  uint32_t abi_major; /* ATRIUM_ABI_MAJOR of the headers it was built with. */
  uint32_t abi_minor;
  atrium_text id;      /* As in the manifest; the host compares. */
  atrium_text version; /* As in the manifest. */
  /* Makes one instance. `options` is the operator's configuration, checked against the manifest and completed with its defaults; an
   * object, valid until the call returns. `host` outlives the instance. On failure writes one sentence for the operator to `error`,
   * leaves *out alone and returns other than ATRIUM_OK. Deadline 30 s, of which a throw-away process that tries the file gives 5; beyond
   * it the plugin does not start. [control] */
  atrium_status (*create)(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out);
  /* Ends what create() made. No call is inside, none follows. Deadline 30 s; beyond it the library stays in memory. [control] */
  void (*destroy)(atrium_plugin* self);
  /* The table for an extension id, or NULL when this plugin does not have it. The table lives as long as the instance.
   * Returns at once. [control] */
  const void* (*get_extension)(atrium_plugin* self, const char* extension_id);
} atrium_entry_table;

#if defined(__GNUC__)
#define ATRIUM_EXPORT __attribute__((visibility("default")))
#else
#define ATRIUM_EXPORT
#endif

extern ATRIUM_EXPORT const atrium_entry_table atrium_entry;

#ifdef __cplusplus
}
#endif
#endif
