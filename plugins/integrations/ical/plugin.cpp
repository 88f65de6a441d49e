#include "ical_sync.hpp"

ATRIUM_PLUGIN(IcalSync, "atrium.integration.ical", "1.0.0")
