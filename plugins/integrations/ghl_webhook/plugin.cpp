#include "ghl_webhook.hpp"

ATRIUM_PLUGIN(GhlWebhook, "atrium.integration.ghl", "1.0.0")
