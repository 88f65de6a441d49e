#ifndef ATRIUM_EXT_BUS_H
#define ATRIUM_EXT_BUS_H
/* Extension "atrium.bus/1": what joins the nodes of one installation. A bus wakes; the store is the truth: what is lost here is found
 * there, so that a bus may lose, repeat and reorder without harm, but not alter. */
#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_BUS "atrium.bus/1"
#define ATRIUM_BUS_TOPIC_MAX 300u
#define ATRIUM_BUS_PAYLOAD_MAX 1048576u
#define ATRIUM_BUS_BATCH_MAX 1000u
/* The longest cursor, in bytes. */
#define ATRIUM_BUS_CURSOR_MAX 1024u
/* Subscriptions of one instance at a time. */
#define ATRIUM_BUS_SUBSCRIPTIONS_MAX 65536u

enum {
  /* Pieces of one topic from one node arrive in order. */
  ATRIUM_BUS_ORDERED = 1,
  /* A cursor leads back to what was missed, as far as it is still there. */
  ATRIUM_BUS_REPLAYS = 2
};

typedef struct atrium_bus_piece {
  uint32_t struct_size;
  uint32_t reserved;
  atrium_text topic;
  atrium_text payload;
} atrium_bus_piece;

typedef struct atrium_bus_info {
  uint32_t struct_size;
  uint32_t flags; /* ATRIUM_BUS_... */
  atrium_text name;
} atrium_bus_info;

/* Receives one piece, valid until it returns, as is `cursor`; never from within another call of the bus. `cursor` is opaque, of at most
 * ATRIUM_BUS_CURSOR_MAX bytes; empty without ATRIUM_BUS_REPLAYS. The host copies and returns at once. [any] */
typedef void (*atrium_bus_receive_fn)(void* context, const atrium_bus_piece* piece, atrium_text cursor);

typedef struct atrium_bus {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_bus_info* info;
  /* Sends the pieces, 1 to ATRIUM_BUS_BATCH_MAX, all or none. Deadline 100 ms; on an error the node goes on by itself. [worker] */
  atrium_status (*publish)(atrium_plugin* self, const atrium_bus_piece* const* pieces, uint32_t count);
  /* From when it returns ATRIUM_OK, pieces of `topic` that others publish come to `receive`, after `cursor` when it is not empty. `receive`
   * and `context` stay valid until unsubscribe() returns. *subscription names it. ATRIUM_NOT_FOUND: what follows the cursor is gone;
   * ATRIUM_FULL: ATRIUM_BUS_SUBSCRIPTIONS_MAX are there. Whatever is not ATRIUM_OK subscribed nothing. Deadline 100 ms. [worker] */
  atrium_status (*subscribe)(atrium_plugin* self, atrium_text topic, atrium_text cursor, atrium_bus_receive_fn receive, void* context,
                             uint64_t* subscription);
  /* When it returns, nothing of that subscription is received any more: it waits for a receive() that is under way. It cannot fail; a name
   * of none is passed over. Deadline 100 ms. [worker] */
  void (*unsubscribe)(atrium_plugin* self, uint64_t subscription);
} atrium_bus;

#ifdef __cplusplus
}
#endif
#endif
