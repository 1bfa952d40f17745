#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/e2e/binary.h"

namespace evax::e2e {

/// An adult X-ray of the demonstration.
struct Row {
  std::string path, patient, label;
  long number;  // of the patient
};

/// All of them, by path; a third of the patients are for validation.
std::vector<Row> rows(bool validation);

/// path,label,patient,sex,age: a list for the demonstration model, of every `step`th X-ray.
std::string exclusive_list(bool validation, size_t step = 4);

/// Made-up findings A to E, uncertain now and then; those named in `absent` are 0 throughout.
std::string findings_list(bool validation, const std::string& absent = "");

/// A folder with val.csv and test.csv of findings, study.toml that names them, and
/// findings.safetensors, a small model for them.
class Study : public Folder {
 public:
  Study();
  /// Runs evaluate into the folder `name` of this one, with `model` in place of the small one.
  Process evaluate(const std::string& name, const std::vector<std::string>& more = {},
                   const std::string& model = "") const;
  nlohmann::ordered_json metrics(const std::string& name) const;
};

/// A column of a predictions.csv, blanks as NaN.
std::vector<double> numbers(const std::string& csv, const std::string& column);

}  // namespace evax::e2e
