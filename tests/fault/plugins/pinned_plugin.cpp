// Sound, but its code cannot leave the process: a thread-local object with a destructor holds the library until its thread ends.
#include <atrium/plugin.hpp>

struct Remembers {
  ~Remembers() { last = 0; }
  volatile int last = 0;
};
thread_local Remembers remembers;

// On the thread that loads it.
const int touched = (remembers.last = 1, 1);

struct Pinned {
  atrium::MessageTypeInfo message_type{.name = "bad_pinned"};
};

ATRIUM_PLUGIN(Pinned, "bad.pinned", "1.0.0")
