#include "oidc.hpp"

ATRIUM_PLUGIN(Oidc, "atrium.authenticator.oidc", "1.0.0")
