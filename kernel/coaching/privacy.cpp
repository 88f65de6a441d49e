#include "coaching/privacy.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "protocol/body_reader.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 3> form_words = {"emails", "phone_numbers", "card_numbers"};
constexpr std::array<bool RedactionRules::*, 3> form_flags = {&RedactionRules::emails, &RedactionRules::phone_numbers,
                                                              &RedactionRules::card_numbers};
const RedactionRules nothing_marked{.emails = false, .phone_numbers = false, .card_numbers = false, .fields = {}};

DocumentKey marksKey(const std::string& tenant_id) { return {"assist_privacy", tenant_id}; }

void writeMarks(JsonWriter<std::string>& json, const RedactionRules& rules) {
  json.begin('{').key("redact").begin('[');
  for (std::size_t form = 0; form < form_words.size(); ++form)
    if (rules.*form_flags[form]) json.value(form_words[form]);
  json.end(']').key("redact_fields").begin('[');
  for (const std::string& field : rules.fields) json.value(std::string_view(field));
  json.end(']').end('}');
}

// Marks the forms of this list; nothing: how many of its words are right before one that is not.
std::optional<std::size_t> markForms(const std::vector<std::string>& words, RedactionRules& marks) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    const auto form = std::ranges::find(form_words, words[at]);
    if (form == form_words.end()) return at;
    marks.*form_flags[static_cast<std::size_t>(form - form_words.begin())] = true;
  }
  return std::nullopt;
}

RedactionRules both(RedactionRules rules, const RedactionRules& marks) {
  for (const auto flag : form_flags) rules.*flag = rules.*flag || marks.*flag;
  rules.fields.insert(rules.fields.end(), marks.fields.begin(), marks.fields.end());
  return rules;
}

}  // namespace

Result<RedactionRules> readMarks(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  RedactionRules marks = nothing_marked;
  if (const auto wrong = markForms(in.texts("redact", form_words.size(), private_field_name_max), marks))
    in.wrong("redact/" + std::to_string(*wrong), listed(form_words));
  marks.fields = in.texts("redact_fields", private_fields_max, private_field_name_max);
  return in.finish(std::move(marks));
}

void Privacy::rulesOf(const std::string& tenant_id, Completion<RedactionRules> done) {
  marksOf(tenant_id, [this, done = std::move(done)](Result<RedactionRules> marks) mutable {
    done(marks ? Result<RedactionRules>(both(always_, *marks)) : fail(std::move(marks.error())));
  });
}

void Privacy::read(const std::string& tenant_id, Completion<std::string> done) {
  marksOf(tenant_id, [this, done = std::move(done)](Result<RedactionRules> marks) mutable {
    done(marks ? Result<std::string>(jsonOf(*marks)) : fail(std::move(marks.error())));
  });
}

void Privacy::mark(const std::string& tenant_id, RedactionRules marks, Completion<std::string> done) {
  std::string text;
  JsonWriter<std::string> json(text);
  writeMarks(json, marks);
  std::vector<DocumentWrite> writes;
  writes.push_back({marksKey(tenant_id), ATRIUM_VERSION_ANY, std::move(text)});
  store_.write(std::move(writes), [this, tenant_id, marks = std::move(marks), done = std::move(done)](Result<void> stored) mutable {
    if (!stored) return done(fail(std::move(stored.error())));
    done(jsonOf(remember(tenant_id, std::move(marks))));
  });
}

void Privacy::marksOf(const std::string& tenant_id, Completion<RedactionRules> done) {
  if (const auto known = marks_.find(tenant_id); known != marks_.end()) return done(known->second);
  store_.get(marksKey(tenant_id), [this, tenant_id, done = std::move(done)](Result<std::optional<Document>> found) mutable {
    if (!found) return done(fail(std::move(found.error())));
    // Marked while this was read: that is newer.
    if (const auto known = marks_.find(tenant_id); known != marks_.end()) return done(known->second);
    if (!*found) return done(remember(tenant_id, nothing_marked));
    const auto document = JsonDocument::parse((*found)->value);
    auto marks = document ? readMarks(document->root(), Principal{}) : fail(document.error());
    if (!marks) return done(fail(Code::storage_unavailable, "What the tenant has marked private cannot be read."));
    done(remember(tenant_id, *std::move(marks)));
  });
}

const RedactionRules& Privacy::remember(const std::string& tenant_id, RedactionRules marks) {
  if (marks_.size() >= tenants_max) marks_.clear();
  return marks_.insert_or_assign(tenant_id, std::move(marks)).first->second;
}

std::string Privacy::jsonOf(const RedactionRules& marks) const {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("marked");
  writeMarks(json, marks);
  json.key("always");
  writeMarks(json, always_);
  json.end('}');
  return text;
}

}  // namespace atrium
