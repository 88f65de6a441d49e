#include <atrium/plugin.hpp>
#include <atrium/services.hpp>
#include <deque>
#include <mutex>
#include <string>

// Takes leads by a signed route and shows them on a page. Several workers may call at once.
class LeadInbox {
 public:
  explicit LeadInbox(atrium::Host host) : json_(host) {}

  void handle(const atrium::UiRequest& request, atrium::UiResponse& response) {
    if (request.is_hook()) return take(request, response);
    if (request.method() != "GET" || request.path() != "/leads") {
      response.status(404);
      return response.text("There is only /leads.\n");
    }
    std::string items;
    const std::lock_guard lock(mutex_);
    for (const std::string& lead : leads_) items += (items.empty() ? "" : ",") + lead;
    response.json("{\"items\":[" + items + "]}");
  }

  atrium::HttpUiInfo http_ui{.name = "lead_inbox",
                             .assets = {atrium_assets, atrium_asset_count},
                             .menu = {{.title = "Leads", .path = "/index.html"}},
                             .hooks = {{.path = "/lead", .header = "x-signature", .secret = "inbound"}}};

 private:
  static constexpr std::size_t leads_max = 100;

  // The server has checked the signature; what the body says is still anybody's.
  void take(const atrium::UiRequest& request, atrium::UiResponse& response) {
    bool is_object = false;
    const bool sound = json_.parse(request.body(), [&](const atrium::Json& lead) { is_object = lead.is_object(); });
    if (!sound || !is_object) {
      response.status(422);
      return response.text("A lead is one JSON object.\n");
    }
    const std::lock_guard lock(mutex_);
    leads_.emplace_front(request.body());
    if (leads_.size() > leads_max) leads_.pop_back();
    response.status(202);
  }

  atrium::JsonTexts json_;
  std::mutex mutex_;
  std::deque<std::string> leads_;  // The newest first.
};

ATRIUM_PLUGIN(LeadInbox, "com.acme.lead-inbox", "1.0.0")
