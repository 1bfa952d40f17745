#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <new>

#include "evax/core/error.h"
#include "evax/core/log.h"
#include "evax/train/run.h"

namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

void add_train(CLI::App& app, std::function<void()>& action, evax::train::RunOptions& options) {
  CLI::App* verb = app.add_subcommand("train", "Train a model as a recipe says");
  verb->add_option("recipe", options.recipe, "Recipe, a TOML file")->required();
  verb->add_option("overrides", options.overrides, "Keys of the recipe that change, optim.lr=1e-4")
      ->type_name("KEY=VALUE");
  verb->add_option("--run", options.folder, "Run folder to write [runs/NAME of the recipe]")
      ->type_name("DIR");
  verb->add_option_function<std::string>(
          "--resume",
          [&options](const std::string& how) {
            if (how != "auto") throw CLI::ValidationError("--resume", "expected auto, found " + how);
            options.resume.wanted = true;
          },
          "Go on with what the run folder holds; start afresh where it holds nothing [off]")
      ->type_name("auto");
  verb->add_flag("--force", options.resume.force, "Resume with a changed recipe");
  verb->add_flag("--dry-run", options.dry_run, "Check data, shapes and memory, train nothing");
  verb->footer(
      "SIGINT and SIGTERM save a checkpoint and end with exit code 0.\n"
      "Example: evax train recipes/demo/finetune.toml optim.epochs=3 --run runs/demo");
  verb->callback([&] { action = [&options] { evax::train::run(options); }; });
}

int run(int argc, char** argv) {
  CLI::App app(
      "evax-train: the training half of evax; started by `evax train`.\n"
      "For research only: not a medical device, not for diagnosis.");
  app.name("evax-train");
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.get_formatter()->label("TEXT", "FILE");
  app.get_formatter()->label("REQUIRED", "");
  std::function<void()> action;
  evax::train::RunOptions options;
  add_train(app, action, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    evax::note(fmt::format("error: {} (see evax train --help)", error.what()));
    return wrong_usage;
  }
  action();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const evax::UsageError& error) {
    evax::note(fmt::format("error: {}", error.what()));
    return wrong_usage;
  } catch (const std::bad_alloc&) {
    evax::note("error: not enough memory");
  } catch (const std::exception& error) {
    evax::note(fmt::format("error: {}", error.what()));
  }
  return failed;
}
