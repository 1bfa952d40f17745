#include "apps/evax-train/runner.h"
#include "apps/evax/command_line.h"
#include "apps/evax/model_verbs.h"
#include "apps/evax/version.h"
#include "evax/train/run/bench.h"
#include "evax/train/run/run.h"

namespace {

void add_train(CLI::App& app, evax::app::Action& action, evax::train::RunOptions& options) {
  CLI::App* verb = app.add_subcommand("train", "Train a model as a recipe says");
  verb->add_option("recipe", options.recipe, "Recipe, a TOML file")->required();
  verb->add_option("overrides", options.overrides, "Keys of the recipe to change, optim.lr=1e-4")
      ->type_name("KEY=VALUE");
  verb->add_option("--run", options.folder, "Run folder to write [runs/NAME of the recipe]")
      ->type_name("DIR");
  verb->add_option_function<std::string>(
          "--resume",
          [&options](const std::string& how) {
            if (how != "auto")
              throw CLI::ValidationError("--resume", "expected auto, found " + how);
            options.resume.wanted = true;
          },
          "Continue the run in the run folder; start fresh if it is empty [off]")
      ->type_name("auto");
  verb->add_flag("--force", options.resume.force, "Resume with a changed recipe or changed data");
  verb->add_flag("--dry-run", options.dry_run, "Check data, shapes and memory without training");
  verb->footer(
      "SIGINT and SIGTERM save a checkpoint and end with exit code 0.\n"
      "Example: evax train recipes/demo/finetune.toml optim.epochs=3 --run runs/demo");
  verb->callback([&] {
    action = [&options] {
      evax::train::run(options);
      return 0;
    };
  });
}

void add_bench(CLI::App& app, evax::app::Action& action, evax::train::BenchOptions& options) {
  CLI::App* verb = app.add_subcommand(
      "bench", "Images per second of the training step, and the share of this CPU's peak");
  verb->add_option("--models", options.models, "Models [eva_x_tiny,eva_x_small,eva_x_base]")
      ->delimiter(',')
      ->type_name("A,...");
  verb->add_option("--batch", options.batch_sizes, "Images a step [16]")
      ->delimiter(',')
      ->check(CLI::Range(1, 9999))
      ->type_name("N,...");
  verb->add_option("--threads", options.threads, "Threads, 0 for all [0]")
      ->delimiter(',')
      ->check(CLI::Range(0, 1024))
      ->type_name("N,...");
  // f32: what earlier versions called it.
  verb->add_option_function<std::string>(
          "--precision",
          [&options](const std::string& word) {
            options.precision = word == "f32" ? "fp32" : word;
          },
          "Arithmetic [fp32]")
      ->check(CLI::IsMember({"fp32", "bf16", "auto", "f32"}))
      ->type_name("fp32|bf16|auto");
  verb->add_option("--seconds", options.seconds, "Seconds per model [5]")->type_name("S");
  verb->add_flag("--segment", options.segment,
                 "Segmentation networks at 512 px instead of classifiers at 224 px");
  verb->add_flag("--json", options.json, "For programs");
  verb->footer("Example: evax-train bench --models eva_x_tiny --threads 1,2");
  verb->callback([&] {
    action = [&options] {
      evax::train::bench(options);
      return 0;
    };
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "evax-train: the training half of evax; `evax` starts it to train, and to run\n"
      "convolutional networks.\n"
      "For research only: not a medical device, not for diagnosis.");
  app.name("evax-train");
  app.set_version_flag("--version", [] { return evax::app::version("evax-train"); });
  evax::train::RunOptions options;
  evax::train::BenchOptions bench_options;
  const auto add_verbs = [&](CLI::App& to, evax::app::Action& action) {
    add_train(to, action, options);
    add_bench(to, action, bench_options);
    evax::app::Backend backend;
    backend.make_runner = evax::app::run_on_libtorch;
    backend.make_grad_cam = evax::app::grad_cam_on_libtorch;
    evax::app::add_model_verbs(to, action, backend);
  };
  return evax::app::run_command_line(app, argc, argv, add_verbs);
}
