#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "evax/data/dataset.h"

namespace evax::data {

/// What an uncertain label (-1) becomes.
enum class LabelPolicy {
  ones,    // 1 (U-Ones: Irvin et al., "CheXpert", AAAI 2019)
  zeros,   // 0 (U-Zeros, the same)
  ignore,  // NaN: the label does not count (U-Ignore, the same)
  smooth,  // a draw of U(0.55, 0.85) per label: U-Ones with label smoothing (Pham et al.,
           // "Interpreting chest X-rays via CNNs that exploit hierarchical disease dependencies and
           // uncertainty labels", Neurocomputing 2021)
  eva_x,   // 1 for Atelectasis and Edema, 0 for Cardiomegaly, Consolidation and Pleural Effusion
           // (spec C.5)
  eva_x_smooth,  // the same five: one draw of U(0.7, 0.8) or U(0.2, 0.3) per class (spec C.5)
};

std::string name_of(LabelPolicy policy);

/// The policy of that name; the default of `kind` where it is empty: eva_x for chexpert, ignore
/// otherwise. Throws Error naming the choices.
LabelPolicy label_policy(const std::string& name, const std::string& kind);

/// Replaces every -1 and returns how many there were. Smoothed targets are for training: pass
/// `exact` for the lists that are scored, where `smooth` is ones and `eva_x_smooth` is eva_x. Draws
/// are keyed by (seed, class, sample). Throws Error when an eva_x policy meets another class.
size_t apply_policy(Dataset& dataset, LabelPolicy policy, uint64_t seed, bool exact);

/// The targets of a sample as a loss or a metric takes them, to `row` [classes]: its labels,
/// one-hot for exclusive classes, NaN where it is unlabelled.
void write_target(const Dataset& dataset, const Sample& sample, float* row);

}  // namespace evax::data
