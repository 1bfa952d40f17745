#include "evax/tasks/explain/explain.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/json_text.h"
#include "evax/data/transform.h"
#include "evax/image/heat/heat_map.h"
#include "evax/image/heat/heat_overlay.h"
#include "evax/report/page_frame.h"
#include "evax/tasks/explain/explanation.h"
#include "evax/tasks/explain/html.h"
#include "evax/tasks/file_names.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(ExplainMethod method) {
  switch (method) {
    case ExplainMethod::grad_cam: return "gradcam";
    case ExplainMethod::attention: return "attention";
    case ExplainMethod::rollout: return "rollout";
    case ExplainMethod::pca: return "pca";
  }
  throw std::logic_error("unknown method");
}

void require_output(const ExplainOptions& options) {
  if (options.folder.empty() && options.page.empty())
    throw UsageError("explain: expected -o DIR, --html FILE or both");
  if (options.folder.empty() && options.method != ExplainMethod::grad_cam)
    throw UsageError(
        fmt::format("--method {}: expected -o DIR too; a page shows Grad-CAM and "
                    "attention",
                    name_of(options.method)));
}

// What the files in a folder need; the page shows what there is.
void require_fit(const ExplainedNetwork& network, const ExplainOptions& options) {
  const bool grad_cam = options.method == ExplainMethod::grad_cam;
  if (!grad_cam && !network.engine)
    fail("{}: --method {} needs a vision transformer, found {}, which has only gradcam",
         options.model, name_of(options.method), network.metadata.model.arch);
  if (grad_cam && !network.grad_cam)
    fail(
        "{}: Grad-CAM needs a classifier, found a pre-trained encoder without a head; `--method "
        "attention`, rollout and pca need none",
        options.model);
}

std::unique_ptr<Explanation> explanation_of(const ExplainedNetwork& network,
                                            const ExplainOptions& options) {
  if (options.folder.empty()) return nullptr;
  require_fit(network, options);
  switch (options.method) {
    case ExplainMethod::grad_cam: return explain_with_grad_cam(network, options);
    case ExplainMethod::attention: return explain_with_attention(*network.engine, options);
    case ExplainMethod::rollout: return explain_with_rollout(*network.engine, options);
    case ExplainMethod::pca: return explain_with_pca(*network.engine);
  }
  throw std::logic_error("unknown method");
}

Subject subject_of(inference::Item item, const weights::Preprocess& preprocess,
                   const ExplainOptions& options) {
  Subject subject;
  subject.seen = data::seen_part(item.width, item.height, preprocess);
  subject.image = std::move(item.image);
  const Box& seen = subject.seen;
  subject.json = {{"path", item.path},
                  {"model", std::filesystem::path(options.model).filename().string()},
                  {"use", report::disclaimer},
                  {"method", name_of(options.method)},
                  {"width", item.width},
                  {"height", item.height},
                  {"seen", {seen.x, seen.y, seen.width, seen.height}},
                  {"warnings", item.warnings}};
  subject.item = std::move(item);
  return subject;
}

}  // namespace

void write_json(const Subject& subject) {
  write_file(subject.stem + ".json", json_text(subject.json) + "\n");
}

image::Image overlay_of(const Subject& subject, std::span<const float> raw, int grid) {
  const image::Image& xray = subject.image;
  return image::draw_heat(xray, image::heat_map(raw, grid, subject.seen, xray.height, xray.width));
}

int explain(const ExplainOptions& options) {
  require_output(options);
  const auto paths = collect_images(options.images);
  protect_input(options.boxes);
  const ExplainedNetwork network =
      explained_network(options.model, load_model(options.model),
                        {options.precision, options.threads}, options.make_grad_cam);
  const auto explanation = explanation_of(network, options);
  std::optional<HtmlExplanation> page;
  if (!options.page.empty()) page.emplace(network, options, paths.size());
  const ResultFolder folder(options.folder, paths);

  Stems stems(options.folder);
  const Outcome outcome = for_each_image(
      network.metadata.preprocess, paths, options, {.image = true},
      [&](inference::Item& item, inference::ImageStream&) {
        Subject subject = subject_of(std::move(item), network.metadata.preprocess, options);
        subject.stem = stems.of(subject.item.path);
        if (page) page->add(subject);
        if (explanation) explanation->explain(std::move(subject));
      });
  if (explanation) explanation->finish();
  if (page) page->finish();
  return outcome.exit_code();
}

}  // namespace evax::tasks
