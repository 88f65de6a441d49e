#pragma once

#include "engine/room.hpp"

namespace atrium {

// Who enters a room or leaves it, and who brings that about; the same when he does it himself. Leads into what it was made of.
struct Room::Entering {
  atrium_user_view user{};
  atrium_user_view actor{};
};

}  // namespace atrium
