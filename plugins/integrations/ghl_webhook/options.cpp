#include "options.hpp"

#include <stdexcept>

namespace {

std::vector<std::string> texts(atrium::Json options, std::string_view name) {
  std::vector<std::string> list;
  for (const atrium::Json one : options[name]) {
    const auto text = one.as_text();
    if (!text || text->empty() || text->size() > 200)
      throw std::invalid_argument(std::string(name) + ": every one must be a text of 1 to 200 bytes");
    list.push_back(*text);
  }
  return list;
}

std::uint64_t duration(atrium::Json options, std::string_view name) {
  return static_cast<std::uint64_t>(options[name].as_int().value_or(0));
}

}  // namespace

GhlOptions GhlOptions::read(atrium::Json options) {
  const auto text = [&](std::string_view name) { return options[name].as_text().value_or(""); };
  GhlOptions read{.tenant = text("tenant"),
                  .locations = texts(options, "locations"),
                  .public_key = text("public_key"),
                  .legacy_public_key = text("legacy_public_key"),
                  .fields = {},
                  .queue = text("queue"),
                  .channel = text("channel"),
                  .enrich_url = text("enrich_url"),
                  .enrich_timeout_ms = duration(options, "enrich_timeout"),
                  .enrich_cache_ms = duration(options, "enrich_cache"),
                  .enrich_fields = texts(options, "enrich_fields")};
  if (read.locations.empty() && !(read.public_key.empty() && read.legacy_public_key.empty()))
    throw std::invalid_argument("locations: name yours, because GoHighLevel signs what it sends for others with the same key");
  if (!read.enrich_url.empty() && !read.enrich_url.starts_with("https://") && !read.enrich_url.starts_with("http://"))
    throw std::invalid_argument("enrich_url: it begins with neither https:// nor http://");
  for (const atrium::Json one : options["fields"]) {
    const auto path = one.as_text();
    if (!path || path->empty() || path->size() > 200)
      throw std::invalid_argument("fields." + one.key() + ": must say where it is found, a text of 1 to 200 bytes");
    read.fields.emplace_back(one.key(), *path);
  }
  return read;
}
