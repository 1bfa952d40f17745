#pragma once

#include <cstddef>
#include <string>

#include "evax/data/config.h"
#include "evax/data/dataset.h"

namespace evax::data {

/// Which list of a recipe is read: some kinds keep its images in a folder of its own.
enum class Role { train, val, test };

/// What a list says, before any label policy: labels are 1, 0 or -1 (uncertain), blank ones 0.
struct List {
  Dataset dataset;
  size_t blank = 0;                     // labels that were left blank
  std::vector<std::string> notes = {};  // one sentence each: damaged shards left out
};

/// One reader per kind, all with the same contract: reads `list`, finds its images below
/// `config.images` and takes the classes from `config.classes` or, where these are empty, from the
/// kind or the list itself. Missing images are not an error here. Throws Error: list and line, what
/// was expected, what was found.
using Reader = List (*)(const std::string& list, const DataConfig& config, Role role);

/// `<filename> l1 ... l14`, the official lists of ChestX-ray14; the NIH's Data_Entry_2017.csv; or
/// names alone (its train_val_list.txt, test_list.txt) with that table beside the list or in
/// config.images. The images flat or in images_001, images_002, ... as the NIH ships them (spec
/// C.5).
List read_cxr14(const std::string& list, const DataConfig& config, Role role);
/// CheXpert's train.csv, valid.csv or test_labels.csv: frontal views, its five competition findings
/// (spec C.5).
List read_chexpert(const std::string& list, const DataConfig& config, Role role);
/// `<patient> <filename> <class> <source>`, three classes, or two for COVIDx 4 and later (spec
/// C.5).
List read_covidx3(const std::string& list, const DataConfig& config, Role role);
List read_covidx4(const std::string& list, const DataConfig& config, Role role);
/// A column `path`, then a column `label`, a column per class (design.md, CSV lists), or a column
/// `mask` with the file of the image's mask: a list for segmentation.
List read_csv(const std::string& list, const DataConfig& config, Role role);
/// One folder per class below config.images/`list`, or images alone: unlabelled. A folder without
/// an image is not a class.
List read_folder(const std::string& list, const DataConfig& config, Role role);

}  // namespace evax::data
