#include <atomic>
#include <atrium/plugin.hpp>
#include <string>

// The pages in bundle/ under /ui/sample_name/, and a number they may ask for under /ui/sample_name/api/count.
class SampleName {
 public:
  void handle(const atrium::UiRequest& request, atrium::UiResponse& response) {
    if (request.method() != "GET" || request.path() != "/count") {
      response.status(404);
      return response.text("There is only /count.\n");
    }
    response.json("{\"count\":" + std::to_string(++count_) + "}");
  }
  atrium::HttpUiInfo http_ui{
      .name = "sample_name", .assets = {atrium_assets, atrium_asset_count}, .menu = {{.title = "sample-name", .path = "/index.html"}}};

 private:
  std::atomic<unsigned> count_{0};  // Several workers may call at once.
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
