// Classes that almost have what they mean to have, one a case; each must be refused with its sentence:
// wrong_parameters: will_post is called as will_post(const Room&, const User& sender, const Message&, Reply&)
// camel_case: the hook is spelled will_post
// no_info: this class has a room type's hooks but no member `room_type`
// nothing_offered: this class offers nothing
// no_constructor: a plugin class is constructed as Class(Host, Json), Class(Json), Class(Host) or Class()
// american_spelling: the hook is spelled summarise
#include <atrium/plugin.hpp>

using namespace atrium;

struct NearMiss {
#if defined(WRONG_PARAMETERS)
  RoomTypeInfo room_type{.name = "x"};
  void will_post(const Room&, const Message&, Reply&);
#elif defined(CAMEL_CASE)
  RoomTypeInfo room_type{.name = "x"};
  void willPost(const Room&, const User&, const Message&, Reply&);
#elif defined(NO_INFO)
  void will_join(const Room&, const User&, const User&, Reply&);
#elif defined(NO_CONSTRUCTOR)
  RoomTypeInfo room_type{.name = "x"};
  explicit NearMiss(int, int);
#elif defined(AMERICAN_SPELLING)
  MessageTypeInfo message_type{.name = "x"};
  std::string summarize(const Message&);
#endif
};

ATRIUM_PLUGIN(NearMiss, "test.near-miss", "1.0.0")
