#include "apps/evax/model_verbs.h"

#include <memory>

#include "apps/evax/explain_verb.h"
#include "evax/tasks/explain/localize.h"
#include "evax/tasks/findings/embed.h"
#include "evax/tasks/findings/evaluate.h"
#include "evax/tasks/findings/predict.h"
#include "evax/tasks/masks/segment.h"
#include "evax/tasks/model/forward.h"

namespace evax::app {
namespace {

/// "sex,age:0,18,65" names two columns: what follows a comma and is a number belongs to the bands
/// before it.
std::vector<std::string> columns_of(const std::string& words) {
  std::vector<std::string> columns;
  for (const std::string& part : CLI::detail::split(words, ',')) {
    const bool number =
        !part.empty() && part.find_first_not_of("0123456789.-") == std::string::npos;
    if (number && !columns.empty() && columns.back().find(':') != std::string::npos)
      columns.back() += "," + part;
    else
      columns.push_back(part);
  }
  return columns;
}

void add_run_options(CLI::App* verb, tasks::RunOptions& options) {
  verb->add_option("model", options.model, "Model file")->required();
  verb->add_option("paths", options.images, "Images: files, folders, patterns")
      ->required()
      ->type_name("PATH");
  add_precision(verb, options.precision);
  add_threads(verb, options.threads);
  add_reading(verb, options.reading);
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
  CLI::App* verb = add_verb(app, "embed",
                            "Feature vectors of X-rays, float32 [N, D], and the list of their rows",
                            "model.safetensors study/ -o features.npy");
  add_run_options(verb, *options);
  verb->add_option("-o,--output", options->output,
                   ".npy file to write, with a .csv of the rows' paths beside it")
      ->required();
  verb->add_flag("--tokens", options->tokens, "All tokens, [N, 1 + grid^2, D], cls first");
  verb->callback([options, &action, prepare = backend.prepare] {
    action = [options, prepare] {
      prepare(options->model);
      return tasks::embed(*options);
    };
  });
}

void add_segment(CLI::App& app, Action& action, const Backend& backend) {
  auto options = std::make_shared<tasks::SegmentOptions>();
  options->make_runner = backend.make_runner;
  CLI::App* verb = add_verb(app, "segment", "Segment findings or organs: masks, overlays, measures",
                            "lungs.safetensors study/ -o masks/");
  add_run_options(verb, *options);
  verb->add_option("-o,--output", options->folder, "Folder to write")->required()->type_name("DIR");
  verb->add_option("--threshold", options->threshold,
                   "A pixel belongs to a class above this probability [the model's]")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("P");
  verb->callback([options, &action, prepare = backend.prepare] {
    action = [options, prepare] {
      prepare(options->model);
      return tasks::segment(*options);
    };
  });
}

void add_evaluate(CLI::App& app, Action& action, const Backend& backend) {
  auto options = std::make_shared<tasks::EvaluateOptions>();
  options->make_runner = backend.make_runner;
  options->make_grad_cam = backend.make_grad_cam;
  CLI::App* verb = add_verb(app, "evaluate", "Figures of a model on a test set, with intervals",
                            "model.safetensors test.toml -o evaluation/ --subgroups sex,age");
  verb->add_option("model", options->model, "Model file")->required();
  verb->add_option("data", options->data.recipe,
                   "TOML file with a table [data]: its test list is scored, thresholds are chosen "
                   "on its validation list")
      ->required();
  verb->add_option("overrides", options->data.settings,
                   "Keys of that file to change, data.images=/data/images")
      ->type_name("KEY=VALUE");
  verb->add_option("-o,--output", options->folder,
                   "Folder for metrics.json, predictions.csv, report.html and explain.html, the "
                   "report's examples with their maps [none]")
      ->type_name("DIR");
  verb->add_flag("--json", options->json, "Print metrics.json instead of a table");
  verb->add_option_function<std::string>(
          "--threshold",
          [options](const std::string& text) {
            options->rule = metrics::parse_threshold_rule(text);
          },
          "How thresholds are chosen on the validation list [youden]")
      ->type_name("youden|sensitivity=S");
  verb->add_option_function<std::string>(
          "--subgroups",
          [options](const std::string& text) { options->subgroups = columns_of(text); },
          "Columns of the list to group by; numbers in bands, age:0,18,40,65 [none]")
      ->type_name("COLUMN,...");
  add_draws(verb, options->draws);
  verb->add_option("--seed", options->seed, "Seed of the bootstrap and of smoothed labels [0]")
      ->type_name("N");
  add_choice<bool>(
      verb, "--protocol", options->paper, {{"validation", false}, {"paper", true}}, "validation",
      "paper: AUC from sigmoids also for exclusive classes, marked as selected on test");
  verb->add_option("--calibrated", options->calibrated,
                   "Model file to write with the temperature and thresholds of the validation list "
                   "and these figures [none]");
  add_force(verb, options->data.settings);
  add_dtype(verb, options->dtype, "as they are");
  add_precision(verb, options->precision);
  add_threads(verb, options->threads);
  verb->callback([options, &action, prepare = backend.prepare] {
    action = [options, prepare] {
      prepare(options->model);
      tasks::evaluate(*options);
      return 0;
    };
  });
}

void add_localize(CLI::App& app, Action& action, const Backend& backend) {
  auto options = std::make_shared<tasks::LocalizeOptions>();
  options->make_grad_cam = backend.make_grad_cam;
  CLI::App* verb =
      add_verb(app, "localize", "How well a classifier's Grad-CAM finds labelled boxes",
               "cxr14.safetensors boxes.toml data.split.val=0.3 -o localization/");
  verb->add_option("model", options->model, "Model file")->required();
  verb->add_option("data", options->data.recipe,
                   "TOML file with a table [data]: boxes, images, and those to choose the "
                   "threshold on (val, split)")
      ->required();
  verb->add_option("overrides", options->data.settings,
                   "Keys of that file to change, data.images=/data/images")
      ->type_name("KEY=VALUE");
  verb->add_option("-o,--output", options->folder,
                   "Folder for metrics.json and localization.csv [none]")
      ->type_name("DIR");
  verb->add_flag("--json", options->json, "Print metrics.json instead of a table");
  add_choice<bool>(
      verb, "--protocol", options->paper, {{"validation", false}, {"paper", true}}, "validation",
      "paper: its preprocessing, 224 x 224, the threshold searched on the scored boxes");
  verb->add_option("--threshold", options->threshold,
                   "A pixel counts above this value of the map, 0 to 1 [chosen on the validation "
                   "list, else 0.4]")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("T");
  add_draws(verb, options->draws);
  verb->add_option("--seed", options->seed, "Seed of the bootstrap [0]")->type_name("N");
  add_force(verb, options->data.settings);
  add_precision(verb, options->precision);
  add_threads(verb, options->threads);
  verb->callback([options, &action, prepare = backend.prepare] {
    action = [options, prepare] {
      prepare(options->model);
      tasks::localize(*options);
      return 0;
    };
  });
}

}  // namespace

void add_model_verbs(CLI::App& app, Action& action, const Backend& backend) {
  add_predict(app, action, backend);
  add_embed(app, action, backend);
  add_segment(app, action, backend);
  add_forward(app, action, backend);
  add_evaluate(app, action, backend);
  add_localize(app, action, backend);
  add_explain(app, action, backend);
}

}  // namespace evax::app
