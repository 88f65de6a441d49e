#include "coordination/policy_book.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "coordination/policy_text.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/plain_name.hpp"

namespace atrium {

std::string_view word(PolicyOrigin origin) {
  constexpr std::array<std::string_view, 3> words = {"built_in", "configuration", "tenant"};
  return words[static_cast<std::size_t>(origin)];
}

PolicyBasePtr makePolicyBase(std::string default_policy, std::vector<RoutingPolicy> configured) {
  auto base = std::make_shared<PolicyBase>();
  base->default_policy = std::move(default_policy);
  const auto put = [&base](const RoutingPolicy& policy, PolicyOrigin origin) {
    base->policies.insert_or_assign(policy.name, PolicyEntry{.policy = std::make_shared<const RoutingPolicy>(policy), .origin = origin});
  };
  for (const RoutingPolicy& policy : builtInPolicies()) put(policy, PolicyOrigin::built_in);
  for (const RoutingPolicy& policy : configured) put(policy, PolicyOrigin::configuration);
  return base;
}

template <typename T>
void PolicyBook::whenLoaded(bool old_will_do, Completion<T> done, std::move_only_function<void(Completion<T>)> then) {
  if (serial_.size() >= waiting_max) return done(fail(Code::overloaded, "Too many changes of the policies wait already.", 1000));
  serial_.run([this, old_will_do, done = std::move(done), then = std::move(then)](Serial::Next next) mutable {
    // The next one begins once this one's completion has returned.
    Completion<T> finish = [done = std::move(done), next = std::move(next)](Result<T> result) mutable {
      done(std::move(result));
      next();
    };
    load([this, old_will_do, finish = std::move(finish), then = std::move(then)](const Result<void>& loaded) mutable {
      if (!loaded && !(old_will_do && known_)) return finish(fail(loaded.error()));
      then(std::move(finish));
    });
  });
}

void PolicyBook::load(Completion<void> done) {
  if (fresh_) return done({});
  store_.get({"policies", tenant_id_}, [this, done = std::move(done)](Result<std::optional<Document>> read) mutable {
    if (!read) return done(fail(std::move(read.error())));
    Head head;
    if (*read) {
      const Result<JsonDocument> document = JsonDocument::parse((*read)->value);
      std::int64_t version = 0, base_version = 0;
      if (document && document->root()["version"].integer(version) && document->root()["base_version"].integer(base_version)) {
        head = {static_cast<std::uint64_t>(version), static_cast<std::uint64_t>(base_version), document->root()["default"].text()};
      } else {
        log_.error("policy.damaged", {{"tenant", tenant_id_}, {"policy", "(all)"}});
      }
    }
    store_.scan({"policy", tenant_id_}, {}, changed_max,
                [this, head = std::move(head), done = std::move(done)](Result<std::vector<Document>> scanned) mutable {
                  if (!scanned) return done(fail(std::move(scanned.error())));
                  head_ = std::move(head);
                  takeStored(*scanned);
                  known_ = fresh_ = true;
                  done({});
                });
  });
}

void PolicyBook::takeStored(const std::vector<Document>& documents) {
  changed_.clear();
  for (const Document& document : documents) {
    const std::string name = document.key.size() == 3 ? document.key.back() : std::string();
    auto entry = isPlainName(name) ? decodePolicy(name, document.value) : std::nullopt;
    if (!entry) {
      // What all tenants have holds in its place, until it is put anew.
      log_.error("policy.damaged", {{"tenant", tenant_id_}, {"policy", name}});
      continue;
    }
    // Where the count was lost, it goes on from what is known.
    head_.version = std::max(head_.version, entry->version);
    changed_.emplace(name, *std::move(entry));
  }
}

void PolicyBook::write(const Head& head, DocumentWrite policy, std::move_only_function<void()> apply, Completion<void> done) {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("version").value(head.version).key("base_version").value(head.base_version);
  json.key("default").value(head.default_policy).end('}');
  std::vector<DocumentWrite> writes;
  writes.push_back({.key = {"policies", tenant_id_}, .value = std::move(text)});
  if (!policy.key.empty()) writes.push_back(std::move(policy));
  store_.write(std::move(writes), [this, head, apply = std::move(apply), done = std::move(done)](Result<void> stored) mutable {
    if (!stored) {
      fresh_ = false;
      return done(fail(std::move(stored.error())));
    }
    head_ = std::move(head);
    apply();
    done({});
  });
}

void PolicyBook::get(std::string name, Completion<PolicyEntry> done) {
  if (fresh_) return done(found(name));
  whenLoaded<PolicyEntry>(true, std::move(done), [this, name = std::move(name)](Completion<PolicyEntry> finish) { finish(found(name)); });
}

void PolicyBook::list(Completion<std::vector<PolicyEntry>> done) {
  using Entries = std::vector<PolicyEntry>;
  if (fresh_) return done(listed());
  whenLoaded<Entries>(true, std::move(done), [this](Completion<Entries> finish) { finish(listed()); });
}

void PolicyBook::put(RoutingPolicy policy, Completion<PolicyEntry> done) {
  whenLoaded<PolicyEntry>(false, std::move(done), [this, policy = std::move(policy)](Completion<PolicyEntry> finish) mutable {
    if (!changed_.contains(policy.name) && changed_.size() >= changed_max)
      return finish(fail(Code::conflict, "As many policies as may be are changed already; remove one of them first."));
    Head head = head_;
    PolicyEntry entry{
        .policy = std::make_shared<const RoutingPolicy>(std::move(policy)), .version = ++head.version, .origin = PolicyOrigin::tenant};
    std::string name = entry.policy->name;
    DocumentWrite document{.key = {"policy", tenant_id_, name}, .value = encodePolicy(*entry.policy, entry.version)};
    write(
        head, std::move(document), [this, entry] { changed_.insert_or_assign(entry.policy->name, entry); },
        [this, name = std::move(name), finish = std::move(finish)](Result<void> stored) mutable {
          if (!stored) return finish(fail(std::move(stored.error())));
          finish(found(name));
        });
  });
}

void PolicyBook::remove(std::string name, Completion<void> done) {
  whenLoaded<void>(false, std::move(done), [this, name = std::move(name)](Completion<void> finish) mutable {
    if (auto there = found(name); !there) return finish(fail(std::move(there.error())));
    if (!changed_.contains(name)) return finish({});
    if (!base_->policies.contains(name) && head_.default_policy == name)
      return finish(fail(Code::conflict, "This policy is the default one; choose another default first."));
    Head head = head_;
    head.base_version = ++head.version;
    DocumentWrite document{.key = {"policy", tenant_id_, name}, .value = std::nullopt};
    write(head, std::move(document), [this, name] { changed_.erase(name); }, std::move(finish));
  });
}

void PolicyBook::setDefault(std::string name, Completion<PolicyEntry> done) {
  whenLoaded<PolicyEntry>(false, std::move(done), [this, name = std::move(name)](Completion<PolicyEntry> finish) mutable {
    if (name.empty() || !find(name)) return finish(fail(Code::not_found, "There is no such policy."));
    Head head = head_;
    ++head.version;
    head.default_policy = name;
    write(
        head, {}, [] {},
        [this, name = std::move(name), finish = std::move(finish)](Result<void> stored) mutable {
          if (!stored) return finish(fail(std::move(stored.error())));
          finish(found(name));
        });
  });
}

std::optional<PolicyEntry> PolicyBook::find(std::string_view name) const {
  if (const auto changed = changed_.find(name); changed != changed_.end()) return changed->second;
  const auto based = base_->policies.find(name);
  if (based == base_->policies.end()) return std::nullopt;
  PolicyEntry entry = based->second;
  entry.version = head_.base_version;
  return entry;
}

Result<PolicyEntry> PolicyBook::found(std::string_view name) const {
  const std::string_view chosen = defaultName();
  auto entry = find(name.empty() ? chosen : name);
  if (!entry) return fail(Code::not_found, "There is no such policy.");
  entry->chosen = entry->policy->name == chosen;
  return *std::move(entry);
}

// The tenant's choice counts as long as there is a policy of that name: one of the configuration may have gone.
std::string_view PolicyBook::defaultName() const {
  const std::string& chosen = head_.default_policy;
  return !chosen.empty() && find(chosen) ? chosen : base_->default_policy;
}

std::vector<PolicyEntry> PolicyBook::listed() const {
  std::set<std::string_view> names;
  for (const auto& [name, entry] : base_->policies) names.insert(name);
  for (const auto& [name, entry] : changed_) names.insert(name);
  std::vector<PolicyEntry> list;
  for (const std::string_view name : names) list.push_back(*found(name));
  return list;
}

}  // namespace atrium
