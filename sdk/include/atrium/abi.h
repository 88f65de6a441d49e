#ifndef ATRIUM_ABI_H
#define ATRIUM_ABI_H
/* Atrium plugin interface: the rules that hold for every header here, and the types they share.
 *
 * Border      Plain C11. No C++ type, exception or RTTI crosses, and nobody frees the other side's memory.
 * Growth      Structs begin with struct_size, use fixed-width types and only grow at the end. A released entity never changes;
 *             a new meaning gets a new id ("atrium.room-type/2"). Read a member only when struct_size covers it.
 *             A struct without struct_size (a text, an id, a score) never changes.
 * Arrays      Elements of growing structs are handed over as pointers to each, so that nobody walks them with a sizeof of his own.
 * Inputs      Borrowed: valid until the call returns. Copy what is to be kept.
 * Outputs     Go to functions the host hands in; the host copies before they return.
 * Threads     Each function states on which thread it is called:
 *               [io]            an event loop; never blocks, returns within 50 us; several loops may call at once
 *               [serial:room]   as [io], and never twice at once for the same room
 *               [worker]        a thread of the host's pool; may block up to the deadline; several may call at once
 *               [store-writer]  the store's only writing thread; may block up to its deadline
 *               [store-reader]  one of the store's reading threads, beside the writer; may block up to its deadline
 *               [control]       the one thread that starts, swaps and stops plugins; may block for a few seconds. No other call is inside
 *                               this instance, but other instances of the same library may be at work
 *               [any]           any thread, several at once
 * Deadlines   Stand with each kind and may be changed by the operator. A call in process that runs over is counted, and its answer still
 *             counts; one in a runner of its own (`run: isolated`) is cut off together with the runner.
 * Placement   The same file runs inside the server or isolated in a runner. It sees no difference but time, and
 *             that a throw-away runner, which only tries a file, has no services that need the server: those are NULL.
 * Text        UTF-8, {data, size}, not terminated; {NULL, 0} is the empty text.
 *
 * What lies here is stable since interface 1.0: tests/contract/abi compares every layout with a golden file, and loads plugins that were
 * built with every released interface. New extensions begin under ext/draft/ and keep their id when they leave it. */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_ABI_MAJOR 1u /* Differs: the host refuses the plugin. */
#define ATRIUM_ABI_MINOR 0u /* The plugin's may be at most the host's. */

typedef struct atrium_text {
  const char* data;
  uint64_t size; /* bytes */
} atrium_text;

/* A ULID: 16 bytes, sortable by time. All zero: none. */
typedef struct atrium_id {
  uint8_t bytes[16];
} atrium_id;

typedef int32_t atrium_status;
enum {
  ATRIUM_OK = 0,
  ATRIUM_NOT_FOUND = 1,
  ATRIUM_INVALID = 2,      /* What was handed in makes no sense to the plugin. */
  ATRIUM_UNSUPPORTED = 3,  /* This plugin does not do that. */
  ATRIUM_DUPLICATE = 4,    /* The same was done before; the result is the first one's. */
  ATRIUM_CONFLICT = 5,     /* The same key came before with other content. */
  ATRIUM_PRECONDITION = 6, /* The expected position or version is not the present one. */
  ATRIUM_FULL = 7,         /* No room left; nothing was done. */
  ATRIUM_FAILED = 8,       /* This call failed; the next may succeed. */
  ATRIUM_FATAL = 9,        /* The plugin can no longer keep its promises; the host stops using it. */
  ATRIUM_DENIED = 10,      /* Who asks may not. */
  ATRIUM_CANCELLED = 11,   /* Given up because the host asked for it. */
  ATRIUM_TIMED_OUT = 12    /* What the plugin waited for did not come in time. */
};

/* A flag of a struct or call is 1 for yes and 0 for no. */

/* Takes bytes of any number in any pieces. [the thread it was handed to] */
typedef struct atrium_sink {
  void* context;
  void (*write)(void* context, const void* data, uint64_t size);
} atrium_sink;

#ifdef __cplusplus
}
#endif
#endif
