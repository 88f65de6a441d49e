#include "plugin/hook_reply.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "config/source_text.hpp"
#include "engine/metadata_change.hpp"
#include "protocol/errors.hpp"
#include "protocol/principal.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 5> role_words = {"agent", "supervisor", "admin", "client", "service"};

bool isAudienceClass(std::string_view text) {
  if (text == "sender") return true;
  if (text.starts_with("role:")) return std::ranges::find(role_words, text.substr(5)) != role_words.end();
  if (!text.starts_with("user:")) return false;
  const std::string_view user = text.substr(5);
  return !user.empty() && user.size() <= user_id_max &&
         std::ranges::none_of(user, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

HookReply::HookReply(unsigned abilities, JsonIndexer& indexer)
    : abi_{.struct_size = sizeof(atrium_reply),
           .context = this,
           .deny = nullptr,
           .deny_field = nullptr,
           .annotate = nullptr,
           .set_content = nullptr,
           .add_audience = nullptr,
           .patch = nullptr},
      indexer_(indexer) {
  if (abilities & reply_deny) abi_.deny = [](void* context, atrium_text reason) { of(context).deny(reason); };
  if (abilities & reply_deny_field)
    abi_.deny_field = [](void* context, atrium_text path, atrium_text reason) { of(context).denyField(path, reason); };
  if (abilities & reply_annotate) abi_.annotate = [](void* context, atrium_text key, atrium_text json) { of(context).annotate(key, json); };
  if (abilities & reply_set_content) abi_.set_content = [](void* context, atrium_text content) { of(context).setContent(content); };
  if (abilities & reply_patch) abi_.patch = [](void* context, atrium_text path, atrium_text json) { of(context).patch(path, json); };
  if (abilities & reply_audience) abi_.add_audience = [](void* context, atrium_text name) { of(context).addAudience(name); };
}

void HookReply::note(HookFlaw::Kind kind, std::string sentence) {
  if (!flaw_) flaw_ = {kind, std::move(sentence)};
}

bool HookReply::accept(const atrium_text& text, std::size_t max, std::string_view what, std::string_view& out) {
  if (text.size > max) {
    misfit(std::string(what) + " is longer than " + std::to_string(max) + " bytes");
    return false;
  }
  if (text.size > 0 && text.data == nullptr) {
    breach(std::string(what) + " has a size and no text");
    return false;
  }
  out = text.size == 0 ? std::string_view() : std::string_view(text.data, text.size);
  if (validUtf8(out)) return true;
  breach(std::string(what) + " is not UTF-8");
  return false;
}

void HookReply::deny(atrium_text reason) {
  std::string_view sentence;
  if (!accept(reason, ATRIUM_REASON_MAX, "the reason of a refusal", sentence)) return;
  denied_ = true;
  reason_ = sentence;
}

void HookReply::denyField(atrium_text path, atrium_text reason) {
  std::string_view pointer, sentence;
  if (!accept(path, ATRIUM_PATH_MAX, "the path of a refused field", pointer) ||
      !accept(reason, ATRIUM_REASON_MAX, "the reason of a refusal", sentence))
    return;
  if (!pointer.empty() && pointer.front() != '/') return breach("the path of a refused field is not a JSON pointer");
  if (fields_.size() < ATRIUM_DENIED_FIELDS_MAX) fields_.push_back({std::string(pointer), std::string(sentence)});
}

void HookReply::annotate(atrium_text key, atrium_text json) {
  std::string_view name, value;
  if (!accept(key, ATRIUM_ANNOTATION_KEY_MAX, "the key of an annotation", name) ||
      !accept(json, ATRIUM_ANNOTATION_MAX, "an annotation", value))
    return;
  if (name.empty()) return breach("an annotation has no key");
  if (!wellFormed(value)) return breach("an annotation is not JSON");
  for (auto& [known, old] : outcome_.annotations)
    if (known == name) {
      old = value;
      return;
    }
  if (outcome_.annotations.size() == ATRIUM_ANNOTATIONS_MAX) return misfit("there are more annotations than allowed");
  outcome_.annotations.emplace_back(name, value);
}

bool HookReply::wellFormed(std::string_view json) {
  std::string padded(json);
  padded.append(JsonIndexer::padding, ' ');
  return indexer_.parse(std::string_view(padded).substr(0, json.size())).has_value();
}

void HookReply::patch(atrium_text path, atrium_text json) {
  std::string_view pointer, value;
  if (!accept(path, ATRIUM_PATH_MAX, "the path of a patch", pointer) || !accept(json, ATRIUM_ANNOTATION_MAX, "a patch", value)) return;
  if (!isMetadataPath(pointer)) return breach("the path of a patch is no JSON pointer to /metadata or below it");
  if (!value.empty() && !wellFormed(value)) return breach("a patch is not JSON");
  if (outcome_.patches.size() == ATRIUM_PATCHES_MAX) return misfit("there are more patches than allowed");
  outcome_.patches.emplace_back(pointer, value);
}

void HookReply::setContent(atrium_text content) {
  std::string_view text;
  if (accept(content, ATRIUM_CONTENT_MAX, "the new content", text)) outcome_.content = std::string(text);
}

void HookReply::addAudience(atrium_text audience_class) {
  std::string_view name;
  if (!accept(audience_class, ATRIUM_AUDIENCE_CLASS_MAX, "an audience class", name)) return;
  if (!isAudienceClass(name)) return breach("an audience class is none of sender, role:<token role> and user:<user id>");
  if (std::ranges::find(outcome_.audience, name) != outcome_.audience.end()) return;
  if (outcome_.audience.size() == ATRIUM_AUDIENCE_CLASSES_MAX) return misfit("there are more audience classes than allowed");
  outcome_.audience.emplace_back(name);
}

HookOutcome HookReply::take() {
  if (denied_ || !fields_.empty()) {
    HookOutcome refused;
    refused.refused = Error{denied_ ? Code::rejected_by_plugin : Code::validation_failed, std::move(reason_), 0, std::move(fields_)};
    return refused;
  }
  return std::move(outcome_);
}

}  // namespace atrium
