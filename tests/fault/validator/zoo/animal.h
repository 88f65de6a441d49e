#ifndef ZOO_ANIMAL_H
#define ZOO_ANIMAL_H
/* What the animals of the zoo share: an entry that is sound, unless a macro of one animal says otherwise. An animal is wrong in one way,
 * chosen by ANIMAL_<NAME> when it is compiled; the file that includes this has its table and finishes it with ZOO_ENTRY. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atrium/plugin.h"

#define TEXT(literal) {literal, sizeof literal - 1}

static inline int same(const char* a, const char* b) { return strcmp(a, b) == 0; }
static inline int has(atrium_text text, const char* part) {
  const uint64_t size = strlen(part);
  for (uint64_t at = 0; text.size >= size && at <= text.size - size; ++at)
    if (memcmp(text.data + at, part, size) == 0) return 1;
  return 0;
}

#define ZOO_ENTRY(create_function, destroy_function, extension_function)              \
  const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table), \
                                           .abi_major = ATRIUM_ABI_MAJOR,             \
                                           .abi_minor = ATRIUM_ABI_MINOR,             \
                                           .id = TEXT("zoo." SELF),                   \
                                           .version = TEXT("1.0.0"),                  \
                                           .create = create_function,                 \
                                           .destroy = destroy_function,               \
                                           .get_extension = extension_function}

#endif
