#ifndef ATRIUM_TESTKIT_VERDICT_HPP
#define ATRIUM_TESTKIT_VERDICT_HPP
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/room.h"
#include "atrium/room.hpp"
#include "atrium/testkit/json_text.hpp"

namespace atrium::testkit {

// What a hook of a room type or message type said.
struct Verdict {
  atrium_status status = ATRIUM_OK;
  bool denied = false;  // As a whole, or for one field.
  std::string reason;
  std::map<std::string, std::string> denied_fields;          // JSON pointer -> reason
  std::map<std::string, std::string> annotations;            // key -> JSON
  std::optional<std::string> content;                        // When it was replaced.
  std::vector<std::string> audience;                         // Empty: everyone.
  std::vector<std::pair<std::string, std::string>> patches;  // JSON pointer, JSON; in order.
  // What would make the server count the call as failed whatever else it said: bounds, UTF-8, JSON. Empty: nothing.
  std::vector<std::string> breaches;
  [[nodiscard]] bool allowed() const { return status == ATRIUM_OK && !denied && breaches.empty(); }
};

// What a hook may say, one bit each. A server hands each hook what it may use and NULL for the rest, and so does a VerdictSink.
enum Saying : unsigned {
  saying_deny = 1,
  saying_deny_field = 2,
  saying_annotate = 4,
  saying_set_content = 8,
  saying_add_audience = 16,
  saying_patch = 32,
  saying_of_settings = saying_deny | saying_deny_field,                                                       // check_settings
  saying_of_entry = saying_deny,                                                                              // will_create, will_join
  saying_of_posts = saying_deny | saying_annotate | saying_set_content | saying_add_audience | saying_patch,  // will_post
  saying_of_checks = saying_of_posts | saying_deny_field                                                      // A message type's check.
};

// Takes a hook's answer. Valid where it was made; it does not move.
class VerdictSink {
 public:
  // `sayings`: bits of Saying.
  explicit VerdictSink(unsigned sayings)
      : reply_{.struct_size = sizeof(atrium_reply),
               .context = this,
               .deny = sayings & saying_deny ? deny : nullptr,
               .deny_field = sayings & saying_deny_field ? deny_field : nullptr,
               .annotate = sayings & saying_annotate ? annotate : nullptr,
               .set_content = sayings & saying_set_content ? set_content : nullptr,
               .add_audience = sayings & saying_add_audience ? add_audience : nullptr,
               .patch = sayings & saying_patch ? patch : nullptr} {}
  VerdictSink(const VerdictSink&) = delete;
  VerdictSink& operator=(const VerdictSink&) = delete;
  [[nodiscard]] const atrium_reply& abi() const { return reply_; }
  // With the status that the hook returned.
  [[nodiscard]] Verdict take(atrium_status status) {
    if (verdict_.annotations.size() > ATRIUM_ANNOTATIONS_MAX) breach("more annotations than ATRIUM_ANNOTATIONS_MAX");
    if (verdict_.patches.size() > ATRIUM_PATCHES_MAX) breach("more patches than ATRIUM_PATCHES_MAX");
    if (verdict_.audience.size() > ATRIUM_AUDIENCE_CLASSES_MAX) breach("more audience classes than ATRIUM_AUDIENCE_CLASSES_MAX");
    verdict_.status = status;
    return std::move(verdict_);
  }

 private:
  static VerdictSink& of(void* context) { return *static_cast<VerdictSink*>(context); }
  void breach(std::string what) { verdict_.breaches.push_back(std::move(what)); }
  std::string checked(const atrium_text& text, std::size_t max, const char* what) {
    if (text.size > 0 && !text.data) {
      breach(std::string(what) + " is NULL");
      return {};
    }
    if (text.size > max) breach(std::string(what) + " is longer than " + std::to_string(max) + " bytes");
    if (!is_utf8(view(text))) breach(std::string(what) + " is not UTF-8");
    return std::string(view(text));
  }
  std::string checked_json(const atrium_text& json, const char* what) {
    std::string value = checked(json, ATRIUM_ANNOTATION_MAX, what);
    if (!JsonText::is_sound(value)) breach(std::string(what) + " is not one well-formed JSON value");
    return value;
  }
  static bool is_audience_class(std::string_view name) {
    constexpr std::array<std::string_view, 6> known = {"sender",     "role:agent",  "role:supervisor",
                                                       "role:admin", "role:client", "role:service"};
    return std::ranges::find(known, name) != known.end() || (name.starts_with("user:") && is_user_id(name.substr(5)));
  }
  // "/metadata" or a JSON pointer below it, in which "~" is followed by 0 or 1.
  static bool is_metadata_path(std::string_view path) {
    if (path != "/metadata" && !path.starts_with("/metadata/")) return false;
    for (std::size_t at = path.find('~'); at != std::string_view::npos; at = path.find('~', at + 1))
      if (at + 1 == path.size() || (path[at + 1] != '0' && path[at + 1] != '1')) return false;
    return true;
  }

  static void deny(void* context, atrium_text reason) {
    VerdictSink& self = of(context);
    self.verdict_.denied = true;
    self.verdict_.reason = self.checked(reason, ATRIUM_REASON_MAX, "a reason");
  }
  static void deny_field(void* context, atrium_text path, atrium_text reason) {
    VerdictSink& self = of(context);
    self.verdict_.denied = true;
    std::string where = self.checked(path, ATRIUM_PATH_MAX, "a path");
    if (!where.empty() && !where.starts_with('/')) self.breach("a path is no JSON pointer: " + where);
    std::string why = self.checked(reason, ATRIUM_REASON_MAX, "a reason");
    // The server lists no more either.
    if (self.verdict_.denied_fields.size() < ATRIUM_DENIED_FIELDS_MAX) self.verdict_.denied_fields[std::move(where)] = std::move(why);
  }
  static void annotate(void* context, atrium_text key, atrium_text json) {
    VerdictSink& self = of(context);
    std::string name = self.checked(key, ATRIUM_ANNOTATION_KEY_MAX, "an annotation's key");
    if (name.empty()) self.breach("an annotation has no key");
    self.verdict_.annotations[std::move(name)] = self.checked_json(json, "an annotation");
  }
  static void set_content(void* context, atrium_text content) {
    of(context).verdict_.content = of(context).checked(content, ATRIUM_CONTENT_MAX, "the content");
  }
  static void add_audience(void* context, atrium_text audience_class) {
    VerdictSink& self = of(context);
    std::string name = self.checked(audience_class, ATRIUM_AUDIENCE_CLASS_MAX, "an audience class");
    if (!is_audience_class(name)) self.breach("an audience class is none: " + name);
    // The same class again means nothing.
    if (std::ranges::find(self.verdict_.audience, name) == self.verdict_.audience.end()) self.verdict_.audience.push_back(std::move(name));
  }
  static void patch(void* context, atrium_text path, atrium_text json) {
    VerdictSink& self = of(context);
    std::string where = self.checked(path, ATRIUM_PATH_MAX, "a path");
    if (!is_metadata_path(where)) self.breach("a patch is not below /metadata: " + where);
    self.verdict_.patches.emplace_back(std::move(where), json.size == 0 ? std::string() : self.checked_json(json, "a patch"));
  }

  Verdict verdict_;
  atrium_reply reply_;
};

}  // namespace atrium::testkit
#endif
