#pragma once

#include <optional>
#include <string>

#include <atrium/metrics.hpp>
#include <atrium/plugin.hpp>
#include <atrium/services.hpp>

#include "deliveries.hpp"
#include "enrichment.hpp"
#include "lead_mapping.hpp"
#include "options.hpp"
#include "public_key.hpp"

// GoHighLevel tells of contacts and opportunities by webhooks; each becomes a lead that is routed at once. Who signed is checked here where
// GoHighLevel signs with its own key (/hooks/ghl/events), and by the server where somebody in between signs with a secret of the operator's
// (/hooks/ghl/signed). A delivery that comes again changes nothing.
class GhlWebhook {
 public:
  GhlWebhook(atrium::Host host, atrium::Json options);

  // {"lead_id": …, "state": "routed" | "known" | "ignored", "enrichment": …}, or {"code": …, "detail": …, "errors": […]}.
  void handle(const atrium::UiRequest& request, atrium::UiResponse& response);

  atrium::HttpUiInfo http_ui;

 private:
  static constexpr std::uint64_t route_patience_ms = 600;  // So that with all else an answer comes within the two seconds of a hook.

  [[nodiscard]] bool signed_by_ghl(const atrium::UiRequest& request) const;
  void take(const atrium::UiRequest& request, atrium::UiResponse& response);
  void route(GhlLead& lead, atrium::UiResponse& response);
  void enrich(const atrium::UiRequest& request, atrium::UiResponse& response);

  atrium::Host host_;
  atrium::JsonTexts json_;
  atrium::CoordinationDesk desk_;
  const GhlOptions options_;
  std::optional<PublicKey> key_, legacy_key_;
  Deliveries deliveries_;
  Enrichment enrichment_;
  atrium::Counter routed_, repeated_, refused_, unenriched_;
};
