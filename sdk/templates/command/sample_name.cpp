#include <atrium/plugin.hpp>
#include <string>

// "/sample_name ana". The server checks the arguments against the manifest's arguments_schema before this is called.
struct SampleName {
  static std::string execute(const atrium::CommandCall& call) {
    return "Hello " + call["who"].as_text().value() + ", says " + std::string(call.caller().display_name()) + ".";
  }
  static constexpr atrium::CommandInfo command{
      .name = "sample_name", .summary = "Says hello.", .positional = "who", .flags = ATRIUM_COMMAND_IDEMPOTENT};
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
