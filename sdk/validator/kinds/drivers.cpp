#include <array>

#include "validator/driver.hpp"

namespace atrium::validate {

const Driver& roomTypeDriver();
const Driver& messageTypeDriver();
const Driver& routingScorerDriver();
const Driver& alertRuleDriver();
const Driver& assistantDriver();
const Driver& commandDriver();
const Driver& eventSinkDriver();
const Driver& authenticatorDriver();
const Driver& httpUiDriver();
const Driver& busDriver();
const Driver& storageBackendDriver();

std::span<const Driver* const> allDrivers() {
  static const std::array<const Driver*, 11> drivers = {
      &roomTypeDriver(),  &messageTypeDriver(),   &routingScorerDriver(), &alertRuleDriver(), &assistantDriver(),     &commandDriver(),
      &eventSinkDriver(), &authenticatorDriver(), &httpUiDriver(),        &busDriver(),       &storageBackendDriver()};
  return drivers;
}

}  // namespace atrium::validate
