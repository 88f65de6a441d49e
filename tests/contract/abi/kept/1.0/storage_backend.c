/* A storage that keeps nothing: each function answers with what it was asked, so that a field that moved shows. */
#include "atrium/ext/storage_backend.h"

#include "plugin.h"

static atrium_status append_batch(atrium_plugin* self, const atrium_append_batch* batch) {
  uint32_t at;
  (void)self;
  for (at = 0; at < batch->count; ++at) {
    const atrium_append* item = batch->items[at];
    atrium_append_result* result = batch->results[at];
    result->status = item->message_type.size == 4 ? ATRIUM_OK : ATRIUM_CONFLICT;
    result->durability = ATRIUM_DURABILITY_STORED;
    result->seq = item->expected_seq + item->idempotency_key.size + item->body.size;
    result->sent_at_ms = item->sent_at_ms;
    result->message = item->message;
    memcpy(result->epoch, "kept", 5);
  }
  return ATRIUM_OK;
}
static atrium_status trim(atrium_plugin* self, const atrium_trim* trim, uint64_t* dropped) {
  (void)self;
  *dropped = trim->keep_last + trim->sent_before_ms;
  return ATRIUM_OK;
}
static atrium_status write(atrium_plugin* self, const atrium_document_write* const* writes, uint32_t count, uint32_t* failed) {
  uint32_t at;
  (void)self;
  for (at = 0; at < count; ++at)
    if (writes[at]->expected_version == 5 && writes[at]->remove == 0 && writes[at]->value.size == 5) {
      *failed = at;
      return ATRIUM_PRECONDITION;
    }
  return ATRIUM_OK;
}
static atrium_status maintain(atrium_plugin* self, uint64_t idle_ms) {
  (void)self;
  return idle_ms == 7 ? ATRIUM_OK : ATRIUM_FAILED;
}
static atrium_status head(atrium_plugin* self, const atrium_room_key* room, atrium_room_head* out) {
  (void)self;
  if (room->tenant_id.size == 0) return ATRIUM_NOT_FOUND;
  out->first_seq = 2;
  out->last_seq = room->room.bytes[15];
  memcpy(out->epoch, "kept", 5);
  return ATRIUM_OK;
}
static atrium_status locate(atrium_plugin* self, const atrium_room_key* room, const atrium_id* message, uint64_t* seq) {
  (void)self, (void)room;
  *seq = message->bytes[15];
  return ATRIUM_OK;
}
static atrium_status page(atrium_plugin* self, const atrium_page_query* query, atrium_record_fn each, void* context, uint64_t* next) {
  atrium_record record = {.struct_size = sizeof record,
                          .body_format = 1,
                          .seq = query->after_seq + query->message_type_count,
                          .sent_at_ms = 11,
                          .thread = query->thread,
                          .sender_id = query->sender_id,
                          .message_type = TEXT("text"),
                          .audience = TEXT("role:agent"),
                          .body = TEXT("{}")};
  (void)self;
  each(context, &record);
  *next = query->forward ? query->after_seq + query->limit : 0;
  return ATRIUM_OK;
}
static atrium_status get(atrium_plugin* self, const atrium_document_key* key, atrium_document_fn each, void* context) {
  const atrium_document document = {.struct_size = sizeof document, .key = *key, .version = key->part_count, .value = key->parts[0]};
  (void)self;
  each(context, &document);
  return ATRIUM_OK;
}
static atrium_status scan(atrium_plugin* self, const atrium_document_key* prefix, const atrium_document_key* after, uint32_t limit,
                          atrium_document_fn each, void* context) {
  const atrium_document document = {.struct_size = sizeof document, .key = *prefix, .version = limit, .value = after->parts[0]};
  (void)self;
  each(context, &document);
  return ATRIUM_OK;
}

static const atrium_storage_info info = {
    .struct_size = sizeof info, .flags = ATRIUM_STORE_PERSISTENT, .durability_max = ATRIUM_DURABILITY_STORED, .name = TEXT("kept_store")};
static const atrium_storage_backend table = {.struct_size = sizeof table,
                                             .info = &info,
                                             .append_batch = append_batch,
                                             .trim = trim,
                                             .write = write,
                                             .maintain = maintain,
                                             .head = head,
                                             .locate = locate,
                                             .page = page,
                                             .get = get,
                                             .scan = scan};

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  return strcmp(extension_id, ATRIUM_EXT_STORAGE_BACKEND) == 0 ? &table : NULL;
}
KEPT_PLUGIN("kept.storage-backend");
