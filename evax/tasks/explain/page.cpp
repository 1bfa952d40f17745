#include "evax/tasks/explain/page.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "evax/core/error.h"
#include "evax/core/file.h"
#include "evax/core/sha256.h"
#include "evax/data/transform.h"
#include "evax/inference/findings.h"
#include "evax/report/explain/picture.h"
#include "evax/tasks/explain/attention_rows.h"

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

report::ExplainedModel describe_network(const ExplainedNetwork& network) {
  report::ExplainedModel model;
  model.name = fs::path(network.path).filename().string();
  model.sha256 = sha256(MappedFile::open(network.path)->bytes());
  model.image_size = network.metadata.model.image_size;
  if (!network.grad_cam) return model;  // no head
  const std::vector<float> logits(network.metadata.classes.size());
  for (const inference::Finding& finding : inference::findings_of(logits, network.metadata))
    model.classes.push_back({finding.name, finding.threshold});
  model.exclusive = network.metadata.task == weights::Task::multiclass;
  return model;
}

// "a/best.safetensors" and "b/best.safetensors", where the files alone are called alike.
void tell_apart(std::vector<report::ExplainedModel>& models,
                const std::vector<PagedNetwork>& networks) {
  if (models.size() < 2 || models[0].name != models[1].name) return;
  for (size_t m = 0; m < models.size(); ++m) {
    const fs::path path = fs::absolute(networks[m].network->path).lexically_normal();
    models[m].name = (path.parent_path().filename() / path.filename()).string();
  }
}

// [grid^2, grid^2]: what each patch attends to in the last block, the mean of the heads.
std::vector<float> attention_of_all(const engine::Session& session, const Tensor& input) {
  const weights::ModelConfig& config = session.config();
  std::vector<uint32_t> patches(static_cast<size_t>(config.tokens()) - 1);
  std::iota(patches.begin(), patches.end(), 1U);
  const auto rows = attention_rows(session, input, static_cast<size_t>(config.depth) - 1, patches,
                                   HeadChoice("mean", static_cast<size_t>(config.num_heads)));
  return without_cls(rows, patches.size());
}

}  // namespace

std::vector<int> all_classes(const weights::Metadata& metadata) {
  std::vector<int> classes(metadata.classes.size());
  std::iota(classes.begin(), classes.end(), 0);
  return classes;
}

PageMaker::PageMaker(std::vector<PagedNetwork> networks) : networks_(std::move(networks)) {
  for (const PagedNetwork& paged : networks_)
    page_.models.push_back(describe_network(*paged.network));
  tell_apart(page_.models, networks_);
}

report::Explanation PageMaker::explain(size_t model, const image::Image& xray) {
  const auto& [network, classes] = networks_[model];
  const weights::Preprocess& preprocess = network->metadata.preprocess;
  const Tensor input = data::Transform(preprocess)(xray);
  const Box seen = data::seen_part(xray.width, xray.height, preprocess);
  report::Explanation made;
  made.seen = {double(seen.x), double(seen.y), double(seen.width), double(seen.height)};
  int& grid = page_.models[model].grid;
  if (network->engine) {
    grid = network->engine->config().grid();
    made.attention = attention_of_all(*network->engine, input);
  }
  if (!network->grad_cam) return made;

  const inference::CamMaps maps =
      network->grad_cam(input.reshaped({1, 3, preprocess.crop, preprocess.crop}), classes);
  grid = static_cast<int>(maps.raw.size(2));
  const auto logits = maps.logits.floats();
  for (const inference::Finding& finding : inference::findings_of(logits, network->metadata)) {
    made.probabilities.push_back(finding.probability);
    made.positive.push_back(finding.positive);
  }
  const auto top = std::max_element(logits.begin(), logits.end()) - logits.begin();
  const size_t cells = static_cast<size_t>(grid) * static_cast<size_t>(grid);
  made.cam.resize(logits.size());
  for (size_t i = 0; i < classes.size(); ++i) {
    const auto raw = maps.raw.floats().subspan(i * cells, cells);
    const auto index = classes[i] == engine::top_class ? top : ptrdiff_t{classes[i]};
    made.cam[static_cast<size_t>(index)].assign(raw.begin(), raw.end());
  }
  return made;
}

void PageMaker::add(const std::string& name, const image::Image& xray,
                    std::vector<report::TruthBox> truth) {
  report::ExplainedImage image;
  image.name = name;
  image.width = xray.width;
  image.height = xray.height;
  image.truth = std::move(truth);
  for (size_t m = 0; m < networks_.size(); ++m) image.explanations.push_back(explain(m, xray));
  image.picture = report::display_picture(xray);
  page_.images.push_back(std::move(image));
}

std::string PageMaker::html(double threshold,
                            const std::vector<std::pair<std::string, std::string>>& facts) {
  page_.cam_threshold = threshold;
  page_.title = page_.models[0].name;
  if (page_.models.size() > 1) page_.title += " and " + page_.models[1].name;
  page_.title +=
      page_.images.size() == 1 ? " on an X-ray" : fmt::format(" on {} X-rays", page_.images.size());
  page_.facts = {
      {"Grad-CAM",
       "of the class's logit; negative values are cut off; its box is around the "
       "largest part above the threshold"},
      {"attention", "of the last block, the mean of the heads; vision transformers only"},
      {"pictures",
       "8 bits a pixel, at most 1024 pixels a side; boxes are in the X-ray's own pixels"}};
  page_.facts.insert(page_.facts.end(), facts.begin(), facts.end());
  page_.facts.emplace_back("evax", EVAX_VERSION);
  return report::explanation_page(page_);
}

}  // namespace evax::tasks
