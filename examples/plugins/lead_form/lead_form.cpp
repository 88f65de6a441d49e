// Takes leads from other systems by a hook, and shows them on a page of its own: POST /hooks/lead-form/lead, /ui/lead-form/.
// [snippet:whole]
#include <atrium/plugin.hpp>
#include <atrium/services.hpp>

#include <deque>
#include <mutex>

class LeadForm {
 public:
  LeadForm(atrium::Host host, atrium::Json options)
      : http_ui{.assets = {atrium_assets, atrium_asset_count},  // The files of bundle/, by atrium_add_plugin(ASSETS bundle).
                .menu = {{.title = "Leads", .path = "/index.html", .roles = readers}},
                .hooks = {{.path = "/lead", .header = "x-signature", .secret = "lead_key"}}},
        json_(host),
        tenant_(options["tenant"].as_text().value()),
        leads_max_(static_cast<std::size_t>(options["leads_max"].as_int().value())) {}

  void handle(const atrium::UiRequest& request, atrium::UiResponse& response) {
    if (request.is_hook()) return take(request, response);
    if (request.tenant_id() != tenant_ || request.path() != "/leads") return response.status(404);
    // The menu only leaves the entry out: whoever has a token may ask.
    if (const auto caller = request.caller(); !caller || !caller->has(readers)) return response.status(403);
    if (request.method() == "POST") return take(request, response);
    if (request.method() != "GET") return response.status(405);
    std::string list;
    const std::scoped_lock lock(mutex_);
    for (const std::string& lead : leads_) list += (list.empty() ? "" : ",") + lead;
    response.json("{\"items\":[" + list + "]}");
  }

  atrium::HttpUiInfo http_ui;

 private:
  static constexpr std::uint32_t readers = ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN;

  // {"name": "...", "wish": "..."}
  void take(const atrium::UiRequest& request, atrium::UiResponse& response) {
    std::string lead;
    const bool sound = json_.parse(request.body(), [&](atrium::Json body) {
      const auto name = body["name"].as_text(), wish = body["wish"].as_text();
      if (name && wish) lead = "{\"name\":" + json_.quote(*name) + ",\"wish\":" + json_.quote(*wish) + "}";
    });
    if (!sound || lead.empty()) {
      response.status(422);
      return response.text("A lead has a name and a wish.\n");
    }
    const std::scoped_lock lock(mutex_);
    leads_.push_back(std::move(lead));
    if (leads_.size() > leads_max_) leads_.pop_front();
    response.status(202);
  }

  atrium::JsonTexts json_;
  std::string tenant_;
  std::size_t leads_max_;
  std::mutex mutex_;  // Several workers may call at once.
  std::deque<std::string> leads_;
};

ATRIUM_PLUGIN(LeadForm, "com.acme.lead-form", "1.0.0")
// [/snippet]
