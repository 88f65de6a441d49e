#include "validator/driver.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace atrium::validate {

void Call::after(const Answer& answer) const {
  // The plugin forked, and this is the other process: it may say nothing and must not go on.
  if (!check.original()) ::_exit(0);
  if (answer.threw) check.fail("calls.exception", "a status from " + std::string(hook.name), "an exception");
  if (answer.status < ATRIUM_OK || answer.status > ATRIUM_TIMED_OUT)
    check.fail("calls.status", fmt::format("one of atrium_status from {}", hook.name), fmt::format("{}", answer.status));
}

std::vector<const Driver*> driversOf(const Manifest& manifest) {
  std::vector<const Driver*> found;
  for (const Driver* driver : allDrivers())
    if (manifest.has(driver->kind())) found.push_back(driver);
  return found;
}

Answer perform(Check& check, Instance& instance, const Driver& driver, const Hook& hook, std::string_view input, Loan& loan) {
  const auto document = JsonDocument::parse(input);
  if (!document) return {ATRIUM_INVALID, "the validator's own input is not JSON: " + document.error().detail, {}, false};
  loan.open();
  Call call{check, instance, hook, document->root(), loan};
  return driver.call(call);
}

}  // namespace atrium::validate
