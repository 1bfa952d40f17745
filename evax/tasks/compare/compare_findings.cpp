#include "evax/metrics/findings/compare.h"
#include "evax/report/findings/predictions_file.h"
#include "evax/tasks/compare/compared.h"

namespace evax::tasks {
namespace {

bool has_patients_with_several_images(const metrics::Predictions& predictions) {
  return metrics::cluster_by_patient(predictions.patients, predictions.size()).count <
         predictions.size();
}

}  // namespace

Compared compare_findings(const Side& a, const Side& b, const metrics::BootstrapOptions& options) {
  const metrics::Predictions of_a = report::read_predictions(a.file);
  const metrics::Predictions of_b = report::read_predictions(b.file);
  const metrics::Comparison comparison = compare_named(a, of_a, b, of_b, options);

  Compared compared{comparison, {}, {}, {}};
  compared.rows.emplace_back("mean AUC", comparison.mean_auc);
  if (of_a.exclusive) compared.rows.emplace_back("accuracy (top-1)", comparison.accuracy);
  compared.json = {{"mean_auc", difference_json(comparison.mean_auc, by_bootstrap)},
                   {"accuracy", difference_json(comparison.accuracy, by_bootstrap)},
                   {"classes", nlohmann::ordered_json::object()}};
  for (const metrics::ClassDifference& c : comparison.classes) {
    compared.rows.emplace_back("AUC " + c.name, c.auc);
    compared.json["classes"][c.name]["auc"] = difference_json(c.auc, "DeLong");
  }
  compared.notes = {
      "p: two-sided, not corrected for the number of rows; AUC of a class: DeLong's test, "
      "otherwise: the paired bootstrap"};
  if (has_patients_with_several_images(of_a))
    compared.notes.emplace_back(
        "note: DeLong's test assumes independent images; here some patients have several, which "
        "can make p too small: trust the intervals");
  return compared;
}

}  // namespace evax::tasks
