#include <atrium/plugin.hpp>
#include <atrium/summary.hpp>

// A property to look at, named by its id; address and price make it readable without another request.
struct PropertyShare {
  static std::string summarise(const atrium::Message& message) {
    const atrium::Json address = message.metadata()["address"];
    return atrium::summary("Property", address.exists() ? address : message.metadata()["property_id"], message.content());
  }

  static constexpr atrium::MessageTypeInfo message_type{.name = "property_share"};
};

ATRIUM_PLUGIN(PropertyShare, "atrium.message-type.property-share", "1.0.0")
