#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "evax/data/config.h"
#include "evax/data/sampling.h"
#include "evax/data/segmentation/mask.h"
#include "evax/image/read.h"
#include "evax/weights/config.h"

namespace evax::data {

class Shard;         // shards/shard.h: a memory-mapped file of 8-bit images
class WarningTally;  // warnings.h

/// One X-ray of a list and what is known about it.
struct Sample {
  std::string path;     // the file to open; in a shard, the path it was packed from
  std::string patient;  // empty: unknown
  /// Multilabel: a target in [0, 1] per class, NaN where the label does not count (policy
  /// `ignore`). Multiclass, segmentation and unlabelled: empty.
  std::vector<float> labels;
  int label = -1;                           // multiclass: the class; -1 otherwise
  std::vector<std::string> meta = {};       // a value for each of Dataset::meta
  std::shared_ptr<const Shard> shard = {};  // null: a loose file
  uint32_t record = 0;                      // of the shard
  std::string mask = {};                    // segmentation: the file of its mask
};

/// The X-rays of one list, in its order.
struct Dataset {
  weights::Task task = weights::Task::multilabel;
  std::vector<std::string> classes;  // segmentation: without the background
  std::vector<Sample> samples;
  std::vector<std::string> meta = {};  // columns that are kept as they are: sex, age, view, ...
  std::string source;                  // the list or folder it came from, as a person wrote it
  size_t missing = 0;                  // samples whose file, or mask, is not there
  MaskValues mask_values = MaskValues::automatic;
  image::ReadOptions reading = {.forced_by = "data.force = true"};  // of its loose files
  std::shared_ptr<WarningTally> warnings = {};  // counts those of what is read; null: nobody does

  size_t size() const { return samples.size(); }
};

/// What a recipe's [data] table gives: three lists of one task, and how they came to be.
struct Splits {
  Dataset train, val, test;  // empty where there is none
  std::string policy;  // the label policy that was applied; "none" when no label was uncertain
  std::vector<std::string> notes;  // one sentence each: "no validation list: ...", missing images
  /// Paper mode of CheXpert and of fractions: an epoch has `epoch_length` draws, which represent
  /// samples of `train` as `sampling` says (sample_of_draw); 0: an epoch is the training set.
  Sampling sampling = Sampling::all;
  size_t epoch_length = 0;
};

/// Reads the lists of `config`, checks them, applies the label policy and the fraction. Without a
/// validation list, 10 % of the training patients (of the images where no patient is known) become
/// one, seed 0 (design.md, CSV lists). `paper` reproduces the original's sampling (spec C.5, H 6)
/// and makes no validation set. `seed` keys the smoothed labels and the fraction. Without a
/// training list only the others are read, for evaluation. A missing image is counted, not an
/// error: reading it is. Throws Error: list and line, what was expected, what was found; patients
/// or images in two lists (unless config.allow_leak).
Splits load_splits(const DataConfig& config, bool paper, uint64_t seed);

/// The lists of `config` alone, as they are written: uncertain labels are -1, nothing is split, cut
/// out or left out. For packing them.
Splits read_lists(const DataConfig& config);

/// The picture of one of its samples, from its file or its shard. Thread-safe. Throws Error naming
/// it.
image::Image read_image(const Dataset& dataset, const Sample& sample);
/// With what its file says of it; a shard keeps nothing of that.
image::Radiograph read_radiograph(const Dataset& dataset, const Sample& sample);

/// "00000013_005.png" -> "00000013": NIH names begin with the patient's eight digits; empty for
/// other names.
std::string nih_patient(const std::string& file_name);

}  // namespace evax::data
