#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_index.hpp"
#include "validator/check.hpp"
#include "validator/generation.hpp"
#include "validator/input_maker.hpp"
#include "validator/loan.hpp"

// How one kind of plugin is called. A probe makes inputs, JSON texts, from a seed; a driver turns one into the structs of the C interface,
// calls, holds the answer against the rules of the kind and writes it down as text, so that answers can be compared.
namespace atrium::validate {

enum class Thread : std::uint8_t { io, room, worker, writer, reader };

// One function of a table that is called with inputs.
struct Hook {
  std::string_view name;
  Thread thread;
  std::chrono::microseconds deadline;
  bool pure = false;       // By its header: the same input gives the same output.
  bool repeats = true;     // Answers to be compared between instances, placements and threads.
  bool keeps = false;      // May remember what it is told: its memory grows with reason.
  bool completes = false;  // Answers by a token.
  bool alone = false;      // Never twice at once for one instance.
};

struct Answer {
  atrium_status status = ATRIUM_OK;
  std::string said;  // Everything that came back.
  std::chrono::nanoseconds took{0};
  bool threw = false;
  std::optional<atrium_status> completed = {};  // Of its token; `said` tells it, too.

  friend bool operator==(const Answer& a, const Answer& b) { return a.status == b.status && a.said == b.said && a.threw == b.threw; }
};

// One call under way.
struct Call {
  Check& check;
  Instance& instance;
  const Hook& hook;
  JsonView input;
  Loan& loan;

  [[nodiscard]] atrium_plugin* self() const { return instance.self(); }
  // Lends, calls, takes back and times. `raw` returns an atrium_status.
  template <typename Raw>
  Answer run(Raw&& raw) {
    Answer answer;
    loan.lend();
    const auto start = std::chrono::steady_clock::now();
    try {
      answer.status = raw();
    } catch (...) {  // Nothing of the exception is kept.
      answer.threw = true;
      answer.status = ATRIUM_FAILED;
    }
    answer.took = std::chrono::steady_clock::now() - start;
    loan.takeBack();
    after(answer);
    return answer;
  }

 private:
  void after(const Answer& answer) const;
};

class Driver {
 public:
  virtual ~Driver() = default;
  [[nodiscard]] virtual std::string_view kind() const = 0;  // As in manifests.
  [[nodiscard]] virtual const char* extension() const = 0;  // "atrium.room-type/1"
  // The functions the instance has, of those below.
  [[nodiscard]] virtual std::vector<Hook> hooks(const Instance& instance) const = 0;
  // Level 3: the table and its constants, against the manifest.
  virtual void inspect(Check& check, const Instance& instance) const = 0;
  // A JSON object from which call() can call `hook`.
  [[nodiscard]] virtual std::string input(InputMaker& maker, const Hook& hook) const = 0;
  [[nodiscard]] virtual Answer call(Call& call) const = 0;
  // Level 4: what takes more than one call, and a fresh instance; `image` is its code, for those that need another one beside it.
  virtual void behave(Check&, const Image& /*image*/, Instance&) const {}
  // Level 7: begins calls, gives them up and sees them end. False when the instance has nothing to cancel.
  virtual bool cancel(Check&, Instance&) const { return false; }
};

// All there are; theirs for ever.
[[nodiscard]] std::span<const Driver* const> allDrivers();
// Those of the kinds that the manifest names.
[[nodiscard]] std::vector<const Driver*> driversOf(const Manifest& manifest);

// One call from its input. `input` was made by the driver or is a repeated one: a member that is missing is empty.
[[nodiscard]] Answer perform(Check& check, Instance& instance, const Driver& driver, const Hook& hook, std::string_view input, Loan& loan);

}  // namespace atrium::validate
