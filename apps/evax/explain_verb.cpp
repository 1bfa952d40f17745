#include "apps/evax/explain_verb.h"

#include <charconv>
#include <memory>

#include "evax/core/error.h"
#include "evax/tasks/explain/explain.h"

namespace evax::app {
namespace {

// "512,300"
image::Pixel parse_point(const std::string& text) {
  image::Pixel point;
  const char* const end = text.data() + text.size();
  const auto [comma, x_error] = std::from_chars(text.data(), end, point.x);
  if (x_error == std::errc() && comma != end && *comma == ',') {
    const auto [rest, y_error] = std::from_chars(comma + 1, end, point.y);
    if (y_error == std::errc() && rest == end) return point;
  }
  throw UsageError("--point: expected two whole numbers X,Y, found " + text);
}

}  // namespace

void add_explain(CLI::App& app, Action& action, const Backend& backend) {
  using tasks::ExplainMethod;
  auto options = std::make_shared<tasks::ExplainOptions>();
  options->make_grad_cam = backend.make_grad_cam;
  CLI::App* verb =
      add_verb(app, "explain", "What a model looks at: Grad-CAM, attention maps, tokens in colour",
               "model.safetensors study/ --html page.html");
  verb->add_option("model", options->model, "Model file")->required();
  verb->add_option("paths", options->images, "Images: files, folders, patterns")
      ->required()
      ->type_name("PATH");
  CLI::Option* page = verb->add_option(
      "--html", options->page,
      "A page to look at the X-rays with Grad-CAM and the attention of every patch [none]");
  verb->add_option("--with", options->with, "A second model, side by side on the page [none]")
      ->needs(page);
  verb->add_option("--boxes", options->boxes,
                   "Known boxes to show on the page: BBox_List_2017.csv, or columns "
                   "path, label, x, y, width, height [none]")
      ->needs(page);
  CLI::Option* folder = verb->add_option("-o,--output", options->folder,
                                         "Folder for overlays, maps and JSON, as --method says "
                                         "[none]")
                            ->type_name("DIR");
  add_choice<ExplainMethod>(verb, "--method", options->method,
                            {{"gradcam", ExplainMethod::grad_cam},
                             {"attention", ExplainMethod::attention},
                             {"rollout", ExplainMethod::rollout},
                             {"pca", ExplainMethod::pca}},
                            "gradcam", "What to show (docs/explaining.md)");
  verb->add_option("--class", options->classes,
                   "gradcam: classes of the model; top is the most probable [top; on the page all]")
      ->delimiter(',')
      ->type_name("NAME|top");
  verb->add_option("--threshold", options->threshold,
                   "gradcam: the box surrounds the map, 0 to 1, above this value [0.4]")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("T");
  CLI::Option* point = verb->add_option_function<std::vector<std::string>>(
                               "--point",
                               [options](const std::vector<std::string>& texts) {
                                 for (const std::string& text : texts)
                                   options->points.push_back(parse_point(text));
                               },
                               "attention, rollout: the pixel of the X-ray whose attention is "
                               "shown; may be repeated [rollout: the head's input]")
                           ->type_name("X,Y")
                           ->needs(folder)
                           ->allow_extra_args(false);
  verb->add_flag("--grid", options->grid,
                 "attention: nine points on one sheet, as in the paper's Fig. 8")
      ->needs(folder)
      ->excludes(point);
  verb->add_option("--layer", options->layer, "attention: a block, from 0 [the last]")
      ->needs(folder)
      ->type_name("N");
  verb->add_option("--head", options->head,
                   "attention: mean or maximum of the heads, or one head, from 0 [mean]")
      ->needs(folder)
      ->type_name("mean|max|K");
  add_precision(verb, options->precision);
  add_threads(verb, options->threads);
  add_reading(verb, options->reading);
  verb->callback([options, &action, prepare = backend.prepare] {
    action = [options, prepare] {
      prepare(options->model);
      if (!options->with.empty()) prepare(options->with);
      return tasks::explain(*options);
    };
  });
}

}  // namespace evax::app
