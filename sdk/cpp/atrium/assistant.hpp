#ifndef ATRIUM_ASSISTANT_HPP
#define ATRIUM_ASSISTANT_HPP
// A plugin class is an assistant when it has a member `assistant`, an AssistantInfo, and
//   void open(const AssistantRequest& request, Stream stream);   answers piece by piece, from any thread
// and, when an answer can be given up:
//   void cancel(std::string_view id);                            of the request's id(); from any thread
// Several workers may call at once.
#include <concepts>
#include <type_traits>

#include "atrium/completion.hpp"
#include "atrium/ext/assistant.h"
#include "atrium/host.hpp"
#include "atrium/names.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {

// The constants of an assistant; see atrium_assistant_info. Texts must outlive the plugin: use literals.
struct AssistantInfo {
  std::uint32_t tasks = 0;     // ATRIUM_TASK_... bits, at least one.
  std::string_view name = {};  // Empty: the last part of the plugin's id.
};

// What is asked for. A view: copy what is needed after open() returned.
class AssistantRequest {
 public:
  explicit AssistantRequest(const atrium_assistant_request& request) : request_(&request) {}
  [[nodiscard]] std::string_view id() const { return view(request_->request_id); }
  [[nodiscard]] std::string_view tenant_id() const { return view(request_->tenant_id); }
  [[nodiscard]] std::uint32_t task() const { return request_->task; }  // One of ATRIUM_TASK_...
  [[nodiscard]] Json context() const { return Json(request_->context); }
  [[nodiscard]] Json operator[](std::string_view key) const { return context()[key]; }
  [[nodiscard]] std::uint32_t output_max() const { return request_->output_max; }          // bytes together; the stream is cut there.
  [[nodiscard]] std::uint32_t first_piece_ms() const { return request_->first_piece_ms; }  // The first piece is due by then...
  [[nodiscard]] std::uint32_t total_ms() const { return request_->total_ms; }              // ...and the end by then.

 private:
  const atrium_assistant_request* request_;
};

// The answer on its way; it moves to wherever the text is made. One that is not finished fails. See Completion.
class Stream {
 public:
  explicit Stream(Completion completion) : completion_(std::move(completion)) {}
  // Whether the answer is still awaited.
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(completion_); }
  // More text, in order.
  void piece(std::string_view text) const { completion_.progress(text); }
  // The end; `figures` is a JSON object such as {"cost": 0.002}, or empty.
  void finish(std::string_view figures = {}) { completion_.complete(figures); }
  void fail(atrium_status status, std::string_view why) { completion_.fail(status, why); }

 private:
  Completion completion_;
};

namespace detail {

template <typename P>
concept HasAssistant = requires(P& plugin) {
  { plugin.assistant } -> std::convertible_to<const AssistantInfo&>;
};
template <typename P>
concept OpensStream = requires(P& plugin, const AssistantRequest& request, Stream stream) { plugin.open(request, std::move(stream)); };
template <typename P>
concept CancelsAnswer = requires(P& plugin, std::string_view id) { plugin.cancel(id); };
template <typename P>
concept IsAssistant = HasAssistant<P> && OpensStream<P>;

template <typename P, bool alone>
consteval bool assistant_is_sound() {
  if constexpr (requires { &P::assistant; }) static_assert(HasAssistant<P>, "`assistant` must be an atrium::AssistantInfo");
  if constexpr ((alone || HasAssistant<P>) && names_open<P>)
    static_assert(OpensStream<P>, "open is called as open(const AssistantRequest&, Stream)");
  if constexpr (HasAssistant<P>) static_assert(OpensStream<P> || names_open<P>, "this class has a member `assistant` but no open");
  if constexpr (HasAssistant<P> && names_cancel<P>) static_assert(CancelsAnswer<P>, "cancel is called as cancel(std::string_view id)");
  static_assert(HasAssistant<P> || !OpensStream<P>,
                "this class has an assistant's open but no member `assistant` (an atrium::AssistantInfo)");
  return true;
}

// The C tables of a plugin class that is an assistant. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class AssistantTables {
 public:
  AssistantTables(P& plugin, std::string_view default_name) {
    const AssistantInfo& info = plugin.assistant;
    info_ = {.struct_size = sizeof info_, .tasks = info.tasks, .name = text_of(info.name.empty() ? default_name : info.name)};
    table_.struct_size = sizeof table_;
    table_.info = &info_;
    table_.open = open;
    if constexpr (CancelsAnswer<P>) table_.cancel = cancel;
  }
  AssistantTables(const AssistantTables&) = delete;
  AssistantTables& operator=(const AssistantTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const { return id == ATRIUM_EXT_ASSISTANT ? &table_ : nullptr; }

 private:
  // Whatever happens inside, the token is completed: hence ATRIUM_OK in every case.
  static atrium_status open(atrium_plugin* self, const atrium_assistant_request* request, const atrium_token* token) noexcept {
    Stream stream{Completion(*token)};
    static_cast<void>(
        contained(Instance::of(self).host, "open", [&] { Instance::of(self).plugin.open(AssistantRequest(*request), std::move(stream)); }));
    return ATRIUM_OK;
  }
  static void cancel(atrium_plugin* self, atrium_text request_id) noexcept {
    static_cast<void>(contained(Instance::of(self).host, "cancel", [&] { Instance::of(self).plugin.cancel(view(request_id)); }));
  }

  atrium_assistant_info info_{};
  atrium_assistant table_{};
};

template <typename P, typename Instance>
using AssistantPart = std::conditional_t<IsAssistant<P>, AssistantTables<P, Instance>, Absent<AssistantTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
