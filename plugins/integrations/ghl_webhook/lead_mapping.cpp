#include "lead_mapping.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

using atrium::Json;

namespace {

constexpr std::size_t id_max = 190;          // bytes, so that with its prefix it is a lead's id
constexpr std::size_t text_value_max = 200;  // bytes of a text field
constexpr std::size_t tags_max = 50;

// Where a field is usually found, in order.
struct Usual {
  std::string_view field;
  std::array<std::string_view, 4> places;
};
constexpr std::array<Usual, 10> usual_places{{
    {"property_type", {"customData.property_type", "property_type", "propertyType", ""}},
    {"budget", {"customData.budget", "budget", "monetaryValue", "lead_value"}},
    {"urgency", {"customData.urgency", "urgency", "", ""}},
    {"location", {"customData.location", "city", "contact.city", ""}},
    {"score", {"customData.score", "score", "lead_score", ""}},
    {"language", {"customData.language", "language", "", ""}},
    {"territory", {"customData.territory", "territory", "", ""}},
    {"source", {"source", "contact_source", "contact.source", ""}},
    {"email", {"email", "contact.email", "", ""}},
    {"phone", {"phone", "contact.phone", "", ""}},
}};

// A custom field by its id: GoHighLevel lists them as {"id": "k3Xb", "value": "High"}.
Json element_of(Json list, std::string_view id) {
  for (const Json one : list)
    if (one["id"] == id || one["key"] == id) {
      const Json value = one["value"];
      return value.exists() ? value : one["field_value"];
    }
  return {};
}

Json at_path(Json value, std::string_view path) {
  while (!path.empty() && value.exists()) {
    const auto dot = path.find('.');
    const std::string_view step = path.substr(0, dot);
    value = value.is_array() ? element_of(value, step) : value[step];
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  }
  return value;
}

// A text, or a number as it was written; empty: neither.
std::string text_in(Json value) {
  if (value.is_number()) return std::string(value.raw());
  return value.as_text().value_or("");
}

std::string cut(std::string text) {
  if (text.size() <= text_value_max) return text;
  std::size_t end = text_value_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // Not within a character.
  text.resize(end);
  return text;
}

std::optional<double> number_in(Json value) {
  if (const auto number = value.as_number()) return number;
  std::string text = value.as_text().value_or("");
  std::erase(text, ',');
  if (text.starts_with('$')) text.erase(0, 1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::string json_number(double number) {
  std::array<char, 32> digits{};
  const auto form = std::floor(number) == number && number < 1e15 ? std::chars_format::fixed : std::chars_format::general;  // 500000
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, form).ptr;
  return {digits.data(), end};
}

bool is_one_word(std::string_view id) {
  return std::none_of(id.begin(), id.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

// Names are joined of what there is.
std::string name_in(Json payload) {
  for (const std::string_view place : {"name", "full_name", "contact_name", "contact.name"})
    if (const std::string name = text_in(at_path(payload, place)); !name.empty() && payload["type"] != "OpportunityCreate") return name;
  for (const auto& [first, last] : {std::pair{"firstName", "lastName"}, std::pair{"first_name", "last_name"}}) {
    std::string name = text_in(payload[first]);
    const std::string family = text_in(payload[last]);
    if (!name.empty() && !family.empty()) name += ' ';
    name += family;
    if (!name.empty()) return name;
  }
  return text_in(payload["name"]);  // An opportunity's own, which GoHighLevel fills with the contact's.
}

class Reader {
 public:
  Reader(Json payload, const GhlOptions& options, GhlLead& lead) : payload_(payload), options_(options), lead_(lead) {}

  void read() {
    const auto name = found("name");
    const std::string said = name.exists() ? text_in(name) : name_in(payload_);
    if (said.empty())
      lead_.problems.push_back({"/name", "is missing: a lead needs a name, or firstName and lastName"});
    else
      add("name", atrium::json_quoted(cut(said)));
    for (const Usual& usual : usual_places) take(usual.field);
    for (const auto& [field, path] : options_.fields)
      if (field != "name" && !has_field(lead_.fields, field)) take(field);
    tags();
    lead_.email = text_of_field("email");
    lead_.phone = text_of_field("phone");
  }

 private:
  // Where the operator said, then in the usual places.
  Json found(std::string_view field) const {
    const auto given = std::find_if(options_.fields.begin(), options_.fields.end(), [&](const auto& one) { return one.first == field; });
    if (given != options_.fields.end())
      if (const Json value = at_path(payload_, given->second); value.exists() && !value.is_null()) return value;
    const auto usual = std::find_if(usual_places.begin(), usual_places.end(), [&](const Usual& one) { return one.field == field; });
    if (usual == usual_places.end()) return {};
    for (const std::string_view place : usual->places)
      if (!place.empty())
        if (const Json value = at_path(payload_, place); value.exists() && !value.is_null()) return value;
    return {};
  }

  void take(std::string_view field) {
    const Json value = found(field);
    if (!value.exists()) return;
    if (field == "score" || field == "budget" || field == "value") return take_number(field, value);
    const std::string text = cut(text_in(value));
    if (!text.empty()) add(field, atrium::json_quoted(text));
  }

  void take_number(std::string_view field, Json value) {
    const auto number = number_in(value);
    const std::string text = text_in(value);
    if (field == "score" && !text.empty() && (!number || *number < 0 || *number > 100))
      return lead_.problems.push_back({"/score", "must be a number from 0 to 100"});
    if (number && *number < 0) return lead_.problems.push_back({"/" + std::string(field), "must not be negative"});
    if (number)
      add(field, json_number(*number));
    else if (!text.empty())
      add(field, atrium::json_quoted(cut(text)));  // "500-600k" is worth something to whoever reads it.
  }

  void tags() {
    const Json tags = payload_["tags"];
    std::string list;
    if (tags.is_array()) {
      std::size_t count = 0;
      for (const Json tag : tags)
        if (const std::string text = cut(text_in(tag)); !text.empty() && count++ < tags_max)
          list += (list.empty() ? "" : ",") + atrium::json_quoted(text);
    } else if (const std::string text = cut(text_in(tags)); !text.empty()) {
      list = atrium::json_quoted(text);
    }
    if (!list.empty()) add("tags", "[" + list + "]");
  }

  std::string text_of_field(std::string_view field) const { return cut(text_in(found(field))); }
  void add(std::string_view field, std::string json) { lead_.fields.emplace_back(field, std::move(json)); }

  Json payload_;
  const GhlOptions& options_;
  GhlLead& lead_;
};

}  // namespace

bool has_field(const LeadFields& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; });
}

GhlLead read_ghl_lead(Json payload, const GhlOptions& options) {
  GhlLead lead;
  lead.type = payload["type"].as_text().value_or("");
  const bool contact = lead.type == "ContactCreate", opportunity = lead.type == "OpportunityCreate", workflow = lead.type.empty();
  if (!contact && !opportunity && !workflow) {
    lead.what = GhlLead::What::other;
    return lead;
  }
  lead.location = text_in(payload["locationId"]);
  if (lead.location.empty()) lead.location = text_in(at_path(payload, "location.id"));
  const std::string own = text_in(payload[workflow ? "contact_id" : "id"]);
  const std::string_view own_path = workflow ? "/contact_id" : "/id";
  std::string person = opportunity ? text_in(payload["contactId"]) : own;
  if (person.empty()) person = own;
  if (own.empty())
    lead.problems.push_back({std::string(own_path), "is missing: it is what tells repeats"});
  else if (own.size() > id_max || person.size() > id_max)
    lead.problems.push_back({std::string(own_path), "must have at most 190 bytes"});
  else if (!is_one_word(own) || !is_one_word(person))
    lead.problems.push_back({std::string(own_path), "must have neither blanks nor control characters"});
  lead.delivery_id = (workflow ? "contact" : lead.type) + ":" + own;
  lead.lead_id = "ghl_" + person;
  if (!options.locations.empty() && std::find(options.locations.begin(), options.locations.end(), lead.location) == options.locations.end())
    lead.problems.push_back({"/locationId", "is none of the locations whose leads are taken here"});
  Reader(payload, options, lead).read();
  return lead;
}
