// Animals that only C++ can be: message types, each wrong in one way.
#include <cstdint>
#include <stdexcept>
#include <string>

#include "atrium/ext/message_type.h"

namespace {

constexpr atrium_text textOf(const char* text, std::uint64_t size) { return {text, size}; }

#if defined(ANIMAL_THREAD_LOCAL)
struct Remembered {
  std::string text = "a text too long to lie in the string itself, so that a destructor is needed";
  ~Remembered() { text.clear(); }
};
thread_local Remembered remembered;
#endif

atrium_status check(atrium_plugin*, const atrium_room_view*, const atrium_user_view*, const atrium_message_view*, const atrium_reply*) {
#if defined(ANIMAL_THROWS)
  throw std::runtime_error("past the border");
#elif defined(ANIMAL_THREAD_LOCAL)
  return remembered.text.empty() ? ATRIUM_FAILED : ATRIUM_OK;
#else
  return ATRIUM_OK;
#endif
}

constexpr atrium_message_type_info info = {.struct_size = sizeof(atrium_message_type_info),
                                           .sender_roles = ATRIUM_ROLE_AGENT,
                                           .delivery_class = ATRIUM_DELIVER_MUST,
                                           .content_max = 0,
                                           .content_min = 0,
                                           .reserved = 0,
                                           .name = textOf("zoo", 3)};
constexpr atrium_message_type table = {
    .struct_size = sizeof(atrium_message_type), .reserved = 0, .info = &info, .check = check, .summarise = nullptr, .did_deliver = nullptr};

atrium_status create(const atrium_host*, atrium_json, atrium_sink, atrium_plugin** out) {
#if defined(ANIMAL_THROWS_AT_CREATE)
  throw std::runtime_error("past the border");
#endif
  *out = reinterpret_cast<atrium_plugin*>(new int(1));
  return ATRIUM_OK;
}
void destroy(atrium_plugin* self) { delete reinterpret_cast<int*>(self); }
const void* extension(atrium_plugin*, const char* id) { return std::string(id) == ATRIUM_EXT_MESSAGE_TYPE ? &table : nullptr; }

}  // namespace

const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table),
                                         .abi_major = ATRIUM_ABI_MAJOR,
                                         .abi_minor = ATRIUM_ABI_MINOR,
                                         .id = textOf("zoo." SELF, sizeof "zoo." SELF - 1),
                                         .version = textOf("1.0.0", 5),
                                         .create = create,
                                         .destroy = destroy,
                                         .get_extension = extension};
