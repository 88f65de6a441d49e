// A message type of the name that test_life has, too, and which answers as its build says.
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include <atrium/plugin.hpp>

struct Shadow {
  void check(const atrium::Room&, const atrium::User&, const atrium::Message&, atrium::Reply& reply) {
    constexpr std::string_view mode = MODE;
    if (mode == "differs") reply.deny("not with this one");
    if (mode == "crashes") std::abort();
    if (mode == "hangs")
      while (true) ::pause();
  }
  atrium::MessageTypeInfo message_type{.name = "test_life"};
};

ATRIUM_PLUGIN(Shadow, "test.shadow-" MODE, "1.0.0")
