#include <algorithm>
#include <memory>
#include <ranges>
#include <utility>

#include "alerts/tenant_alerts.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/metrics.hpp"

// What people ask of the alerts of a tenant.
namespace atrium {

namespace {

constexpr std::size_t preview_max = 100;  // Alerts that a dry run of a silence shows; it counts them all.

Error noAlert() { return {Code::not_found, "There is no such alert.", 0, {}}; }

}  // namespace

template <typename T>
void TenantAlerts::whenMine(Completion<T> done, std::move_only_function<void(Completion<T>, Serial::Next)> step) {
  if (serial_.size() >= waiting_max) return done(fail(Code::overloaded, "Too many changes of alerts wait for the storage.", 1000));
  serial_.run([this, done = std::move(done), step = std::move(step)](Serial::Next next) mutable {
    if (loaded_) return step(std::move(done), std::move(next));
    auto end = std::make_shared<Serial::Next>(std::move(next));
    load([this, end, done = std::move(done), step = std::move(step)]() mutable {
      if (loaded_) return step(std::move(done), [end] { (*end)(); });
      done(fail(Code::storage_unavailable, "The alerts could not be read.", 1000));
      (*end)();
    });
  });
}

void TenantAlerts::list(AlertQuery query, Completion<std::string> done) {
  whenMine<std::string>(std::move(done), [this, query = std::move(query)](Completion<std::string> answer, Serial::Next next) mutable {
    std::string out;
    JsonWriter json(out);
    json.begin('{').key("items").begin('[');
    std::uint32_t shown = 0;
    Id last{};
    bool more = false;
    for (const auto& [id, alert] : alerts_ | std::views::reverse) {
      if (!query.wants(alert)) continue;
      more = shown == query.limit;
      if (more) break;
      json.raw(jsonOf(alert));
      last = id;
      ++shown;
    }
    json.end(']').key("next_cursor");
    more ? json.id(alert_prefix, last) : json.null();
    json.end('}');
    answer(std::move(out));
    next();
  });
}

void TenantAlerts::read(Id id, Completion<std::string> done) {
  whenMine<std::string>(std::move(done), [this, id](Completion<std::string> answer, Serial::Next next) mutable {
    const Alert* alert = find(id);
    answer(alert ? Result<std::string>(jsonOf(*alert)) : fail(noAlert()));
    next();
  });
}

void TenantAlerts::change(Id id, Completion<std::string> done, std::function<void(Alert&)> how) {
  whenMine<std::string>(std::move(done), [this, id, how = std::move(how)](Completion<std::string> answer, Serial::Next next) mutable {
    const auto refuse = [&](Error error) {
      answer(fail(std::move(error)));
      next();
    };
    const Alert* alert = find(id);
    if (!alert) return refuse(noAlert());
    if (!alert->open()) {
      std::string by = alert->resolved_by.empty() ? "by itself" : "by " + alert->resolved_by;
      return refuse({Code::conflict, "The alert was resolved " + std::move(by) + ".", 0, {}});
    }
    Change made;
    made.alerts.push_back(*alert);
    how(made.alerts.back());
    commit(std::move(made), [this, id, answer = std::move(answer), next = std::move(next)](Result<void> stored) mutable {
      if (stored) tellResolved({alerts_.at(id)});
      answer(stored ? Result<std::string>(jsonOf(alerts_.at(id))) : fail(std::move(stored.error())));
      next();
    });
  });
}

void TenantAlerts::acknowledge(Id id, std::string by, AcknowledgeAlert command, Completion<std::string> done) {
  change(id, std::move(done), [this, by = std::move(by), command = std::move(command)](Alert& alert) {
    alert.acknowledged = Acknowledgement{.by = by, .note = command.note, .at = parts_.now.wall, .until = command.until};
  });
}

void TenantAlerts::resolve(Id id, std::string by, ResolveAlert command, Completion<std::string> done) {
  change(id, std::move(done), [this, by = std::move(by), command = std::move(command)](Alert& alert) {
    alert.held = alert.state() != AlertState::recovering;
    alert.phase = {AlertState::resolved, parts_.now.wall};
    alert.resolved_at = parts_.now.wall;
    alert.resolved_by = by;
    alert.resolve_note = command.note;
  });
}

void TenantAlerts::act(Id id, const std::string& action, PrincipalPtr caller, Completion<std::string> done) {
  whenMine<std::string>(std::move(done), [this, id, action, caller = std::move(caller)](Completion<std::string> answer,
                                                                                        Serial::Next next) mutable {
    const Alert* alert = find(id);
    const AlertAction* wanted = nullptr;
    if (alert)
      for (std::size_t at = 0; at < alert->said.actions.size(); ++at)
        if (std::to_string(at + 1) == action && !alert->said.actions[at].command.empty()) wanted = &alert->said.actions[at];
    if (!wanted) {
      answer(fail(alert ? Error{Code::not_found, "The alert has no such action.", 0, {}} : noAlert()));
      return next();
    }
    parts_.metrics.add(Metric::alert_actions);
    parts_.log.info("alert.action",
                    {{"tenant", tenant_id_}, {"alert", formatId(alert_prefix, id)}, {"command", wanted->command}, {"by", caller->user_id}});
    // It may take its time, and changes of alerts do not wait for it.
    parts_.actions.run(tenant_id_, wanted->command, std::move(caller), std::move(answer));
    next();
  });
}

void TenantAlerts::silences(Completion<std::string> done) {
  whenMine<std::string>(std::move(done), [this](Completion<std::string> answer, Serial::Next next) mutable {
    std::string out;
    JsonWriter json(out);
    json.begin('{').key("items").begin('[');
    for (const auto& [id, silence] : silences_ | std::views::reverse)
      if (silence.expires_at > parts_.now.wall) json.raw(silenceJson(silence));
    json.end(']').key("next_cursor").null().end('}');
    answer(std::move(out));
    next();
  });
}

void TenantAlerts::silence(NewSilence wanted, std::string by, Completion<std::string> done) {
  whenMine<std::string>(
      std::move(done), [this, wanted = std::move(wanted), by = std::move(by)](Completion<std::string> answer, Serial::Next next) mutable {
        Silence silence{.id = parts_.ids.next(parts_.now.wall),
                        .matchers = std::move(wanted.matchers),
                        .reason = std::move(wanted.reason),
                        .created_by = std::move(by),
                        .created_at = parts_.now.wall,
                        .expires_at = wanted.expires_at};
        std::string out;
        JsonWriter json(out);
        json.begin('{').key("dry_run").value(wanted.dry_run).key("silence");
        wanted.dry_run ? json.null() : json.raw(silenceJson(silence));
        std::size_t count = 0;
        json.key("matches").begin('[');
        for (const auto& [id, alert] : alerts_ | std::views::reverse)
          if (alert.open() && silence.covers(alert) && ++count <= preview_max) json.raw(jsonOf(alert));
        json.end(']').key("match_count").value(count).end('}');
        if (wanted.dry_run) {
          answer(std::move(out));
          return next();
        }
        if (silences_.size() >= options_.silences_max) {
          answer(fail(Code::too_many_silences));
          return next();
        }
        Change made;
        made.silences.push_back(std::move(silence));
        commit(std::move(made), [out = std::move(out), answer = std::move(answer), next = std::move(next)](Result<void> stored) mutable {
          answer(stored ? Result<std::string>(std::move(out)) : fail(std::move(stored.error())));
          next();
        });
      });
}

void TenantAlerts::unsilence(Id id, Completion<void> done) {
  whenMine<void>(std::move(done), [this, id](Completion<void> answer, Serial::Next next) mutable {
    if (!silences_.contains(id)) {
      answer(fail(Code::not_found, "There is no such silence."));
      return next();
    }
    Change made;
    made.silences_gone.push_back(id);
    commit(std::move(made), [answer = std::move(answer), next = std::move(next)](Result<void> stored) mutable {
      answer(std::move(stored));
      next();
    });
  });
}

}  // namespace atrium
