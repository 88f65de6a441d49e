#pragma once

#include <string>
#include <string_view>

#include <atrium/services.hpp>

// Which deliveries were taken, kept in the server's storage, so that one that comes again is known after a restart, too. It is bounded:
// an id falls into one of so many places, and in each the oldest gives way, so that about the last hundred thousand are known. Two that
// come to one place at the same time may forget one of them, and the desk tells then whether the lead is there. Without the grant `kv`
// nothing is known, and the desk is all there is. On a worker.
class Deliveries {
 public:
  Deliveries(atrium::Host host, std::string tenant) : kv_(host), tenant_(std::move(tenant)) {}

  [[nodiscard]] bool knows(std::string_view id) const;
  void remember(std::string_view id) const;

 private:
  static constexpr std::size_t places = 4096;
  static constexpr std::size_t ids_max = 32;         // In one place.
  static constexpr std::uint64_t patience_ms = 300;  // A lead does not wait longer to find out.

  static std::string place_of(std::string_view id);
  [[nodiscard]] std::string read(const std::string& place) const;  // A line for each id, the oldest first.

  atrium::Kv kv_;
  std::string tenant_;
};
