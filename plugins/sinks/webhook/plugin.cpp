#include "webhook.hpp"

ATRIUM_PLUGIN(Webhook, "atrium.sink.webhook", "1.0.0")
