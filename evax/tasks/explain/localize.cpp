#include "evax/tasks/explain/localize.h"

#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/json_text.h"
#include "evax/core/log.h"
#include "evax/core/sha256.h"
#include "evax/tasks/explain/localization_table.h"
#include "evax/tasks/explain/locate_boxes.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/output.h"

namespace evax::tasks {
namespace {

data::BoxConfig read_box_source(const DataSource& source) {
  TomlTable root = open_source(source);
  TomlTable& table = root.table("data");
  data::BoxConfig config = data::read_box_config(table);
  table.finish();  // as read_source(): other tables are not this verb's business
  return config;
}

void require_logits(const weights::Metadata& model, const std::string& path) {
  if (model.task == weights::Task::segmentation)
    fail("{}: localize needs a classifier, found a segmentation model", path);
  if (model.model.num_classes == 0)
    fail("{}: localize needs a classifier, found an encoder without a head", path);
}

}  // namespace

void localize(const LocalizeOptions& options) {
  const weights::ModelFile file = load_model(options.model);
  require_logits(file.metadata, options.model);
  const data::BoxConfig config = read_box_source(options.data);
  const data::BoxSplits splits = data::load_boxes(config, file.metadata.classes);
  for (const std::string& line : splits.notes) note("data: " + line);
  const bool chooses = !options.paper && !options.threshold;
  if (!chooses && !splits.val.findings.empty())
    note("data: the validation list is not used: the threshold is " +
         std::string(options.threshold ? "given" : "chosen on the boxes scored"));
  const ResultFolder folder(options.folder);
  folder.check_writable({"metrics.json", "localization.csv"});

  const size_t threads = threads_of(options.threads);
  const inference::GradCam grad_cam = options.make_grad_cam(file, {options.precision, threads});
  const auto locate = [&](const data::BoxList& list) {
    return locate_boxes(list, file.metadata, grad_cam,
                        {.force = config.force, .forced_by = "data.force = true"}, options.paper,
                        threads);
  };
  const evaluation::LocatedList val = chooses ? locate(splits.val) : evaluation::LocatedList{};

  const data::Dataset images = data::images_of(splits.test);
  evaluation::Subject subject;
  subject.model_name = std::filesystem::path(options.model).filename().string();
  subject.model_sha256 = sha256(MappedFile::open(options.model)->bytes());
  subject.model = &file.metadata;
  subject.images = &images;
  subject.kind = "boxes";
  subject.folder = config.images;
  subject.selected_on_test = options.paper;
  const evaluation::LocalizationJudgement judgement = evaluation::judge(
      subject, splits.test, locate(splits.test), val,
      {.paper = options.paper,
       .threshold = options.threshold,
       .bootstrap = {.draws = options.draws, .seed = options.seed, .threads = threads}});
  if (!options.folder.empty()) evaluation::write_folder(options.folder, judgement);
  Output output("");
  output.write(options.json ? json_text(evaluation::metrics_of(judgement), 2) + "\n"
                            : localization_table(judgement));
  output.commit();
}

}  // namespace evax::tasks
