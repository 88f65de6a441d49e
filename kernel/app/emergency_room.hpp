#pragma once

#include <map>
#include <memory>
#include <string>

#include "alerts/alert_ports.hpp"
#include "base/log.hpp"
#include "engine/ports.hpp"
#include "engine/serial.hpp"
#include "engine/shard.hpp"

namespace atrium {

// Tells people of alerts by messages of the type `alert` in their tenant's emergency room, which it makes at the first one. Messages are
// posted in the order of their notices; the same notice twice is one message. On the tenant's home loop.
class EmergencyRoom final : public AlertDelivery {
 public:
  // Notices of one tenant that may wait for those before them; further ones are refused with overloaded, and come again.
  static constexpr std::size_t waiting_max = 100;

  EmergencyRoom(Shard& shard, Log& log) : shard_(shard), log_(log) {}

  void notify(AlertNotice notice, Completion<std::string> done) override;
  // Completes with the room's id, and makes it where there is none. Stands in line with the notices, so that no two are made. overloaded.
  void find(const std::string& tenant_id, Completion<std::string> done);

 private:
  struct Room {
    std::string room_id;  // Empty: to be looked up.
    bool failing = false;
    Serial serial;
  };
  void locate(const std::string& tenant_id, Completion<std::string> done);
  void make(const std::string& tenant_id, Completion<std::string> done);
  void post(const std::shared_ptr<AlertNotice>& notice, bool again, Completion<std::string> done);
  void told(const std::string& tenant_id, const Result<std::string>& result);

  Shard& shard_;
  Log& log_;
  std::map<std::string, Room> rooms_;  // By tenant; those with alerts bound it.
};

// What is posted: the text and its metadata, as the body of a message.
[[nodiscard]] JsonDocument emergencyMessage(const AlertNotice& notice, const std::string& room_id);

}  // namespace atrium
