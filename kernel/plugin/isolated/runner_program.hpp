#pragma once

namespace atrium {

// The descriptor at which a runner finds the socket its server controls it by.
inline constexpr int runner_control = 3;

// The program atrium-runner: one plugin in a process of its own, on behalf of the server that started it. Takes the order what to load,
// shuts itself in, loads, tells what the plugin offers, and then serves each channel it is handed with a thread of its own, one call after
// the other, until the server closes the control socket or ends. What it logs goes to standard error, a line of JSON each, and from there
// into the server's log. Returns the status to exit with.
[[nodiscard]] int runRunner();

}  // namespace atrium
