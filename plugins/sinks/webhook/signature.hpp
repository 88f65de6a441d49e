#pragma once

#include <string>
#include <string_view>

// The signature of a request, as the Standard Webhooks specification has it (standardwebhooks.com, version 1): the HMAC-SHA-256 of
// "<id>.<timestamp>.<body>".

// The bytes of a secret: those that base64 behind "whsec_" stands for, or the text itself. Empty: it is no base64.
std::string key_of(std::string_view secret);

// "v1,<base64>"
std::string signature_of(std::string_view key, std::string_view id, std::string_view timestamp, std::string_view body);
