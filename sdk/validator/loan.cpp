#include "validator/loan.hpp"

#include <sys/mman.h>

#include <cstring>

#include "base/assert.hpp"

namespace atrium::validate {

namespace {

constexpr std::size_t loan_max = 64U << 20;  // Of addresses; only what is used becomes memory.

}  // namespace

Loan::Loan(Manner manner) : manner_(manner) { map(); }

Loan::~Loan() {
  if (manner_ != Manner::taken_back) ::munmap(begin_, loan_max);
}

void Loan::map() {
  void* got = ::mmap(nullptr, loan_max, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ATRIUM_ASSERT(got != MAP_FAILED, "there are addresses for a loan");
  begin_ = static_cast<std::byte*>(got);
}

void Loan::open() { used_ = 0; }

void Loan::lend() {
  if (manner_ == Manner::read_only) ::mprotect(begin_, loan_max, PROT_READ);
}

void Loan::takeBack() {
  if (manner_ == Manner::read_only) ::mprotect(begin_, loan_max, PROT_READ | PROT_WRITE);
  if (manner_ != Manner::taken_back) return;
  // The addresses are never given out again, so that whoever kept one is found out whenever it is used.
  ::madvise(begin_, loan_max, MADV_DONTNEED);
  ::mprotect(begin_, loan_max, PROT_NONE);
  map();
}

void* Loan::copy(const void* from, std::size_t size, std::size_t align) {
  used_ = (used_ + align - 1) / align * align;
  ATRIUM_ASSERT(size <= loan_max - used_, "what is lent for one call is bounded");
  std::byte* to = begin_ + used_;
  if (size > 0) std::memcpy(to, from, size);
  used_ += size;
  return to;
}

atrium_text Loan::text(std::string_view text) {
  if (text.empty()) return {nullptr, 0};
  return {static_cast<const char*>(copy(text.data(), text.size(), 1)), text.size()};
}

atrium_json Loan::json(const JsonView& value) {
  const JsonDocument document(value);
  atrium_json out = document.root().abi();
  out.fields = put(std::span<const atrium_json_field>(out.fields, out.field_count));
  out.text = static_cast<const char*>(copy(out.text, out.text_size, 1));
  return out;
}

atrium_json Loan::jsonOrNone(const JsonView& value) { return value.exists() ? json(value) : atrium_json{}; }

}  // namespace atrium::validate
