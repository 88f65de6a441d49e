#pragma once

#include <string>
#include <utility>
#include <vector>

#include <atrium/json.hpp>

#include "options.hpp"

// A lead's fields as JSON: names with values.
using LeadFields = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] bool has_field(const LeadFields& fields, std::string_view name);

// What one webhook says.
struct GhlLead {
  enum class What { lead, other };  // other: something else happened, which is no lead.
  struct Problem {
    std::string path;
    std::string message;
  };
  What what = What::lead;
  std::string type;         // "ContactCreate", as GoHighLevel says it; empty: a workflow's webhook.
  std::string delivery_id;  // Of the thing that came to be: tells repeats.
  std::string lead_id;      // "ghl_" and the contact's id, so that a contact and his opportunity are one lead.
  std::string location;
  std::string email;
  std::string phone;
  LeadFields fields;
  std::vector<Problem> problems;  // What keeps it from being a lead; empty: nothing.
};

// Reads the webhook of a marketplace app (ContactCreate, OpportunityCreate) or of a workflow. A field is looked for where the operator
// said, then in the usual places; one that is not there is left out. Whatever the values are, nothing throws.
[[nodiscard]] GhlLead read_ghl_lead(atrium::Json payload, const GhlOptions& options);
