// Exceptions where none may be: from the C++ class's constructor (the SDK makes a sentence of it), or past the SDK's back through the C
// table itself.
#include <atrium/plugin.hpp>
#include <stdexcept>

struct Throwing {
  Throwing() { throw std::runtime_error("its constructor was told to throw"); }
  atrium::MessageTypeInfo message_type{.name = "bad_throws"};
};

#if defined(PAST_THE_SDK)
static atrium_status create(const atrium_host*, atrium_json, atrium_sink, atrium_plugin**) {
  throw std::runtime_error("nobody catches this in the plugin");
}
static void destroy(atrium_plugin*) {}
static const void* get_extension(atrium_plugin*, const char*) { return nullptr; }
const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table),
                                         .abi_major = ATRIUM_ABI_MAJOR,
                                         .abi_minor = ATRIUM_ABI_MINOR,
                                         .id = atrium::text_of("bad.throws-past"),
                                         .version = atrium::text_of("1.0.0"),
                                         .create = create,
                                         .destroy = destroy,
                                         .get_extension = get_extension};
#else
ATRIUM_PLUGIN(Throwing, "bad.throws", "1.0.0")
#endif
