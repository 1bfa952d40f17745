#include "apps/evax/model_verbs.h"

#include <memory>

#include "evax/tasks/embed.h"
#include "evax/tasks/forward.h"
#include "evax/tasks/predict.h"

namespace evax::app {
namespace {

void add_run_options(CLI::App* verb, tasks::RunOptions& options) {
  verb->add_option("model", options.model, "Model file")->required();
  verb->add_option("paths", options.images, "Images: files, folders, patterns")
      ->required()
      ->type_name("PATH");
  add_precision(verb, options.precision);
  add_threads(verb, options.threads);
  add_force(verb, options.force);
}

void add_forward(CLI::App& app, Action& action, const Backend& backend) {
  auto options = std::make_shared<tasks::ForwardOptions>();
  options->make_runner = backend.make_runner;
  CLI::App* verb = add_verb(app, "forward", "Run the network alone on an array [N, 3, H, W]",
                            "model.safetensors --input x.npy --logits l.npy");
  verb->add_option("model", options->model, "Model file")->required();
  verb->add_option("--input", options->input, ".npy file, float32 [N, 3, H, W], normalised")
      ->required();
  verb->add_option("--logits", options->logits, "Write [N, classes], before sigmoid or softmax");
  verb->add_option("--features", options->features, "Write [N, D], the input of the head");
  verb->add_option("--tokens", options->tokens,
                   "Write [N, 1 + grid^2, D], the last block's output, cls first");
  add_precision(verb, options->precision);
  add_threads(verb, options->threads);
  verb->callback([options, &action, prepare = backend.prepare] {
    action = [options, prepare] {
      prepare(options->model);
      tasks::forward(*options);
      return 0;
    };
  });
}

void add_predict(CLI::App& app, Action& action, const Backend& backend) {
  auto options = std::make_shared<tasks::PredictOptions>();
  options->make_runner = backend.make_runner;
  CLI::App* verb = add_verb(app, "predict", "Findings in X-rays: probability, threshold and call",
                            "model.safetensors study/ --format csv -o findings.csv");
  add_run_options(verb, *options);
  add_choice<tasks::Format>(verb, "--format", options->format,
                            {{"table", tasks::Format::table},
                             {"jsonl", tasks::Format::jsonl},
                             {"csv", tasks::Format::csv}},
                            "table", "For people, or for programs");
  verb->add_flag("--logits", options->logits, "Add the raw values");
  verb->add_option("-o,--output", options->output, "File to write [standard output]");
  verb->callback([options, &action, prepare = backend.prepare] {
    action = [options, prepare] {
      prepare(options->model);
      return tasks::predict(*options);
    };
  });
}

void add_embed(CLI::App& app, Action& action, const Backend& backend) {
  auto options = std::make_shared<tasks::EmbedOptions>();
  options->make_runner = backend.make_runner;
  CLI::App* verb =
      add_verb(app, "embed", "Feature vectors of X-rays, float32 [N, D], and their list",
               "model.safetensors study/ -o features.npy");
  add_run_options(verb, *options);
  verb->add_option("-o,--output", options->output,
                   ".npy file to write; the rows' paths go into the .csv beside it")
      ->required();
  verb->add_flag("--tokens", options->tokens, "All tokens, [N, 1 + grid^2, D], cls first");
  verb->callback([options, &action, prepare = backend.prepare] {
    action = [options, prepare] {
      prepare(options->model);
      return tasks::embed(*options);
    };
  });
}

}  // namespace

void add_model_verbs(CLI::App& app, Action& action, const Backend& backend) {
  add_predict(app, action, backend);
  add_embed(app, action, backend);
  add_forward(app, action, backend);
}

}  // namespace evax::app
