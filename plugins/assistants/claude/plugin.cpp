#include "claude.hpp"

ATRIUM_PLUGIN(Claude, "atrium.assistant.claude", "1.0.0")
