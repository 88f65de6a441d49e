#ifndef ATRIUM_VIEWS_HPP
#define ATRIUM_VIEWS_HPP
#include <cstdint>
#include <string_view>

namespace atrium {
inline namespace sdk {

// A row of the host's structures seen through a C++ view of each: for (const Agent agent : agents). Borrowed until the hook returns.
template <typename View, typename Struct>
class Views {
 public:
  Views(const Struct* const* items, std::uint32_t count) : items_(items), count_(count) {}
  [[nodiscard]] std::uint32_t size() const { return count_; }
  // `at` is below size().
  [[nodiscard]] View operator[](std::uint32_t at) const { return View(*items_[at]); }

  class Iterator {
   public:
    explicit Iterator(const Struct* const* at) : at_(at) {}
    View operator*() const { return View(**at_); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const Struct* const* at_;
  };
  [[nodiscard]] Iterator begin() const { return Iterator(items_); }
  [[nodiscard]] Iterator end() const { return Iterator(items_ + count_); }

 private:
  const Struct* const* items_;
  std::uint32_t count_;
};

namespace detail {

// Stands in a plugin's instance where a kind has its tables when the class is not of that kind.
template <typename Tables>
struct Absent {
  template <typename Plugin>
  Absent(Plugin& /*plugin*/, std::string_view /*default_name*/) {}
  [[nodiscard]] const void* table(std::string_view /*id*/) const { return nullptr; }
};

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
