#include <atrium/plugin.hpp>
#include <string>

// A tip by rule. One that asks a model streams each piece as it comes, from whatever thread that is.
struct SampleName {
  static void open(const atrium::AssistantRequest& request, atrium::Stream stream) {
    const auto name = request["client_name"].as_text();
    stream.piece("Greet ");
    stream.piece(name ? *name : "the client");
    stream.piece(" by name.");
    stream.finish();
  }
  static constexpr atrium::AssistantInfo assistant{.tasks = ATRIUM_TASK_COACHING, .name = "sample_name"};
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
