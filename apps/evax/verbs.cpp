#include "apps/evax/verbs.h"

#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/evax/data_verbs.h"
#include "apps/evax/model_verbs.h"
#include "apps/evax/options.h"
#include "apps/evax/training.h"
#include "evax/core/error.h"
#include "evax/tasks/bench/bench.h"
#include "evax/tasks/compare/compare.h"
#include "evax/tasks/compare/table.h"
#include "evax/tasks/model/convert.h"
#include "evax/tasks/model/export.h"
#include "evax/tasks/model/import.h"
#include "evax/tasks/model/info.h"
#include "evax/tasks/model/preprocess.h"
#include "evax/tasks/model/quantize.h"

namespace evax::app {
namespace {

void add_import(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::ImportOptions>();
  CLI::App* verb =
      add_verb(app, "import",
               "Turn a checkpoint (.pt, .pth, .safetensors, Hugging Face folder) into a model file",
               "eva_x_small_cxr14_ft.pth -o cxr14.safetensors --preset cxr14");
  verb->add_option("checkpoint", options->checkpoint, "Checkpoint")->required();
  verb->add_option("-o,--output", options->output, "Model file to write")->required();
  verb->add_option("--classes", options->classes,
                   "Class names, comma-separated [as the checkpoint says, else class_0,...]")
      ->delimiter(',')
      ->type_name("A,B,...");
  add_choice<std::string>(verb, "--preset", options->preset,
                          {{"cxr14", "cxr14"},
                           {"chexpert", "chexpert"},
                           {"covidx3", "covidx3"},
                           {"covidx4", "covidx4"},
                           {"pretrained", "pretrained"}},
                          "none", "Classes, task and preprocessing of a data set");
  add_choice<std::optional<weights::Task>>(
      verb, "--task", options->task,
      {{"multilabel", weights::Task::multilabel}, {"multiclass", weights::Task::multiclass}},
      "the preset's or the checkpoint's, else multiclass for 2 or 3 classes",
      "Independent findings (sigmoid) or exclusive classes (softmax)");
  add_dtype(verb, options->dtype, "as stored");
  verb->add_option("--image-size", options->image_size,
                   "Resize the position embedding for images of this size [as stored]")
      ->type_name("PIXELS");
  verb->add_option("--num-heads", options->num_heads,
                   "Attention heads of a transformer, which checkpoints do not store [width / 64; "
                   "width / 88 for a width of 1408]")
      ->type_name("N");
  add_choice<weights::PosEmbedResize>(
      verb, "--pos-embed", options->pos_embed_resize,
      {{"official", weights::PosEmbedResize::official}, {"timm", weights::PosEmbedResize::timm}},
      "official", "Resize it as the official code (bicubic) or timm (with antialias)");
  verb->callback([options, &action] {
    action = [options] {
      tasks::import(*options);
      return 0;
    };
  });
}

void add_export(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::ExportOptions>();
  CLI::App* verb = add_verb(app, "export", "Write a model file in another program's layout",
                            "model.safetensors -o model.pth --layout official");
  verb->add_option("model", options->model, "Model file")->required();
  verb->add_option("-o,--output", options->output, "NAME.safetensors or NAME.pth; a folder for hf")
      ->required();
  add_choice<weights::ExportLayout>(verb, "--layout", options->layout,
                                    {{"timm", weights::ExportLayout::timm},
                                     {"official", weights::ExportLayout::official},
                                     {"hf", weights::ExportLayout::hf},
                                     {"evax", weights::ExportLayout::evax}},
                                    "timm", "Tensor names and file format; evax: a model file");
  add_dtype(verb, options->dtype, "as stored");
  verb->callback([options, &action] {
    action = [options] {
      tasks::export_model(*options);
      return 0;
    };
  });
}

void add_quantize(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::QuantizeOptions>();
  CLI::App* verb =
      add_verb(app, "quantize", "Round a transformer's weights to 8 bits, checked against float32",
               "model.safetensors -o model_int8.safetensors --check study/");
  verb->add_option("model", options->model, "Model file")->required();
  verb->add_option("-o,--output", options->output, "Model file to write")->required();
  verb->add_option("--check", options->check,
                   "Images to compare with float32 on; or a TOML file with a table [data]: its "
                   "test list also gives the change of AUC")
      ->type_name("PATH...");
  verb->add_flag("--unchecked", options->unchecked, "Write without a check; evax info shows that");
  verb->add_option("--keep", options->keep,
                   "Modules to leave unchanged, blocks.0,blocks.1.mlp [none]; embeddings, norms, "
                   "head and decoder are never changed")
      ->delimiter(',')
      ->type_name("A,B,...");
  verb->add_option("--most", options->most, "Do not write if a probability differs by more [0.02]")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("P");
  add_draws(verb, options->draws);
  add_threads(verb, options->threads);
  add_reading(verb, options->reading);
  verb->callback([options, &action] { action = [options] { return tasks::quantize(*options); }; });
}

void add_info(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::InfoOptions>();
  CLI::App* verb = add_verb(app, "info", "Describe a model file, a checkpoint, an image or shards",
                            "model.safetensors --flops");
  verb->add_option("path", options->path,
                   "Model file, checkpoint, image, folder of shards, or the name of a published "
                   "network: eva_x_small")
      ->required();
  verb->add_flag("--json", options->json, "For programs");
  verb->add_flag("--tensors", options->tensors, "List every tensor");
  verb->add_flag("--flops", options->flops,
                 "Parameters and multiply-accumulates of a network by stage");
  add_reading(verb, options->reading);
  verb->callback([options, &action] {
    action = [options] {
      tasks::info(*options);
      return 0;
    };
  });
}

void add_convert(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::ConvertOptions>();
  CLI::App* verb =
      add_verb(app, "convert", "Write any readable image as an 8-bit PNG at full size, windowed",
               "study/ -o png/");
  verb->add_option("paths", options->images, "Images: files, folders, patterns")
      ->required()
      ->type_name("PATH");
  verb->add_option("-o,--output", options->output, "NAME.png for one image, else a folder")
      ->required();
  add_reading(verb, options->reading);
  verb->callback([options, &action] { action = [options] { return tasks::convert(*options); }; });
}

void add_preprocess(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::PreprocessOptions>();
  CLI::App* verb =
      add_verb(app, "preprocess", "Write exactly what the model sees, float32 [3, H, W]",
               "model.safetensors chest.dcm -o x.npy");
  verb->add_option("model", options->model, "Model file")->required();
  verb->add_option("image", options->image, "Image")->required();
  verb->add_option("-o,--output", options->output, ".npy file to write")->required();
  add_reading(verb, options->reading);
  verb->callback([options, &action] {
    action = [options] {
      tasks::preprocess(*options);
      return 0;
    };
  });
}

void add_compare(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::CompareOptions>();
  CLI::App* verb =
      add_verb(app, "compare", "Two evaluated models on the same test set, with p-values",
               "runs/small runs/base");
  verb->add_option("a", options->a, "Folder of evaluate -o or train, or its predictions.csv")
      ->required()
      ->type_name("DIR");
  verb->add_option("b", options->b, "The same for the other model")->required()->type_name("DIR");
  verb->add_flag("--json", options->json, "For programs");
  add_draws(verb, options->draws);
  verb->add_option("--seed", options->seed, "Seed of the bootstrap [0]")->type_name("N");
  add_threads(verb, options->threads);
  verb->callback([options, &action] {
    action = [options] {
      tasks::compare(*options);
      return 0;
    };
  });
}

void add_table(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::TableOptions>();
  CLI::App* verb = add_verb(app, "table", "Figures of finished runs and evaluations side by side",
                            "runs/* ours=evaluations/chexpert -o figures.svg");
  verb->add_option("runs", options->runs,
                   "Folders of runs or evaluations; NAME=FOLDER names a row, and folders of one "
                   "name share it")
      ->required()
      ->type_name("[NAME=]FOLDER");
  add_choice<std::optional<tasks::TableFormat>>(verb, "--format", options->format,
                                                {{"markdown", tasks::TableFormat::markdown},
                                                 {"csv", tasks::TableFormat::csv},
                                                 {"svg", tasks::TableFormat::svg}},
                                                "as -o ends, else markdown",
                                                "For people, for programs, or a drawing");
  add_choice<report::Abscissa>(
      verb, "--over", options->over,
      {{"parameters", report::Abscissa::parameters},
       {"macs", report::Abscissa::macs},
       {"epochs", report::Abscissa::epochs}},
      "parameters if all models differ in them, else one row per model",
      "Horizontal axis of a drawing: parameters, multiply-accumulates, epochs of pre-training");
  verb->add_option("-o,--output", options->output, "File to write [standard output]");
  verb->callback([options, &action] {
    action = [options] {
      tasks::table(*options);
      return 0;
    };
  });
}

std::string at_least_one(const std::string& number) {
  const bool fits = !number.empty() && number.size() < 5 && number[0] != '0' &&
                    number.find_first_not_of("0123456789") == std::string::npos;
  return fits ? "" : "expected a number from 1 to 9999, found " + number;
}

// The command line of `evax-train bench` for the options that were given to `evax bench --train`.
std::vector<std::string> training_bench(const CLI::App& verb) {
  std::vector<std::string> words{"bench"};
  for (const char* name : {"--json", "--batch", "--threads", "--seconds", "--precision"}) {
    const CLI::Option* option = verb.get_option(name);
    if (option->count() == 0) continue;
    words.emplace_back(name);
    if (option->get_expected_max() > 0)
      words.push_back(fmt::format("{}", fmt::join(option->results(), ",")));
  }
  return words;
}

void add_bench(CLI::App& app, Action& action) {
  auto options = std::make_shared<tasks::BenchOptions>();
  CLI::App* verb = add_verb(app, "bench", "Images per second, by stage and against this CPU's peak",
                            "model.safetensors --json");
  CLI::Option* model = verb->add_option("model", options->model, "Model file");
  verb->add_flag("--json", options->json, "For programs");
  verb->add_flag("--peers", options->peers,
                 "Also run PyTorch, onnxruntime and OpenVINO in turns, in every precision they "
                 "have (tools/bench-peers.sh)");
  verb->add_option("--peer", options->only,
                   "Only these of them, openvino:bf16,onnxruntime [all with --peers]")
      ->delimiter(',')
      ->type_name("NAME,...");
  verb->add_option("--batch", options->batch, "Batch sizes [1,8]")
      ->delimiter(',')
      ->type_name("N,...")
      ->check(at_least_one);
  verb->add_option("--threads", options->threads, "Threads [1,2]")
      ->delimiter(',')
      ->type_name("N,...")
      ->check(at_least_one);
  verb->add_option("--seconds", options->seconds, "Seconds per row [1]")->type_name("S");
  add_precision(verb, options->precision, "auto");
  verb->get_option("--precision")->description("Arithmetic; auto measures every precision [auto]");
  CLI::Option* train = verb->add_flag("--train")->description(
      "The training step of EVA-X-Ti, S and B instead (no model file)");
  verb->callback([options, verb, model, train, &action] {
    if (train->count() > 0) {
      action = [verb]() -> int { become_evax_train(training_bench(*verb)); };
      return;
    }
    if (model->count() == 0) throw CLI::RequiredError("model");
    action = [options] {
      tasks::bench(*options);
      return 0;
    };
  });
}

}  // namespace

void add_verbs(CLI::App& app, Action& action, const std::vector<std::string>& arguments) {
  Backend backend;
  backend.prepare = [arguments](const std::string& model) { hand_over(model, arguments); };
  add_model_verbs(app, action, backend);
  add_compare(app, action);
  add_import(app, action);
  add_export(app, action);
  add_quantize(app, action);
  add_info(app, action);
  add_convert(app, action);
  add_preprocess(app, action);
  add_table(app, action);
  add_data(app, action);
  add_train(app, action);
  add_bench(app, action);
}

}  // namespace evax::app
