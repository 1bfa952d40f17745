#include "evax/metrics/segmentation/compare.h"
#include "evax/report/segmentation/predictions_file.h"
#include "evax/tasks/compare/compared.h"

namespace evax::tasks {
namespace {

using Json = nlohmann::ordered_json;

Json figures_of(const metrics::MaskDifferences& differences) {
  return {{"dice", difference_json(differences.dice, by_bootstrap)},
          {"jaccard", difference_json(differences.jaccard, by_bootstrap)},
          {"mean_dice_per_image", difference_json(differences.dice_per_image, by_bootstrap)}};
}

void add_rows(Compared& compared, const metrics::MaskDifferences& differences,
              const std::string& of) {
  compared.rows.emplace_back("Dice" + of, differences.dice);
  compared.rows.emplace_back("Jaccard" + of, differences.jaccard);
  compared.rows.emplace_back("Dice per image" + of, differences.dice_per_image);
}

}  // namespace

Compared compare_masks(const Side& a, const Side& b, const metrics::BootstrapOptions& options) {
  const metrics::MaskComparison comparison = compare_named(
      a, report::read_segmentations(a.file), b, report::read_segmentations(b.file), options);

  Compared compared{comparison, {}, {}, figures_of(comparison.mean)};
  compared.json["classes"] = Json::object();
  if (comparison.classes.size() > 1) add_rows(compared, comparison.mean, ", mean");
  for (const metrics::MaskClassDifferences& c : comparison.classes) {
    add_rows(compared, c, ", " + c.name);
    compared.json["classes"][c.name] = figures_of(c);
  }
  compared.notes = {"p: two-sided, not corrected for the number of rows; the paired bootstrap"};
  return compared;
}

}  // namespace evax::tasks
