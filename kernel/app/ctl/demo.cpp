#include "ctl/demo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "ctl/demo/play.hpp"
#include "ctl/token_mint.hpp"

namespace atrium {

namespace {

constexpr unsigned demo_agents_max = 100;
constexpr unsigned demo_leads_max = 1'000'000;
constexpr double demo_load_min = .1, demo_load_max = 3, speed_min = .1, speed_max = 10'000;

// What is wrong with the arguments; empty: nothing.
std::string wrongArgument(const DemoArguments& arguments) {
  if (arguments.agents < 1 || arguments.agents > demo_agents_max) return fmt::format("--agents must be from 1 to {}", demo_agents_max);
  // Not a number is within no bounds.
  if (!(arguments.load >= demo_load_min && arguments.load <= demo_load_max))
    return fmt::format("--load must be from {} to {}: 0.85 is work for 85 % of the time there is", demo_load_min, demo_load_max);
  if (!(arguments.speed >= speed_min && arguments.speed <= speed_max))
    return fmt::format("--speed must be from {} to {}: 1 is as fast as the clock", speed_min, speed_max);
  if (arguments.leads && (*arguments.leads < 1 || *arguments.leads > demo_leads_max))
    return fmt::format("--leads must be from 1 to {}", demo_leads_max);
  return {};
}

}  // namespace

ExitCode playDemo(const DemoArguments& arguments, const CtlContext& context) {
  if (const std::string wrong = wrongArgument(arguments); !wrong.empty()) {
    context.err << wrong << '\n';
    return ExitCode::wrong;
  }
  const auto rules = tokenRulesFor(arguments.config, context);
  if (!rules) return ExitCode::wrong;

  demo::PlaySettings settings{.scenario = {.name = {}, .agents = arguments.agents, .load = arguments.load},
                              .seed = arguments.seed,
                              .speed = arguments.speed,
                              .leads = arguments.leads};
  demo::Interrupt interrupt;
  demo::Api api(arguments.url, *rules, interrupt);
  auto stage = demo::setStage(api, simulation::makeWorld(settings.scenario, settings.seed).agents, arguments.guests);
  if (!stage) {
    if (interrupt.asked()) return ExitCode::done;
    context.err << stage.error() << '\n';
    return ExitCode::failed;
  }
  context.out << fmt::format("{} simulated agents of the tenant \"{}\" are at work on {}", arguments.agents, demo::tenant_id, arguments.url)
              << std::endl;
  demo::Play(api, interrupt, *std::move(stage), std::move(settings), context.out).run();
  demo::clearUp(api);
  return ExitCode::done;
}

}  // namespace atrium
