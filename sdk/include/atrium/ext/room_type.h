#ifndef ATRIUM_EXT_ROOM_TYPE_H
#define ATRIUM_EXT_ROOM_TYPE_H
/* Extension "atrium.room-type/1": what kind of room this is - its defaults, who may enter and what may be said. */
#include "../plugin.h"
#include "../room.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_ROOM_TYPE "atrium.room-type/1"

/* Who may make himself a member by connecting. */
enum {
  ATRIUM_ENTRY_OPEN = 0,      /* Anyone of the tenant. */
  ATRIUM_ENTRY_INVITATION = 1 /* Only who was added by an owner or moderator; supervisors and admins still enter. */
};

/* What a member of some role may do. */
enum {
  ATRIUM_MAY_READ = 1,
  ATRIUM_MAY_POST = 2,
  ATRIUM_MAY_ADD_MEMBERS = 4,
  ATRIUM_MAY_REMOVE_MEMBERS = 8,
  ATRIUM_MAY_CHANGE_ROOM = 16, /* Name, description, settings, context. */
  ATRIUM_MAY_CHANGE_ROLES = 32,
  ATRIUM_MAY_CLOSE = 64
};

enum {
  /* No room can be of this type: its hooks are for rooms of other types, whose entry under `room_types` names it in `with`. */
  ATRIUM_ROOM_TYPE_ADDON = 1
};

/* The constants of a room type. Zero in a number means: the server's default. */
typedef struct atrium_room_type_info {
  uint32_t struct_size;
  uint32_t entry;             /* ATRIUM_ENTRY_... */
  uint32_t max_members;       /* For rooms that do not ask for their own. */
  uint32_t max_members_limit; /* The most a room may ask for. */
  uint32_t retention_days;    /* For rooms whose settings do not say. */
  uint32_t durability;        /* ATRIUM_DURABILITY_...; a backend that cannot give it refuses at start. */
  uint32_t flush_window_us;   /* Longest wait of a busy connection's write, within the operator's; 0: none. */
  uint32_t permissions[5];    /* ATRIUM_MAY_... by ATRIUM_ROOM_ROLE_... */
  atrium_text name;           /* "agent_team" */
  atrium_text message_types;  /* Names joined by commas; empty: all. */
  uint32_t flags;             /* ATRIUM_ROOM_TYPE_... */
  uint32_t tick_seconds;      /* How often tick() is called for each room in memory; 0: never. */
} atrium_room_type_info;

typedef struct atrium_room_type {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_room_type_info* info;
  /* Each hook below may be NULL: then it is never called and costs nothing. Deadline 5 ms. Of several plugins on one room, the type's own
   * comes first, then those of its `with` in the order of the configuration. A will_... or check_... that fails counts as the operator
   * configured, allow or deny (default deny); the first denial ends the row. Nothing waits for a did_..., and what it answers is counted
   * only. */

  /* Checks `room->settings` and `room->context` of a room about to be created or changed. Uses deny, deny_field. [serial:room] */
  atrium_status (*check_settings)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* actor,
                                  const atrium_reply* reply);
  /* Before `user` becomes a member; `actor` is who adds him, the same user when he enters himself. Of one who is added the token roles are
   * not known (0). Uses deny. [serial:room] */
  atrium_status (*will_join)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* user, const atrium_user_view* actor,
                             const atrium_reply* reply);
  /* Before a message is stored, after its message type allowed it. Uses deny, annotate, patch, set_content, add_audience. [serial:room] */
  atrium_status (*will_post)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                             const atrium_message_view* message, const atrium_reply* reply);
  /* Before a room is made, after check_settings allowed it; its room_id is empty. Uses deny. [serial:room] */
  atrium_status (*will_create)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* actor, const atrium_reply* reply);
  /* A room was made and stored. [serial:room] */
  atrium_status (*did_create)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* actor);
  /* `user` has become a member. [serial:room] */
  atrium_status (*did_join)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* user, const atrium_user_view* actor);
  /* `user` is no member any more. [serial:room] */
  atrium_status (*did_leave)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* user,
                             const atrium_user_view* actor);
  /* A message was stored and is on its way to the members. [serial:room] */
  atrium_status (*did_post)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                            const atrium_message_view* message, const atrium_position* position);
  /* The room was closed. [serial:room] */
  atrium_status (*did_close)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* actor);
  /* Every info->tick_seconds while the room is in memory. [serial:room] */
  atrium_status (*tick)(atrium_plugin* self, const atrium_room_view* room, uint64_t now_ms);
} atrium_room_type;

#ifdef __cplusplus
}
#endif
#endif
