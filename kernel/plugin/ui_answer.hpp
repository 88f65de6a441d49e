#pragma once

#include <string>

#include "plugin/worker_calls.hpp"
#include "protocol/ui.hpp"

namespace atrium {

// Has an http-ui plugin answer a request: hands it over as the plugin expects it, takes the answer and passes over what a plugin may not
// say. ATRIUM_OK with the answer, or the failure, which is counted and logged with the plugin's guard. On a worker.
[[nodiscard]] CallAnswer<UiResponse> answerUiRequest(WorkerCall& call, const UiRequest& request);

}  // namespace atrium
