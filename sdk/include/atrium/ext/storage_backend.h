#ifndef ATRIUM_EXT_STORAGE_BACKEND_H
#define ATRIUM_EXT_STORAGE_BACKEND_H
/* Extension "atrium.storage-backend/1": where rooms' logs and the server's documents live.
 *
 * Log        Each room has one: records numbered by the store from 1 without a gap, in the order they were appended. (epoch, seq)
 *            names a position for ever. The epoch changes exactly when the store cannot promise that what a client saw under the old one
 *            is still there.
 * Documents  Small values under tuple keys (room, member, ...), written in atomic batches with optimistic versions.
 * Promise    What append_batch or write answers with ATRIUM_OK has reached the durability it names. A refusal changed nothing. A store
 *            that cannot keep a promise any more (a failed sync) answers ATRIUM_FATAL to everything from then on.
 * Deadline   Each call has `storage.deadline` of the server's configuration, 2 s unless the operator says otherwise; with
 *            ATRIUM_STORE_INLINE the 50 us of [io]. One that takes longer counts as failed, and its answer still counts when it comes: who
 *            waits is told that the message is in doubt. Five in a row open the breaker, which refuses writes for a while.
 * Callbacks  Functions handed in to receive records or documents never call the store; it may hold a lock while they run.
 * One suite (tests/contract/storage) runs against every store. */
#include "../plugin.h"
#include "../room.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_STORAGE_BACKEND "atrium.storage-backend/1"

enum {
  /* Never blocks: every function but maintain may be called [any], inline on an event loop. */
  ATRIUM_STORE_INLINE = 1,
  /* Keeps what it holds when the server process ends. */
  ATRIUM_STORE_PERSISTENT = 2
};

typedef struct atrium_storage_info {
  uint32_t struct_size;
  uint32_t flags;          /* ATRIUM_STORE_... */
  uint32_t durability_max; /* The most it can promise, ATRIUM_DURABILITY_... */
  uint32_t reserved;
  atrium_text name; /* "sqlite" */
} atrium_storage_info;

/* ---- Room logs */

/* What a store is ready to take, in bytes; more is ATRIUM_INVALID. */
#define ATRIUM_TENANT_MAX 128u
#define ATRIUM_SENDER_MAX 300u
#define ATRIUM_MESSAGE_TYPE_MAX 128u
#define ATRIUM_IDEMPOTENCY_KEY_MAX 300u
#define ATRIUM_AUDIENCE_MAX 1200u
#define ATRIUM_BODY_MAX 1048576u
#define ATRIUM_EPOCH_MAX 24u

/* The most of each in one call. */
#define ATRIUM_BATCH_MAX 1000u
#define ATRIUM_PAGE_MAX 1000u
#define ATRIUM_PAGE_TYPES_MAX 16u
#define ATRIUM_SCAN_MAX 10000u

/* For how long an idempotency key is remembered: as long as it is among the last of its room, and not older. */
#define ATRIUM_KEYED_MAX 100000u
#define ATRIUM_KEYED_MS 86400000u

typedef struct atrium_room_key {
  atrium_text tenant_id; /* 1 to ATRIUM_TENANT_MAX bytes */
  atrium_id room;        /* Not zero. */
} atrium_room_key;

/* One message on its way into a room's log. */
typedef struct atrium_append {
  uint32_t struct_size;
  uint8_t body_format; /* 1: JSON without position. */
  uint8_t kind;        /* 0: message. Others are reserved for entries that refer to one. */
  uint16_t reserved;
  atrium_room_key room;
  atrium_id message;           /* Not zero; the host never gives one twice. */
  atrium_id thread;            /* Zero: none. */
  uint64_t sent_at_ms;         /* wall; also the time at which the age of earlier keys is judged. */
  uint64_t expected_seq;       /* The seq it must get; 0: any. Otherwise ATRIUM_PRECONDITION. A repeat is still a repeat. */
  uint64_t fingerprint;        /* Of what the sender meant, to tell a repeat from another message under the same key. */
  atrium_text sender_id;       /* Empty: the server itself. */
  atrium_text message_type;    /* At least 1 byte. */
  atrium_text idempotency_key; /* Empty: none. Unique within the room for as long as it is remembered. */
  atrium_text audience;        /* Opaque; given back with the record. */
  atrium_text body;
} atrium_append;

/* What became of one atrium_append. The host hands it in zeroed but for struct_size. */
typedef struct atrium_append_result {
  uint32_t struct_size;
  /* ATRIUM_OK; ATRIUM_DUPLICATE: the fields below are the first one's; ATRIUM_CONFLICT: same key, other fingerprint; ATRIUM_PRECONDITION;
   * ATRIUM_INVALID; ATRIUM_FULL; ATRIUM_FAILED; ATRIUM_FATAL. */
  atrium_status status;
  uint32_t durability; /* What was reached. */
  uint32_t reserved;
  uint64_t seq; /* With ATRIUM_PRECONDITION: the room's last seq. */
  uint64_t sent_at_ms;
  atrium_id message;
  char epoch[ATRIUM_EPOCH_MAX]; /* Padded with zero bytes. */
} atrium_append_result;

typedef struct atrium_append_batch {
  uint32_t struct_size;
  uint32_t count; /* 1 to ATRIUM_BATCH_MAX */
  /* Pointers, so that elements may grow. Items of one room stand in the order they are to be numbered. */
  const atrium_append* const* items;
  atrium_append_result* const* results;
} atrium_append_batch;

typedef struct atrium_room_head {
  uint32_t struct_size;
  uint32_t reserved;
  uint64_t first_seq; /* Oldest record still there; last_seq + 1 when none is. */
  uint64_t last_seq;  /* 0: nothing was ever appended. */
  char epoch[ATRIUM_EPOCH_MAX];
} atrium_room_head;

typedef struct atrium_record {
  uint32_t struct_size;
  uint8_t body_format;
  uint8_t kind;
  uint16_t reserved;
  uint64_t seq;
  uint64_t sent_at_ms;
  atrium_id message;
  atrium_id thread;
  atrium_text sender_id;
  atrium_text message_type;
  atrium_text audience;
  atrium_text body;
} atrium_record;

typedef struct atrium_page_query {
  uint32_t struct_size;
  uint32_t limit; /* 1 to ATRIUM_PAGE_MAX */
  atrium_room_key room;
  uint64_t before_seq; /* Records below it, newest first. 0: from the newest. Ignored with after_seq. */
  uint64_t after_seq;  /* Records above it, oldest first. Used when `forward` is 1. */
  uint32_t forward;
  uint32_t message_type_count; /* 0: all types. At most ATRIUM_PAGE_TYPES_MAX. */
  const atrium_text* message_types;
  atrium_text sender_id; /* Empty: all. */
  atrium_id thread;      /* Zero: all. */
} atrium_page_query;

/* Takes one record, valid until it returns. Returns 0 to stop. */
typedef uint32_t (*atrium_record_fn)(void* context, const atrium_record* record);

typedef struct atrium_trim {
  uint32_t struct_size;
  uint32_t reserved;
  atrium_room_key room;
  uint64_t keep_last;      /* Records to keep at least... */
  uint64_t sent_before_ms; /* ...and drop older ones only when sent before this; 0: regardless of age. */
  uint64_t now_ms;         /* wall; decides which idempotency keys are still remembered. */
} atrium_trim;

/* ---- Documents */

#define ATRIUM_KEY_PARTS_MAX 4u
#define ATRIUM_VERSION_ANY UINT64_MAX

#define ATRIUM_KEY_PART_MAX 300u
#define ATRIUM_VALUE_MAX 1048576u

/* A tuple of 1 to 4 parts, each up to ATRIUM_KEY_PART_MAX bytes of any value, compared part by part as bytes; a tuple comes before those
 * it begins. The first part names the collection. */
typedef struct atrium_document_key {
  uint32_t part_count;
  uint32_t reserved;
  atrium_text parts[ATRIUM_KEY_PARTS_MAX];
} atrium_document_key;

typedef struct atrium_document_write {
  uint32_t struct_size;
  uint32_t remove; /* 1: delete; `value` is ignored. Deleting what is not there succeeds under ATRIUM_VERSION_ANY. */
  atrium_document_key key;
  uint64_t expected_version; /* 0: must not exist; ATRIUM_VERSION_ANY: no condition. */
  atrium_text value;         /* At most ATRIUM_VALUE_MAX bytes. */
} atrium_document_write;

typedef struct atrium_document {
  uint32_t struct_size;
  uint32_t reserved;
  atrium_document_key key;
  uint64_t version; /* 1 after the first put, then one more with each. A document put again after a delete starts at 1. */
  atrium_text value;
} atrium_document;

/* Takes one document, valid until it returns. Returns 0 to stop. */
typedef uint32_t (*atrium_document_fn)(void* context, const atrium_document* document);

typedef struct atrium_storage_backend {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_storage_info* info;

  /* Appends the items and fills in every result; the items stand or fall each by itself. Returns when what succeeded has reached the
   * store's durability. A status other than ATRIUM_OK means that no item was appended, and every result says so too (with
   * ATRIUM_INVALID, a batch that makes no sense as a whole, results are left alone). [store-writer] */
  atrium_status (*append_batch)(atrium_plugin* self, const atrium_append_batch* batch);
  /* Drops old records from the start of a room's log, never making a hole, and never one whose idempotency key is still remembered
   * unless the key outlives it. Drops a few thousand at most, so that appends go on: call again until *dropped is 0. A room that was
   * never appended to has nothing to drop. [store-writer] */
  atrium_status (*trim)(atrium_plugin* self, const atrium_trim* trim, uint64_t* dropped);
  /* Applies all writes, 1 to ATRIUM_BATCH_MAX, in order, or none. ATRIUM_PRECONDITION with *failed set to the first write whose version
   * did not match. [store-writer] */
  atrium_status (*write)(atrium_plugin* self, const atrium_document_write* const* writes, uint32_t count, uint32_t* failed);
  /* A chance to checkpoint or compact when no append waits; `idle_ms` says for how long none has. May be NULL. [store-writer] */
  atrium_status (*maintain)(atrium_plugin* self, uint64_t idle_ms);

  /* Where a room's log stands. ATRIUM_NOT_FOUND: nothing was ever appended. [store-reader] */
  atrium_status (*head)(atrium_plugin* self, const atrium_room_key* room, atrium_room_head* out);
  /* The seq of a message; ATRIUM_NOT_FOUND when the room never had it or it was trimmed. [store-reader] */
  atrium_status (*locate)(atrium_plugin* self, const atrium_room_key* room, const atrium_id* message, uint64_t* seq);
  /* Hands the records that match to `each`, at most `limit`. Sees everything whose append was answered before the call. Looks at no
   * more than some thousands of records, however few of them match. *next: the before_seq or after_seq to go on with, 0 when the end
   * of the log was reached. A room that was never appended to has no records. [store-reader] */
  atrium_status (*page)(atrium_plugin* self, const atrium_page_query* query, atrium_record_fn each, void* context, uint64_t* next);
  /* One document; ATRIUM_NOT_FOUND. `each` is called at most once. [store-reader] */
  atrium_status (*get)(atrium_plugin* self, const atrium_document_key* key, atrium_document_fn each, void* context);
  /* The documents whose keys begin with the parts of `prefix` (part_count 0: all), in order of key, after `after` (part_count 0: from the
   * first), at most `limit` (1 to ATRIUM_SCAN_MAX). [store-reader] */
  atrium_status (*scan)(atrium_plugin* self, const atrium_document_key* prefix, const atrium_document_key* after, uint32_t limit,
                        atrium_document_fn each, void* context);
} atrium_storage_backend;

#ifdef __cplusplus
}
#endif
#endif
