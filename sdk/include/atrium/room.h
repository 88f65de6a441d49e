#ifndef ATRIUM_ROOM_H
#define ATRIUM_ROOM_H
/* What a hook sees of a room, of the one who acts, and of a message on its way; and how it answers. */
#include "abi.h"
#include "json.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Roles a token gives, one bit each. */
enum { ATRIUM_ROLE_AGENT = 1, ATRIUM_ROLE_SUPERVISOR = 2, ATRIUM_ROLE_ADMIN = 4, ATRIUM_ROLE_CLIENT = 8, ATRIUM_ROLE_SERVICE = 16 };

/* A member's role in one room. */
enum {
  ATRIUM_ROOM_ROLE_NONE = 0,
  ATRIUM_ROOM_ROLE_OBSERVER = 1,
  ATRIUM_ROOM_ROLE_MEMBER = 2,
  ATRIUM_ROOM_ROLE_MODERATOR = 3,
  ATRIUM_ROOM_ROLE_OWNER = 4
};

enum {
  ATRIUM_PRIORITY_LOW = 0,
  ATRIUM_PRIORITY_NORMAL = 1,
  ATRIUM_PRIORITY_HIGH = 2,
  ATRIUM_PRIORITY_URGENT = 3,
  ATRIUM_PRIORITY_CRITICAL = 4
};

/* What the host promises of a message it confirms; each level includes those before it. */
enum {
  ATRIUM_DURABILITY_RECEIVED = 0,  /* In the memory of one process. */
  ATRIUM_DURABILITY_STORED = 1,    /* Outlives the server process, not the machine. */
  ATRIUM_DURABILITY_FSYNCED = 2,   /* On this node's disk. */
  ATRIUM_DURABILITY_REPLICATED = 3 /* Acknowledged by replicas. */
};

typedef struct atrium_room_view {
  uint32_t struct_size;
  uint32_t member_count;
  uint32_t max_members;
  uint32_t reserved;
  atrium_text tenant_id;
  atrium_text room_id; /* With its prefix, as clients see it. Empty while the room is being created. */
  atrium_text room_type;
  atrium_text name;
  atrium_json settings; /* An object. */
  atrium_json context;  /* An object. */
} atrium_room_view;

typedef struct atrium_user_view {
  uint32_t struct_size;
  uint32_t token_roles; /* ATRIUM_ROLE_... bits */
  uint32_t room_role;   /* ATRIUM_ROOM_ROLE_... */
  uint32_t reserved;
  atrium_text user_id;
  atrium_text display_name;
} atrium_user_view;

typedef struct atrium_message_view {
  uint32_t struct_size;
  uint32_t priority; /* ATRIUM_PRIORITY_... */
  atrium_text message_type;
  atrium_text content;  /* Decoded. */
  atrium_json metadata; /* An object, or absent (field_count 0). */
} atrium_message_view;

/* Where a stored message stands. */
typedef struct atrium_position {
  uint32_t struct_size;
  uint32_t durability; /* ATRIUM_DURABILITY_... that was reached. */
  uint64_t seq;        /* From 1 without a gap within the epoch. */
  uint64_t sent_at_ms; /* wall */
  atrium_text message_id;
  atrium_text epoch;
} atrium_position;

/* Bounds of what a hook may say, in bytes and pieces. */
#define ATRIUM_REASON_MAX 1000u
#define ATRIUM_PATH_MAX 300u
#define ATRIUM_DENIED_FIELDS_MAX 32u
#define ATRIUM_ANNOTATIONS_MAX 16u
#define ATRIUM_ANNOTATION_KEY_MAX 128u
#define ATRIUM_ANNOTATION_MAX 4096u
#define ATRIUM_PATCHES_MAX 16u
#define ATRIUM_CONTENT_MAX 65536u
#define ATRIUM_AUDIENCE_CLASSES_MAX 4u
#define ATRIUM_AUDIENCE_CLASS_MAX 133u /* "user:" and a user id of 128 bytes */

/* How a hook answers: by calling these, in any order, before it returns. A hook that calls none allows and changes nothing. The host
 * copies every text. Functions a hook has no use for are NULL in its reply. Going over a bound, text that is not UTF-8 and JSON that is
 * not well-formed break the contract: the call counts as failed, whatever else it said. */
typedef struct atrium_reply {
  uint32_t struct_size;
  void* context;
  /* Refuses; `reason` is one sentence for the person who asked. The last call counts. */
  void (*deny)(void* context, atrium_text reason);
  /* Refuses one field; `path` as a JSON pointer ("/metadata/lead_id"). Those beyond ATRIUM_DENIED_FIELDS_MAX are not listed. */
  void (*deny_field)(void* context, atrium_text path, atrium_text reason);
  /* Adds one member to the message's metadata, replacing the sender's of the same key; `json` is one well-formed value. */
  void (*annotate)(void* context, atrium_text key, atrium_text json);
  /* Replaces the content. */
  void (*set_content)(void* context, atrium_text content);
  /* Restricts who sees the message to the classes named: "sender", "role:<token role>", "user:<user id>". Everyone else gets a stub with
   * the same position. No call: everyone in the room. When several hooks name classes, only who is in the audience of each sees it. */
  void (*add_audience)(void* context, atrium_text audience_class);
  /* Changes one value of the message: `path` is a JSON pointer to "/metadata" or anything below it, `json` one well-formed value of at most
   * ATRIUM_ANNOTATION_MAX bytes that is put there, or empty to take away what is there. Objects on the way are made; an element of an array
   * that is not there, or a member of what is no object, breaks the contract. Patches apply in the order they are said, after the
   * annotations of the same call. At most ATRIUM_PATCHES_MAX. */
  void (*patch)(void* context, atrium_text path, atrium_text json);
} atrium_reply;

#ifdef __cplusplus
}
#endif
#endif
