#ifndef ATRIUM_TESTKIT_VERDICT_HPP
#define ATRIUM_TESTKIT_VERDICT_HPP
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "atrium/room.h"
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

// Takes a hook's answer. Valid where it was made; it does not move.
class VerdictSink {
 public:
  VerdictSink() = default;
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
    if (text.size > max) breach(std::string(what) + " is longer than " + std::to_string(max) + " bytes");
    if (!is_utf8(view(text))) breach(std::string(what) + " is not UTF-8");
    return std::string(view(text));
  }
  std::string checked_json(const atrium_text& json, const char* what) {
    if (!JsonText::is_sound(view(json))) breach(std::string(what) + " is not one well-formed JSON value");
    if (json.size > ATRIUM_ANNOTATION_MAX) breach(std::string(what) + " is longer than ATRIUM_ANNOTATION_MAX");
    return std::string(view(json));
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
    if (!where.starts_with('/')) self.breach("a path is no JSON pointer: " + where);
    self.verdict_.denied_fields[std::move(where)] = self.checked(reason, ATRIUM_REASON_MAX, "a reason");
  }
  static void annotate(void* context, atrium_text key, atrium_text json) {
    VerdictSink& self = of(context);
    std::string name = self.checked(key, ATRIUM_ANNOTATION_KEY_MAX, "an annotation's key");
    self.verdict_.annotations[std::move(name)] = self.checked_json(json, "an annotation");
  }
  static void set_content(void* context, atrium_text content) {
    of(context).verdict_.content = of(context).checked(content, ATRIUM_CONTENT_MAX, "the content");
  }
  static void add_audience(void* context, atrium_text audience_class) {
    VerdictSink& self = of(context);
    std::string name = self.checked(audience_class, ATRIUM_AUDIENCE_CLASS_MAX, "an audience class");
    const bool known = name == "sender" || (name.starts_with("role:") && name.size() > 5) || (name.starts_with("user:") && name.size() > 5);
    if (!known) self.breach("an audience class is none: " + name);
    self.verdict_.audience.push_back(std::move(name));
  }
  static void patch(void* context, atrium_text path, atrium_text json) {
    VerdictSink& self = of(context);
    std::string where = self.checked(path, ATRIUM_PATH_MAX, "a path");
    if (where != "/metadata" && !where.starts_with("/metadata/")) self.breach("a patch is not below /metadata: " + where);
    self.verdict_.patches.emplace_back(std::move(where), json.size == 0 ? std::string() : self.checked_json(json, "a patch"));
  }

  Verdict verdict_;
  atrium_reply reply_{.struct_size = sizeof(atrium_reply),
                      .context = this,
                      .deny = deny,
                      .deny_field = deny_field,
                      .annotate = annotate,
                      .set_content = set_content,
                      .add_audience = add_audience,
                      .patch = patch};
};

}  // namespace atrium::testkit
#endif
